"""Taking texts in again changes nothing, a corrected text replaces the old, a bad file never stops the others."""

import gzip
import json
import re
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.ingest.parsed import Locate
from knowledge_base.ingest.store import (
    FileOutcome,
    FileReport,
    SourcesUnreadable,
    ingest,
    load_documents,
    sources_digest,
)
from tests.knowledge import papers
from tests.knowledge.conftest import ROOT

pytestmark = pytest.mark.unit

LAW = """# 中华人民共和国某某法

2018年10月26日 某会议通过

<!-- INFO END -->

第一条 期限为七日。

第二条 本法自2019年1月1日起施行。
"""


def take(*paths: Path, home: Path, locate: Locate) -> tuple[FileReport, ...]:
    return ingest(paths, home=home, locate=locate)


@pytest.fixture
def law(tmp_path: Path) -> Path:
    file = tmp_path / "in" / "某某法(2018-10-26).md"
    file.parent.mkdir()
    file.write_text(LAW, "utf-8")
    return file


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


class TestIngest:
    def test_takes_a_text_in_once(self, law: Path, home: Path, locate: Locate) -> None:
        first, second = take(law, law, home=home, locate=locate)
        assert (first.outcome, second.outcome) == (FileOutcome.ADDED, FileOutcome.UNCHANGED)
        assert len(load_documents(home)) == 1

    def test_lets_a_corrected_text_replace_the_old(self, law: Path, home: Path, locate: Locate) -> None:
        take(law, home=home, locate=locate)
        before = sources_digest(home)
        law.write_text(LAW.replace("七日", "五日"), "utf-8")
        (report,) = take(law, home=home, locate=locate)
        assert report.outcome is FileOutcome.REPLACED
        assert load_documents(home)[0].clauses[0].text == "期限为五日。"
        assert sources_digest(home) != before

    def test_orders_the_versions_of_a_law(self, law: Path, home: Path, locate: Locate) -> None:
        newer = law.with_name("某某法(2023-09-01).md")
        newer.write_text(LAW.replace("2019年1月1日", "2024年1月1日"), "utf-8")
        take(law, newer, home=home, locate=locate)
        assert [d.superseded_from for d in load_documents(home)] == [date(2024, 1, 1), None]

    def test_shares_the_day_of_effect_among_the_books_of_a_code(
        self, home: Path, tmp_path: Path, locate: Locate
    ) -> None:
        for part, day in (("甲编", "\n2021年1月1日 施行\n"), ("乙编", "")):
            text = f"# 某法典\n\n# {part}\n\n2020年5月28日 某会议通过\n{day}\n<!-- INFO END -->\n\n第一条 甲。\n\n第二条 乙。\n"
            (tmp_path / f"某法典_{part}.md").write_text(text, "utf-8")
        take(*sorted(tmp_path.glob("*.md")), home=home, locate=locate)
        assert {d.effective_from for d in load_documents(home)} == {date(2021, 1, 1)}

    def test_reads_a_folder_a_gzip_and_gb18030(self, law: Path, home: Path, locate: Locate) -> None:
        law.write_bytes(LAW.encode("gb18030"))
        line = json.dumps({"id": "x1", "title": "他法", "clause": "第一条", "text": "甲"}, ensure_ascii=False)
        with gzip.open(law.parent / "more.jsonl.gz", "wb") as packed:
            packed.write(line.encode())
        reports = take(law.parent, home=home, locate=locate)
        assert [r.outcome for r in reports] == [FileOutcome.ADDED, FileOutcome.ADDED]
        assert {d.title for d in load_documents(home)} == {"中华人民共和国某某法", "他法"}

    def test_keeps_what_a_replaced_text_said_and_answers_from_the_new_one(
        self, law: Path, home: Path, locate: Locate
    ) -> None:
        take(law, home=home, locate=locate)
        (stored,) = (home / "sources").glob("*.jsonl")
        before, text = stored.read_bytes(), law.read_text("utf-8")
        for words in (text.replace("第一条 ", "第一条 改过的"), text, text.replace("第一条 ", "第一条 改过的")):
            law.write_text(words, "utf-8")
            assert [r.outcome for r in take(law, home=home, locate=locate)] == [FileOutcome.REPLACED]
        kept = [file.read_bytes() for file in (home / "history" / "sources").glob("*.jsonl")]
        assert len(kept) == 2, "each wording once"
        assert before in kept
        (document,) = load_documents(home)
        assert any("改过的" in clause.text for clause in document.clauses)

    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [
            ("empty.txt", b" \n ", "空文件"),
            ("marked.txt", b"\xef\xbb\xbf\r\n", "空文件"),
            ("wide.txt", b"\xff\xfe", "空文件"),
            ("picture.txt", b"\x89PNG\x00\x00", "不是文本"),
            ("broken.jsonl.gz", b"\x1f\x8b\x08rubbish", "读不出来"),
            ("paper.docx", b"PK\x03\x04", "Word 文件坏了"),
            ("paper.doc", b"\xd0\xcf\x11\xe0", r"\.doc"),
            ("note.txt", "随手写的一句话。".encode(), "标题"),
            ("latin.txt", b"\xff\xfe\xfa", "不是 UTF-8"),
        ],
    )
    def test_refuses_a_bad_file_with_a_reason_and_goes_on(  # noqa: PLR0913
        self, name: str, content: bytes, reason: str, *, law: Path, home: Path, locate: Locate
    ) -> None:
        bad = law.parent / name
        bad.write_bytes(content)
        reports = {Path(r.file).name: r for r in take(law.parent, home=home, locate=locate)}
        assert reports[name].outcome is FileOutcome.REFUSED
        assert reports[law.name].outcome is FileOutcome.ADDED
        assert re.search(reason, reports[name].reason or "")


