"""Danger told without a word of alarm is heard by rules that no opinion takes back, and what comes near it raises none."""

import time
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from knowledge_base.danger import DangerGate
from knowledge_base.embedding import DEFAULT_SPEC, Embedder, load_embedder
from knowledge_base.folding import Folder
from knowledge_base.safety import SafetyGate
from knowledge_base.scene import Scenes
from knowledge_base.types import SafetyFinding, SafetyKind, Urgency
from tests.knowledge.conftest import MODELS

pytestmark = pytest.mark.knowledge

FAMILIES: Final[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("told_quietly.yml").read_text(encoding="utf-8")
)
DANGER: Final = [
    (family["kind"], text) for family in FAMILIES.values() for half in family["danger"].values() for text in half
]
CALM: Final = [text for family in FAMILIES.values() for half in family["calm"].values() for text in half]
MOST_STARTLED: Final = 12
"""Of the calm sentences, how many the learned ear may take for danger of itself: no rule mends that."""
LONGEST: Final = 4000
SLOWEST: Final = 0.5
"""Seconds of computing for so many characters; where a pattern runs wild it is minutes."""


@pytest.fixture(scope="module")
def both() -> DangerGate:
    return DangerGate.load()


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder(DEFAULT_SPEC, models=MODELS)


class TestDanger:
    @pytest.mark.parametrize(("kind", "text"), DANGER)
    def test_is_heard_by_its_kind(self, both: DangerGate, embedder: Embedder, kind: str, text: str) -> None:
        found = both.check(text, heard=embedder.read(text).heard)
        assert SafetyKind(kind) in found.kinds
        assert found.urgency is Urgency.S0


class TestWhatComesNearIt:
    @pytest.mark.parametrize("text", CALM)
    def test_raises_no_alarm_that_cannot_be_taken_back(self, gate: SafetyGate, text: str) -> None:
        assert gate.check(text, firm=True) == SafetyFinding()

    def test_seldom_startles_the_whole(self, both: DangerGate, embedder: Embedder) -> None:
        startled = [text for text in CALM if both.check(text, heard=embedder.read(text).heard).kinds]
        assert len(startled) <= MOST_STARTLED


class TestTheRules:
    @pytest.mark.parametrize(
        "bait",
        [
            "我把爸爸",
            "隔壁听见老人",
            "没气了是我",
            "让我给他",
            "一直问我",
            "不想拖累存折都给",
            "打了着骂得老",
            "我刚才一时冲动杀",
            "他打我我要",
        ],
    )
    def test_take_no_time_over_endless_bait(self, gate: SafetyGate, bait: str) -> None:
        endless = (bait * LONGEST)[:LONGEST]
        scenes, said = Scenes.load(), Folder.load().fold(endless).spaced
        heard = SafetyFinding(kinds=tuple(SafetyKind), urgency=Urgency.S0)
        started = time.process_time()
        gate.check(endless, firm=True)
        scenes.read(said, heard, lambda _rest: SafetyFinding())
        assert time.process_time() - started < SLOWEST
