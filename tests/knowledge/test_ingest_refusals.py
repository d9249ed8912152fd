"""What cannot be read is refused in words for the person who keeps the library, not in a program's own English."""

import json
import re
import sys
from pathlib import Path

import pytest

from knowledge_base.ingest.articles import parse_articles
from knowledge_base.ingest.docx import read_docx
from knowledge_base.ingest.files import content_of, find_files
from knowledge_base.ingest.html import read_html
from knowledge_base.ingest.parsed import FileRefused
from knowledge_base.ingest.pdf import read_pdf
from tests.knowledge import papers

pytestmark = pytest.mark.unit

NAMES = re.compile(
    r"Word|WPS|PDF|JSON|\.(?:html|txt|docx|pdf)|\{id, title, clause, text\}|\b(?:id|text|issued|title)\b"
)
"""Names of programs, formats and fields, which have no Chinese form."""
WHOLE = {"id": "1", "title": "甲法", "clause": "第一条", "text": "甲。", "region": "CN"}


def is_plain(words: str) -> bool:
    return bool(words) and not re.search("[A-Za-z]", NAMES.sub("", words))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json", "到第 1 个字符读不下去"),
        ('{"id": "2", "text": "甲', "读不下去"),
        ("[" * 100_000, "嵌套得太深"),
        ("7", "要是一个 {id, title, clause, text}"),
        ('["1"]', "要是一个 {id, title, clause, text}"),
        ('{"id": "2"}', "没有写 text"),
        ('{"id": "2", "text": " "}', "text 是空的"),
        ('{"id": "2", "text": 3}', "text 要写成文字"),
        ('{"id": "2", "text": "甲", "issued": "去年"}', "issued 要写成日期，例如 2024-04-30"),
        (f'{{"id": "2", "text": {"9" * (sys.get_int_max_str_digits() + 1)}}}', "读不懂的数字"),
    ],
)
def test_a_line_of_a_collection_is_told_by_number_and_fault(line: str, reason: str) -> None:
    parsed = parse_articles(f"{json.dumps(WHOLE, ensure_ascii=False)}\n{line}\n", collection="laws")
    (problem,) = parsed.problems
    assert problem.line == 2
    assert reason in problem.text
    assert is_plain(problem.text), problem.text
    assert len(parsed.documents) == 1


@pytest.mark.parametrize("part", [0.3, 0.9])
def test_a_paper_cut_short_is_told_with_what_to_do(part: float) -> None:
    lines = ["高平市司法局值班方案", "一、时间", "每周三值班一次。"]
    for read, content in ((read_docx, papers.as_docx(lines)), (read_pdf, papers.as_pdf(lines))):
        with pytest.raises(FileRefused, match="再收") as refused:
            read(content[: int(len(content) * part)])
        assert is_plain(str(refused.value)), refused.value


def test_a_page_nested_without_end_is_told_plainly() -> None:
    with pytest.raises(FileRefused) as refused:
        read_html(("<html><body>" + "<div>" * 50_000 + "甲" + "</div>" * 50_000).encode())
    assert is_plain(str(refused.value)), refused.value


def test_a_file_the_system_does_not_give_is_told_plainly(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl.gz"
    broken.write_bytes(b"\x1f\x8b\x08rubbish")
    for path, reason in ((tmp_path / "gone.txt", "没有这个文件"), (broken, "压缩文件坏了")):
        with pytest.raises(FileRefused, match=f"读不出来：{reason}") as refused:
            content_of(path)
        assert is_plain(str(refused.value))


def test_a_folder_that_may_not_be_opened_is_told_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("knowledge_base.ingest.files.os.scandir", refuse)
    (found,) = find_files([tmp_path])
    assert found.refusal == "打不开：没有权限"
