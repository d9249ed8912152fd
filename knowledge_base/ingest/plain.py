"""Reads plain text, with or without Markdown's signs: they are taken off, but for those of headings, which tell a chapter."""

import html
import re
from collections.abc import Iterator, Sequence
from typing import Final

from knowledge_base.ingest.encoding import clean, decode
from knowledge_base.ingest.page import opens_clause
from knowledge_base.ingest.parsed import Line, Reading, Remark, strip_line

_STRONG: Final = re.compile(r"\*\*(?=[^\s*])([^*]+?)(?<=[^\s*])\*\*|(?<!\w)__(?=[^\s_])([^_]+?)(?<=[^\s_])__(?!_)")
_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_BULLET: Final = re.compile(r"^[-*+]\s+")
_QUOTED: Final = re.compile(r"^(?:>\s*)+")
_ARTICLE_HEADING: Final = re.compile(r"^#{1,6}\s+(?=第[零〇一二三四五六七八九十百千]+条)")
_UNDERLINE: Final = re.compile(r"^=+$")
_TAG: Final = re.compile(
    r"</?(?:table|thead|tbody|tr|td|th|br|p|div|span|font|center|u|b|i|strong|em|sup|sub|a)(?:\s[^<>]{0,300})?/?>",
    re.IGNORECASE,
)
_LINE_ENDS: Final = re.compile(r"</(?:tr|p|div|table)\s*>|<br\s*/?>", re.IGNORECASE)
_CELL_ENDS: Final = re.compile(r"\s*</t[dh]\s*>\s*", re.IGNORECASE)
_ROW: Final = re.compile(r"<(/?)tr\b", re.IGNORECASE)
_LONGEST_ROW: Final = 100
_PICTURE: Final = re.compile(r"!\[[^\[\]]*\]\([^()]{1,500}\)|<img\b[^<>]{0,500}>", re.IGNORECASE)
_LINK: Final = re.compile(r"\[([^\[\]]+)\]\((?:https?:|[/#.])[^()\s]{0,500}\)")
_CELL: Final = " | "


def read_plain(content: bytes) -> Reading:
    """Read a text, whatever it was saved as. Raises FileRefused for what is no text."""
    lines: list[Line] = []
    pictures = []
    for at, raw in _whole_rows(decode(content).split("\n")):
        pictures += [Remark(line=at, text="图片，上面的文字没有收录") for _ in _PICTURE.findall(raw)]
        lines += (Line(_plain(line), at) for line in _without_tags(_LINK.sub(r"\1", _PICTURE.sub("", raw))))
    return Reading(lines=tuple(lines), notes=tuple(pictures))


def _whole_rows(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Return lines with their numbers; a row of a table in HTML, as programmes write it into Markdown, is one line."""
    held: list[str] = []
    for at, raw in enumerate(lines, 1):
        held.append(raw)
        opened = sum(-1 if end else 1 for line in held for end in _ROW.findall(line))
        if opened <= 0 or len(held) == _LONGEST_ROW:
            yield at + 1 - len(held), " ".join(held) if len(held) > 1 else raw
            held = []
    if held:
        yield len(lines) + 1 - len(held), " ".join(held)


def _without_tags(raw: str) -> Iterator[str]:
    if not _TAG.search(raw):
        yield raw
        return
    for line in _LINE_ENDS.split(raw):
        words = html.unescape(_TAG.sub("", _CELL_ENDS.sub(_CELL, line)))
        if words.strip():
            yield clean(words.removesuffix(_CELL).replace("\xa0", " "))


def _plain(raw: str) -> str:
    """Return a line as its reader sees it; an article is none the less one for standing in a heading or a list."""
    line = _QUOTED.sub("", strip_line(raw))
    if _UNDERLINE.match(line):
        return ""
    words = _ESCAPED.sub(r"\1", _STRONG.sub(lambda strong: strong[1] or strong[2], line))
    listed = _BULLET.sub("", words)
    return _ARTICLE_HEADING.sub("", listed if opens_clause(listed) else words)
