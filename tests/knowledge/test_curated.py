"""The office's own files: published at the desk or put there by hand, built in, corrected, ended, and never forgotten."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from knowledge_base import curated
from knowledge_base.__main__ import main
from knowledge_base.cards import load_cards
from knowledge_base.drafts import Asked, Particulars, TextRefused
from knowledge_base.types import Answer, NoAnswer, Standing
from knowledge_base.workbench import Workbench
from tests.knowledge.homes import LAW, PLAN, book, fill, source_texts
from tests.library import TODAY, RealLibrary, real_library, wages

pytestmark = pytest.mark.unit

QUESTION = "讨要工资能不能申请援助"
BY_HAND = """# 我们自己写的
- id: hand.wages
  ask: [讨要工资能不能申请援助]
  answer: 可以，支付劳动报酬在援助范围里。
  cite:
    - {of: 援助法@2021-08-20, at: 第二条, has: [请求支付劳动报酬]}
"""


@pytest.fixture
def library(tmp_path: Path) -> RealLibrary:
    return real_library(tmp_path / "home")


@pytest.fixture
def bench(library: RealLibrary) -> Workbench:
    return library.workbench()


def asked(library: RealLibrary, question: str = QUESTION, *, on: date = TODAY, region: str | None = None) -> str | None:
    found = library.opened().ask(question, region=region, on=on)
    return found.text if isinstance(found, Answer) else None


def place(library: RealLibrary, name: str, text: str) -> Path:
    return place_in(library.home, name, text)


def place_in(home: Path, name: str, text: str) -> Path:
    file = curated.folder(home) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


class TestACard:
    def test_answers_once_it_is_published_and_built(self, library: RealLibrary, bench: Workbench) -> None:
        assert asked(library) != wages().answer
        bench.publish_card(wages(), on=TODAY)
        assert bench.shelf(on=TODAY).waiting
        assert library.build().stale_cards == ()
        assert asked(library) == wages().answer
        assert not bench.shelf(on=TODAY).waiting

    def test_put_there_by_hand_comes_in_by_the_same_door(self, library: RealLibrary, bench: Workbench) -> None:
        place(library, "cards/ours.yml", BY_HAND)
        library.build()
        assert asked(library) == "可以，支付劳动报酬在援助范围里。"
        (kept,) = [kept for kept in bench.shelf(on=TODAY).kept if kept.key == "hand.wages"]
        assert kept.by_hand

    def test_takes_the_place_of_ours_of_the_same_name(self, library: RealLibrary, bench: Workbench) -> None:
        ours = bench.card("days")
        assert ours is not None
        bench.publish_card(
            wages(id="days", questions=ours.questions, answer="机构七日内作出决定。", sources=ours.sources), on=TODAY
        )
        library.build()
        assert asked(library, "申请援助几天有结果") == "机构七日内作出决定。"

    def test_is_silent_from_the_day_it_ends(self, library: RealLibrary, bench: Workbench) -> None:
        bench.publish_card(wages(valid_to=TODAY), on=TODAY)
        library.build()
        assert asked(library, on=TODAY - timedelta(days=1)) == wages().answer
        assert asked(library) != wages().answer

    def test_that_cannot_be_read_costs_itself_and_what_it_was_to_replace(
        self, library: RealLibrary, bench: Workbench
    ) -> None:
        place(
            library,
            "cards/a.yml",
            "- id: days\n  ask: [申请援助几天有结果]\n  answer: 十日。\n  cite: [{of: nowhere, at: 第一条}]\n",
        )
        place(library, "cards/b.yml", "- id: [")
        place(library, "cards/c.yml", BY_HAND)
        report = library.build()
        assert {fault.split(":")[0] for fault in report.stale_cards} == {"days", "b.yml"}
        assert asked(library, "申请援助几天有结果") != "七日内作出决定。"
        assert asked(library) == "可以，支付劳动报酬在援助范围里。"
        assert {name for name, _ in bench.shelf(on=TODAY).faults} == {"days", "b.yml"}

    def test_is_set_aside_when_its_clause_is_worded_otherwise_later(
        self, library: RealLibrary, bench: Workbench
    ) -> None:
        bench.publish_card(wages(), on=TODAY)
        fill(library.home, {"援助法(2021-08-20).md": LAW.replace("的当事人", "的进城务工当事人")})
        report = library.build()
        assert [fault.split(":")[0] for fault in report.stale_cards] == ["aid.wages"]

    def test_put_there_by_hand_is_held_to_its_sources_as_a_draft_is(
        self, library: RealLibrary, bench: Workbench, capsys: pytest.CaptureFixture[str]
    ) -> None:
        place(library, "cards/wrong.yml", BY_HAND.replace("可以，", "可以，九十日内有结果，"))
        place(library, "cards/good.yml", BY_HAND.replace("hand.wages", "hand.good"))
        report = library.build()
        assert report.stale_cards == ("hand.wages: figure_not_in_source 九十日; near_duplicate hand.good",)
        assert asked(library) == "可以，支付劳动报酬在援助范围里。"
        assert [name for name, _ in bench.shelf(on=TODAY).faults] == ["hand.wages"]
        assert main(["cards", "check", "--home", str(library.home), "--json"]) == 1
        told = json.loads(capsys.readouterr().out)
        assert told["faults"][0]["card"] == "hand.wages"
        assert told["cards"] == len(load_cards().cards) + 1

    @pytest.mark.parametrize(
        ("said", "instead", "flaw"),
        [
            ("[请求支付劳动报酬]", "[请求支付抚养费]", "words_not_in_clause"),
            (", has: [请求支付劳动报酬]", "", "words_missing"),
            ("第二条", "第九条", "clause_unknown"),
            ("援助法@2021-08-20", "labour_law", "clause_unknown 《中华人民共和国劳动法》第二条"),
            ("讨要工资能不能申请援助", "申请援助几天有结果", "near_duplicate days"),
            ("讨要工资能不能申请援助", "申请援助要等多久", "figure_not_first"),
            ("hand.wages", "Hand Wages", "id_malformed"),
            ("  cite:", "  region: '990000'\n  cite:", "region_unknown"),
        ],
    )
    def test_put_there_by_hand_is_set_aside_for(self, tmp_path: Path, said: str, instead: str, flaw: str) -> None:
        home = tmp_path / "home"
        fill(home, source_texts())
        place_in(home, "cards/ours.yml", BY_HAND.replace(said, instead))
        joined, _ = curated.gather(home, book())
        assert [flaw in fault for fault in joined.set_aside.values()] == [True]

    def test_repeated_by_hand_is_taken_once(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        fill(home, source_texts())
        place_in(home, "cards/a.yml", BY_HAND)
        place_in(home, "cards/b.yml", BY_HAND.replace("hand.wages", "hand.again"))
        joined, _ = curated.gather(home, book())
        assert joined.set_aside == {"hand.again": "near_duplicate hand.wages"}

    def test_of_ours_is_no_longer_said_where_the_office_replaced_it_badly(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        fill(home, source_texts())
        place_in(home, "cards/a.yml", BY_HAND.replace("hand.wages", "days").replace("可以，", "可以，三天，"))
        joined, _ = curated.gather(home, book())
        assert list(joined.set_aside) == ["days"]
        assert "days" not in {card.id for card in joined.cards}

    def test_written_by_hand_is_kept_when_the_desk_writes_over_it(self, library: RealLibrary, bench: Workbench) -> None:
        place(library, "cards/aid.wages.yml", BY_HAND)
        bench.publish_card(wages(), on=TODAY)
        (kept,) = (curated.folder(library.home) / "replaced").iterdir()
        assert kept.read_text("utf-8") == BY_HAND


class TestAText:
    def test_is_taken_in_with_what_a_person_corrected(self, library: RealLibrary, bench: Workbench) -> None:
        text = PLAN.replace("6号", "9号").replace("每周三", "每周五").replace("2024年惠民", "2026年惠民")
        read = bench.read_text("方案.txt", text.encode(), region="140581")
        assert [clause.mark for clause in read.clauses] == ["一(一)", "二"]
        said = Particulars(
            **{**vars_of(read.particulars), "title": "高平市惠民方案（更正）", "plan_end": date(2026, 12, 31)}
        )
        bench.publish_document("doc-1", said, text=text.encode(), suffix=".txt")
        library.build()
        (kept,) = [one for one in bench.shelf(on=TODAY).kept if "更正" in one.words]
        found = bench.text(kept.document or "")
        assert found is not None
        assert (found.title, found.plan_end) == ("高平市惠民方案（更正）", date(2026, 12, 31))
        passage = library.opened().passage("高司字〔2024〕9号#一(一)", on=TODAY)
        assert passage is not None
        assert "每周五" in passage.text

    @pytest.mark.parametrize("said", [None, date(2024, 1, 1)])
    def test_that_does_not_say_since_when_asks_a_person(
        self, library: RealLibrary, bench: Workbench, said: date | None
    ) -> None:
        amended = LAW.replace("2021年8月20日 某会议通过", "2023年9月1日 某会议《关于修改〈援助法〉的决定》修正")
        read = bench.read_text("援助法(2023-09-01).md", amended.encode(), region=None)
        assert (read.particulars.issued, read.particulars.effective_from) == (date(2023, 9, 1), None)
        told = replace(read.particulars, effective_from=said)
        bench.publish_document("doc-3", told, text=amended.encode(), suffix=".md")
        library.build()
        (law,) = [d for d in library.opened().searcher.index.documents if d.id == "援助法@2023-09-01"]
        assert (law.effective_from, law.effective_assumed) == (said or law.issued, said is None)

    def test_that_takes_too_long_is_not_called_damaged(self, bench: Workbench) -> None:
        bench.read_within = 0.001
        with pytest.raises(TextRefused, match="slow"):
            bench.read_text("方案.txt", PLAN.encode(), region="140581")

    def test_taken_in_before_can_be_ended(self, library: RealLibrary, bench: Workbench) -> None:
        law = "援助法@2021-08-20"
        known = bench.text(law)
        assert known is not None
        assert asked(library, "援助法第一条说什么") is not None
        bench.publish_document(
            "doc-2", Particulars(title=known.title, document=law, valid_to=TODAY), text=None, suffix=""
        )
        library.build()
        (ended,) = [d for d in library.opened().searcher.index.documents if d.id == law]
        assert ended.superseded_from == TODAY
        assert bench.review_card(wages(), on=TODAY).problems != ()

    def test_put_there_by_hand_needs_no_sheet(self, library: RealLibrary, bench: Workbench) -> None:
        place(library, "documents/新方案.txt", PLAN.replace("6号", "8号"))
        library.build()
        assert any(
            kept.file == "新方案.txt" and kept.standing is Standing.PLAN_ENDED for kept in bench.shelf(on=TODAY).kept
        )
        assert library.opened().passage("高司字〔2024〕8号#二", on=TODAY) is not None

    STATED = "standing: in_force\nverified_on: 2026-10-01\nverified_by: 牡丹江市司法局\n"

    def standing(self, home: Path, on: date) -> Standing:
        _, documents = curated.gather(home, book())
        return next(d for d in documents if d.title == "关于完善援助制度的实施意见").standing(on)

    def test_is_in_force_where_a_person_says_so(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        fill(home, source_texts())
        assert self.standing(home, TODAY) is Standing.UNKNOWN
        place_in(home, "documents/a.yml", f"document: 关于完善援助制度的实施意见@2017-08-28\n{self.STATED}")
        assert self.standing(home, TODAY) is Standing.IN_FORCE
        assert self.standing(home, date(2017, 8, 27)) is Standing.UNKNOWN

    def test_keeps_what_was_verified_when_the_desk_corrects_it(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        place_in(home, "documents/a.yml", f"title: 旧名\n{self.STATED}")
        text = source_texts()["opinion.txt"].encode()
        particulars = Particulars(
            title="关于完善援助制度的实施意见",
            region="231000",
            issued=date(2017, 8, 28),
            effective_from=date(2017, 8, 28),
        )
        curated.put_document(home, key="a", particulars=particulars, text=text, suffix=".txt")
        assert self.standing(home, TODAY) is Standing.IN_FORCE

    @pytest.mark.parametrize(
        "said",
        [
            "standing: in_force",
            "standing: in_force\nverified_on: 2026-10-01",
            "verified_by: 某局",
            STATED.replace("in_force", "plan_ended"),
            STATED.replace("in_force", "valid"),
        ],
    )
    def test_is_not_in_force_because_nobody_in_particular_says_so(self, tmp_path: Path, said: str) -> None:
        home = tmp_path / "home"
        fill(home, source_texts())
        place_in(home, "documents/a.yml", f"document: 关于完善援助制度的实施意见@2017-08-28\n{said}")
        joined, _ = curated.gather(home, book())
        assert list(joined.set_aside) == ["a.yml"]
        assert self.standing(home, TODAY) is Standing.UNKNOWN

    def test_that_is_no_yaml_is_named_with_its_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        home = tmp_path / "home"
        fill(home, source_texts())
        place_in(home, "cards/a.yml", "- id: a\n  questions: [甲\n  answer: 乙\n")
        joined, _ = curated.gather(home, book())
        assert joined.set_aside["a.yml"].startswith("第 3 行不是 YAML：")
        assert main(["cards", "check", "--home", str(home)]) == 1
        assert "a.yml：第 3 行不是 YAML：" in capsys.readouterr().out

    def test_that_cannot_be_read_is_named_and_the_rest_goes_on(self, library: RealLibrary) -> None:
        place(library, "documents/bad.txt", "\0\0")
        place(library, "documents/odd.yml", "title: [")
        assert {fault.split(":")[0] for fault in library.build().stale_cards} == {"bad.txt", "odd.yml"}

    def test_of_the_nation_may_be_uploaded_though_it_names_no_place(self, bench: Workbench) -> None:
        nobody = PLAN.replace("高平市", "某")
        with pytest.raises(TextRefused):
            bench.read_text("方案.txt", nobody.encode(), region=None)
        assert bench.read_text("方案.txt", nobody.encode(), region="CN").particulars.region == "CN"

    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [("a.exe", b"MZ", "kind"), ("a.jsonl", b"{}", "kind"), ("a.txt", b"", "是空文件"), ("a.txt", b"\0", "不是")],
    )
    def test_is_refused_with_a_reason(self, bench: Workbench, name: str, content: bytes, reason: str) -> None:
        with pytest.raises(TextRefused, match=reason):
            bench.read_text(name, content, region=None)


class TestWhatWasSaid:
    def test_stays_readable_in_its_wording_after_an_edit(self, library: RealLibrary, bench: Workbench) -> None:
        bench.publish_card(wages(), on=TODAY)
        library.build()
        said = library.opened().ask(QUESTION, region=None, on=TODAY)
        bench.publish_card(wages(answer="能。请求支付劳动报酬的当事人可以申请援助。"), on=TODAY)
        library.build()
        now = library.opened().ask(QUESTION, region=None, on=TODAY)
        assert isinstance(said, Answer)
        assert isinstance(now, Answer)
        assert said.provenance is not None
        assert now.provenance is not None
        assert (said.provenance.entry, now.provenance.entry) == ("card:aid.wages", "card:aid.wages")
        assert said.provenance.build != now.provenance.build
        earlier = bench.earlier(said.provenance.version)
        assert earlier is not None
        assert earlier.answer == wages().answer == said.text

    @pytest.mark.parametrize("version", ["", "0" * 16, "../../../secrets", "." * 16])
    def test_is_nothing_for_a_version_that_never_was(self, bench: Workbench, version: str) -> None:
        assert bench.earlier(version) is None


class TestWhatNeedsCare:
    def questions(self) -> list[Asked]:
        said = ["退伍军人优待证丢了去哪补", "退伍军人优待证怎么补办", "优待证丢了怎么补办啊", "王大山欠我钱不还怎么办"]
        return [Asked(words=words, asker=str(number)) for number, words in enumerate(said)]

    @pytest.mark.parametrize("model", [True, False])
    def test_gathers_questions_and_tells_only_what_several_said(self, tmp_path: Path, *, model: bool) -> None:
        library = real_library(tmp_path / "home")
        if not model:
            library.embedder = None
            library.build()
        clusters = library.workbench().cluster(self.questions(), least=3, on=TODAY)
        told = " ".join(phrase for cluster in clusters for phrase in cluster.phrases)
        assert clusters[0].people == 3
        assert "优待证" in told
        assert "王大山" not in told

    def test_counts_nobody_twice(self, bench: Workbench) -> None:
        same = [Asked(words="优待证丢了怎么补办", asker="one") for _ in range(5)]
        (cluster,) = bench.cluster(same, least=3, on=TODAY)
        assert (cluster.count, cluster.people, cluster.phrases) == (5, 1, ())

    def test_names_answers_whose_source_has_ended_or_ends_soon(self, library: RealLibrary, bench: Workbench) -> None:
        bench.publish_card(wages(valid_to=TODAY + timedelta(days=30)), on=TODAY)
        library.build()
        uses = {"card:station": 4, "高司字〔2024〕6号#二": 1}
        endings = bench.endings(uses=uses, on=TODAY, within=timedelta(days=60))
        assert [(one.entry, one.uses) for one in endings] == [
            ("card:station", 4),
            ("高司字〔2024〕6号#二", 1),
            ("card:aid.wages", 0),
        ]
        unused = bench.endings(uses={}, on=TODAY, within=timedelta(days=60))
        assert [one.entry for one in unused] == ["card:aid.wages"]

    def test_leaves_out_what_was_taken_out_of_use_and_names_the_law_that_ended(
        self, library: RealLibrary, bench: Workbench
    ) -> None:
        bench.publish_card(wages(valid_to=TODAY), on=TODAY)
        law = "援助法@2021-08-20"
        known = bench.text(law)
        assert known is not None
        ended = Particulars(title=known.title, document=law, valid_to=TODAY)
        uses = {"card:aid.wages": 9, "card:days": 2}
        library.build()
        assert bench.endings(uses=uses, on=TODAY, within=timedelta(days=60)) == ()
        bench.publish_document("doc-2", ended, text=None, suffix="")
        library.build()
        found = bench.endings(uses={"card:days": 2}, on=TODAY, within=timedelta(days=60))
        assert [(one.entry, one.source) for one in found] == [("card:days", known.title)]


class TestTheIndex:
    def test_is_stale_when_any_file_changes_and_not_before(self, library: RealLibrary) -> None:
        before = curated.digest(library.home)
        assert curated.digest(library.home) == before
        file = place(library, "cards/ours.yml", BY_HAND)
        added = curated.digest(library.home)
        file.write_text(BY_HAND.replace("可以", "能"), "utf-8")
        assert len({before, added, curated.digest(library.home)}) == 3

    def test_holds_our_cards_unchanged_where_the_office_has_none(self, tmp_path: Path) -> None:
        joined, documents = curated.gather(tmp_path / "empty", book())
        assert joined.cards == book().cards
        assert documents == ()
        assert curated.gather(tmp_path / "empty", load_cards())[0].set_aside == {}


def vars_of(particulars: Particulars) -> dict[str, object]:
    return {name: getattr(particulars, name) for name in Particulars.__dataclass_fields__}


def test_silence_has_no_provenance(library: RealLibrary) -> None:
    assert isinstance(library.opened().ask("红烧肉怎么做", region=None, on=TODAY), NoAnswer)
