"""The safety path of a turn: what is heard before any topic, and what is said, kept and put before the staff because of it.

Danger is answered at once, whoever holds the thread and whatever form is open; the law comes when the caller is safe.
Nobody is asked anything about contact while the danger lasts, and until they have answered nothing goes out to them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from actions import intake_words, seen
from api.domain.conversation import Holder
from api.services import contact, conversations
from api.services.ports import CheckSafety, UnitOfWork
from api.services.records import Care, Conversation, JsonObject, SafeToContact, StoredMessage
from bot.messages import (
    Choice,
    Inbound,
    MenuReply,
    Payload,
    QuestionReply,
    Reply,
    SafetyReply,
    SafetyStage,
    Say,
    TextReply,
    asks_for_person,
    clean,
)
from knowledge_base.caller import Bearing, Caller, Callers
from knowledge_base.distress import Distress
from knowledge_base.types import FactType, Option, Question, SafetyFinding, SafetyKind, Urgency

PERSON: Final = Choice(payload={"act": "human"})
SCREEN: Final = Choice(payload={"act": "screen"})
_APPOINT: Final = Choice(payload={"act": "appoint"})
_HANDOFF: Final = Choice(payload={"act": "handoff"})
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
_CONTACT_OF_A_CHILD: Final = replace(
    CONTACT,
    text="值班的大人来找你，打电话、发消息行吗？不回答也可以，他们就只在这里写。",
    why="有的人身边有人看着手机。你没有说可以，我们就不打电话，也不发消息。",
)
"""A child was asked just before whether it is safe, and is not asked that twice."""
_KEPT: Final = {
    SafeToContact.YES: Say.CONTACT_YES,
    SafeToContact.NEUTRAL_ONLY: Say.CONTACT_YES,
    SafeToContact.MESSAGE_ONLY: Say.CONTACT_BY_MESSAGE,
    SafeToContact.NO: Say.CONTACT_NO,
}
_STAYS: Final = 3
"""Turns in which somebody who answers in a word is stayed with; then they are answered like anybody else, lest it never end."""
_LATER: Final = frozenset({SafetyKind.DEADLINE, SafetyKind.DETENTION})
"""Where somebody is in danger now, these wait."""
_OF_CONTACT: Final = re.compile(r"联系我?|(?:打|来|回)(?:我|个|给我)*电话|打给我|找我|发(?:消息|短信|信息)")
_OF_CALLS: Final = re.compile(r"电话|打给我")
_BY_MESSAGE: Final = re.compile(r"(?:发|用|回)(?:个)?(?:消息|信息|微信|短信|文字)|打字|留言")
_NO_MESSAGE: Final = re.compile(r"(?:别|(?<!要)不要|(?<!能)不能|不用|甭|莫)(?:再|给我)?(?:发|留|回)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one message says besides its topic."""

    finding: SafetyFinding = field(default_factory=SafetyFinding)
    caller: Caller = field(default_factory=Caller)
    bearing: Bearing = Bearing.MOVED_ON
    safe: bool = False
    """It says that the danger is over, and nothing else."""
    distressed: bool = False
    language: str | None = None

    @property
    def urgent(self) -> bool:
        """Tell whether somebody is in danger now."""
        return bool(self.finding.kinds) and self.finding.urgency is Urgency.S0

    @property
    def marks(self) -> JsonObject:
        """Return what stands beside the caller's message, for whoever reads the thread."""
        marks: JsonObject = {"distress": True} if self.distressed else {}
        if self.finding.kinds:
            marks |= {"safety": [kind.value for kind in self.finding.kinds], "urgency": self.finding.urgency.value}
        return marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What danger makes of a turn: the whole answer, or None and what must be said before the dialogue's own words."""

    at_once: tuple[Reply, ...] | None = None
    first: tuple[Reply, ...] = ()


