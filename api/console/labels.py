"""The Chinese words for every code that a staff page shows; a test holds each list equal to its enum."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from api.domain.aid import UNOWNED
from api.domain.application import EffectKind, Event, State
from api.domain.audit import ActorKind
from api.domain.clocks import CHINA, ClockKind, Party
from api.domain.conversation import Holder
from api.domain.correction import Ground
from api.domain.grounds import AdvanceGround, TerminationGround
from api.domain.staff import Role
from api.services import delivery
from api.services.aftercare import FOLLOW_UP
from api.services.applications import NOTICE
from api.services.casework import DATA_CORRECTED
from api.services.curation import PUBLISH
from api.services.escalation import UNHEARD
from api.services.records import ConsentKind, Delivery, SafeToContact, Sender, TicketKind
from api.services.tickets import DELIVER, STAFF_ALERT
from knowledge_base.types import Basis, Outcome, SafetyKind, Scene, Truth, Urgency

ROLE: Final[Mapping[Role, str]] = MappingProxyType(
    {
        Role.OPERATOR: "坐席",
        Role.DUTY_LAWYER: "值班律师",
        Role.REVIEWER: "审查人员",
        Role.MANAGER: "管理人员",
        Role.AUDITOR: "监督审计",
    }
)
URGENCY: Final[Mapping[Urgency, str]] = MappingProxyType(
    {Urgency.S0: "危险", Urgency.S1: "当日联系", Urgency.S2: "一般"}
)
URGENCY_MARK: Final[Mapping[Urgency, str]] = MappingProxyType(
    {Urgency.S0: "mark-solid", Urgency.S1: "mark-soon", Urgency.S2: ""}
)
SAFETY: Final[Mapping[SafetyKind, str]] = MappingProxyType(
    {
        SafetyKind.SELF_HARM: "可能轻生",
        SafetyKind.VIOLENCE_NOW: "正在遭受暴力",
        SafetyKind.CHILD_HARM: "未成年人受到伤害",
        SafetyKind.LIVE_FRAUD: "正在被骗转账",
        SafetyKind.DEADLINE: "期限将到",
        SafetyKind.DETENTION: "有人被带走或羁押",
    }
)
SCENE: Final[Mapping[Scene, str]] = MappingProxyType(
    {
        Scene.THREATENS: "来访人扬言伤人",
        Scene.STRUCK: "来访人说伤了人",
        Scene.LOST: "有人走失",
        Scene.KILLED: "有人被害，家属来电",
        Scene.LURED: "正被引着转钱，还没转",
        Scene.ACCIDENT: "有人遇险（事故）",
    }
)
JOB: Final[Mapping[str, str]] = MappingProxyType(
    {
        DELIVER: "把工作人员的话送到来访人",
        STAFF_ALERT: "提醒值班人员有危险",
        UNHEARD: "危险提醒无人应答，逐个催办",
        NOTICE: "告知申请进展",
        FOLLOW_UP: "列出到期的回访",
        PUBLISH: "把审核通过的内容放进资料库",
    }
)
HOLDER: Final[Mapping[Holder, str]] = MappingProxyType(
    {
        Holder.BOT: "助手接待中",
        Holder.WAITING: "等人接待",
        Holder.PERSON: "工作人员接待中",
        Holder.CLOSED: "对话已结束",
    }
)
SENDER: Final[Mapping[Sender, str]] = MappingProxyType(
    {Sender.BOT: "自动助手", Sender.PERSON: "工作人员", Sender.CITIZEN: "来访人", Sender.SYSTEM: "系统"}
)
TICKET: Final[Mapping[TicketKind, str]] = MappingProxyType(
    {
        TicketKind.ALERT: "危险提醒",
        TicketKind.PERSON_REQUEST: "请求人工",
        TicketKind.APPLICATION: "法律援助申请",
        TicketKind.TASK: "待办任务",
        TicketKind.COMPLAINT: "投诉",
        TicketKind.CALL_BACK: "预约回电",
    }
)
TASK: Final[Mapping[EffectKind, str]] = MappingProxyType(
    {
        EffectKind.TELL_CITIZEN: "告知来访人",
        EffectKind.TELL_PROVIDER: "通知承办人员",
        EffectKind.TELL_BUREAU: "报告司法行政部门",
        EffectKind.TELL_OFFICE: "把移送函和案卷交给接收的机构",
        EffectKind.TELL_ORGAN: "书面告知办案机关",
        EffectKind.TELL_STAFF: "通知工作人员",
    }
)
TASK_UNTOLD: Final[Mapping[str, str]] = MappingProxyType(
    {
        UNOWNED: "超过一个工作日没有人承办，请管理人员安排",
        delivery.UNDELIVERED: "回复没能送到来访人",
        delivery.CALL_BACK: "回复没能送到，请打电话告知来访人",
    }
)
"""Tasks about what a platform would not carry."""
TASK_NOTICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "consent_withdrawn": "来访人撤回同意，请停止办理并联系确认",
        DATA_CORRECTED: "告知申请人：登记的信息已经更正",
    }
)
"""Tasks whose notice says more than whom to tell."""
STATE: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.DRAFT: "草稿",
        State.SUBMITTED: "已提交，待审查",
        State.NOTIFIED: "办案机关已通知",
        State.IN_REVIEW: "审查中",
        State.SUPPLEMENT_REQUESTED: "待补充材料",
        State.GRANTED: "决定给予援助",
        State.REFUSED: "决定不予援助",
        State.ASSIGNED: "已指派承办人员",
        State.IN_PROGRESS: "办理中",
        State.CLOSED: "已结案",
        State.WITHDRAWN: "已撤回",
        State.TRANSFERRED: "已移送其他机构",
        State.MERGED: "已并入另一件申请",
        State.REFUSAL_OBJECTED: "对不予援助有异议",
        State.REFUSED_UPHELD: "维持不予援助",
        State.TERMINATED: "已终止援助",
        State.TERMINATION_OBJECTED: "对终止援助有异议",
        State.TERMINATED_UPHELD: "维持终止援助",
    }
)
EVENT: Final[Mapping[Event, str]] = MappingProxyType(
    {
        Event.SUBMIT: "提交申请",
        Event.BEGIN_REVIEW: "开始审查",
        Event.REQUEST_SUPPLEMENT: "通知补充材料",
        Event.SUPPLY: "收到补充材料",
        Event.DEEM_WITHDRAWN: "逾期未补，视为撤回",
        Event.WITHDRAW: "申请人撤回",
        Event.TRANSFER: "移送其他机构",
        Event.MERGE: "并入另一件申请",
        Event.ADVANCE_AID: "先行提供援助",
        Event.GRANT: "决定给予援助",
        Event.REFUSE: "决定不予援助",
        Event.ASSIGN: "指派承办人员",
        Event.START: "开始办理",
        Event.CLOSE: "结案",
        Event.TERMINATE: "终止援助",
        Event.OBJECT: "申请人提出异议",
        Event.UPHOLD: "司法行政部门维持",
        Event.OVERTURN: "司法行政部门改变决定",
    }
)
TERMINATION: Final[Mapping[TerminationGround, str]] = MappingProxyType(
    {
        TerminationGround.DECEIT: "以欺骗等不正当手段获得援助",
        TerminationGround.HID_FACTS: "故意隐瞒重要事实或提供虚假证据",
        TerminationGround.ILLEGAL_USE: "利用援助从事违法活动",
        TerminationGround.MEANS_CHANGED: "经济状况变化，不再符合条件",
        TerminationGround.CASE_ENDED: "案件终止或已被撤销",
        TerminationGround.OWN_LAWYER: "自行委托了律师或其他代理人",
        TerminationGround.ON_REQUEST: "受援人有正当理由要求终止",
        TerminationGround.OTHER: "法律法规规定的其他情形",
    }
)
ADVANCE: Final[Mapping[AdvanceGround, str]] = MappingProxyType(
    {
        AdvanceGround.TIME_LIMIT: "距时效或期限届满不足七日",
        AdvanceGround.PRESERVATION: "需要立即申请保全或先予执行",
        AdvanceGround.OTHER: "法律法规规定的其他紧急情形",
    }
)
CLOCK: Final[Mapping[ClockKind, str]] = MappingProxyType(
    {
        ClockKind.CUSTODY_TRANSFER: "羁押人员申请转交",
        ClockKind.SAME_DAY: "当日受理审查",
        ClockKind.REVIEW: "审查期限",
        ClockKind.ASSIGNMENT: "指派期限",
        ClockKind.OBJECTION: "异议审查期限",
        ClockKind.SUPPLEMENT: "补充材料期限",
    }
)
PARTY: Final[Mapping[Party, str]] = MappingProxyType(
    {
        Party.CITIZEN: "来访人",
        Party.INSTITUTION: "法律援助机构",
        Party.BUREAU: "司法行政部门",
        Party.PROVIDER: "承办人员",
        Party.OTHER_INSTITUTION: "接收移送的机构",
        Party.NOBODY: "",
    }
)
OUTCOME: Final[Mapping[Outcome, str]] = MappingProxyType(
    {Outcome.LIKELY: "可能符合", Outcome.NEEDS_PERSON: "需人工判断", Outcome.UNLIKELY: "可能不符合"}
)
BASIS: Final[Mapping[Basis, str]] = MappingProxyType(
    {
        Basis.MANDATORY_DEFENCE: "应当通知辩护",
        Basis.NO_MEANS_CONDITION: "不受经济困难条件限制",
        Basis.MEANS_CHECK_WAIVED: "免予核查经济困难状况",
        Basis.LOCAL_WAIVER: "地方规定免予审查经济状况",
        Basis.MEANS_MET: "经济困难标准：符合",
        Basis.MEANS_NOT_MET: "经济困难标准：未达到",
        Basis.MEANS_UNKNOWN: "经济状况尚不清楚",
        Basis.OUT_OF_SCOPE: "不在法律援助事项范围内",
        Basis.NOT_IN_FORCE: "所问日期没有生效的规定",
        Basis.UNDETERMINED: "现有情况还不能判断",
    }
)
TRUTH: Final[Mapping[Truth, str]] = MappingProxyType(
    {Truth.TRUE: "成立", Truth.FALSE: "不成立", Truth.UNKNOWN: "待核实"}
)
TRUTH_MARK: Final[Mapping[Truth, str]] = MappingProxyType(
    {Truth.TRUE: "mark-good", Truth.FALSE: "", Truth.UNKNOWN: "mark-soon"}
)
CONSENT: Final[Mapping[ConsentKind, str]] = MappingProxyType(
    {
        ConsentKind.HANDOVER: "把情况转交法律援助机构",
        ConsentKind.CONTACT: "按所留方式联系本人",
        ConsentKind.SENSITIVE: "处理敏感个人信息",
        ConsentKind.THIRD_PARTY: "由代为联系的人转达",
        ConsentKind.TRANSFER: "移送给其他地方的机构",
    }
)
SAFE: Final[Mapping[SafeToContact, str]] = MappingProxyType(
    {
        SafeToContact.YES: "可以正常联系",
        SafeToContact.NEUTRAL_ONLY: "只能用中性说法，不提法律援助",
        SafeToContact.MESSAGE_ONLY: "只能发消息，不打电话",
        SafeToContact.NO: "不能主动联系，联系会有危险",
        SafeToContact.UNKNOWN: "还没有问清，先不要主动联系",
    }
)
DELIVERY: Final[Mapping[Delivery, str]] = MappingProxyType(
    {
        Delivery.PHONE: "电话",
        Delivery.POST: "邮寄",
        Delivery.ONLINE: "网上",
        Delivery.HOME_VISIT: "上门",
        Delivery.WINDOW: "窗口",
    }
)
CHANNEL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "web": "网站",
        "wechat": "微信",
        "telegram": "Telegram",
        "voice": "电话",
        "api": "其他系统",
        "console": "工作人员录入",
        "call": "电话（人工记录）",
        "organ": "办案机关来件",
    }
)
FLAG: Final[Mapping[str, str]] = MappingProxyType(
    {
        "advance_aid": "可先行援助",
        "same_day": "当日办结",
        "mass_case": "群体性",
        "conflict_check": "查利益冲突",
        "verify_local_rule": "核实地方规定",
        "conflicting_facts": "回答对不上",
    }
)
ACT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "screen": "开始预筛",
        "handoff": "转交法律援助机构",
        "human": "转人工",
        "consent": "同意",
        "cancel": "算了",
        "back": "上一步",
        "restart": "重新开始",
        "status": "查申请进度",
        "complain": "我要投诉",
        "appoint": "约个时间",
        "media": "发来图片、语音或文件",
    }
)
PII: Final[Mapping[str, str]] = MappingProxyType(
    {
        "phone": "电话",
        "phone_tail": "电话后四位",
        "pass_phrase": "暗语",
        "id": "身份证号",
        "card": "银行卡号",
        "email": "邮箱",
        "name": "姓名",
        "address": "住址",
    }
)
ACTOR: Final[Mapping[ActorKind, str]] = MappingProxyType(
    {
        ActorKind.CITIZEN: "来访人",
        ActorKind.STAFF: "工作人员",
        ActorKind.BUREAU: "司法行政部门",
        ActorKind.ORGAN: "办案机关",
        ActorKind.SYSTEM: "系统",
    }
)
GROUND: Final[Mapping[Ground, str]] = MappingProxyType(
    {
        Ground.RULE_MISSING: "规则漏了这种情形",
        Ground.RULE_WRONG: "规则写得不对",
        Ground.LOCAL_RULE: "当地另有规定",
        Ground.FACT_MISHEARD: "事实问错了或者听错了",
        Ground.LAW_CHANGED: "法律已经变了",
    }
)
PURPOSE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "call_back": "回访或答复来访人",
        "identity_check": "核对身份或材料",
        "notice": "送达通知或文书",
        "danger": "紧急处置，有人身危险",
        "supervision": "投诉或质量检查",
    }
)
"""查看个人信息的用途: a closed list, because it is written into the audit chain for good."""

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


def waited(since: datetime, *, now: datetime) -> str:
    """Return how long somebody has waited, in the one unit that matters."""
    span = max(now - since, timedelta())
    if span < _MINUTE:
        return "不到 1 分钟"
    if span < _HOUR:
        return f"{span // _MINUTE} 分钟"
    if span < _DAY:
        return f"{span // _HOUR} 小时"
    return f"{span // _DAY} 天"


def moment(at: datetime) -> str:
    """Return a date and time as an office in China writes it."""
    local = at.astimezone(CHINA)
    return f"{local.month} 月 {local.day} 日 {local:%H:%M}"


def clock(at: datetime) -> str:
    """Return a time of day in China."""
    return f"{at.astimezone(CHINA):%H:%M}"
