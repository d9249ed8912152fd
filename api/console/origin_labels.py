"""Where a case came from and where it went, in words: organs, their notices, and transfers (来件与移送)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from api.console.views import Pair
from api.domain.origin import NoticeGround, Organ, OrganPaper, Origin, Stage
from api.domain.transfer import Agreed, ServiceRequest, Transfer, TransferGround, Verified
from api.services.papers import Paper

PAPER: Final[Mapping[Paper, str]] = MappingProxyType(
    {
        Paper.FORM: "申请表",
        Paper.SUPPLEMENT_NOTICE: "补充材料通知书",
        Paper.ASSIGNMENT_LETTER: "指派通知函",
        Paper.TRANSFER_LETTER: "移送函",
    }
)
ORIGIN: Final[Mapping[Origin, str]] = MappingProxyType(
    {
        Origin.SELF: "本人申请",
        Origin.RELATIVE: "近亲属代为申请",
        Origin.THIRD_PARTY: "他人代为联系",
        Origin.FORWARDED: "办案机关或监管场所转交（第三十九条）",
        Origin.NOTIFIED: "办案机关通知（第三十六条）",
    }
)
THROUGH_THE_ORGAN: Final = "本人在押，通过来件的机关或者监管场所联系"
ORGAN: Final[Mapping[Organ, str]] = MappingProxyType(
    {
        Organ.COURT: "人民法院",
        Organ.PROCURATORATE: "人民检察院",
        Organ.POLICE: "公安机关",
        Organ.CUSTODY: "监管场所",
        Organ.DUTY_LAWYER: "值班律师",
    }
)
NOTICE_GROUND: Final[Mapping[NoticeGround, str]] = MappingProxyType(
    {
        NoticeGround.MINOR: "未成年人",
        NoticeGround.DISABILITY: "视力、听力、言语残疾人",
        NoticeGround.NOT_FULLY_CAPABLE: "不能完全辨认自己行为的成年人",
        NoticeGround.LIFE_OR_DEATH: "可能被判处无期徒刑、死刑",
        NoticeGround.DEATH_REVIEW: "死刑复核案件，被告人申请了法律援助",
        NoticeGround.IN_ABSENTIA: "缺席审判案件的被告人",
        NoticeGround.OTHER_BY_LAW: "法律法规规定的其他情形",
        NoticeGround.MAY_NOTIFY: "法院认为需要的其他案件",
        NoticeGround.COMPULSORY_TREATMENT: "强制医疗案件",
    }
)
STAGE: Final[Mapping[Stage, str]] = MappingProxyType(
    {
        Stage.INVESTIGATION: "侦查",
        Stage.PROSECUTION: "审查起诉",
        Stage.FIRST_INSTANCE: "一审",
        Stage.SECOND_INSTANCE: "二审",
        Stage.DEATH_REVIEW: "死刑复核",
        Stage.RETRIAL: "再审",
        Stage.TREATMENT: "强制医疗程序",
        Stage.SERVING: "服刑、强制隔离戒毒",
    }
)
TRANSFER_GROUND: Final[Mapping[TransferGround, str]] = MappingProxyType(
    {
        TransferGround.HANDLING_ORGAN: "办案机关在那里（第三十八条）",
        TransferGround.DISPUTE_BODY: "争议处理机关在那里（第三十八条）",
        TransferGround.EVENT: "事情发生在那里（第三十八条）",
        TransferGround.OTHER: "其他原因",
    }
)
AGREED: Final[Mapping[Agreed, str]] = MappingProxyType(
    {
        Agreed.IN_TALK: "在对话里同意",
        Agreed.BY_PHONE: "在电话里同意",
        Agreed.IN_PERSON: "当面同意",
        Agreed.IN_WRITING: "书面同意",
    }
)
VERIFIED: Final[Mapping[Verified, str]] = MappingProxyType(
    {
        Verified.IDENTITY: "身份",
        Verified.STATUS: "免予核查的身份材料（第四十二条）",
        Verified.MEANS: "经济困难状况（信息共享查询）",
        Verified.COMMITMENT: "个人诚信承诺",
        Verified.EVIDENCE: "案件材料和证据",
    }
)
SERVICE_REQUEST: Final[Mapping[ServiceRequest, str]] = MappingProxyType(
    {
        ServiceRequest.SIGN_INTERPRETER: "手语翻译",
        ServiceRequest.INTERPRETER: "民族语言或外语翻译",
        ServiceRequest.TEXT_ONLY: "只用文字联系",
        ServiceRequest.HOME_VISIT: "上门服务",
        ServiceRequest.ADVANCE_AID: "情况紧急，请先行提供援助（第四十四条）",
        ServiceRequest.PREFERRED_PROVIDER: "有点援的意愿",
        ServiceRequest.SAFE_CONTACT: "只能用约定的安全方式联系",
    }
)


def of_paper(paper: OrganPaper, /) -> tuple[Pair, ...]:
    """Return what an organ wrote, but for the official's name and number."""
    ground = None if paper.ground is None else f"{NOTICE_GROUND[paper.ground]}（{paper.ground.article}）"
    return _told(
        ("来件机关", f"{ORGAN[paper.organ]}　{paper.name}"),
        ("文书号", paper.number),
        ("通知的情形", ground),
        ("办案阶段", STAGE[paper.stage]),
        ("羁押场所", paper.held_at),
        ("承办人", "已登记，在“联系与同意”里查看" if paper.official or paper.official_phone else ""),
    )


def of_transfer(transfer: Transfer, /) -> tuple[Pair, ...]:
    """Return a record of transfer."""
    return _told(
        ("移送给", f"{transfer.office} {transfer.office_phone}".strip()),
        ("理由", TRANSFER_GROUND[transfer.ground]),
        ("本人同意", "办案机关通知，不用征求" if transfer.agreed is None else AGREED[transfer.agreed]),
        ("已经核实", "、".join(VERIFIED[one] for one in transfer.verified)),
        ("服务请求", "、".join(SERVICE_REQUEST[one] for one in transfer.requests)),
        ("说明", transfer.note),
    )


def _told(*pairs: tuple[str, str | None]) -> tuple[Pair, ...]:
    return tuple(Pair(question=question, answer=answer) for question, answer in pairs if answer)
