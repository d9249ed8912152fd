"""A shadow run reads an office's own tickets, whatever wrote them, says where triage differs, and writes nothing back."""

import hashlib
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Final

import pytest

from knowledge_base import triage_cli
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.tickets import LONGEST_TEXT, Columns, Damaged, Ticket, TicketsUnreadable, read_tickets
from knowledge_base.triage_replay import SILENT, Categories, MappingInvalid, lines, replay
from knowledge_base.types import Matter, SafetyKind, Triage, Urgency

pytestmark = pytest.mark.unit

TABLE: Final = (
    "内容,类别,办理结果\n"
    "老板三个月没发工资,劳动纠纷,已解答\n"
    "房东不退押金,房产纠纷,已解答\n"
    '"我想离婚\n他不同意",婚姻家庭,已解答\n'
    "他要杀了我,婚姻家庭,已报警\n"
    "今天天气怎么样,投诉,已解答\n"
    "邻居漏水,劳动纠纷,已解答\n"
)


def table(tmp_path: Path, content: str | bytes, *, encoding: str = "utf-8") -> Path:
    path = tmp_path / "past.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def triage(text: str) -> Triage:
    """Know five words."""
    known = {"工资": "labour.wages", "押金": "property.tenancy", "离婚": "family.divorce", "漏水": "property.neighbour"}
    codes = [code for word, code in known.items() if word in text]
    danger = (SafetyKind.SELF_HARM,) if "不想活" in text else ()
    return Triage(
        matters=tuple(Matter(code=code, title=code, confidence=0.8) for code in codes),
        safety=danger,
        urgency=Urgency.S0 if danger else Urgency.S2,
    )


class TestReadingTickets:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
    def test_reads_what_offices_export(self, tmp_path: Path, encoding: str) -> None:
        found = list(read_tickets(table(tmp_path, TABLE, encoding=encoding), Columns()))
        assert [(one.line, one.category) for one in found if isinstance(one, Ticket)] == [
            (2, "劳动纠纷"),
            (3, "房产纠纷"),
            (4, "婚姻家庭"),
            (6, "婚姻家庭"),
            (7, "投诉"),
            (8, "劳动纠纷"),
        ]
        assert isinstance(found[2], Ticket)
        assert found[2].text == "我想离婚\n他不同意"
        assert found[2].outcome == "已解答"

    def test_takes_the_names_it_is_given(self, tmp_path: Path) -> None:
        path = table(tmp_path, "号,说了啥,归哪\n1,欠工资,劳动\n")
        (one,) = read_tickets(path, Columns(text="说了啥", category="归哪"))
        assert one == Ticket(line=2, text="欠工资", category="劳动", outcome="")

    @pytest.mark.parametrize(
        ("columns", "named"),
        [(Columns(text="无"), "无"), (Columns(outcome="无"), "无"), (Columns(category="无"), "内容, 类别, 办理结果")],
    )
    def test_names_the_column_it_misses(self, tmp_path: Path, columns: Columns, named: str) -> None:
        with pytest.raises(TicketsUnreadable, match=named):
            list(read_tickets(table(tmp_path, TABLE), columns))

    def test_says_that_there_is_no_such_file(self, tmp_path: Path) -> None:
        with pytest.raises(TicketsUnreadable, match=r"none\.csv"):
            list(read_tickets(tmp_path / "none.csv", Columns()))

    def test_leaves_a_damaged_line_out_and_names_it(self, tmp_path: Path) -> None:
        rows = "内容,类别\n欠工资,劳动\n少一列\n,劳动\n离婚,婚姻,多一列\n\n押金,房产\n".encode()
        found = list(read_tickets(table(tmp_path, rows + b"\xff\xfe\x80,x\n" + "漏水,房产\n".encode()), Columns()))
        assert [one.line for one in found if isinstance(one, Ticket)] == [2, 7, 9]
        assert [(one.line, one.why.split(",")[0]) for one in found if isinstance(one, Damaged)] == [
            (3, "1 columns"),
            (4, "no text"),
            (5, "3 columns"),
            (8, "bytes that are no text"),
        ]

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\x00" * 5000,
            "内容,类别\n".encode() + b'"' * 99_999,
            "内容,类别\n".encode() + b"a" * 3_000_000,
            "内容,类别\n".encode() + b'"' + b"a,b\n" * 200_000,
            "内容,类别\n".encode() + bytes(range(256)) * 400,
        ],
        ids=["empty", "noughts", "quotes", "endless", "open quote", "every byte"],
    )
    def test_survives_what_is_no_table(self, tmp_path: Path, content: bytes) -> None:
        try:
            found = list(read_tickets(table(tmp_path, content), Columns()))
        except TicketsUnreadable:
            return
        assert all(isinstance(one, Damaged) or len(one.text) <= LONGEST_TEXT for one in found)

    def test_goes_on_behind_a_quote_that_was_never_closed(self, tmp_path: Path) -> None:
        content = '内容,类别\n"开了口,劳动\n' + "凑数的一行,其他\n" * 20_000 + "欠工资,劳动\n"
        found = list(read_tickets(table(tmp_path, content), Columns()))
        assert isinstance(found[0], Damaged)
        assert isinstance(found[-1], Ticket)

    def test_reads_of_an_endless_text_what_a_channel_would(self, tmp_path: Path) -> None:
        (one,) = read_tickets(table(tmp_path, f"内容,类别\n{'话' * 9000},劳动\n"), Columns())
        assert isinstance(one, Ticket)
        assert len(one.text) == LONGEST_TEXT


