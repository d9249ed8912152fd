"""Plays hundreds of citizens with facts of their own against the real Rasa server: every talk ends, and ends rightly.

`CITIZEN_RUNS=2000` plays more of them, `CITIZEN_SEED=17` one alone, with everything that was said.
"""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from tests.dialogue.citizen import Citizen, Unfit
from tests.dialogue.stage import Stage

pytestmark = pytest.mark.dialogue

SEED: Final = os.environ.get("CITIZEN_SEED")
SEEDS: Final = [int(SEED)] if SEED else range(int(os.environ.get("CITIZEN_RUNS", "300")))
AT_ONCE: Final = 4
"""Talks that go on side by side: while Rasa thinks about one, the actions answer another."""
MOST_MISHEARD: Final = 0.03
FEWEST_TYPED: Final = 50
"""With fewer answers in words a share of them says nothing."""


def played(citizen: Citizen) -> str | None:
    """Return what was wrong with a talk, with every word of it; None for a good one."""
    try:
        citizen.lives_through()
    except Unfit as unfit:
        said = "\n".join(citizen.transcript)
        return f"{unfit}\nCITIZEN_SEED={citizen.seed}  {citizen.region} {citizen.facts}\n{said}"
    return None


@pytest.fixture(scope="module")
def citizens(stage: Stage) -> list[Citizen]:
    return [Citizen(seed=seed, stage=stage) for seed in SEEDS]


@pytest.fixture(scope="module")
def complaints(citizens: list[Citizen]) -> Mapping[int, str | None]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(SEEDS, pool.map(played, citizens), strict=True))


class TestCitizen:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_gets_what_the_rules_say_or_a_person(self, complaints: Mapping[int, str | None], seed: int) -> None:
        assert complaints[seed] is None, complaints[seed]

    @pytest.mark.usefixtures("complaints")
    def test_is_understood_in_plain_words(self, citizens: list[Citizen]) -> None:
        typed = sum(citizen.typed for citizen in citizens)
        misheard = [said for citizen in citizens for said in citizen.misheard]
        assert typed < FEWEST_TYPED or len(misheard) / typed <= MOST_MISHEARD, f"of {typed}: {misheard}"
