"""The questions of the hand-over, in their order: consent first and itemised, then how to reach the citizen safely.

Personal Information Protection Law arts 14, 17, 23, 28-30: who gets what, why, for how long, how to take it back, and
sensitive information by itself. The version is stored with the consent; whoever changes the words changes the version.
"""

from collections.abc import Mapping
from typing import Final

from api.services.records import Delivery, SafeToContact
from knowledge_base.types import FactType, Option, Question

CONSENT_VERSION: Final = "2026-11"

CONSENT: Final = Question(
    fact="consent.handoff",
    type=FactType.BOOL,
    text=(
        "交给工作人员之前，要先得到您的同意。请看清这几条：\n"
        "1. 交给谁：受理您这件事的法律援助机构。\n"
        "2. 交什么：您在这里说的事情、回答的问题、初步结果，还有接下来要问的称呼和电话。\n"
        "3. 敏感信息：家庭收入、健康、家庭暴力、涉案情况等，说过的会一起交。这些只用来审查您的申请，不交可能影响审查。\n"
        "4. 用来做什么、留多久：只用来办理您的申请，按档案规定的期限保存。\n"
        "5. 您随时可以撤回同意，也可以查看、更正。不同意也能继续咨询。\n"
        "这几条您都同意吗？"
    ),
    why="法律规定，把您的个人信息交给别人之前，要讲清楚并得到您的同意，敏感信息要单独同意（《个人信息保护法》第二十三条、第二十九条）。",
    options=(Option(value=True, title="同意"), Option(value=False, title="不同意")),
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
    text="工作人员打这个电话，您方便吗？会不会让您有危险？",
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

QUESTIONS: Final = (CONSENT, NAME, PHONE, SAFE, DELIVERY)
BY_FACT: Final = {question.fact: question for question in QUESTIONS}

WORDS: Final[Mapping[str, Mapping[str, str | bool]]] = {
    CONSENT.fact: {"同意": True, "不同意": False},
    SAFE.fact: {
        "不方便": SafeToContact.NO.value,
        "不安全": SafeToContact.NO.value,
        "别打": SafeToContact.NO.value,
        "不要打": SafeToContact.NO.value,
        "有危险": SafeToContact.NO.value,
        "别提": SafeToContact.NEUTRAL_ONLY.value,
        "别说": SafeToContact.NEUTRAL_ONLY.value,
        "不要说": SafeToContact.NEUTRAL_ONLY.value,
        "方便": SafeToContact.YES.value,
        "安全": SafeToContact.YES.value,
        "可以": SafeToContact.YES.value,
        "没危险": SafeToContact.YES.value,
    },
    DELIVERY.fact: {
        "上门": Delivery.HOME_VISIT.value,
        "来家": Delivery.HOME_VISIT.value,
        "邮寄": Delivery.POST.value,
        "寄": Delivery.POST.value,
        "快递": Delivery.POST.value,
        "网上": Delivery.ONLINE.value,
        "手机": Delivery.ONLINE.value,
        "线上": Delivery.ONLINE.value,
        "窗口": Delivery.WINDOW.value,
        "现场": Delivery.WINDOW.value,
        "自己去": Delivery.WINDOW.value,
        "过去办": Delivery.WINDOW.value,
        "电话": Delivery.PHONE.value,
        "打给我": Delivery.PHONE.value,
    },
}
"""How people say it, the telling words first: 不方便 holds 方便."""