class TestCategories:
    def test_go_by_our_titles_and_statistics(self, taxonomy: Taxonomy) -> None:
        plain = Categories(taxonomy)
        labour, wages = plain.codes("劳动纠纷"), plain.codes("拖欠劳动报酬")
        assert labour is not None
        assert "labour.wages" in labour
        assert wages == {"labour.wages"}
        assert plain.codes("投诉") is None

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("劳动争议", "labour.wages"),
            ("相邻", "property.neighbour"),
            ("诈骗", "criminal.victim"),
            ("继承", "inheritance"),
            ("交通事故", "injury.traffic"),
            ("医疗", "injury.medical"),
            ("房产", "property.tenancy"),
            ("消费", "consumer"),
            ("借贷", "debt.private_loan"),
            ("土地", "property.land"),
            ("行政", "administrative"),
            ("刑事", "criminal.defence"),
            ("司法鉴定", "general.notary"),
            ("人民调解", "general.notary"),
            ("1. 劳动人事争议类", "labour.dismissal"),
            ("（三）婚姻、继承", "inheritance"),
            ("民事/婚姻家庭/离婚纠纷", "family.divorce"),
            ("民事-房屋买卖合同纠纷", "property.house_sale"),
        ],
    )
    def test_go_by_what_offices_usually_call_them(self, taxonomy: Taxonomy, name: str, code: str) -> None:
        assert code in (Categories.load(taxonomy, None).codes(name) or set())

    @pytest.mark.parametrize("name", ["", "投诉", "表扬", "民事", "12348", "其他", "/", "1."])
    def test_guess_nothing(self, taxonomy: Taxonomy, name: str) -> None:
        assert Categories.load(taxonomy, None).codes(name) is None

    def test_of_the_last_level_are_not_wider_than_it(self, taxonomy: Taxonomy) -> None:
        assert Categories.load(taxonomy, None).codes("婚姻家庭>离婚") == {"family.divorce"}

    def test_let_the_offices_own_file_go_first(self, taxonomy: Taxonomy, tmp_path: Path) -> None:
        path = tmp_path / "map.yml"
        path.write_text("诈骗: 合同纠纷\n维权: 劳动争议\n", encoding="utf-8")
        own = Categories.load(taxonomy, path)
        assert "contract" in (own.codes("诈骗") or set())
        assert "labour.wages" in (own.codes("维权") or set())

    def test_go_by_the_offices_own_names(self, taxonomy: Taxonomy, tmp_path: Path) -> None:
        path = tmp_path / "map.yml"
        path.write_text("讨薪: labour.wages\n房地: [房产纠纷, property.demolition]\n", encoding="utf-8")
        own = Categories.load(taxonomy, path)
        assert own.codes("讨薪") == {"labour.wages"}
        assert {"property.tenancy", "property.demolition"} <= (own.codes("房地") or set())

    @pytest.mark.parametrize("body", ["讨薪: labour.naps", "- 讨薪", "a: [", "讨薪: [劳动纠纷, 没这个]"])
    def test_refuse_a_name_that_is_none_of_ours(self, taxonomy: Taxonomy, tmp_path: Path, body: str) -> None:
        path = tmp_path / "map.yml"
        path.write_text(body, encoding="utf-8")
        with pytest.raises(MappingInvalid):
            Categories.load(taxonomy, path)


