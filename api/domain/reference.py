"""The reference a caller writes down or reads out: short, unambiguous, and wrong when one character is wrong (受理编号)."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

ALPHABET: Final = "23456789ACDEFGHJKMNPQRTUVWXY"
"""No 0/O, 1/I/L, B (8), S (5), Z (2): what looks or sounds alike stands once."""
_PRIME: Final = 29
_YEAR_DIGITS: Final = 4
_SHORTEST, _LONGEST = 4, 6
_MOST_COMPARED: Final = 16


class ReferenceMalformed(Exception):
    """The text is no reference: a character is missing, wrong or swapped."""

    code = "reference_malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """LA-year-body-check; what is no application has another head than LA."""

    year: int
    body: str
    head: str = "LA"

    def __str__(self) -> str:
        return f"{self.head}-{self.year:04d}-{self.body}-{_check(self.year, self.body)}"


def issue(*, year: int, pick: Callable[[str], str], length: int = _SHORTEST, head: str = "LA") -> Reference:
    """Return a fresh reference; `pick` chooses one character of the alphabet. Uniqueness is the table's business."""
    while True:
        body = "".join(pick(ALPHABET) for _ in range(length))
        if _check(year, body) is not None:
            return Reference(year=year, body=body, head=head)


def parse(text: str, *, head: str = "LA") -> Reference:
    """Read a reference however it was typed: case, spaces, full-width letters and dashes do not matter."""
    letters = "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isalnum())
    letters = letters.removeprefix(head)
    year, body, check = letters[:_YEAR_DIGITS], letters[_YEAR_DIGITS:-1], letters[-1:]
    year_reads = year.isascii() and year.isdigit()
    if not year_reads or not _SHORTEST <= len(body) <= _LONGEST or any(c not in ALPHABET for c in body):
        raise ReferenceMalformed
    if check != _check(int(year), body):
        raise ReferenceMalformed
    return Reference(year=int(year), body=body, head=head)


def one_spelling(text: str) -> str:
    """Return what all spellings of one reference share, or whoever guesses would only have to write it otherwise."""
    letters = "".join(one for one in unicodedata.normalize("NFKC", text).upper() if one.isalnum())
    return letters.removeprefix("LA")[:_MOST_COMPARED]


def _check(year: int, body: str) -> str | None:
    """Return the check character, None for a body that has none.

    A weighted sum over a prime with distinct weights notices every wrong character and every swapped pair.
    """
    total = sum(weight * value for weight, value in enumerate(_values(year, body), start=2)) % _PRIME
    return ALPHABET[total] if total < len(ALPHABET) else None


def _values(year: int, body: str) -> Iterator[int]:
    yield from (int(digit) for digit in f"{year:04d}")
    yield from (ALPHABET.index(character) for character in body)
