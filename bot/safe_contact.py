"""Whether somebody who told of danger may be contacted: what they are asked, and what their words say of it (能否联系)."""

import re
from dataclasses import replace
from typing import Final

from actions import intake_words
from api.services.records import Care, SafeToContact
from bot.messages import Choice, Inbound, QuestionReply, Say
from knowledge_base.types import FactType, Option, Question

CONTACT: Final = Question(
    fact="safe_to_contact",
    type=FactType.ENUM,
    text="工作人员联系您，安全吗？不安全就不用回答，我们不会主动联系您。",
    why="有的人身边有人看着手机。您没有说可以，我们就不打电话，也不发消息。",
    options=(
        Option(value=SafeToContact.YES.value, title="可以联系"),
        Option(value=SafeToContact.MESSAGE_ONLY.value, title="只能发消息"),
        Option(value=SafeToContact.NO.value, title="不要联系"),
    ),
)
"""Asked once, in the first calm turn after violence."""
_OF_A_CHILD: Final = replace(
    CONTACT,
    text="值班的大人来找你，打电话、发消息行吗？不回答也可以，他们就只在这里写。",
    why="有的人身边有人看着手机。你没有说可以，我们就不打电话，也不发消息。",
)
"""A child was asked just before whether it is safe, and is not asked that twice."""
KEPT: Final = {
    SafeToContact.YES: Say.CONTACT_YES,
    SafeToContact.NEUTRAL_ONLY: Say.CONTACT_YES,
    SafeToContact.MESSAGE_ONLY: Say.CONTACT_BY_MESSAGE,
    SafeToContact.NO: Say.CONTACT_NO,
}
_OF_CONTACT: Final = re.compile(r"联系我?|(?:打|来|回)(?:我|个|给我)*电话|打给我|找我|发(?:消息|短信|信息)")
_OF_CALLS: Final = re.compile(r"电话|打给我")
_BY_MESSAGE: Final = re.compile(r"(?:发|用|回)(?:个)?(?:消息|信息|微信|短信|文字)|打字|留言")
_NO_MESSAGE: Final = re.compile(r"(?:别|(?<!要)不要|(?<!能)不能|不用|甭|莫)(?:再|给我)?(?:发|留|回)")


def asked(*, child: bool) -> QuestionReply:
    """Return the question, in the words for a child where one is speaking."""
    choices = tuple(Choice(payload={CONTACT.fact: one.value}, title=one.title) for one in CONTACT.options)
    return QuestionReply(question=_OF_A_CHILD if child else CONTACT, choices=choices)


def told(inbound: Inbound, *, care: Care, awaited: bool, no_call: bool) -> SafeToContact | None:
    """Return what the caller says to the question about contact: by its button any time, in words right after it.

    Words that speak of contact themselves (`no_call`: and of nothing else) count later as well: a «no» at any time, a «yes» where nothing was said before.
    """
    if inbound.payload is not None:
        given = inbound.payload.get(CONTACT.fact)
        return next((answer for answer in KEPT if answer.value == given), None)
    if inbound.text is None:
        return None
    if not awaited:
        late = intake_words.safe_to_contact(inbound.text) if no_call or _OF_CONTACT.search(inbound.text) else None
        open_ = care.safe_to_contact is SafeToContact.UNKNOWN
        if late is SafeToContact.NO and care.safe_to_contact is SafeToContact.MESSAGE_ONLY:
            # «别打电话» said again takes nothing back; «别联系» does.
            late = None if _OF_CALLS.search(inbound.text) and not _NO_MESSAGE.search(inbound.text) else late
        denies = late is SafeToContact.NO and care.safe_to_contact not in {None, SafeToContact.NO}
        return late if late is not None and (denies or (open_ and care.contact_asked)) else None
    if _NO_MESSAGE.search(inbound.text):
        return SafeToContact.NO
    if _BY_MESSAGE.search(inbound.text):
        return SafeToContact.MESSAGE_ONLY
    return intake_words.safe_to_contact(inbound.text)
