"""The Chinese words of curation; a test holds each list equal to its enum."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from api.domain.curation import Kind, Stage, Step
from knowledge_base.drafts import Flaw, KeptAs
from knowledge_base.types import Standing

KIND: Final[Mapping[Kind, str]] = MappingProxyType({Kind.CARD: "问答卡", Kind.DOCUMENT: "文件"})
STAGE: Final[Mapping[Stage, str]] = MappingProxyType(
    {
        Stage.DRAFT: "草稿",
        Stage.PROPOSED: "等人审核",
        Stage.RETURNED: "退回修改",
        Stage.APPROVED: "在用",
        Stage.SUPERSEDED: "已被新版替代",
        Stage.EXPIRED: "已停用",
    }
)
STAGE_MARK: Final[Mapping[Stage, str]] = MappingProxyType(
    {
        Stage.DRAFT: "",
        Stage.PROPOSED: "mark-soon",
        Stage.RETURNED: "mark-soon",
        Stage.APPROVED: "mark-good",
        Stage.SUPERSEDED: "",
        Stage.EXPIRED: "",
    }
)
KEPT: Final[Mapping[KeptAs, str]] = MappingProxyType(
    {
        KeptAs.IN_USE: "在用",
        KeptAs.QUOTED: "条文改了，先念原文",
        KeptAs.SILENT: "照实说没有答案",
        KeptAs.WAITING: "还没有收进来",
        KeptAs.SET_ASIDE: "已停下，要改",
        KeptAs.ENDED: "已失效",
    }
)
KEPT_MARK: Final[Mapping[KeptAs, str]] = MappingProxyType(
    {
        KeptAs.IN_USE: "mark-good",
        KeptAs.QUOTED: "mark-soon",
        KeptAs.SILENT: "",
        KeptAs.WAITING: "",
        KeptAs.SET_ASIDE: "mark-danger",
        KeptAs.ENDED: "",
    }
)
ENDS: Final[Mapping[Standing, str]] = MappingProxyType({Standing.PLAN_ENDED: "计划期满", Standing.SUPERSEDED: "失效"})
"""What happens to a text on its last day."""
FILTERS: Final[Mapping[str, str]] = MappingProxyType({"card": "问答卡", "document": "文件", "care": "要核对的"})
STEP: Final[Mapping[Step, str]] = MappingProxyType(
    {
        Step.PROPOSE: "提交审核",
        Step.RETURN: "退回修改",
        Step.APPROVE: "审核通过",
        Step.EXPIRE: "停用",
    }
)
FLAW: Final[Mapping[Flaw, str]] = MappingProxyType(
    {
        Flaw.ID_MALFORMED: "编号只能用小写英文、数字、下划线和点，例如 labour.wages，最长 50 个字符",
        Flaw.QUESTION_MISSING: "还没有写问法",
        Flaw.ANSWER_MISSING: "还没有写答案",
        Flaw.ANSWER_TOO_LONG: "答案太长，请写短些，一张卡只答一个问题",
        Flaw.CONTACT_IN_ANSWER: "答案里不写电话和邮箱，联系方式由机构名录统一提供",
        Flaw.SOURCE_MISSING: "还没有写出处，没有出处的话不能对外说",
        Flaw.DOCUMENT_UNKNOWN: "资料库里没有这份文件，请核对名称，或者先添加文件",
        Flaw.DOCUMENT_ENDED: "这份文件已经失效，请改用现行的",
        Flaw.CLAUSE_UNKNOWN: "这份文件里没有这一条，请核对条款号",
        Flaw.WORDS_MISSING: "请抄上原文里的关键字句，原文改了才能发现",
        Flaw.WORDS_NOT_IN_CLAUSE: "原文里没有您抄的关键字句，请对照右边的原文",
        Flaw.FIGURE_NOT_FIRST: "问的是数字或者时间，答案第一句就要说出来",
        Flaw.FIGURE_NOT_IN_SOURCE: "答案里的这个数字，在引用的条文里找不到",
        Flaw.NEAR_DUPLICATE: "已经有一张问法几乎一样的卡，请直接改那一张",
        Flaw.MATTER_UNKNOWN: "没有这个事项代码",
        Flaw.REGION_UNKNOWN: "没有这个地区代码",
        Flaw.REGION_TOO_WIDE: "这份文件只在当地适用，适用地区要改成当地",
        Flaw.PERIOD_EMPTY: "停止使用的日期要晚于开始的日期",
        Flaw.TITLE_MISSING: "还没有写文件名称",
        Flaw.CLAUSES_MISSING: "没有读出条款，请检查文件内容",
        Flaw.TEXT_UNKNOWN: "资料库里没有这份文件",
    }
)
REFUSED_TEXT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "kind": "这种文件读不了，请用 txt、md、html、docx 或 pdf",
        "several": "这个文件里不止一份文件，请拆开，一次添加一份",
        "unreadable": "这个文件读不出来，可能已损坏或者加了密码",
        "slow": "读了很久还没有读完，可能系统正忙。请过一会儿再试；还是不行，请把文件拆小一些",
        "too_large": "文件太大，最大 10 MB",
        "missing": "还没有选文件",
    }
)
TABS: Final[Mapping[str, str]] = MappingProxyType(
    {"proposed": "等人审核", "drafts": "正在写", "kept": "在用", "ended": "已停用"}
)
KEY_TAKEN: Final = "这个编号已经有一张卡。请换一个编号，或者空着不填；要改那一张，请到资料库里找到它。"
NOT_FOUND: Final = "没有找到。换几个字试试，或者少写几个字。"
EMPTY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "proposed": "现在没有等人审核的。",
        "drafts": "现在没有正在写的。",
        "kept": "资料库里还没有东西。",
        "ended": "没有停用的。",
    }
)


def refused_text(reason: str) -> str:
    """Return why a file was refused; what the reading itself says stands as it is."""
    return REFUSED_TEXT.get(reason, f"这个文件不能收：{reason}")
