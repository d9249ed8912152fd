"""The documents we know: nothing of them is lost, every clause is found by its number, in every format."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.corpus import Document
from knowledge_base.ingest.docx import read_docx
from knowledge_base.ingest.html import read_html
from knowledge_base.ingest.parsed import Parsed, Reading
from knowledge_base.ingest.pdf import read_pdf
from knowledge_base.ingest.reader import read_document, read_file
from knowledge_base.ingest.store import FileOutcome, ingest, load_documents
from knowledge_base.ingest_cli import locator
from knowledge_base.provisions import find_provision, look_up
from knowledge_base.regions import Regions
from knowledge_base.types import Standing
from tests.knowledge import papers
from tests.knowledge.conftest import SHARED
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import make, open_base

pytestmark = pytest.mark.unit

POLICIES = SHARED / "policies"
TODAY = date(2026, 11, 21)
NAMES = ("孙旭东", "孔 玮", "孔玮", "冯涛", "马 璇", "马璇")
CONTACTS = ("6888997", "ycflyz", "0519-89966011", "89966011", "126.com")
PLACES = (None, "231000", "140581", "320400", "640100", "230000")


def sources() -> list[Path]:
    return sorted(POLICIES.glob("*/*.txt")) + sorted(POLICIES.glob("*/*.md"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, regions: Regions) -> Path:
    if not POLICIES.is_dir():
        pytest.skip("the documents (../shared/policies) are not here")
    home = tmp_path_factory.mktemp("known") / "home"
    reports = ingest([POLICIES], home=home, locate=locator(regions))
    assert [r.outcome for r in reports] == [FileOutcome.ADDED] * 79
    assert not [(r.file, r.problems) for r in reports if r.problems]
    return home


@pytest.fixture(scope="module")
def documents(home: Path) -> tuple[Document, ...]:
    return load_documents(home)


def articles_printed(file: Path) -> list[str]:
    """Count a statute's articles the simple way: paragraphs that open with 第…条 and a blank."""
    return re.findall(r"^第([零一二三四五六七八九十百千]+条(?:之[一二三])?)\s", file.read_text("utf-8"), re.MULTILINE)


def is_printed_again(line: str, document: Document) -> bool:
    """Tell a piece of the title, or the number, which some sources print once more above the preamble."""
    words = re.sub(r"\s", "", line)
    return not words.startswith("#") and (words in re.sub(r"\s", "", document.title) or words == document.number)


