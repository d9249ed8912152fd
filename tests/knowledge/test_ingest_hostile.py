"""Whatever a file is, taking it in ends in documents or in one named refusal, and the others go on."""

import contextlib
import functools
import io
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge_base.ingest import docx as word
from knowledge_base.ingest import files
from knowledge_base.ingest.articles import parse_articles
from knowledge_base.ingest.docx import read_docx
from knowledge_base.ingest.encoding import decode
from knowledge_base.ingest.html import read_html
from knowledge_base.ingest.parsed import FileRefused, Locate, Reading
from knowledge_base.ingest.pdf import read_pdf
from knowledge_base.ingest.reader import read_document, read_file
from knowledge_base.ingest.store import FileOutcome, ingest
from tests.knowledge import papers
from tests.knowledge.homes import LAW, PLAN

pytestmark = pytest.mark.unit

LINES = [line for line in PLAN.splitlines() if line]
MAIN = "word/document.xml"


def repacked(content: bytes, name: str, part: bytes) -> bytes:
    """Return a Word file with one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, part)
    return out.getvalue()


def main_part(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.read(MAIN)


@pytest.fixture(scope="module")
def content() -> bytes:
    return papers.as_docx(LINES)


class TestAHostileWordFile:
    def test_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked(self, content: bytes) -> None:
        bomb = repacked(content, "word/media/zeros.bin", b"\0" * (300 * 2**20))
        tracemalloc.start()
        with pytest.raises(FileRefused, match="没有文件需要"):
            read_docx(bomb)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 50 * 2**20

    def test_that_lies_about_its_sizes_is_refused(self, content: bytes) -> None:
        lying = bytearray(repacked(content, MAIN, main_part(content) + b" " * 2_000_000))
        real = zipfile.ZipFile(io.BytesIO(lying)).getinfo(MAIN).file_size
        for at in range(len(lying) - 4):
            if lying[at : at + 4] == real.to_bytes(4, "little"):
                lying[at : at + 4] = (100).to_bytes(4, "little")
        with pytest.raises(FileRefused):
            read_docx(bytes(lying))

    @pytest.mark.parametrize(
        "doctype",
        [
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY x "&b;&b;&b;">]>',
            '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">',
        ],
        ids=["a file", "a bomb", "a network address"],
    )
    def test_that_declares_entities_is_refused(self, content: bytes, doctype: str) -> None:
        part = main_part(content).decode()
        start = part.index("?>") + 2
        hostile = (
            part[:start] + doctype + part[start:].replace("<w:body>", "<w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p>")
        )
        with pytest.raises(FileRefused, match=r"文档类型|坏了"):
            read_docx(repacked(content, MAIN, hostile.encode()))

    def test_that_nests_without_end_is_refused(self, content: bytes) -> None:
        part = main_part(content).decode()
        deep = "<w:tbl><w:tr><w:tc>" * 300 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 300
        with pytest.raises(FileRefused, match=r"嵌套|坏了"):
            read_docx(repacked(content, MAIN, part.replace("<w:body>", f"<w:body>{deep}").encode()))

    def test_that_names_parts_outside_itself_reads_none_of_them(self, content: bytes) -> None:
        relations = b"""<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
        <Relationship Id="r" Type="x/officeDocument" Target="../../../../etc/passwd"/></Relationships>"""
        with pytest.raises(FileRefused, match="不是 Word 文件"):
            read_docx(repacked(content, "_rels/.rels", relations))

    @pytest.mark.parametrize(
        ("broken", "reason"),
        [
            (lambda c: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + c, "密码"),
            (lambda c: c[: len(c) // 2], "坏了"),
            (lambda c: repacked(c, MAIN, b"<w:document"), "坏了"),
            (lambda c: repacked(c, MAIN, b"<document/>"), "不是 Word 文件"),
            (lambda _: b"PK\x05\x06" + b"\0" * 18, "不是 Word 文件"),
        ],
    )
    def test_that_is_encrypted_or_broken_is_refused(
        self, broken: Callable[[bytes], bytes], reason: str, *, content: bytes
    ) -> None:
        with pytest.raises(FileRefused, match=reason):
            read_docx(broken(content))

    def test_that_is_encrypted_as_a_package_is_refused(self, content: bytes) -> None:
        marked = bytearray(content)
        for at in range(len(marked) - 10):
            if marked[at : at + 4] == b"PK\x01\x02":
                marked[at + 8] |= 1
        with pytest.raises(FileRefused, match="密码"):
            read_docx(bytes(marked))


class TestAHostilePage:
    def test_that_nests_without_end_is_refused_or_read(self) -> None:
        with pytest.raises(FileRefused):
            read_html(b"<div>" * 20_000 + "一、甲。".encode() + b"</div>" * 20_000)

    def test_reads_no_file_and_no_address(self) -> None:
        page = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><p>一、&x;。</p><p>二、<img src="http://127.0.0.1:9/">乙。</p>'
        assert "root:" not in read_html(page.encode()).text

    def test_with_a_cell_over_all_rows_stays_small(self) -> None:
        page = "<table>" + "<tr><td rowspan=999999>甲</td><td>乙</td></tr>" * 500 + "</table>"
        assert len(read_html(page.encode()).text) < 2 * len(page)

    def test_without_words_is_refused(self) -> None:
        with pytest.raises(FileRefused, match="没有文字"):
            read_html(b"<html><body><img src=a></body></html>")

    @pytest.mark.parametrize(
        "page",
        [
            '<frameset cols="20%,80%"><frame src="menu.html"><frame src="body.html"></frameset>',
            '<body><h1>某市值班办法</h1><p>首页</p><iframe src="content.html"></iframe></body>',
        ],
    )
    def test_that_only_frames_another_is_refused_for_that(self, page: str) -> None:
        with pytest.raises(FileRefused, match="框架"):
            read_html(page.encode())


def pdf_with(stream: bytes, *, packed: bool) -> bytes:
    """Return a PDF of one page that draws this stream."""
    data = zlib.compress(stream) if packed else stream
    filters = b"/Filter /FlateDecode " if packed else b""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R >>",
        b"<< " + filters + b"/Length " + str(len(data)).encode() + b" >>\nstream\n" + data + b"\nendstream",
    ]
    out, at = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        at.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = b"".join(f"{offset:010} 00000 n \n".encode() for offset in at)
    start = len(out)
    return (
        out
        + b"xref\n0 5\n0000000000 65535 f \n"
        + table
        + f"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF".encode()
    )


class TestAHostilePdf:
    def test_that_is_encrypted_is_refused(self) -> None:
        with pytest.raises(FileRefused, match="密码"):
            read_pdf(papers.as_pdf(LINES, password="geheim"))

    def test_of_pictures_only_is_refused(self) -> None:
        with pytest.raises(FileRefused, match="OCR"):
            read_pdf(pdf_with(b"0 0 m 10 10 l S", packed=False))

    def test_that_is_no_pdf_is_refused(self) -> None:
        with pytest.raises(FileRefused, match="不是 PDF"):
            read_pdf(b"GIF89a")

    def test_that_unpacks_to_gigabytes_is_refused_and_the_others_go_on(self, tmp_path: Path, locate: Locate) -> None:
        packer = zlib.compressobj(9)
        start = packer.compress(b"0 " * 2**19) + packer.flush(zlib.Z_FULL_FLUSH)
        block = packer.compress(b"0 " * 2**19) + packer.flush(zlib.Z_FULL_FLUSH)
        zeros = start + block * 3000 + packer.flush()
        bomb = (
            pdf_with(b"@", packed=True)
            .replace(zlib.compress(b"@"), zeros)
            .replace(f"/Length {len(zlib.compress(b'@'))} ".encode(), f"/Length {len(zeros)} ".encode())
        )
        (tmp_path / "a.pdf").write_bytes(bomb)
        (tmp_path / "b.txt").write_text(PLAN, "utf-8")
        first, second = ingest([tmp_path / "a.pdf", tmp_path / "b.txt"], home=tmp_path / "home", locate=locate)
        assert (first.outcome, second.outcome) == (FileOutcome.REFUSED, FileOutcome.ADDED)


class TestBadLines:
    @pytest.mark.parametrize(
        "bad",
        [
            "[]",
            "null",
            '{"id": "x"}',
            '{"id": "", "text": "甲"}',
            '{"id": {}, "text": "甲"}',
            '{"id": "x", "text": "\\ud800"}',
            '{"id": "x", "text": "甲", "issued": "某日"}',
            "[" * 5000,
            '{"id": "x", "text": ' + "9" * 5000 + "}",
        ],
    )
    def test_are_reported_by_number_and_the_others_kept(self, bad: str) -> None:
        good = '{"id": "a", "title": "某法", "clause": "第一条", "text": "甲\u2028乙"}'
        found = parse_articles(decode(f"{good}\n{bad}\n".encode()), collection="c")
        assert [clause.text for clause in found.documents[0].clauses] == ["甲 乙"]
        assert [problem.line for problem in found.problems] == [2]


def place(_text: str) -> str:
    return "140581"


def taken(content: bytes, suffix: str) -> None:
    """Take bytes in as a file of that kind; only the named refusal may come of it."""
    readers: dict[str, Callable[[bytes], Reading]] = {".html": read_html, ".docx": read_docx, ".pdf": read_pdf}
    with contextlib.suppress(FileRefused):
        if read := readers.get(suffix):
            read_document(read(content), name="f", locate=place)
        else:
            read_file(Path(f"f{suffix}"), content, locate=place, region=None)


@functools.cache
def sample(suffix: str) -> bytes:
    """Return a good file of each kind."""
    match suffix:
        case ".md":
            return LAW.encode()
        case ".jsonl":
            return '{"id": "a", "title": "某法", "clause": "第一条", "text": "甲"}\n'.encode()
        case _:
            make = {".txt": papers.as_txt, ".html": papers.as_html, ".docx": papers.as_docx, ".pdf": papers.as_pdf}
            return make[suffix](LINES)


FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
EDITS = st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=6)), min_size=1, max_size=8)


def edited(content: bytes, edits: list[tuple[int, bytes]]) -> bytes:
    """Return bytes with some of them overwritten: most damage is small."""
    changed = bytearray(content)
    for at, data in edits:
        start = at % len(changed)
        changed[start : start + len(data)] = data
    return bytes(changed)


@pytest.mark.parametrize("suffix", [".txt", ".md", ".jsonl", ".html", ".docx", ".pdf"])
class TestAnyBytes:
    @FUZZ
    @given(content=st.binary(max_size=400))
    def test_end_in_documents_or_a_refusal(self, suffix: str, content: bytes) -> None:
        taken((b"%PDF-1.4\n" if suffix == ".pdf" else b"") + content, suffix)

    @FUZZ
    @given(edits=EDITS)
    def test_of_a_damaged_file_do_too(self, suffix: str, edits: list[tuple[int, bytes]]) -> None:
        taken(edited(sample(suffix), edits), suffix)

    @FUZZ
    @given(
        text=st.text(alphabet='一二十（）()第条章1.、|。：\n 甲法#*<>&;{}"《》〔〕2024年月日号自起施行', max_size=200)
    )
    def test_of_marks_without_sense_do_too(self, suffix: str, text: str) -> None:
        make = {".docx": papers.as_docx, ".pdf": papers.as_pdf}.get(suffix)
        lines = [line for line in text.split("\n") if line.strip()]
        taken(make(lines) if make else text.encode(), suffix)


@FUZZ
@given(edits=EDITS)
def test_any_damage_to_the_text_of_a_word_file_ends_so_too(edits: list[tuple[int, bytes]]) -> None:
    whole = sample(".docx")
    taken(repacked(whole, MAIN, edited(main_part(whole), edits)), ".docx")


def test_limits_are_what_the_reference_says() -> None:
    assert (files.MAX_PAPER_BYTES, files.MAX_COLLECTION_BYTES) == (64 * 2**20, 256 * 2**20)
    assert word._MAX_UNPACKED == 256 * 2**20  # noqa: SLF001 - a limit, pinned
