"""What a caller told, as the staff read it: their telling words, and each particular with when it was said, none of it verified (听到的情况)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from api.console.views import Pair, day, readable
from api.domain.clocks import CHINA
from api.services.records import Sender, StoredMessage
from api.services.vault import tokens
from knowledge_base.account import Account, Kind, Particular, Reader, Saying
from knowledge_base.spoken_dates import spoken_dates

_TITLE: Final = MappingProxyType(
    {
        Kind.AMOUNT: "钱数",
        Kind.MONTHS: "拖欠多久",
        Kind.PEOPLE: "几个人",
        Kind.PLACE: "地方",
        Kind.EMPLOYER: "单位",
        Kind.AGE: "年龄",
        Kind.DATE: "时间",
    }
)
_UNIT: Final = MappingProxyType({Kind.AMOUNT: " 元", Kind.MONTHS: " 个月", Kind.PEOPLE: " 人", Kind.AGE: " 岁"})
_THEN: Final = "；后来说 "
"""Between values of one kind: neither is thrown away, a person asks which holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldView:
    """What was told in one thread."""

    words: str | None
    """The messages that tell the matter, a line each; where none does, the longest."""
    later: str | None
    """What was said after the application was handed in."""
    particulars: tuple[Pair, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something the caller typed, and when."""

    text: str
    at: datetime

    @property
    def day(self) -> date:
        """The day that «昨天» is the day before of."""
        return self.at.astimezone(CHINA).date()


class Listener:
    """Reads what callers typed for the pages."""

    def __init__(self, *, read: Reader, region: Callable[[str], str]) -> None:
        self._read = read
        self._region = region

    def told(self, said: Sequence[Said], *, later: Sequence[Said] = ()) -> ToldView:
        """Return what the caller told, and apart what came `later`, after the application was handed in."""
        typed = (*said, *later)
        account = self._read(
            Saying(number=number, text=_plain(one.text), on=one.day) for number, one in enumerate(typed)
        )
        telling = [typed[number] for number in account.telling if number < len(said)]
        longest = sorted(said, key=lambda one: -len(_plain(one.text)))[:1]
        return ToldView(
            words=_lines(telling or longest),
            later=_lines(later),
            particulars=tuple(self._pairs(account, typed)),
            flags=_flags(account),
        )

    def _pairs(self, account: Account, typed: Sequence[Said]) -> list[Pair]:
        said: dict[str, list[str]] = {}
        for one in account.particulars:
            title = f"{_TITLE[one.kind]}（{one.whose}）" if one.whose else _TITLE[one.kind]
            said.setdefault(title, []).append(self._value(one, typed[one.said]))
        # Two places or days are two things told; two sums are one thing told twice.
        many = {_TITLE[Kind.DATE], _TITLE[Kind.PLACE], _TITLE[Kind.EMPLOYER]}
        return [
            Pair(question=title, answer=("；" if title in many else _THEN).join(values))
            for title, values in said.items()
        ]

    def _value(self, one: Particular, said: Said) -> str:
        match one.kind:
            case Kind.PLACE:
                return self._region(one.value)
            case Kind.DATE:
                meant = next(iter(spoken_dates(one.value, on=said.day)), None)
                exact = meant.period.day if meant is not None and meant.period is not None else None
                return one.value if exact is None else f"{one.value}（{day(exact)}）"
            case _:
                return f"{one.value}{_UNIT.get(one.kind, '')}"


def typed(transcript: Iterable[StoredMessage], *, after: datetime | None = None) -> tuple[Said, ...]:
    """Return what the citizen typed in a thread, all of it or only what came after a moment."""
    return tuple(
        Said(text=one.text, at=one.created_at)
        for one in transcript
        if one.sender is Sender.CITIZEN and one.text and (after is None or one.created_at > after)
    )


def lines(words: str, *, at: datetime) -> tuple[Said, ...]:
    """Return an account as handed in, without the lines that only named or numbered somebody."""
    return tuple(
        Said(text=line, at=at) for line in words.splitlines() if line.strip() and [line.strip()] != list(tokens(line))
    )


def _flags(account: Account) -> tuple[str, ...]:
    if account.many:
        return (f"群体性（{account.people} 人）" if account.people else "群体性",)
    return (f"多人同一事（{account.people} 人）",) if account.people else ()


def _lines(messages: Sequence[Said]) -> str | None:
    return "\n".join(readable(one.text) for one in messages) or None


def _plain(text: str) -> str:
    """Return a message without the tokens of what was taken out of it: their numbers are nobody's age."""
    for token in tokens(text):
        text = text.replace(token, "，")
    return text
