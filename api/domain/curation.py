"""Who may do what next with a card or a text, so that nothing is told to citizens that only one person has seen (编修审核).

A version is never changed: every save is a new one, and where it stands follows from the decisions taken on it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, assert_never


class Kind(StrEnum):
    """What is curated."""

    CARD = "card"
    DOCUMENT = "document"


class Stage(StrEnum):
    """审核状态 of one version."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    RETURNED = "returned"
    APPROVED = "approved"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


class Step(StrEnum):
    """A decision on a version."""

    PROPOSE = "propose"
    RETURN = "return"
    APPROVE = "approve"
    EXPIRE = "expire"


class StepRefused(Exception):
    """The version cannot go that way; `code` says why."""

    def __init__(self, code: str) -> None:
        """Keep the stable code."""
        super().__init__(f"the draft does not allow this step: {code}")
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """第几版. No author: it is what was in use before the desk took it up, and needs no approval."""

    number: int
    author: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One step taken on one version."""

    seq: int
    version: int
    step: Step
    by: str
    at: datetime
    note: str = ""


_REACHES: Final = {
    Step.PROPOSE: Stage.PROPOSED,
    Step.RETURN: Stage.RETURNED,
    Step.APPROVE: Stage.APPROVED,
    Step.EXPIRE: Stage.EXPIRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All versions and decisions of one item, in order."""

    versions: tuple[Version, ...]
    decisions: tuple[Decision, ...] = ()

    @property
    def latest(self) -> Version:
        """Return the version that is worked on."""
        return self.versions[-1]

    @property
    def in_use(self) -> Version | None:
        """Return the version that citizens are answered from, once it is built; None where there is none."""
        standing = {self.stage(version.number): version for version in self.versions}
        return standing.get(Stage.APPROVED)

    @property
    def stage_now(self) -> Stage:
        """Return where the version that is worked on stands."""
        return self.stage(self.latest.number)

    def stage(self, number: int) -> Stage:
        """Return where one version stands."""
        version = self.versions[number - 1]
        taken = [decision.step for decision in self.decisions if decision.version == number]
        stage = _REACHES[taken[-1]] if taken else Stage.DRAFT if version.author else Stage.APPROVED
        replaced = any(d.step is Step.APPROVE and d.version > number for d in self.decisions)
        return Stage.SUPERSEDED if stage is Stage.APPROVED and replaced else stage

    def proposer(self, number: int) -> str | None:
        """Return who put a version forward last."""
        taken = [d.by for d in self.decisions if d.version == number and d.step is Step.PROPOSE]
        return taken[-1] if taken else None


def writable(history: History | None) -> bool:
    """Tell whether a new version may be saved: not while one is being looked at by somebody else."""
    return history is None or history.stage_now is not Stage.PROPOSED


def check(history: History, step: Step, *, version: int, by: str) -> None:
    """Raise StepRefused unless this person may take this step on this version now."""
    stage = history.stage(version)
    newest = version == history.latest.number
    match step:
        case Step.PROPOSE:
            if not newest or stage not in {Stage.DRAFT, Stage.RETURNED}:
                raise StepRefused("not_a_draft")
        case Step.RETURN:
            if stage is not Stage.PROPOSED:
                raise StepRefused("not_proposed")
        case Step.APPROVE:
            if stage is not Stage.PROPOSED:
                raise StepRefused("not_proposed")
            if by in {history.versions[version - 1].author, history.proposer(version)}:
                raise StepRefused("second_person_required")
        case Step.EXPIRE:
            if stage is not Stage.APPROVED:
                raise StepRefused("not_in_use")
        case _:
            assert_never(step)
