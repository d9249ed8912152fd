"""The blind index over those who are named in an application, as services see it (盲索引)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from api.domain.mass import Against


@dataclass(frozen=True, slots=True, kw_only=True)
class Unindexed:
    """An application older than the index: whose it is, and the pass phrase that was kept with it."""

    reference: str
    applicant: str = field(repr=False)
    phone: str = field(repr=False)
    pass_phrase: str | None = field(repr=False)


class Parties(Protocol):
    """Who is named in an application: found again by keyed digests, readable only where it is sealed."""

    async def set_applicant(self, reference: str, *, digest: str, phone_tail: str | None) -> None:
        """Index whose application it is, by name and by the last digits of the telephone."""

    async def set_pass_phrase(self, reference: str, *, digest: str) -> None:
        """Keep what a third party's pass phrase is compared with."""

    async def end_third_party(self, reference: str) -> None:
        """Forget who speaks for the citizen, and the phrase."""

    async def strip_pass_phrase(self, reference: str) -> None:
        """Seal a third party anew without the phrase that an older version kept beside their name."""

    async def pass_phrase(self, reference: str) -> str | None:
        """Return the digest of the pass phrase; None where nobody speaks for the citizen."""

    async def set_opponents(self, reference: str, *, named: tuple[tuple[str, str], ...]) -> None:
        """Keep against whom an application is, in place of whoever it was: name, to be sealed, and its digest."""

    async def opponents(self, reference: str) -> tuple[str, ...]:
        """Open against whom an application is. Services call this only beside an audit entry."""

    async def facing(self, reference: str, *, limit: int) -> tuple[str, ...]:
        """Return applications of somebody this one is against, and those against whoever made this one; newest first."""

    async def against(self, *, since: datetime) -> tuple[Against, ...]:
        """Return what came in since, counted by opponent and place, of opponents whom `LEAST` or more came against."""

    async def unindexed(self, *, limit: int) -> tuple[Unindexed, ...]:
        """Open what an older version stored without index."""
