"""Where an application came from, and what an organ wrote that sent it or gave notice (案件来源、办案机关来件)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Origin(StrEnum):
    """案件来源, as the institution's register keeps it."""

    SELF = "self"
    RELATIVE = "relative"
    """近亲属代为申请 (arts 24, 40)."""
    THIRD_PARTY = "third_party"
    """Somebody else whom the applicant let speak for them."""
    FORWARDED = "forwarded"
    """转交申请: somebody held applied, and whoever holds them or has the case passed it on within 24 hours (art. 39)."""
    NOTIFIED = "notified"
    """通知辩护、通知代理: nobody applied; the organ must have a lawyer assigned, or may (arts 25, 28, 36)."""

    @property
    def by_organ(self) -> bool:
        """Tell whether an organ's paper stands at its beginning."""
        return self in {Origin.FORWARDED, Origin.NOTIFIED}


class Organ(StrEnum):
    """办案机关、监管场所: who sends such a paper (arts 25, 36, 39)."""

    COURT = "court"
    PROCURATORATE = "procuratorate"
    POLICE = "police"
    CUSTODY = "custody"
    """监管场所: a detention house, a prison, a place of compulsory drug treatment."""
    DUTY_LAWYER = "duty_lawyer"
    """值班律师, who passes on what somebody held asked of them (art. 39)."""


MAY_NOTIFY: Final = frozenset({Organ.COURT, Organ.PROCURATORATE, Organ.POLICE})
"""Who gives notice under arts 25 and 28; everybody else only forwards."""


class NoticeGround(StrEnum):
    """通知的情形, Legal Aid Law arts 25 and 28."""

    MINOR = "minor"
    DISABILITY = "disability"
    """视力、听力、言语残疾人."""
    NOT_FULLY_CAPABLE = "not_fully_capable"
    """不能完全辨认自己行为的成年人."""
    LIFE_OR_DEATH = "life_or_death"
    DEATH_REVIEW = "death_review"
    """申请法律援助的死刑复核案件被告人."""
    IN_ABSENTIA = "in_absentia"
    """缺席审判案件的被告人."""
    OTHER_BY_LAW = "other_by_law"
    MAY_NOTIFY = "may_notify"
    """第二十五条第二款: any other defendant of an ordinary procedure, where the court thinks it right."""
    COMPULSORY_TREATMENT = "compulsory_treatment"
    """第二十八条: 强制医疗案件的被申请人或者被告人."""

    @property
    def article(self) -> str:
        """Return the article it stands in."""
        match self:
            case NoticeGround.MAY_NOTIFY:
                return "第二十五条第二款"
            case NoticeGround.COMPULSORY_TREATMENT:
                return "第二十八条"
            case _:
                return "第二十五条第一款"


class Stage(StrEnum):
    """办案阶段."""

    INVESTIGATION = "investigation"
    PROSECUTION = "prosecution"
    FIRST_INSTANCE = "first_instance"
    SECOND_INSTANCE = "second_instance"
    DEATH_REVIEW = "death_review"
    RETRIAL = "retrial"
    TREATMENT = "treatment"
    """强制医疗程序."""
    SERVING = "serving"
    """服刑、强制隔离戒毒: nothing is being tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganPaper:
    """来件: what the organ wrote, by which a lawyer finds file, person and official; kept sealed."""

    origin: Origin
    """转交申请 or 通知."""
    organ: Organ
    name: str
    """Of the organ: 牡丹江市中级人民法院."""
    number: str = ""
    """文书号."""
    stage: Stage
    ground: NoticeGround | None = None
    """Of a notice; what was forwarded has none."""
    held_at: str = ""
    """羁押场所."""
    official: str = field(default="", repr=False)
    """承办人."""
    official_phone: str = field(default="", repr=False)

    @property
    def grave(self) -> bool:
        """Tell whether only a lawyer of three years may take it (art. 26)."""
        return self.ground in {NoticeGround.LIFE_OR_DEATH, NoticeGround.DEATH_REVIEW}


def flaw_of(paper: OrganPaper, /) -> tuple[str, str] | None:
    """Hold a paper against the articles it rests on; return what is wrong as a stable code, and in which field.

    `organ_paper_unusable`, `notice_ground_required`, `organ_may_not_notify`.
    """
    if not paper.origin.by_organ or not paper.name.strip():
        return "organ_paper_unusable", "paper.name"
    if paper.origin is not Origin.NOTIFIED:
        return None
    if paper.ground is None:
        return "notice_ground_required", "paper.ground"
    # Art. 25(2) and reviews of death sentences are the courts' alone.
    courts_alone = paper.ground in {NoticeGround.MAY_NOTIFY, NoticeGround.DEATH_REVIEW}
    if paper.organ not in MAY_NOTIFY or (courts_alone and paper.organ is not Organ.COURT):
        return "organ_may_not_notify", "paper.organ"
    return None


_KIN: Final = frozenset(
    [
        "丈夫",
        "老公",
        "爱人",
        "妻子",
        "老婆",
        "媳妇",
        "配偶",
        "父亲",
        "爸爸",
        "爸",
        "母亲",
        "妈妈",
        "妈",
        "父母",
        "家长",
        "儿子",
        "女儿",
        "子女",
        "孩子",
        "哥哥",
        "哥",
        "弟弟",
        "弟",
        "姐姐",
        "姐",
        "妹妹",
        "妹",
        "兄弟",
        "姐妹",
        "兄弟姐妹",
        "爷爷",
        "奶奶",
        "祖父",
        "祖母",
        "外公",
        "外婆",
        "姥爷",
        "姥姥",
        "外祖父",
        "外祖母",
        "孙子",
        "孙女",
        "外孙",
        "外孙女",
        "夫妻",
        "母子",
        "母女",
        "父子",
        "父女",
        "近亲属",
    ]
)
"""近亲属: spouse, parents, children, brothers and sisters, grandparents, grandchildren (Civil Code art. 1045), as people call them."""


def origin_of(relationship: str | None, /) -> Origin:
    """Return where an application comes from that nobody but people had a hand in, by what the one who speaks is to the applicant.

    «我是他的妈妈» is a relative's; what is no such word is a third party's: a person looks into it anyway.
    """
    if relationship is None:
        return Origin.SELF
    word = relationship.strip().rstrip("。")
    for lead in ("我是", "是", "申请人", "他", "她", "孩子", "本人", "的"):
        word = word.removeprefix(lead) if word != lead else word
    return Origin.RELATIVE if word in _KIN else Origin.THIRD_PARTY
