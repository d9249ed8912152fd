"""What the loader says of its own entries: who checked them, and which documents are worth less than they were."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.assess import PLACES
from knowledge_base.rules.lint import expired, number_in, unchecked
from knowledge_base.rules.loader import load_rulebook
from knowledge_base.rules.model import ParameterValue, Rule
from knowledge_base.rules.nodes import RulebookInvalid
from tests.rules.test_commands import CASES, run

pytestmark = pytest.mark.unit

ON = date(2026, 11, 22)
PLACE = """name: 某省
extends: CN
documents:
  notice:
    title: 某省通知
    issued: 2024-01-01
    standing: [{is: in_force, from: 2024-01-01, to: 2026-01-01}, {is: superseded, from: 2026-01-01}]
  order:
    title: 某省办法
    issued: 2024-01-01
    standing: [{is: in_force, from: 2024-01-01}]
rules:
  - id: "440000.1"
    kind: waiver
    from: 2024-01-01
    certain: false
    when: {fact: matter, under: [family.maintenance]}
    text: 要赡养费的，不查家里收入。
    source: {document: notice, clause: 第一条}
    verified_on: 2026-11-21
  - id: "440000.2"
    kind: waiver
    from: 2024-01-01
    when: {fact: matter, under: [labour.wages]}
    text: 讨工钱的，不查家里收入。
    source: {document: order, clause: 第二条}
    verified_on: 2026-11-21
    verified_by: 王律师，某律所
parameters:
  hardship.monthly_income_per_capita:
    - {from: 2024-01-01, value: 1800, source: {document: order, clause: 第九条}, verified_on: 2026-11-21}
"""


@pytest.fixture
def places(tmp_path: Path) -> Path:
    shutil.copytree(PLACES / "CN", tmp_path / "CN")
    (tmp_path / "440000").mkdir()
    (tmp_path / "440000" / "rules.yml").write_text(PLACE, encoding="utf-8")
    return tmp_path


def entries(places: Path) -> Iterator[Rule | ParameterValue]:
    for place in load_rulebook(places).places.values():
        yield from (*place.rules, *place.parameters)


class TestWhoChecked:
    def test_is_nobody_until_a_name_stands_there(self, places: Path) -> None:
        by = {entry.verified_by for entry in entries(places)}
        assert by == {None, "王律师，某律所"}

    def test_is_counted_by_place(self, places: Path) -> None:
        counted = {Path(file).parent.name: (unread, every) for file, unread, every in unchecked(load_rulebook(places))}
        assert counted["440000"] == (2, 3)
        assert counted["CN"][0] == counted["CN"][1]

    def test_is_claimed_of_nothing_that_ships(self) -> None:
        """Say so in docs/rules.md and README.md as well, once a lawyer has put a name to an entry."""
        assert {entry.verified_by for entry in entries(PLACES)} == {None}

    @pytest.mark.parametrize("name", ["''", "[]", "{a: b}", "12"])
    def test_is_a_name(self, places: Path, name: str) -> None:
        text = PLACE.replace("verified_by: 王律师，某律所", f"verified_by: {name}")
        (places / "440000" / "rules.yml").write_text(text, encoding="utf-8")
        with pytest.raises(RulebookInvalid):
            load_rulebook(places)

    def test_is_told_by_check_which_does_not_fail_on_it(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out = run(capsys, "rules", "check", "--cases", str(CASES), "--on", "2026-11-23", "--json")
        assert code == 0
        assert json.loads(out)["unchecked"] == sum(1 for _ in entries(PLACES))
        _, text = run(capsys, "rules", "check", "--cases", str(CASES), "--on", "2026-11-23")
        assert "CN/rules.yml: no lawyer has checked" in text


class TestExpired:
    def test_names_every_document_that_ended_with_what_still_rests_on_it(self, places: Path) -> None:
        said = [line for line in expired(load_rulebook(places), on=ON) if "440000" in line]
        assert [line.rpartition(": ")[2] for line in said] == ["notice is superseded; 1 entries in force rest on it"]

    def test_is_silent_until_the_day_it_ends(self, places: Path) -> None:
        book = load_rulebook(places)
        assert not [line for line in expired(book, on=date(2025, 12, 31)) if "440000" in line]
        assert [line for line in expired(book, on=date(2026, 1, 1)) if "440000" in line]

    @pytest.mark.parametrize(
        "line",
        [
            "gaoping_plan_2024 is plan_ended; 9 entries",
            "yinchuan_plan_2018 is plan_ended; 3 entries",
            "heilongjiang_opinion_2015 is plan_ended; 0 entries",
            "changzhou_opinion_2004 is historical; 0 entries",
            "mudanjiang_opinion_2017 is unknown",
            "procedure_rules_2012 is superseded; 1 entries",
        ],
    )
    def test_holds_for_what_ships(self, line: str) -> None:
        assert line in "\n".join(expired(load_rulebook(PLACES), on=ON))


@pytest.mark.parametrize("text", ["公司可以打12348咨询。", "有危险打110。", "打0453-6888997。", "被骗了打96110。"])
def test_a_telephone_number_stands_with_the_offices_alone(text: str) -> None:
    assert number_in(text)


@pytest.mark.parametrize(
    "text", ["满60岁的，三十天内。", "最多3000元。", "30天内、120天内都行。", "2017年的意见。", "第110条。"]
)
def test_a_figure_is_no_telephone_number(text: str) -> None:
    assert not number_in(text)


def test_a_number_in_a_rule_is_found(places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = places / "440000" / "rules.yml"
    file.write_text(PLACE.replace("讨工钱的，不查家里收入。", "讨工钱的，打12348问。"), encoding="utf-8")
    _, out = run(capsys, "rules", "check", "--places", str(places), "--cases", str(CASES), "--on", str(ON))
    assert "telephone numbers stand in offices.yml alone; name the office [number_in_text]" in out


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("from: 2024-01-01\n    certain", "from: 2024-02-31\n    certain", 15),
        ("text: 要赡养费的，不查家里收入。", "text: !!python/name:os.system", 18),
        ("name: 某省", "name: 某省\0", 1),
    ],
)
def test_what_is_no_value_is_refused_with_file_and_line(places: Path, before: str, after: str, line: int) -> None:
    file = places / "440000" / "rules.yml"
    assert before in PLACE
    file.write_text(PLACE.replace(before, after), encoding="utf-8")
    with pytest.raises(RulebookInvalid) as refused:
        load_rulebook(places)
    assert (refused.value.file, refused.value.line) == (str(file), line)


def test_a_file_in_another_encoding_is_refused_by_name(places: Path) -> None:
    file = places / "440000" / "rules.yml"
    file.write_bytes(PLACE.encode("gb18030"))
    with pytest.raises(RulebookInvalid, match="not UTF-8") as refused:
        load_rulebook(places)
    assert refused.value.file == str(file)
