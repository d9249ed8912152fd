"""Names and pass phrases as they are compared: however they were typed, the same ones are found again (当事人)."""

import unicodedata
from enum import StrEnum
from typing import Final

SHORTEST: Final = 2
"""One character of a name would be found everywhere."""
MOST: Final = 5
"""How many people or firms an application may be against."""


class Side(StrEnum):
    """Whose row in the blind index it is."""

    APPLICANT = "applicant"
    OPPONENT = "opponent"
    """对方当事人: against whom help is asked for, a person or a firm."""
    THIRD_PARTY = "third_party"
    """代为联系的人: kept with the digest of the pass phrase, and of no name."""


def folded(text: str, /) -> str:
    """Return the letters, digits and characters of a text: «牡丹江 宏达（建筑）公司» is 牡丹江宏达建筑公司."""
    return "".join(one for one in unicodedata.normalize("NFKC", text) if one.isalnum()).casefold()


def usable(text: str, /) -> bool:
    """Tell whether enough is left of a name or a pass phrase to be compared."""
    return len(folded(text)) >= SHORTEST