class Danger:
    """Hears danger and distress, and answers for both."""

    def __init__(
        self, *, check: CheckSafety, language_of: Callable[[str], str | None], callers: Callers, distress: Distress
    ) -> None:
        self._check = check
        self._language_of = language_of
        self._callers = callers
        self._distress = distress

    @classmethod
    def load(cls, check: CheckSafety, *, language_of: Callable[[str], str | None]) -> "Danger":
        """Read the words on file; `language_of` names what a message is written in, None for Chinese."""
        return cls(check=check, language_of=language_of, callers=Callers.load(), distress=Distress.load())

    def hear(self, inbound: Inbound) -> Heard:
        """Listen to everything the citizen wrote, before anything is hidden from it. Takes tens of milliseconds."""
        words = spoken(inbound)
        finding, tongue = self._check(words), self._language_of(words)
        korean = self._callers.danger_in_korean(words)
        if korean:
            kinds = tuple(dict.fromkeys((*finding.kinds, *korean)))
            finding = SafetyFinding(kinds=kinds, urgency=Urgency.S0)
        return Heard(
            finding=finding,
            caller=self._callers.of(words, finding.kinds),
            bearing=Bearing.MOVED_ON if inbound.text is None else self._callers.bearing(inbound.text),
            safe=inbound.text is not None and self._callers.says_only_safe(inbound.text),
            distressed=finding.urgency is not Urgency.S0 and self._distress.heard(words),
            language=tongue,
        )

    async def meet(
        self, uow: UnitOfWork, inbound: Inbound, admission: conversations.Admission, heard: Heard, *, now: datetime
    ) -> Met:
        """Alert the staff, keep what was told, and say what has to be said; part of the transaction that stored it."""
        conversation, seq = admission.conversation, admission.message.seq
        # «他走了», «他被带走了»: right after danger that is its end, and nobody else's arrest.
        short = heard.safe or (heard.bearing is not Bearing.MOVED_ON and not heard.urgent)
        answers = conversation.care.close and short and conversation.holder is not Holder.PERSON
        urgent = heard.urgent and not answers
        presses = heard.finding.urgency is Urgency.S1 and bool(heard.finding.kinds) and not answers
        if urgent or presses:
            conversation = await conversations.raise_alert(
                uow,
                conversation_id=conversation.id,
                kinds=heard.finding.kinds,
                urgency=heard.finding.urgency,
                now=now,
            )
        care = conversation.care
        # A child says how old it is when it begins, and what is done to it later.
        child = care.child or heard.caller.child
        awaited, care = care.awaiting_contact, replace(care, awaiting_contact=False, child=child)
        answer = _about_contact(inbound, care=conversation.care, awaited=awaited)
        met = Met()
        if conversation.holder is Holder.PERSON:
            care = replace(care, close=False)
            if urgent:
                care = _guarded(replace(care, told_seq=seq), heard)
            met = Met(at_once=())
        elif urgent:
            met, care = _in_danger(care, heard, conversation, seq=seq)
            await pause(uow, conversation_id=conversation.id)
        elif answer is not None:
            care = replace(care, safe_to_contact=answer, contact_asked=True, close=False)
            met = Met(at_once=(TextReply(say=_KEPT[answer], choices=(PERSON, SCREEN)),))
        elif presses:
            met, care = _time_presses(care, heard, conversation)
        elif care.close and not asks_for_person(text=inbound.text, payload=inbound.payload):
            met, care = _after_danger(care, heard, conversation, inbound.text or "")
        if heard.distressed and met.at_once is None and not care.distress_told:
            care = replace(care, distress_told=True)
            met = Met(first=(*met.first, TextReply(say=Say.DISTRESS, choices=(PERSON, _APPOINT))))
        if care != conversation.care:
            await conversations.take_care(uow, conversation_id=conversation.id, care=care, now=now)
        return met

    async def ask_about_contact(
        self,
        uow: UnitOfWork,
        conversation: Conversation,
        message: StoredMessage,
        replies: Sequence[Reply],
        *,
        now: datetime,
    ) -> tuple[Reply, ...]:
        """Return the question about contact where it is due and no other question stands in this turn."""
        care = conversation.care
        due = care.safe_to_contact is SafeToContact.UNKNOWN and not care.contact_asked and care.language is None
        if not due or not replies or care.told_seq >= message.seq or any(_stands_alone(reply) for reply in replies):
            return ()
        asked = replace(care, contact_asked=True, awaiting_contact=True)
        await conversations.take_care(uow, conversation_id=conversation.id, care=asked, now=now)
        choices = tuple(Choice(payload={CONTACT.fact: one.value}, title=one.title) for one in CONTACT.options)
        return (QuestionReply(question=_CONTACT_OF_A_CHILD if care.child else CONTACT, choices=choices),)


async def pause(uow: UnitOfWork, *, conversation_id: str) -> None:
    """Stop asking: in danger nobody is held to a form. The answers given so far are kept."""
    state = await conversations.load_state(uow, conversation_id=conversation_id)
    paused = replace(state, asked=None, asked_private=False, screening=False)
    await conversations.save_state(uow, conversation_id=conversation_id, state=paused)


def spoken(inbound: Inbound) -> str:
    """Return everything the citizen wrote: typed, or inside a choice."""
    if inbound.text is not None:
        return clean(inbound.text)
    return clean(" ".join(_texts(inbound.payload or {})))


