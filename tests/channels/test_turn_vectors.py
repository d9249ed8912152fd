"""One turn is read once, for safety, triage and search alike, and danger is looked for whatever befalls the model."""

from typing import Any, cast

import numpy as np
import pytest

from bot.knowledge import Turns
from bot.parts import Parts
from knowledge_base.danger import DangerGate
from knowledge_base.embedding import Reading, Vector
from knowledge_base.types import KnowledgeUnavailable, SafetyFinding, SafetyKind, Urgency

pytestmark = pytest.mark.unit


class Reads:
    """Counts what it reads, or fails as it is told to."""

    def __init__(self, *, fails: Exception | None = None) -> None:
        self.fails = fails
        self.asked: list[str] = []

    def read(self, text: str, /) -> Reading:
        self.asked.append(text)
        if self.fails:
            raise self.fails
        return Reading(np.ones(3, np.float32), np.ones(3, np.float32))


class NoModel(Reads):
    """An index that was built by words alone."""

    def read(self, text: str, /) -> None:  # type: ignore[override]  # there is nothing to hear by then
        self.asked.append(text)


class HearsVectors:
    """A gate whose rules know one word, and whose second voice hears danger in any vector."""

    def check(self, text: str, /, *, heard: Vector | None = None) -> SafetyFinding:
        if "拿刀" in text:
            return SafetyFinding(kinds=(SafetyKind.VIOLENCE_NOW,), urgency=Urgency.S0)
        if heard is None:
            return SafetyFinding()
        return SafetyFinding(kinds=(SafetyKind.DEADLINE,), urgency=Urgency.S1)


def check(text: str, knowledge: Reads) -> SafetyFinding:
    """Ask the app's own check, over fakes for the two parts that it uses."""
    parts: Any = object.__new__(Parts)
    object.__setattr__(parts, "knowledge", knowledge)
    object.__setattr__(parts, "safety", cast("DangerGate", HearsVectors()))
    return cast("Parts", parts).check_safety(text)


class TestTheTurn:
    def test_is_read_once(self) -> None:
        turns, model = Turns(), Reads()
        first = turns.reading("老板不给工资", model.read)
        assert turns.reading("老板不给工资", model.read) is first
        assert model.asked == ["老板不给工资"]

    def test_is_forgotten_when_others_came(self) -> None:
        turns, model = Turns(most=2), Reads()
        for words in ("一", "二", "三", "一"):
            turns.reading(words, model.read)
        assert model.asked == ["一", "二", "三", "一"]


class TestTheSafetyCheck:
    def test_hears_by_the_turns_vector(self) -> None:
        assert check("就剩一点时间", Reads()).kinds == (SafetyKind.DEADLINE,)

    @pytest.mark.parametrize(
        "knowledge",
        [NoModel(), Reads(fails=KnowledgeUnavailable()), Reads(fails=RuntimeError("whatever it is"))],
        ids=["words alone", "unavailable", "a fault of its own"],
    )
    def test_does_without_a_model(self, knowledge: Reads) -> None:
        assert check("就剩一点时间", knowledge) == SafetyFinding()
        assert check("他拿刀", knowledge).urgency is Urgency.S0
