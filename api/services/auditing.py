"""Holds the whole audit chain against itself, and against an end that was noted outside the database (审计核验).

A chain cannot show by itself that its last entries were cut off, or that all of it was written anew: only an end that
was noted earlier, on paper or in another system, shows that.
"""

from dataclasses import dataclass
from typing import Final

from api.domain.audit import GENESIS, first_broken
from api.services.ports import UnitOfWork

_PAGE: Final = 1000


class EndMalformed(Exception):
    """What was given is no end of a chain: its number, a colon, its hash."""

    code = "end_malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """链尾: the number and hash of the last entry; of an empty chain 0 and zeroes."""

    seq: int = 0
    hash: str = GENESIS

    @classmethod
    def read(cls, text: str, /) -> "End":
        """Read an end as it is written. Raises EndMalformed."""
        seq, _, digest = text.strip().partition(":")
        plain = (
            seq.isascii() and seq.isdecimal() and len(digest) == len(GENESIS) and set(digest) <= set("0123456789abcdef")
        )
        if not plain:
            raise EndMalformed
        return cls(seq=int(seq), hash=digest)

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """How far the chain holds: `broken` is the first entry that does not fit, `noted` whether the noted end is still in it."""

    end: End
    broken: int | None = None
    noted: bool = True

    @property
    def holds(self) -> bool:
        """Tell whether nothing was changed, removed or moved."""
        return self.broken is None and self.noted


async def verify(uow: UnitOfWork, *, noted: End | None = None) -> Verified:
    """Read the chain from its first entry to its last."""
    end, met = End(), noted is None or noted == End()
    while page := await uow.audit.entries(after=end.seq, limit=_PAGE):
        broken = first_broken(page, after=end.hash)
        if broken is not None:
            return Verified(end=end, broken=broken, noted=met)
        met = met or any(End(seq=link.seq, hash=link.hash) == noted for link in page)
        end = End(seq=page[-1].seq, hash=page[-1].hash)
    return Verified(end=end, noted=met)
