"""Names and pass phrases as they are compared: however they were typed, the same ones are found again (当事人)."""

import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

SHORTEST: Final = 2
"""One character of a name would be found everywhere."""
LONGEST: Final = 100
MOST: Final = 5
"""How many people or firms an application may be against."""


class Side(StrEnum):
    """Whose row in the blind index it is."""

    APPLICANT = "applicant"
    OPPONENT = "opponent"
    """对方当事人: against whom help is asked for, a person or a firm."""
    THIRD_PARTY = "third_party"
    """代为联系的人: kept with the digest of the pass phrase, and of no name."""


class OpponentUnusable(Exception):
    """Against whom an application is cannot be kept like that: too many, or a name too long or too short to be found again."""

    code = "opponent_unusable"


def opponents(given: Iterable[str], /) -> tuple[str, ...]:
    """Return the names an application is against, each once. Raises OpponentUnusable."""
    named = {folded(name): name.strip() for name in given if name.strip()}
    if len(named) > MOST or any(len(name) > LONGEST or not usable(name) for name in named.values()):
        raise OpponentUnusable
    return tuple(named.values())


def folded(text: str, /) -> str:
    """Return the letters, digits and characters of a text: «牡丹江 宏达（建筑）公司» is 牡丹江宏达建筑公司."""
    return "".join(one for one in unicodedata.normalize("NFKC", text) if one.isalnum()).casefold()


def usable(text: str, /) -> bool:
    """Tell whether enough is left of a name or a pass phrase to be compared."""
    return len(folded(text)) >= SHORTEST
