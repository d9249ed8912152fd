"""The questions of the hand-over, in their order: two separate consents first, then how to reach the citizen safely.

Personal Information Protection Law arts 14, 17, 23, 28-30: who gets what, why, for how long, how to take it back, and
sensitive information by itself. The version is stored with the consent, and the words of every version are kept beside it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from api.services.consents import SHOWN, own_text
from api.services.records import ConsentKind, Delivery, SafeToContact
from knowledge_base.types import FactType, Option, Question

CONSENT_VERSION: Final = SHOWN

_AGREE: Final = (Option(value=True, title="同意"), Option(value=False, title="不同意"))
CONSENT: Final = Question(
    fact="consent.handoff",
    type=FactType.BOOL,
    text=own_text(ConsentKind.HANDOVER, CONSENT_VERSION),
    why="法律规定，把您的个人信息交给别人之前，要讲清楚并得到您的单独同意（《个人信息保护法》第二十三条）。",
    options=_AGREE,
)
SENSITIVE: Final = Question(
    fact="consent.sensitive",
    type=FactType.BOOL,
    text=own_text(ConsentKind.SENSITIVE, CONSENT_VERSION),
    why="收入、健康、家庭暴力、涉案情况是敏感信息，法律规定要单独得到您的同意（《个人信息保护法》第二十八条至第三十条）。",
    options=_AGREE,
)
CONSENT_BRIEFLY: Final = replace(
    CONSENT,
    text=(
        "简单说：把您的称呼、电话和这是哪类事交给法律援助机构，让他们联系您。您同意吗？\n"
        "不同意也可以继续问，想找工作人员就说“转人工”；要看全文，说“再看一遍”。"
    ),
)
"""Once the whole was read: what is asked, and the ways beside it. Nobody reads eight lines twice."""
SENSITIVE_BRIEFLY: Final = replace(
    SENSITIVE,
    text=(
        "简单说：您说过的收入、健康、家里的情况，跟申请一起交给办这件事的人看。您同意吗？\n"
        "不同意也能申请，想找工作人员就说“转人工”；要看全文，说“再看一遍”。"
    ),
)
NAME: Final = Question(
    fact="contact.name",
    type=FactType.TEXT,
    text="工作人员怎么称呼您？",
    why="方便工作人员联系您的时候称呼您。先不用写身份证号。",
    private=True,
)
PHONE: Final = Question(
    fact="contact.phone",
    type=FactType.TEXT,
    text="打哪个电话能找到您？请写号码，手机、座机都行。",
    why="工作人员要打电话跟您核对情况。以后您凭编号和这个号码的后四位查进度。",
    private=True,
)
SAFE: Final = Question(
    fact="contact.safe",
    type=FactType.ENUM,
    text="工作人员打这个电话，您方便吗？要是被身边的人知道会让您有危险，就选“不方便”。",
    why="有的人身边有人看着手机。您说不方便，我们就不主动打。",
    options=(
        Option(value=SafeToContact.YES.value, title="方便，可以打"),
        Option(value=SafeToContact.NEUTRAL_ONLY.value, title="可以打，但别提是什么事"),
        Option(value=SafeToContact.NO.value, title="不方便，别打"),
    ),
)
DELIVERY: Final = Question(
    fact="contact.delivery",
    type=FactType.ENUM,
    text="您想怎么办手续？",
    why="走不开、行动不便的，可以电话、邮寄、网上办，也可以申请上门。",
    options=(
        Option(value=Delivery.PHONE.value, title="电话办理"),
        Option(value=Delivery.ONLINE.value, title="网上办理"),
        Option(value=Delivery.WINDOW.value, title="去窗口办"),
        Option(value=Delivery.POST.value, title="邮寄材料"),
        Option(value=Delivery.HOME_VISIT.value, title="申请上门"),
    ),
)

DELIVERY_UNSEEN: Final = replace(
    DELIVERY,
    text="好的，我们不会主动联系您，不打电话，不发短信，也不寄东西。您想怎么办手续？",
    why="您说打电话不方便，电话、邮寄、上门都可能让身边的人知道，所以只留这两种。",
    options=tuple(one for one in DELIVERY.options if one.value in {Delivery.WINDOW.value, Delivery.ONLINE.value}),
)
"""Asked of whoever cannot be called safely: nothing that rings, comes by post or stands at the door."""
DELIVERY_WRITTEN: Final = replace(
    DELIVERY,
    text="好的，不打电话，只用文字联系您。您想怎么办手续？",
    options=tuple(one for one in DELIVERY.options if one.value != Delivery.PHONE.value),
)
"""Asked of whoever cannot hear or speak on the telephone."""

QUESTIONS: Final = (CONSENT, SENSITIVE, NAME, PHONE, SAFE, DELIVERY)
BY_FACT: Final = {question.fact: question for question in QUESTIONS}
CONSENTS: Final = frozenset({CONSENT.fact, SENSITIVE.fact})


_BRIEFLY: Final = {one.fact: one for one in (CONSENT_BRIEFLY, SENSITIVE_BRIEFLY)}


def briefly(asked: Question, /) -> Question:
    """Return a question in the form in which it is asked again."""
    return _BRIEFLY.get(asked.fact, asked)


def question(fact: str, intake: Mapping[str, object], /) -> Question:
    """Return the question about one fact, as it is to be asked after what was answered before."""
    if fact != DELIVERY.fact:
        return BY_FACT[fact]
    silent = {SafeToContact.NO.value: DELIVERY_UNSEEN, SafeToContact.MESSAGE_ONLY.value: DELIVERY_WRITTEN}
    return silent.get(str(intake.get(SAFE.fact)), DELIVERY)
