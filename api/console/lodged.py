"""What was left beside a consultation, as staff read it: complaints, wished call-backs, and which interpreter is needed."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

from api.console import labels
from api.services.records import Assistance, Ticket, TicketKind

_APART: Final = frozenset({TicketKind.COMPLAINT, TicketKind.CALL_BACK})
_INTERPRETER: Final = ":interpreter:"
UNVERIFIED: Final = "（自动回复的这种语言还没有懂的人核对过，以翻译说的为准）"
LANGUAGE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "英语",
        "ug": "维吾尔语",
        "kk": "哈萨克语",
        "ky": "柯尔克孜语",
        "mn": "蒙古语",
        "bo": "藏语",
        "ko": "朝鲜语",
        "za": "壮语",
        "ii": "彝语",
        "ru": "俄语",
        "vi": "越南语",
        "ja": "日语",
        "th": "泰语",
        "my": "缅甸语",
        "lo": "老挝语",
        "ar": "阿拉伯语",
    }
)

ASSISTANCE: Final[Mapping[Assistance, str]] = MappingProxyType(
    {Assistance.SIGN_INTERPRETER: "需要手语翻译", Assistance.COMPANION: "有人陪同来访"}
)


class Waits(Protocol):
    """A line of the queue, as far as its title goes."""

    @property
    def kind(self) -> TicketKind:
        """Why it stands in the queue."""

    @property
    def reason(self) -> str:
        """Its reason, in codes."""


def apart(group: Sequence[Waits]) -> list[str]:
    """Return what was left beside the consultation: complaints and call-backs."""
    return [labels.TICKET[item.kind] for item in group if item.kind in _APART]


def interpreters(group: Sequence[Waits], *, unverified: Callable[[str], bool]) -> list[str]:
    """Return the languages that an interpreter is needed for, and which of them citizens are answered in unverified."""
    codes = [code for item in group if (code := item.reason.partition(_INTERPRETER)[2])]
    return [interpreter(code, unverified=unverified) for code in codes]


def interpreter(code: str, /, *, unverified: Callable[[str], bool]) -> str:
    """Return which interpreter a caller needs, and whether nobody has read what they are answered in their language."""
    return f"需要翻译：{LANGUAGE.get(code.partition('-')[0], '其他语言')}" + (UNVERIFIED if unverified(code) else "")


def lodged(ticket: Ticket, *, words: str) -> str:
    """Return a complaint or a wished call-back as the staff read it: number, promised day, words, and how to reach them."""
    due = f"，{labels.moment(ticket.due)} 前答复" if ticket.due else ""
    reached = "，留了电话（见联系方式）" if ticket.contact else ""
    wished = "".join(f"，{ASSISTANCE[each]}" for each in ticket.assistance)
    safe = f"，{labels.SAFE[ticket.safe_to_contact]}" if ticket.safe_to_contact else ""
    return f"{labels.TICKET[ticket.kind]} {ticket.number}{due}{reached}{safe}{wished}：{words}"
