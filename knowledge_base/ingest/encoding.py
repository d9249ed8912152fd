"""Turns the bytes of a text file into characters, whatever a Chinese office saved it as, and refuses what is no text."""

import codecs
import re
from typing import Final

from knowledge_base.ingest.parsed import FileRefused

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BREAKS: Final = re.compile(r"\r\n?")
_UNSEEN: Final = re.compile(
    "[\x01-\x08\x0e-\x1f\x7f\x80-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""Control characters steer a terminal, and bidirectional marks can show a figure the wrong way round."""
_WIDE_BREAKS: Final = re.compile("[\x0b\x0c\x85\u2028\u2029]")
_SAMPLE: Final = 100_000
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_COMMON_LEADS: Final = range(0xB0, 0xD8)  # 一级汉字: the 3,755 characters of GB 2312 that ordinary prose is made of
_MOSTLY: Final = 0.7


def decode(content: bytes) -> str:
    """Return a text with plain line ends and nothing invisible in it; raises FileRefused for what is no text."""
    text = _characters(content)
    if "\0" in text:
        msg = "不是文本文件"
        raise FileRefused(msg)
    if not (shown := clean(_BREAKS.sub("\n", text))).strip():
        msg = "是空文件"
        raise FileRefused(msg)
    return shown


def clean(text: str) -> str:
    """Return a text without characters that nobody sees; breaks that only some editors count become blanks."""
    return _WIDE_BREAKS.sub(" ", _UNSEEN.sub("", text))


def _characters(content: bytes) -> str:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _decoded(content, encoding)
    if b"\0" in content:
        return _decoded(content, _unmarked_utf16(content))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if _looks_utf8(content):
            msg = f"是 UTF-8 文本，但在第 {error.start + 1} 字节坏了"
            raise FileRefused(msg) from error
    text = _decoded(content, "gb18030")
    if not _reads_as_chinese(text):
        msg = "不是 UTF-8、UTF-16 或 GB18030 文本"
        raise FileRefused(msg)
    return text


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        msg = "不是 UTF-8、UTF-16 或 GB18030 文本"
        raise FileRefused(msg) from error


def _unmarked_utf16(content: bytes) -> str:
    """Tell the byte order of UTF-16 by where line ends and digits have their empty half."""
    even, odd = content[0::2].count(0), content[1::2].count(0)
    if not (even or odd) or min(even, odd) > max(even, odd) // 8 or len(content) % 2:
        msg = "不是文本文件"
        raise FileRefused(msg)
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    if not _reads_as_chinese(_decoded(content, encoding)):
        msg = "不是文本文件"
        raise FileRefused(msg)
    return encoding


def _looks_utf8(content: bytes) -> bool:
    """Tell a damaged UTF-8 file, which must not be read as GB18030: its characters would all be others."""
    sample = content[:_SAMPLE].decode("utf-8", "replace")
    return len(_HAN.findall(sample)) > 4 * sample.count("\ufffd")


def _reads_as_chinese(text: str) -> bool:
    """Tell prose from the rare characters that a wrongly guessed encoding gives."""
    found = _HAN.findall(text[:_SAMPLE])
    common = sum(1 for character in found if _is_common(character))
    return not text.isascii() and bool(found) and common >= _MOSTLY * len(found)


def _is_common(character: str) -> bool:
    try:
        return character.encode("gb2312")[0] in _COMMON_LEADS
    except UnicodeEncodeError:
        return False
