"""What a citizen reads about the state of their application: short, plain, and never a decision that was not made."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from api.domain.aid import ProgressKind
from api.domain.application import State
from api.domain.callback import Half, Slot
from api.domain.clocks import Party

STATE: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.DRAFT: "还没有提交",
        State.SUBMITTED: "已收到",
        State.NOTIFIED: "已收到办案机关的通知",
        State.IN_REVIEW: "正在审查",
        State.SUPPLEMENT_REQUESTED: "等您补交材料",
        State.GRANTED: "已决定给予法律援助",
        State.REFUSED: "已决定不予法律援助",
        State.ASSIGNED: "已安排法律援助人员",
        State.IN_PROGRESS: "正在办理",
        State.CLOSED: "已办结",
        State.WITHDRAWN: "申请已撤回",
        State.TRANSFERRED: "已转给有管辖权的法律援助机构",
        State.MERGED: "和您更早的一件申请并在一起办，按那一件的编号查",
        State.REFUSAL_OBJECTED: "异议正在审查",
        State.REFUSED_UPHELD: "异议已审查，维持原决定",
        State.TERMINATED: "法律援助已终止",
        State.TERMINATION_OBJECTED: "异议正在审查",
        State.TERMINATED_UPHELD: "异议已审查，维持终止",
    }
)
PARTY: Final[Mapping[Party, str]] = MappingProxyType(
    {
        Party.CITIZEN: "等您",
        Party.INSTITUTION: "等法律援助机构",
        Party.BUREAU: "等司法行政部门",
        Party.PROVIDER: "等法律援助人员",
        Party.OTHER_INSTITUTION: "等接手的法律援助机构",
        Party.NOBODY: "不用等了",
    }
)

UNREACHED: Final = (
    "给您打了电话，没有打通，先不再打了。您方便的时候在这里写给我们，或者打 12348，报预约编号 {number}，我们再约时间。"
)
BOOKED: Final = "给您回电的时间约好了：{when}，预约编号 {number}。这个时间不方便，可以在这里说想改到什么时候。"
REBOOKED: Final = "给您回电的时间改了，改到{when}，预约编号 {number}。先前说的时间不再打了。这个时间不方便，可以在这里说想改到什么时候。"
NEWS_NEUTRALLY: Final = "您有一条新消息。方便的时候，可以在这里回复，或者用编号 {number} 查询。"
"""For whom somebody else may be reading."""
HALF: Final[Mapping[Half, str]] = MappingProxyType({Half.AM: "上午", Half.PM: "下午"})
PROGRESS: Final[Mapping[ProgressKind, str]] = MappingProxyType(
    {
        ProgressKind.MEETING: "和承办人员见面",
        ProgressKind.EVIDENCE: "调查、收集证据",
        ProgressKind.FILING: "立案，或者提交仲裁申请",
        ProgressKind.MEDIATION: "调解",
        ProgressKind.HEARING: "开庭",
        ProgressKind.JUDGMENT: "作出判决、裁决或者调解书",
        ProgressKind.ENFORCEMENT: "执行",
    }
)

JOINED: Final = "工作人员来了，接下来由真人回复您。"
RETURNED: Final = "工作人员已经把对话交还给自动助手。您可以继续问，想找工作人员随时说“转人工”。"
CLOSED: Final = "工作人员结束了这次对话。以后有事，随时再来问，或者打 12348。"


def half_day(slot: Slot, /) -> str:
    """Return a half-day in words, its weekday with it: a wrong one is noticed by that."""
    weekday = "一二三四五六日"[slot.day.weekday()]
    return f"{slot.day.month} 月 {slot.day.day} 日（周{weekday}）{HALF[slot.half]}"


def status_sentence(state: State, party: Party, *, days_left: int | None) -> str:
    """Return the sentence a citizen reads."""
    parts = [f"您的申请：{STATE[state]}。"]
    if party is not Party.NOBODY:
        parts.append(f"现在{PARTY[party]}。")
    if days_left is not None and days_left >= 0:
        parts.append("今天是最后一天。" if days_left == 0 else f"还有{days_left}天。")
    elif days_left is not None and party is Party.CITIZEN:
        parts.append("说好的日子过了，请马上打 12348，告诉工作人员您什么时候能补上。")
    elif days_left is not None:
        parts.append("已经超过期限，您可以打 12348 催问。")
    if state in {State.REFUSED, State.TERMINATED}:
        parts.append("您不同意的话，可以向设立该机构的司法行政部门提出异议。")
    return "".join(parts)
