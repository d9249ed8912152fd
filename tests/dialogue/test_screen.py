"""The pre-screen in a conversation: what a client may send, and what the result then says."""

import pytest

from actions.wire import QuestionReply, VerdictReply
from knowledge_base.types import Outcome
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


class TestWhatIsOnlyPresumed:
    """Asked once before a result that it would change; facts sent without a talk are taken at the presumption."""

    def test_is_asked_of_whoever_speaks_for_a_hero(self, desk: Desk) -> None:
        desk.screen()
        (asked,) = desk.answer(matter="honour.hero")
        assert isinstance(asked, QuestionReply)
        assert asked.question.fact == "applicant.hero_relative"
        (told,) = desk.answer(**{"applicant.hero_relative": False})
        assert isinstance(told, VerdictReply)
        assert told.verdict.outcome is Outcome.UNLIKELY

    def test_is_not_asked_again_of_whoever_does_not_know(self, desk: Desk) -> None:
        desk.screen()
        desk.answer(matter="honour.hero")
        (told,) = desk.answer(**{"applicant.hero_relative": None})
        assert isinstance(told, VerdictReply)
        assert told.verdict.outcome is Outcome.NEEDS_PERSON

    @pytest.mark.parametrize(("answer", "outcome"), [(False, Outcome.LIKELY), (True, Outcome.NEEDS_PERSON)])
    def test_is_asked_in_mudanjiang_of_whoever_wants_support(
        self, desk: Desk, *, answer: bool, outcome: Outcome
    ) -> None:
        desk.screen()
        asked = desk.answer(matter="family.maintenance")
        assert isinstance(asked[-1], QuestionReply)
        assert asked[-1].question.fact == "claim.between_spouses"
        told = desk.answer(**{"claim.between_spouses": answer})
        while isinstance(told[-1], QuestionReply):
            told = desk.answer(**{told[-1].question.fact: None})
        assert isinstance(told[-1], VerdictReply)
        assert told[-1].verdict.outcome is outcome