class TestTheComparison:
    @pytest.fixture
    def report(self, tmp_path: Path, taxonomy: Taxonomy) -> dict[str, object]:
        path = table(tmp_path, TABLE + "我不想活了,其他,已解答\n" + "少一列\n")
        return replay(read_tickets(path, Columns()), triage, Categories(taxonomy)).as_json()

    def test_counts_agreement_overall_and_by_category(self, report: dict[str, object]) -> None:
        assert report["tickets"] == 7
        assert report["overall"] == {"tickets": 5, "agreed": 3, "among_three": 3, "silent": 1, "agreement": 0.6}
        assert report["by_category"]["劳动纠纷"]["agreed"] == 1  # type: ignore[index]
        assert report["unmapped"] == {"投诉": 1, "其他": 1}

    def test_says_what_was_taken_for_what(self, report: dict[str, object]) -> None:
        assert report["confusion"] == [
            {"category": "婚姻家庭", "ours": SILENT, "tickets": 1},
            {"category": "劳动纠纷", "ours": "房产纠纷", "tickets": 1},
        ]
        assert report["disagreements"] == [
            {"line": 6, "category": "婚姻家庭", "ours": None, "title": SILENT},
            {
                "line": 8,
                "category": "劳动纠纷",
                "ours": "property.neighbour",
                "title": "property.neighbour",
                "confidence": 0.8,
            },
        ]

    def test_names_missed_danger_and_alarms_elsewhere(self, report: dict[str, object]) -> None:
        assert report["danger"] == {
            "tickets": 1,
            "missed": [{"line": 6, "category": "婚姻家庭"}],
            "alarms_elsewhere": [{"line": 9, "category": "其他", "safety": ["self_harm"]}],
        }

    def test_hears_danger_in_the_offices_own_words(self, tmp_path: Path, taxonomy: Taxonomy) -> None:
        path = table(tmp_path, "内容,类别\n我不想活了,红色件\n")
        seen = replay(read_tickets(path, Columns()), triage, Categories(taxonomy), danger_words=["红色"])
        assert (seen.dangerous, seen.missed_danger, seen.alarms) == (1, [], [])

    def test_shows_what_was_said_only_if_asked(self, tmp_path: Path, taxonomy: Taxonomy) -> None:
        def told(*, show_text: bool) -> str:
            path = table(tmp_path, TABLE)
            seen = replay(read_tickets(path, Columns()), triage, Categories(taxonomy), show_text=show_text)
            return json.dumps(seen.as_json(), ensure_ascii=False) + "\n".join(lines(seen))

        assert "邻居漏水" not in told(show_text=False)
        assert told(show_text=True).count("邻居漏水") == 2

    def test_prints_what_it_could_not_compare(self, tmp_path: Path, taxonomy: Taxonomy) -> None:
        path = table(tmp_path, "内容,类别\n漏水,相邻\n漏水,表扬\n漏水,表扬\n")
        printed = list(lines(replay(read_tickets(path, Columns()), triage, Categories.load(taxonomy, None))))
        assert any("2 of 3 tickets not compared" in line for line in printed)
        assert "  表扬: 2" in printed

    def test_prints_the_first_of_a_long_list(self, tmp_path: Path, taxonomy: Taxonomy) -> None:
        path = table(tmp_path, "内容,类别\n" + "漏水,劳动纠纷\n" * 150)
        printed = list(lines(replay(read_tickets(path, Columns()), triage, Categories(taxonomy))))
        assert sum("property.neighbour" in line for line in printed) == 100
        assert any("and 50 more" in line for line in printed)


class TestTheCommand:
    @pytest.fixture
    def home(self, trained: tuple[Path, object], tmp_path: Path) -> Path:
        home = tmp_path / "var" / "knowledge"
        target = triage_cli.model_file(home)
        target.parent.mkdir(parents=True)
        target.write_bytes(trained[0].read_bytes())
        return home

    def run(self, home: Path, *arguments: str) -> int:
        parser = ArgumentParser()
        triage_cli.add_commands(parser.add_subparsers())
        options = parser.parse_args(["triage", "replay", *arguments, "--words-only", "--home", str(home)])
        return int(options.run(options))

    def test_reports_and_changes_nothing(self, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = table(tmp_path, TABLE, encoding="gb18030")
        before = hashlib.sha256(path.read_bytes()).hexdigest(), sorted(tmp_path.rglob("*"))
        assert self.run(home, str(path)) == 0
        printed = capsys.readouterr().out
        assert "6 tickets read" in printed
        assert "投诉: 1" in printed
        assert "邻居漏水" not in printed
        assert before == (hashlib.sha256(path.read_bytes()).hexdigest(), sorted(tmp_path.rglob("*")))

    def test_keeps_a_report_where_it_is_told(
        self, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path, report = table(tmp_path, TABLE), tmp_path / "report.json"
        assert self.run(home, str(path), "--json", "--report", str(report)) == 0
        assert json.loads(report.read_text(encoding="utf-8")) == json.loads(capsys.readouterr().out)

    def test_never_takes_the_tickets_for_the_report(self, home: Path, tmp_path: Path) -> None:
        path = table(tmp_path, TABLE)
        assert self.run(home, str(path), "--report", str(path)) == 2
        assert path.read_text(encoding="utf-8") == TABLE

    def test_says_what_it_cannot_read_or_write(
        self, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = table(tmp_path, TABLE)
        assert self.run(home) == 2
        assert self.run(home, str(tmp_path / "none.csv")) == 2
        assert self.run(home, str(path), "--text", "没有") == 2
        assert self.run(home, str(path), "--map", str(path)) == 2
        assert self.run(home, str(path), "--report", str(tmp_path / "no" / "r.json")) == 1
        assert capsys.readouterr().err.count("\n") == 5
