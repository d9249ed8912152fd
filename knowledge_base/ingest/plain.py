"""Reads plain text, with or without Markdown's signs: they are taken off, but for those of headings, which tell a chapter."""

import re
from typing import Final

from knowledge_base.ingest.encoding import decode
from knowledge_base.ingest.page import opens_clause
from knowledge_base.ingest.parsed import Line, Reading, strip_line

_STRONG: Final = re.compile(r"\*\*(?=[^\s*])([^*]+?)(?<=[^\s*])\*\*|(?<!\w)__(?=[^\s_])([^_]+?)(?<=[^\s_])__(?!_)")
_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_BULLET: Final = re.compile(r"^[-*+]\s+")
_QUOTED: Final = re.compile(r"^(?:>\s*)+")
_ARTICLE_HEADING: Final = re.compile(r"^#{1,6}\s+(?=第[零〇一二三四五六七八九十百千]+条)")
_UNDERLINE: Final = re.compile(r"^=+$")


def read_plain(content: bytes) -> Reading:
    """Read a text, whatever it was saved as. Raises FileRefused for what is no text."""
    return Reading(lines=tuple(Line(_plain(raw), at) for at, raw in enumerate(decode(content).split("\n"), 1)))


def _plain(raw: str) -> str:
    """Return a line as its reader sees it; an article is none the less one for standing in a heading or a list."""
    line = _QUOTED.sub("", strip_line(raw))
    if _UNDERLINE.match(line):
        return ""
    words = _ESCAPED.sub(r"\1", _STRONG.sub(lambda strong: strong[1] or strong[2], line))
    listed = _BULLET.sub("", words)
    return _ARTICLE_HEADING.sub("", listed if opens_clause(listed) else words)
