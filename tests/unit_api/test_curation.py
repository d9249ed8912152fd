"""The steps of a card: who may take which, and never the same person twice."""

from datetime import UTC, datetime

import pytest

from api.domain.curation import Decision, History, Stage, Step, StepRefused, Version, check, writable
from api.domain.staff import Permission, Role, may

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


def history(*steps: tuple[int, Step, str], authors: tuple[str | None, ...] = ("a",)) -> History:
    versions = tuple(Version(number=n, author=author, created_at=NOW) for n, author in enumerate(authors, 1))
    decisions = tuple(
        Decision(seq=n, version=version, step=step, by=by, at=NOW) for n, (version, step, by) in enumerate(steps, 1)
    )
    return History(versions=versions, decisions=decisions)


def refusal(found: History, step: Step, *, version: int = 1, by: str = "b") -> str | None:
    try:
        check(found, step, version=version, by=by)
    except StepRefused as refused:
        return refused.code
    return None


PROPOSED = history((1, Step.PROPOSE, "a"))
APPROVED = history((1, Step.PROPOSE, "a"), (1, Step.APPROVE, "b"))


class TestStage:
    def test_follows_from_the_decisions(self) -> None:
        assert history().stage_now is Stage.DRAFT
        assert PROPOSED.stage_now is Stage.PROPOSED
        assert history((1, Step.PROPOSE, "a"), (1, Step.RETURN, "b")).stage_now is Stage.RETURNED
        assert APPROVED.stage_now is Stage.APPROVED
        assert history(*taken(APPROVED), (1, Step.EXPIRE, "b")).stage_now is Stage.EXPIRED

    def test_of_an_earlier_version_ends_when_the_next_is_approved_and_not_before(self) -> None:
        drafted = history(*taken(APPROVED), (2, Step.PROPOSE, "a"), authors=("a", "a"))
        assert (drafted.stage(1), drafted.in_use) == (Stage.APPROVED, drafted.versions[0])
        replaced = history(*taken(drafted), (2, Step.APPROVE, "b"), authors=("a", "a"))
        assert (replaced.stage(1), replaced.in_use) == (Stage.SUPERSEDED, replaced.versions[1])

    def test_of_what_was_in_use_before_the_desk_is_approved(self) -> None:
        found = history(authors=(None,))
        assert found.stage_now is Stage.APPROVED
        assert refusal(found, Step.EXPIRE) is None

    def test_never_falls_back_to_an_older_wording(self) -> None:
        ended = history(
            *taken(APPROVED), (2, Step.PROPOSE, "a"), (2, Step.APPROVE, "b"), (2, Step.EXPIRE, "b"), authors=("a", "a")
        )
        assert ended.in_use is None


class TestApproval:
    def test_takes_a_second_person(self) -> None:
        assert refusal(PROPOSED, Step.APPROVE, by="a") == "second_person_required"
        assert refusal(PROPOSED, Step.APPROVE, by="b") is None

    def test_is_not_for_whoever_put_a_colleagues_words_forward(self) -> None:
        found = history((1, Step.PROPOSE, "b"))
        assert refusal(found, Step.APPROVE, by="b") == "second_person_required"
        assert refusal(found, Step.APPROVE, by="c") is None

    def test_is_for_what_was_proposed_only(self) -> None:
        assert refusal(history(), Step.APPROVE) == "not_proposed"
        assert refusal(APPROVED, Step.APPROVE) == "not_proposed"


class TestTheOtherSteps:
    def test_go_from_their_own_stage_only(self) -> None:
        assert refusal(PROPOSED, Step.PROPOSE) == "not_a_draft"
        assert refusal(history(authors=("a", "a")), Step.PROPOSE, version=1) == "not_a_draft"
        assert refusal(history(), Step.RETURN) == "not_proposed"
        assert refusal(PROPOSED, Step.EXPIRE) == "not_in_use"

    def test_let_nobody_write_while_somebody_looks(self) -> None:
        assert writable(None)
        assert writable(history())
        assert not writable(PROPOSED)
        assert writable(APPROVED)


class TestRoles:
    def test_seats_and_auditors_write_nothing(self) -> None:
        for role in (Role.OPERATOR, Role.AUDITOR):
            assert not may(role, Permission.EDIT_KNOWLEDGE)
            assert not may(role, Permission.APPROVE_KNOWLEDGE)

    def test_duty_lawyers_write_and_reviewers_and_managers_approve(self) -> None:
        assert may(Role.DUTY_LAWYER, Permission.EDIT_KNOWLEDGE)
        assert not may(Role.DUTY_LAWYER, Permission.APPROVE_KNOWLEDGE)
        assert may(Role.REVIEWER, Permission.APPROVE_KNOWLEDGE)
        assert may(Role.MANAGER, Permission.APPROVE_KNOWLEDGE)


def taken(found: History) -> tuple[tuple[int, Step, str], ...]:
    return tuple((decision.version, decision.step, decision.by) for decision in found.decisions)
