"""The pre-screen in a conversation: what a client may send, and what the result then says."""

import pytest

from actions.wire import VerdictReply
from tests.dialogue.desk import Desk

pytestmark = pytest.mark.unit


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestADayThatCannotBe:
    @pytest.mark.parametrize("fact", ["event.happened_on", "document.received_on", "limitation.expires_on"])
    def test_is_no_answer_and_keeps_nobody_waiting(self, desk: Desk, fact: str) -> None:
        desk.screen()
        desk.answer(matter="injury.traffic", **{fact: "9999-12-31"})
        assert fact not in desk.state.facts
        desk.answer(matter="injury.traffic")
        assert desk.state.asked is not None


class TestWhatTheResultTurnsOn:
    def test_is_kept_for_staff_and_not_told(self, desk: Desk) -> None:
        desk.screen()
        desk.answer(matter="labour.wages")
        assert "pivot" not in desk.state.extra
        (told,) = desk.answer(**{"applicant.migrant_worker": True})
        assert isinstance(told, VerdictReply)
        assert told.verdict.pivot is None
        pivot = {"fact": "applicant.migrant_worker", "outcome": "needs_person", "told": True, "values": [False]}
        assert desk.state.extra["pivot"] == pivot
