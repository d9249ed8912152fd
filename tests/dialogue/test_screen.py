"""The pre-screen in a conversation: what a client may send, and what the result then says."""

import pytest

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
