"""Who may be assigned to a case: the register's entries, and what the law asks of them (法律援助人员).

Legal Aid Law (2021) arts 12, 13, 17 and 26. Pure: the register itself is the services'.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

EXPERIENCE_YEARS: Final = 3
"""Art. 26: 三年以上相关执业经历."""
GRAVEST: Final = ("criminal.possible_life_or_death", "criminal.death_review")
"""The facts of art. 26: 可能被判处无期徒刑、死刑的人, and 死刑复核案件的被告人."""
_SPACE: Final = re.compile(r"\s+")
_SHORTEST_NAME: Final = 2
"""One character of a client's name would be found in any account."""


class ProviderKind(StrEnum):
    """法律援助人员的类别."""

    LAWYER = "lawyer"
    """律师, the institution's own among them (art. 13)."""
    LEGAL_WORKER = "legal_worker"
    """基层法律服务工作者."""
    VOLUNTEER = "volunteer"
    """法律援助志愿者 (art. 17)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One entry of the register."""

    id: str
    name: str
    credential: str
    """执业证号, or the volunteer's number."""
    kind: ProviderKind
    organisation: str
    practising_since: date
    """Since when they practise what is relevant to the cases they take; for defenders, criminal law."""
    region: str
    languages: tuple[str, ...] = ()
    active: bool = True
    """Whether they are given cases now."""


def experienced(provider: Provider, *, on: date) -> bool:
    """Tell whether somebody may defend where life is at stake: a lawyer with three full years of practice (art. 26)."""
    since = provider.practising_since
    year = since.year + EXPERIENCE_YEARS
    leap_day = (since.month, since.day) == (2, 29)
    full = date(year, 3, 1) if leap_day else since.replace(year=year)
    return provider.kind is ProviderKind.LAWYER and on >= full


def gravest(facts: Mapping[str, object]) -> bool:
    """Tell whether the citizen's own answers make it a case of art. 26."""
    return any(facts.get(fact) is True for fact in GRAVEST)


def in_conflict(clients: Iterable[str], *, words: str) -> tuple[str, ...]:
    """Return the clients of a provider whom the applicant's own account names: perhaps the other party (利益冲突)."""
    account = _folded(words)
    return tuple(client for client in clients if len(_folded(client)) >= _SHORTEST_NAME and _folded(client) in account)


def _folded(text: str) -> str:
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).casefold()