class TestEveryDocument:
    def test_has_as_many_articles_as_its_source_prints(self, documents: tuple[Document, ...]) -> None:
        by_id = {document.id: document for document in documents}
        counted = 0
        for file in sources():
            if file.suffix != ".md":
                continue
            parsed, name = read_file(file, file.read_bytes(), locate=lambda _text: None, region=None)
            marks = [clause.mark.removeprefix("第") for clause in by_id[name].clauses if clause.mark != "序言"]
            assert marks == articles_printed(file), file.name
            assert marks
            counted += len(parsed.documents)
        assert counted == 74

    def test_loses_no_character_of_a_statute(self, documents: tuple[Document, ...]) -> None:
        by_id = {document.id: document for document in documents}
        for file in sources():
            if file.suffix != ".md":
                continue
            _, name = read_file(file, file.read_bytes(), locate=lambda _text: None, region=None)
            document = by_id[name]
            body = "\n".join(
                line
                for line in file.read_text("utf-8").split("<!-- INFO END -->")[1].splitlines()
                if not is_printed_again(line, document)
            )
            headings = list(dict.fromkeys(h for clause in document.clauses for h in clause.headings))
            kept = "".join((*headings, *(("" if c.mark == "序言" else c.mark) + c.text for c in document.clauses)))
            lost = Counter(re.sub(r"[\s\u200b#]", "", body)) - Counter(re.sub(r"[\s\u200b#]", "", kept))
            repeated = [line for line in body.splitlines() if line.startswith("#")]
            for line in repeated:  # headings that come again in another part are kept once in the list above
                lost -= Counter(re.sub(r"[\s#]", "", line))
            assert not +lost, (file.name, lost)

    def test_has_every_clause_under_its_number(self, documents: tuple[Document, ...]) -> None:
        clauses = 0
        for document in documents:
            for clause in document.clauses:
                found = find_provision(document, clause.mark)
                assert found is not None, (document.id, clause.mark)
                assert found.clauses == (clause,)
                clauses += 1
        assert clauses > 5000

    def test_has_every_item_of_every_article_under_its_number(self, documents: tuple[Document, ...]) -> None:
        items = 0
        for document in documents:
            for clause in document.clauses:
                paragraph = 0
                for line in clause.text.split("\n"):
                    if not (
                        mark := re.match(r"[（(]([一二三四五六七八九十]+)[)）]", line)
                    ) or not clause.mark.startswith("第"):
                        paragraph += not re.match(r"\d+[.．、]", line)
                        continue
                    found = find_provision(document, f"{clause.mark}第{max(paragraph, 1)}款第({mark[1]})项")
                    assert found is not None, (document.id, clause.mark, line)
                    assert found.text.split("\n")[0] == line
                    items += 1
        assert items > 1500

    def test_is_one_that_people_can_cite(self, documents: tuple[Document, ...]) -> None:
        (found,) = look_up(documents, "法律援助法第三十一条第(三)项", on=TODAY)
        assert found.text == "（三）请求发给抚恤金；"
        (found,) = look_up(documents, "关于完善法律援助制度的实施意见十一", on=TODAY)
        assert found.text.startswith("加强法律援助机构队伍建设")
        assert [p.document.issued for p in look_up(documents, "妇女权益保障法第一条", on=date(2022, 12, 31))] == [
            date(2018, 10, 26)
        ]
        assert [p.document.issued for p in look_up(documents, "妇女权益保障法第一条", on=date(2023, 1, 1))] == [
            date(2022, 10, 30)
        ]

    def test_has_the_standing_it_has_today(self, documents: tuple[Document, ...]) -> None:
        standing = {(d.region, d.issued): d.standing(TODAY) for d in documents if d.region != "CN"}
        assert standing == {
            ("231000", date(2017, 8, 28)): Standing.UNKNOWN,
            ("140581", date(2024, 4, 30)): Standing.PLAN_ENDED,
            ("320400", date(2004, 12, 20)): Standing.HISTORICAL,
            ("640100", date(2018, 3, 1)): Standing.PLAN_ENDED,
            ("230000", date(2015, 6, 24)): Standing.PLAN_ENDED,
        }

    def test_has_the_number_it_prints_and_no_head_in_its_preamble(self, documents: tuple[Document, ...]) -> None:
        numbers = {document.number for document in documents}
        assert {"法释〔2022〕17号", "法释〔2025〕1号", "国务院令第385号", "高司字〔2024〕6号"} <= numbers
        openings = [clause.text for one in documents for clause in one.clauses if clause.mark == "序言"]
        assert len(openings) > 15
        assert [text for text in openings if not text.startswith("为")] == []

    def test_says_who_issued_it(self, documents: tuple[Document, ...]) -> None:
        assert [document.id for document in documents if not document.issuer] == []
        issuers = Counter(document.issuer for document in documents if document.region == "CN")
        assert set(issuers) == {
            "全国人民代表大会",
            "全国人民代表大会常务委员会",
            "国务院",
            "中共中央、国务院",
            "最高人民法院",
        }

    def test_has_at_most_one_version_on_any_day(self, documents: tuple[Document, ...]) -> None:
        for day in (date(2019, 6, 1), date(2021, 6, 1), date(2022, 5, 1), date(2023, 9, 1), TODAY):
            titles = Counter(d.id.split("@")[0] for d in documents if d.applies(day) and d.region == "CN")
            assert [title for title, count in titles.items() if count > 1] == []


READERS: dict[str, tuple[Callable[[Sequence[str]], bytes], Callable[[bytes], Reading]]] = {
    "html": (papers.as_html, read_html),
    "docx": (papers.as_docx, read_docx),
    "pdf": (papers.as_pdf, read_pdf),
}


def whole(parsed: Parsed) -> dict[str, object]:
    (document,) = parsed.documents
    facts = asdict(document)
    facts["clauses"] = [(c.mark, c.text, c.headings) for c in document.clauses]
    del facts["blocked"]
    return facts