class TestTheSameTextAgain:
    def test_in_another_format_changes_nothing(self, law: Path, home: Path, locate: Locate) -> None:
        page = law.with_name("某某法(2018-10-26).html")
        page.write_bytes(papers.as_html(papers.lines_of(LAW)))
        reports = take(law, page, home=home, locate=locate)
        assert [r.outcome for r in reports] == [FileOutcome.ADDED, FileOutcome.UNCHANGED]
        before = sources_digest(home)
        assert [r.outcome for r in take(law, page, home=home, locate=locate)] == [FileOutcome.UNCHANGED] * 2
        assert sources_digest(home) == before

    def test_with_other_words_in_the_same_run_is_refused_and_stays_refused(
        self, law: Path, home: Path, locate: Locate
    ) -> None:
        other = law.with_name("某某法(2018-10-26).txt")
        other.write_text(LAW.replace("七日", "九日"), "utf-8")
        for first in (FileOutcome.ADDED, FileOutcome.UNCHANGED):
            reports = take(law, other, home=home, locate=locate)
            assert [r.outcome for r in reports] == [first, FileOutcome.REFUSED]
            assert law.name in (reports[1].reason or "")
        assert load_documents(home)[0].clauses[0].text == "期限为七日。"

    def test_is_reported_with_the_problems_it_had(self, law: Path, home: Path, locate: Locate) -> None:
        law.write_text(LAW + "\n第四条 又一条。\n", "utf-8")
        first, second = take(law, law, home=home, locate=locate)
        assert [p.text for p in first.problems] == ["条号不连续：这里是第四条"]
        assert replace(second, outcome=first.outcome) == first

    def test_mends_a_damaged_store(self, law: Path, home: Path, locate: Locate) -> None:
        take(law, home=home, locate=locate)
        (stored,) = (home / "sources").iterdir()
        whole = stored.read_bytes()
        for damaged in (whole[:-40], whole.replace("七日".encode(), "九日".encode()), b"{}\n", b""):
            stored.write_bytes(damaged)
            take(law, home=home, locate=locate)
            assert stored.read_bytes() == whole


class TestAnInterruptedRun:
    def test_killed_anywhere_is_completed_by_the_next(self, tmp_path: Path, locate: Locate) -> None:
        folder = tmp_path / "in"
        folder.mkdir()
        for number in range(60):
            title = f"中华人民共和国第{number}号法"
            (folder / f"{number}.md").write_text(
                LAW.replace("中华人民共和国某某法", title) + "\n甲乙丙。" * 400, "utf-8"
            )
        whole = tmp_path / "whole"
        take(folder, home=whole, locate=locate)
        wanted = {p.name: p.read_bytes() for p in (whole / "sources").iterdir()}
        home = tmp_path / "home"
        kept: list[int] = []
        for _ in range(4):
            child = subprocess.Popen(
                [sys.executable, "-c", RUN, str(folder), str(home)], stdout=subprocess.PIPE, cwd=ROOT
            )
            assert child.stdout is not None
            for _ in range(12):
                child.stdout.readline()
            child.send_signal(signal.SIGKILL)
            child.communicate()
            assert child.returncode == -signal.SIGKILL
            kept.append(len(load_documents(home)))
        assert 10 <= kept[0] < 60
        assert kept == sorted(kept)
        reports = take(folder, home=home, locate=locate)
        assert sum(r.outcome is FileOutcome.UNCHANGED for r in reports) >= kept[-1]
        assert {p.name: p.read_bytes() for p in (home / "sources").iterdir() if p.suffix == ".jsonl"} == wanted
        assert not list((home / "sources").glob("*.new"))


RUN = """
import sys
from pathlib import Path
from knowledge_base.ingest.store import FileOutcome, ingest
def heard(report):
    if report.outcome is not FileOutcome.UNCHANGED:
        print(report.file, flush=True)
ingest([Path(sys.argv[1])], home=Path(sys.argv[2]), locate=lambda text: None, heard=heard)
sys.stdout.close()
"""


def test_a_damaged_store_is_named_and_not_read(law: Path, home: Path, locate: Locate) -> None:
    take(law, home=home, locate=locate)
    (stored,) = (home / "sources").iterdir()
    whole = stored.read_bytes()
    for damaged in (whole[:-40], whole[: whole.index(b"\n") + 1], whole.replace("七日".encode(), "九日".encode())):
        stored.write_bytes(damaged)
        with pytest.raises(SourcesUnreadable, match=stored.stem[:3]):
            load_documents(home)
