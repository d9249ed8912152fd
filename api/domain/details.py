"""What the law wants written down with an event of an application (办理中的记录事项)."""

from dataclasses import dataclass
from datetime import datetime

from api.domain.aid import Assignment, Closing
from api.domain.grounds import AdvanceGround, TerminationGround
from api.domain.transfer import Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """All of it may be left out; the machine says what an event cannot do without."""

    reason: str | None = None
    papers: tuple[str, ...] = ()
    papers_due: datetime | None = None
    """The first moment that is too late for them."""
    provider: str | None = None
    transfer: Transfer | None = None
    into: str | None = None
    """The reference of the application that another goes on under."""
    termination: TerminationGround | None = None
    advance: AdvanceGround | None = None
    assignment: Assignment | None = None
    closing: Closing | None = None

    def codes(self) -> dict[str, str | int]:
        """Return what an audit line may hold: closed codes and counts, no free text."""
        codes: dict[str, str | int] = {}
        for given in (self.assignment, self.closing, self.transfer):
            codes.update(given.codes() if given else {})
        if ground := self.termination or self.advance:
            codes["ground"] = ground
        if self.into is not None:
            codes["into"] = self.into
        return codes | ({"papers": len(self.papers)} if self.papers else {})