@pytest.mark.parametrize("kind", READERS)
def test_every_document_is_the_same_in_every_format(kind: str, regions: Regions) -> None:
    """Of the Civil Code each book is a file without a title of its own; it is left out here."""
    if not POLICIES.is_dir():
        pytest.skip("the documents (../shared/policies) are not here")
    write, read = READERS[kind]
    compared = 0
    files = [file for file in sources() if not file.name.startswith("民法典")]
    for file in files if kind != "pdf" else [*files[:5], *files[5::6]]:
        text = file.read_text("utf-8")
        original, _ = read_file(file, file.read_bytes(), locate=locator(regions), region=None)
        again = read_document(read(write(papers.lines_of(text))), name=file.stem, locate=locator(regions))
        wanted, got = whole(original), whole(again)
        if kind == "pdf":  # blanks are gaps on paper, and not every gap is a blank
            wanted, got = ({k: re.sub(r"\s|\\n", "", str(v)) for k, v in facts.items()} for facts in (wanted, got))
        assert got == wanted, file.name
        compared += 1
    assert compared == (71 if kind != "pdf" else 16)


class TestBlockedFields:
    def test_are_kept_apart_in_the_documents(self, documents: tuple[Document, ...]) -> None:
        blocked = {d.region: " ".join(d.blocked) for d in documents if d.blocked}
        assert set(blocked) == {"320400", "640100"}
        for words in ("孙旭东", "孔 玮", "冯涛", "马 璇", "6888997", "ycflyz@126.com"):
            assert words in blocked["640100"]
        assert "0519-89966011" in blocked["320400"]

    def test_are_in_no_passage_quote_or_search_hit(self, home: Path) -> None:
        embedder = PairEmbedder()
        make(home, embedder=embedder)
        base = open_base(home, embedder)
        questions = [
            *NAMES,
            *CONTACTS,
            "联系人是谁",
            "联系电话是多少",
            "组长是谁",
            "领导小组办公室由谁负责",
            "残联的电话",
        ]
        seen = 0
        for question in questions:
            for region in PLACES:
                for hit in base.search(question, region=region, on=TODAY, k=20):
                    seen += 1
                    shown = repr(hit.passage)
                    for secret in (*NAMES, *CONTACTS):
                        assert secret not in shown, (question, hit.passage.id)
        assert seen > 500

    def test_are_in_no_provision(self, documents: tuple[Document, ...]) -> None:
        for document in documents:
            for clause in document.clauses:
                found = find_provision(document, clause.mark)
                assert found is not None
                shown = f"{document.title}{document.issuer}{clause.headings}{found.lead}{found.text}"
                assert not [secret for secret in (*NAMES, *CONTACTS) if secret in shown]

    def test_leave_the_public_lines_where_they_are(self, documents: tuple[Document, ...]) -> None:
        lines = [d.region for d in documents if any("12348" in clause.text for clause in d.clauses)]
        assert {"230000", "231000"} <= set(lines)


def test_a_figure_altered_in_a_copy_replaces_the_former_text(home: Path, tmp_path: Path, regions: Regions) -> None:
    (plan,) = POLICIES.glob("seeds/001_*.txt")
    copy = tmp_path / "altered.txt"
    copy.write_text(
        plan.read_text("utf-8").replace("每周三值班一次", "每周五值班一次").replace("8600", "9600"), "utf-8"
    )
    own = tmp_path / "home"
    for file, outcome in ((plan, FileOutcome.ADDED), (copy, FileOutcome.REPLACED), (copy, FileOutcome.UNCHANGED)):
        (report,) = ingest([file], home=own, locate=locator(regions))
        assert report.outcome is outcome
    (document,) = load_documents(own)
    text = "".join(clause.text for clause in document.clauses)
    assert "每周五值班一次" in text
    assert "9600人次" in text
    assert "每周三" not in text
    (report,) = ingest([plan], home=own, locate=locator(regions))
    assert report.outcome is FileOutcome.REPLACED
    assert load_documents(own) == tuple(d for d in load_documents(home) if d.region == "140581")
