"""What is written down once aid was granted: who has the case, what came of it, and of what staff did about it (承办、结案、回访)."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """指派: whom of the register a case goes to, and what whoever assigns answers for."""

    provider_id: str
    life_or_death: bool = False
    """The organ's notice speaks of imprisonment for life or death, or of a review of a death sentence (art. 26)."""
    conflict_cleared: bool = False
    """Somebody looked into a conflict of interest that was flagged, and there is none."""

    def codes(self) -> dict[str, str | bool]:
        """Return what the audit chain keeps of it."""
        return {
            "provider": self.provider_id,
            "life_or_death": self.life_or_death,
            "conflict_cleared": self.conflict_cleared,
        }


class ClosingOutcome(StrEnum):
    """结案结果."""

    WON = "won"
    PARTLY_WON = "partly_won"
    LOST = "lost"
    MEDIATED = "mediated"
    SETTLED = "settled"
    CLAIM_WITHDRAWN = "claim_withdrawn"
    DEFENCE_FOLLOWED = "defence_followed"
    """The court followed the defence, in whole or in part."""
    DEFENCE_NOT_FOLLOWED = "defence_not_followed"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """结案报告: what came of the case, and how it went in the words of whoever had it."""

    outcome: ClosingOutcome
    report: str = field(repr=False)

    def codes(self) -> dict[str, str | bool]:
        """Return what the audit chain keeps of it."""
        return {"outcome": self.outcome}


class FollowUp(StrEnum):
    """回访: when the office asks the citizen itself."""

    BEFORE = "before"
    """案前告知, when somebody was assigned: who it is, and what they may expect."""
    MID = "mid"
    """案中监督, while the case goes on."""
    AFTER = "after"
    """案后回访, when it is over: whether they were satisfied."""


FOLLOW_UP_AFTER: Final = {
    FollowUp.BEFORE: timedelta(),
    FollowUp.MID: timedelta(days=30),
    FollowUp.AFTER: timedelta(days=7),
}
"""How long after assignment, beginning and end; the office's own numbers, as local rules name the three and no days."""


class TaskOutcome(StrEnum):
    """What came of a task: nobody closes one with a bare «done»."""

    TOLD_BY_PHONE = "told_by_phone"
    TOLD_IN_PERSON = "told_in_person"
    TOLD_IN_WRITING = "told_in_writing"
    SATISFIED = "satisfied"
    DISSATISFIED = "dissatisfied"
    NOT_REACHED = "not_reached"
    NOT_SAFE = "not_safe"
    NOT_NEEDED = "not_needed"
    ASSIGNED = "assigned"


_ASKED: Final = (TaskOutcome.SATISFIED, TaskOutcome.DISSATISFIED, TaskOutcome.NOT_REACHED, TaskOutcome.NOT_SAFE)
_TOLD: Final = (
    TaskOutcome.TOLD_BY_PHONE,
    TaskOutcome.TOLD_IN_PERSON,
    TaskOutcome.TOLD_IN_WRITING,
    TaskOutcome.NOT_REACHED,
    TaskOutcome.NOT_SAFE,
    TaskOutcome.NOT_NEEDED,
)
UNOWNED: Final = "unowned"
"""How the reason of a task begins that says that something is nobody's."""
ASKING: Final = "follow_up"
"""How the reason of a follow-up's task begins."""
DISSATISFIED: Final = "dissatisfied:after_call"
"""The reason of the task that follows where somebody was not satisfied."""


def outcomes_of(reason: str) -> tuple[TaskOutcome, ...]:
    """Return what may come of a task, by its reason."""
    match reason.partition(":")[0]:
        case begins if begins == ASKING:
            return _ASKED
        case begins if begins == UNOWNED:
            return (TaskOutcome.ASSIGNED, TaskOutcome.NOT_NEEDED)
        case _:
            return _TOLD


class ProgressKind(StrEnum):
    """办理进展: what whoever has the case reports to the citizen (art. 46)."""

    MEETING = "meeting"
    EVIDENCE = "evidence"
    FILING = "filing"
    MEDIATION = "mediation"
    HEARING = "hearing"
    JUDGMENT = "judgment"
    ENFORCEMENT = "enforcement"
