"""One turn is embedded once, for safety, triage and search alike, and the safety check asks for that vector last."""

from typing import Any, cast

import numpy as np
import pytest

from bot.app import Parts
from bot.knowledge import Turns
from knowledge_base.danger import DangerGate
from knowledge_base.embedding import Vector
from knowledge_base.types import KnowledgeUnavailable, SafetyFinding, SafetyKind, Urgency

pytestmark = pytest.mark.unit


class Embeds:
    """Counts what it embeds, or fails as it is told to."""

    def __init__(self, *, fails: Exception | None = None) -> None:
        self.fails = fails
        self.asked: list[str] = []

    def embed(self, text: str, /) -> Vector:
        self.asked.append(text)
        if self.fails:
            raise self.fails
        return np.ones(3, np.float32)


class NoModel(Embeds):
    """An index that was built by words alone."""

    def embed(self, text: str, /) -> None:  # type: ignore[override]  # the turn's vector is None then
        self.asked.append(text)


class HearsVectors:
    """A gate whose rules know one word, and whose second voice hears danger in any vector."""

    def __init__(self) -> None:
        self.rules = self

    def check(
        self,
        text: str,
        /,
        *,
        vector: Vector | None = None,
        ruled: SafetyFinding | None = None,  # noqa: ARG002 - what it found itself
    ) -> SafetyFinding:
        if "拿刀" in text:
            return SafetyFinding(kinds=(SafetyKind.VIOLENCE_NOW,), urgency=Urgency.S0)
        heard = vector is not None
        return SafetyFinding(kinds=(SafetyKind.DEADLINE,), urgency=Urgency.S1) if heard else SafetyFinding()


def check(text: str, knowledge: Embeds) -> SafetyFinding:
    """Ask the app's own check, over fakes for the two parts that it uses."""
    parts: Any = object.__new__(Parts)
    object.__setattr__(parts, "knowledge", knowledge)
    object.__setattr__(parts, "safety", cast("DangerGate", HearsVectors()))
    return cast("Parts", parts).check_safety(text)


class TestTheTurn:
    def test_is_embedded_once(self) -> None:
        turns, model = Turns(), Embeds()
        first = turns.vector("老板不给工资", model.embed)
        assert turns.vector("老板不给工资", model.embed) is first
        assert model.asked == ["老板不给工资"]

    def test_is_forgotten_when_others_came(self) -> None:
        turns, model = Turns(most=2), Embeds()
        for words in ("一", "二", "三", "一"):
            turns.vector(words, model.embed)
        assert model.asked == ["一", "二", "三", "一"]


class TestTheSafetyCheck:
    def test_hears_by_the_turns_vector(self) -> None:
        assert check("就剩一点时间", Embeds()).kinds == (SafetyKind.DEADLINE,)

    @pytest.mark.parametrize(
        "knowledge",
        [NoModel(), Embeds(fails=KnowledgeUnavailable()), Embeds(fails=RuntimeError("whatever it is"))],
        ids=["words alone", "unavailable", "a fault of its own"],
    )
    def test_does_without_a_model(self, knowledge: Embeds) -> None:
        assert check("就剩一点时间", knowledge) == SafetyFinding()
        assert check("他拿刀", knowledge).urgency is Urgency.S0

    def test_makes_nobody_in_plain_danger_wait_for_the_model(self) -> None:
        knowledge = Embeds()
        assert check("他拿刀", knowledge).urgency is Urgency.S0
        assert not knowledge.asked
