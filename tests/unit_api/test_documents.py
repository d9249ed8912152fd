"""Photographs and PDFs from the street are looked at before anything is kept, and what is kept is harmless."""

import io
import struct
import zlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from api.services.attachment_ports import DayKind, MediaType, PaperDay
from api.services.documents import LARGEST, DocumentUnusable, days_in, read
from tests.papers import SECRET_PLACE, pdf, photograph

SUMMONS = [
    "开庭传票",
    "案号：（2026）黑1002民初123号",
    "开庭时间：2026年12月1日 9时00分",
    "应到处所：第三法庭",
    "二〇二六年十一月三日",
]
HEARING = PaperDay(kind=DayKind.HEARING, day=date(2026, 12, 1))
ISSUED = PaperDay(kind=DayKind.ISSUED, day=date(2026, 11, 3))


class TestPhotograph:
    @pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
    def test_is_drawn_anew_without_what_it_tells_of_whoever_took_it(self, form: str) -> None:
        raw = photograph(form=form)
        assert SECRET_PLACE.encode() in raw
        kept = read(raw)
        assert kept.media_type is MediaType.PHOTOGRAPH
        assert SECRET_PLACE.encode() not in kept.content
        with Image.open(io.BytesIO(kept.content)) as image:
            assert (image.format, dict(image.getexif())) == ("JPEG", {})
            assert image.size == (480, 640), "it stands upright"

    def test_keeps_nothing_that_was_hung_on(self) -> None:
        page = b"<script>alert(1)</script>"
        assert page not in read(photograph() + page).content
        assert b"PK\x03\x04" not in read(photograph() + b"PK\x03\x04").content

    def test_of_a_large_sheet_stays_readable_and_small(self) -> None:
        kept = read(photograph(size=(6000, 4500)))
        with Image.open(io.BytesIO(kept.content)) as image:
            assert max(image.size) == 3000

    def test_see_through_is_white(self) -> None:
        content = io.BytesIO()
        Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(content, "PNG")
        with Image.open(io.BytesIO(read(content.getvalue()).content)) as image:
            assert image.getpixel((5, 5)) == (255, 255, 255)

    @pytest.mark.parametrize(
        ("raw", "code"),
        [
            (b"", "document_empty"),
            (b"\xff" * (LARGEST + 1), "document_too_large"),
            (b"<html><script>alert(1)</script>", "document_unknown"),
            (b"MZ\x90\x00", "document_unknown"),
            (b"GIF89a" + bytes(100), "document_unknown"),
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "document_unknown"),
            (photograph()[:400], "document_damaged"),
            (b"%PDF-1.7\n1 0 obj", "document_damaged"),
        ],
        ids=["empty", "too large", "a page", "a programme", "gif", "svg", "half a photograph", "half a pdf"],
    )
    def test_that_is_none_is_turned_down_with_a_reason(self, raw: bytes, code: str) -> None:
        with pytest.raises(DocumentUnusable) as turned_down:
            read(raw)
        assert turned_down.value.code == code

    def test_that_would_fill_the_memory_is_never_unpacked(self) -> None:
        """A PNG of a few bytes that says it is 30,000 by 30,000."""
        head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
        chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
        bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
            for name, body in chunks
        )
        with pytest.raises(DocumentUnusable, match=r"document_(too_large|damaged)"):
            read(bomb)

    @pytest.mark.filterwarnings("ignore::UserWarning:PIL")
    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=300), st.integers(0, 600), st.sampled_from(["JPEG", "PNG", "WEBP"]))
    def test_with_any_bytes_anywhere_is_drawn_or_turned_down(self, noise: bytes, at: int, form: str) -> None:
        raw = photograph(form=form, size=(32, 24))
        try:
            kept = read(raw[:at] + noise + raw[at + len(noise) :])
        except DocumentUnusable:
            return
        with Image.open(io.BytesIO(kept.content)) as image:
            image.load()


class TestPdf:
    def test_is_kept_as_it_is_with_the_days_that_stand_in_it(self) -> None:
        raw = pdf(SUMMONS)
        kept = read(raw)
        assert (kept.media_type, kept.content) == (MediaType.PDF, raw)
        assert kept.days == (HEARING, ISSUED)

    def test_of_pictures_is_kept_without_days(self) -> None:
        content = io.BytesIO()
        Image.new("RGB", (200, 300), "white").save(content, "PDF")
        assert read(content.getvalue()).days == ()


class TestDays:
    @pytest.mark.parametrize(
        ("lines", "days"),
        [
            (SUMMONS, (HEARING, ISSUED)),
            (["请于 2026 年 12 月 1 日上午到庭"], (HEARING,)),
            (["申请人2019年3月1日入职，2026年5月2日受伤。"], (date(2019, 3, 1), date(2026, 5, 2))),
            (["2026年13月45日开庭", "三十日内向人民法院起诉", "下周三开庭"], ()),
            ([], ()),
        ],
    )
    def test_are_the_hearing_and_its_own_else_the_first_few(
        self, lines: list[str], days: tuple[PaperDay | date, ...]
    ) -> None:
        other = tuple(one if isinstance(one, PaperDay) else PaperDay(kind=DayKind.OTHER, day=one) for one in days)
        assert days_in(lines) == other

    def test_are_few(self) -> None:
        assert len(days_in([f"2026年{month}月1日至2026年{month}月9日" for month in range(1, 13)])) == 3
