"""Finding an application again, as services ask for it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from api.domain.application import State
from api.services.records import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is known of the applications somebody looks for; all of it has to fit, and nothing known fits all of them."""

    reference: str | None = None
    phone: str | None = field(default=None, repr=False)
    """Digest of a whole telephone number."""
    tail: str | None = field(default=None, repr=False)
    """Digest of its last four digits."""
    name: str | None = field(default=None, repr=False)
    """Digest of the name of the applicant, or of whom it is against."""
    matter: str | None = None
    """A matter, or what stands above it: labour finds labour.wages."""
    region: str | None = None
    """A place, with what lies within it."""
    state: State | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Not including this moment."""


class Search(Protocol):
    """Applications found by what is known of them."""

    async def page(self, sought: Sought, *, viewer: Viewer, after: str | None, limit: int) -> tuple[str, ...]:
        """Return references within the viewer's regions, received last first, from the one after `after` on."""
