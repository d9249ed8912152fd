"""The list of what cannot both be so: it is read strictly, and every entry has its case."""

from pathlib import Path

import pytest

from knowledge_base.rules.cases import read_cases
from knowledge_base.rules.contradictions import load_contradictions
from knowledge_base.rules.facts import load_facts
from knowledge_base.rules.nodes import RulebookInvalid

pytestmark = pytest.mark.unit

FACTS = load_facts()
CASES = Path(__file__).with_name("cases") / "contradictions.yml"
DAYS = "facts: [event.happened_on, limitation.expires_on]"
WOMAN = "{fact: applicant.woman, is: true}"


class TestTheList:
    def test_has_a_case_for_every_entry_and_no_more(self) -> None:
        seen = [case.expect.get("conflicts") for case in read_cases(CASES)]
        named = {pair for conflicts in seen if isinstance(conflicts, dict) for pair in conflicts.items()}
        assert named == {each.facts for each in load_contradictions(FACTS)}


class TestReading:
    @pytest.mark.parametrize(
        ("entry", "code"),
        [
            ("facts: [applicant.age]", "unknown_fact"),
            ("facts: [applicant.age, applicant.age], ordered: true", "unknown_fact"),
            ("facts: [applicant.age, applicant.shoe_size], ordered: true", "unknown_fact"),
            (DAYS, "missing_key"),
            (f"{DAYS}, ordered: true, when: {WOMAN}", "missing_key"),
            (f"{DAYS}, ordered: false", "wrong_type"),
            ("facts: [applicant.age, event.happened_on], ordered: true", "wrong_type"),
            (f"facts: [applicant.age, applicant.woman], when: {WOMAN}", "wrong_shape"),
            (f"facts: [applicant.age, applicant.farmer], when: {WOMAN}", "wrong_shape"),
            (f"facts: [applicant.age, applicant.woman], because: x, when: {WOMAN}", "unknown_key"),
        ],
    )
    def test_refuses_what_compares_no_two_facts(self, tmp_path: Path, entry: str, code: str) -> None:
        path = tmp_path / "contradictions.yml"
        path.write_text(f"- {{{DAYS}, ordered: true}}\n- {{{entry}}}\n", encoding="utf-8")
        with pytest.raises(RulebookInvalid) as refused:
            load_contradictions(FACTS, path)
        assert (refused.value.code, refused.value.line) == (code, 2)
