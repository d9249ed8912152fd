"""What an application is found by beside its own columns: its matters and its place, each with all that stands above it."""

from collections.abc import Iterator
from typing import Final

from api.domain.scope import stem

_PLACES: Final = (2, 4, 6)
"""How many digits of a GB/T 2260 code stand for a province, a city and a county."""


def terms(*, matters: tuple[str, ...], region: str | None) -> tuple[str, ...]:
    """Return every term, each once: labour.wages in 231000 is found under labour and in 230000 too."""
    found = [of_matter(above) for matter in matters for above in _upwards(matter)]
    digits = "" if region is None else stem(region)
    found += [_place(digits[:length]) for length in _PLACES if length <= len(digits)]
    return tuple(dict.fromkeys(found))


def of_matter(code: str, /) -> str:
    """Return the term of a matter."""
    return f"matter:{code}"


def of_region(region: str, /) -> str | None:
    """Return the term of a place; None of the whole country, where everything lies."""
    digits = stem(region)
    return _place(digits) if digits else None


def _place(digits: str) -> str:
    return f"region:{digits}"


def _upwards(matter: str) -> Iterator[str]:
    parts = matter.split(".")
    return (".".join(parts[:depth]) for depth in range(1, len(parts) + 1))