def _texts(payload: Payload) -> list[str]:
    items = [item for value in payload.values() for item in (value if isinstance(value, list) else [value])]
    return [item for item in items if isinstance(item, str)]


def _in_danger(care: Care, heard: Heard, conversation: Conversation, *, seq: int) -> tuple[Met, Care]:
    kinds = tuple(kind for kind in heard.finding.kinds if kind not in _LATER) or heard.finding.kinds
    new = tuple(kind for kind in kinds if kind not in care.heard)
    child = care.child or heard.caller.child
    reply = SafetyReply(
        kinds=new or kinds,
        stage=SafetyStage.DANGER if new else SafetyStage.AGAIN,
        time=care.times,
        urgency=Urgency.S0,
        region=conversation.region,
        child=child,
        about=heard.caller.about,
        language=heard.language,
        choices=(PERSON,),
    )
    told = replace(
        care,
        heard=(*care.heard, *new),
        times=care.times + 1,
        told_seq=seq,
        close=True,
        stayed=0,
        child=child,
        language=heard.language,
    )
    return Met(at_once=(reply,)), _guarded(told, heard)


def _guarded(care: Care, heard: Heard) -> Care:
    """Let nothing go out to whoever tells of violence, until they say that it may.

    Whoever asked to be written to, before anybody spoke of violence, has not said so.
    """
    if SafetyKind.VIOLENCE_NOW not in heard.finding.kinds or care.contact_asked:
        return care
    return replace(care, safe_to_contact=contact.strictest(care.safe_to_contact, SafeToContact.UNKNOWN))


def _time_presses(care: Care, heard: Heard, conversation: Conversation) -> tuple[Met, Care]:
    """Say that a person is needed today; the matter itself is answered in the same turn."""
    kinds = heard.finding.kinds
    new = tuple(kind for kind in kinds if kind not in care.heard)
    reply = SafetyReply(
        kinds=new or kinds,
        stage=SafetyStage.DANGER if new else SafetyStage.AGAIN,
        time=care.times,
        urgency=Urgency.S1,
        region=conversation.region,
        child=care.child or heard.caller.child,
        language=heard.language,
        choices=(_HANDOFF, PERSON),
    )
    return Met(first=(reply,)), replace(care, heard=(*care.heard, *new), times=care.times + 1, close=False)


def _after_danger(care: Care, heard: Heard, conversation: Conversation, text: str) -> tuple[Met, Care]:
    """Stay with whoever answers in a word; let go of whoever is safe, or has another matter."""
    if seen.asks(text):
        # «别告诉我妈行吗», «他会看到吗»: asked in fear, and answered before anything else is said.
        return Met(at_once=seen.replies(channel=conversation.channel, child=care.child)), care
    grave = tuple(kind for kind in care.heard if kind not in _LATER)
    reply = SafetyReply(
        kinds=grave,
        region=conversation.region,
        child=care.child,
        language=care.language,
        choices=(PERSON,),
    )
    match heard.bearing:
        case Bearing.SAFE:
            over = replace(reply, stage=SafetyStage.OVER, choices=(PERSON, SCREEN))
            return Met(at_once=(over,)), replace(care, close=False)
        case Bearing.AGAIN:
            once_more = replace(reply, stage=SafetyStage.DANGER, urgency=Urgency.S0)
            return Met(at_once=(once_more,)), care
        case Bearing.SHORT if care.stayed < _STAYS:
            stage = SafetyStage.STAYING if care.stayed else SafetyStage.AFTER
            return (
                Met(at_once=(replace(reply, stage=stage, urgency=Urgency.S0),)),
                replace(care, stayed=care.stayed + 1),
            )
        case Bearing.SHORT | Bearing.MOVED_ON:
            return Met(), replace(care, close=False)


def _about_contact(inbound: Inbound, *, care: Care, awaited: bool) -> SafeToContact | None:
    """Return what the caller says to the question about contact: by its button any time, in words right after it.

    Words that speak of contact themselves count later as well: a «no» at any time, a «yes» where nothing was said before.
    """
    if inbound.payload is not None:
        given = inbound.payload.get(CONTACT.fact)
        return next((answer for answer in _KEPT if answer.value == given), None)
    if inbound.text is None:
        return None
    if not awaited:
        late = intake_words.safe_to_contact(inbound.text) if _OF_CONTACT.search(inbound.text) else None
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


def _stands_alone(reply: Reply) -> bool:
    """Tell what no question is asked beside: another question, and the numbers of danger."""
    numbers = isinstance(reply, SafetyReply) and reply.stage is SafetyStage.DANGER and reply.urgency is Urgency.S0
    return numbers or isinstance(reply, QuestionReply | MenuReply)
