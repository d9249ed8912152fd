"""What is presumed and would change a result: asked in a talk before it is told, taken at its word from whoever sends facts."""

from datetime import date
from pathlib import Path

import pytest

from knowledge_base.assess import Assessor
from knowledge_base.rules.facts import load_facts
from knowledge_base.rules.nodes import RulebookInvalid
from knowledge_base.types import Facts, Outcome

pytestmark = pytest.mark.rules

ON = date(2026, 11, 23)
MUDANJIANG, HARBIN = "231000", "230100"
SUPPORT: Facts = {"matter": "family.maintenance", "claim.abuse": False}
HERO: Facts = {"matter": "honour.hero"}


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor.load()


@pytest.mark.parametrize(
    ("facts", "region", "asked"),
    [
        (SUPPORT, MUDANJIANG, "claim.between_spouses"),
        (HERO, None, "applicant.hero_relative"),
        (HERO, MUDANJIANG, "applicant.hero_relative"),
    ],
)
def test_is_asked_where_it_decides(assessor: Assessor, facts: Facts, region: str | None, asked: str) -> None:
    question = assessor.to_confirm(facts, region=region, on=ON)
    assert question is not None
    assert question.fact == asked


@pytest.mark.parametrize(
    ("facts", "region"),
    [
        (SUPPORT, HARBIN),
        (SUPPORT, None),
        ({"matter": "labour.wages", "applicant.migrant_worker": True}, MUDANJIANG),
        # Nobody of fifteen is a spouse: what cannot be so is no reason to ask.
        ({"matter": "labour.wages", "applicant.migrant_worker": True, "applicant.age": 15}, MUDANJIANG),
        ({"matter": "criminal.defence", "applicant.age": 17}, None),
        ({"matter": "honour.good_samaritan"}, None),
        ({**HERO, "applicant.kind": "company"}, None),
        *(({**SUPPORT, "claim.between_spouses": value}, MUDANJIANG) for value in (True, False, None)),
        *(({**HERO, "applicant.hero_relative": value}, None) for value in (True, False, None)),
    ],
)
def test_is_not_asked_where_it_decides_nothing_or_was_answered(
    assessor: Assessor, facts: Facts, region: str | None
) -> None:
    assert assessor.to_confirm(facts, region=region, on=ON) is None


def test_leaves_the_result_of_facts_alone_as_presumed(assessor: Assessor) -> None:
    found = assessor.assess(HERO, region=None, on=ON)
    assert (found.outcome, found.settled) == (Outcome.LIKELY, True)


def test_is_refused_where_nothing_is_presumed(tmp_path: Path) -> None:
    file = tmp_path / "facts.yml"
    file.write_text("a.b: {type: bool, called: [甲], text: 甲？, why: 乙。, confirm: true}\n", "utf-8")
    with pytest.raises(RulebookInvalid, match="only what is presumed") as refused:
        load_facts(file)
    assert (refused.value.code, refused.value.line) == ("wrong_shape", 1)
