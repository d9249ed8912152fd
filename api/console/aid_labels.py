"""The Chinese words for what follows a grant: who is assigned, what happens in the case, how it ends."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from api.domain.aid import ASKING, DISSATISFIED, ClosingOutcome, FollowUp, TaskOutcome
from api.domain.personal import REASON, DataRequest, Identity
from api.domain.provider import ProviderKind
from api.services.complaints import RESULT as COMPLAINT_RESULT

PROVIDER: Final[Mapping[ProviderKind, str]] = MappingProxyType(
    {
        ProviderKind.LAWYER: "律师",
        ProviderKind.LEGAL_WORKER: "基层法律服务工作者",
        ProviderKind.VOLUNTEER: "法律援助志愿者",
    }
)
CLOSING: Final[Mapping[ClosingOutcome, str]] = MappingProxyType(
    {
        ClosingOutcome.WON: "请求得到支持",
        ClosingOutcome.PARTLY_WON: "部分得到支持",
        ClosingOutcome.LOST: "没有得到支持",
        ClosingOutcome.MEDIATED: "调解结案",
        ClosingOutcome.SETTLED: "和解",
        ClosingOutcome.CLAIM_WITHDRAWN: "撤诉或撤回仲裁申请",
        ClosingOutcome.DEFENCE_FOLLOWED: "辩护意见被采纳（全部或部分）",
        ClosingOutcome.DEFENCE_NOT_FOLLOWED: "辩护意见没有被采纳",
        ClosingOutcome.OTHER: "其他",
    }
)
TASK_OUTCOME: Final[Mapping[TaskOutcome, str]] = MappingProxyType(
    {
        TaskOutcome.TOLD_BY_PHONE: "已电话告知",
        TaskOutcome.TOLD_IN_PERSON: "已当面告知",
        TaskOutcome.TOLD_IN_WRITING: "已书面或发消息告知",
        TaskOutcome.SATISFIED: "联系上了，满意",
        TaskOutcome.DISSATISFIED: "联系上了，不满意",
        TaskOutcome.NOT_REACHED: "没有联系上",
        TaskOutcome.NOT_SAFE: "联系不安全，没有联系",
        TaskOutcome.NOT_NEEDED: "不用告知了",
        TaskOutcome.ASSIGNED: "已安排人承办",
    }
)
DATA_REQUEST: Final[Mapping[DataRequest, str]] = MappingProxyType(
    {DataRequest.COPY: "查阅、复制", DataRequest.CORRECT: "更正、补充", DataRequest.ERASE: "删除"}
)
IDENTITY: Final[Mapping[Identity, str]] = MappingProxyType(
    {Identity.IN_PERSON: "当面看了证件", Identity.RANG_BACK: "打登记的电话核对过"}
)
TASK: Final[Mapping[str, str]] = MappingProxyType(
    {
        f"{ASKING}:{FollowUp.BEFORE}": "案前告知：告诉受援人由谁承办、怎么联系、可以要求什么",
        f"{ASKING}:{FollowUp.MID}": "案中回访：问受援人案件办得怎样",
        f"{ASKING}:{FollowUp.AFTER}": "案后回访：问受援人满意不满意",
        **{f"{REASON}:{kind}": f"本人要求{words}个人信息，先确认是本人" for kind, words in DATA_REQUEST.items()},
        COMPLAINT_RESULT: "把投诉的处理结果告诉来访人",
        DISSATISFIED: "受援人回访时不满意，请另一位同事了解情况",
    }
)
