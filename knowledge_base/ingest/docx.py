"""Reads Word documents: paragraphs with their automatic numbers, tables as rows, nothing that was deleted or hidden.

Headers and footers are the page's and are left out, and so are comments. Written against the bytes, for the package
may come from anybody: sizes are checked before anything is unpacked, and a document type, which Word never writes, is
refused.
"""

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from lxml import etree

from knowledge_base.ingest.encoding import clean
from knowledge_base.ingest.numbering import Numbering, child, local, value
from knowledge_base.ingest.parsed import FileRefused, Line, Reading, Remark, strip_line

_MAX_UNPACKED: Final = 256 * 1024 * 1024
_MAX_PART: Final = 64 * 1024 * 1024
_MAX_RATIO: Final = 400
_MAX_DEPTH: Final = 100
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EMBEDDED: Final = "这里嵌入了另一份文件，里面的文字没有收录；请用 Word 打开，重新保存再收"
_BROKEN: Final = "Word 文件坏了，或者没有下载完；请用 Word 或 WPS 打开，另存一份再收"
_CELL: Final = " | "
_ON: Final = frozenset({None, "1", "true", "on"})
_SYMBOLS: Final = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": " "}
_SKIPPED: Final = frozenset(
    [
        "del",
        "moveFrom",
        "instrText",
        "delText",
        "pPr",
        "rPr",
        "txbxContent",
        "Fallback",
        "drawing",
        "pict",
        "object",
        "footnoteReference",
        "rt",
    ]
)


def read_docx(content: bytes) -> Reading:
    """Read a Word document. Raises FileRefused for an encrypted, damaged or hostile one."""
    if content.startswith(_OLE):
        msg = "加了密码，或者是旧的 .doc；请另存为不加密的 .docx"
        raise FileRefused(msg)
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            return _Document(_Parts(package)).reading()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise FileRefused(_BROKEN) from error


class _Parts:
    """The XML parts of a package, each read within limits."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package
        entries = package.infolist()
        unpacked, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
        if unpacked > _MAX_UNPACKED or unpacked > _MAX_RATIO * max(packed, 1024):
            msg = f"解开有 {unpacked // 2**20} MiB，没有文件需要这么大"
            raise FileRefused(msg)
        if any(entry.flag_bits & 1 for entry in entries):
            msg = "加了密码；请另存为不加密的文件"
            raise FileRefused(msg)
        self._names = {entry.filename.lstrip("/").lower(): entry for entry in entries}

    def xml(self, name: str) -> etree._Element | None:
        """Return the root of a part; None when the package has none of that name."""
        entry = self._names.get(name.lstrip("/").lower())
        if entry is None:
            return None
        if entry.file_size > _MAX_PART:
            msg = f"有一部分解开有 {entry.file_size // 2**20} MiB，没有文件需要这么大"
            raise FileRefused(msg)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root = etree.fromstring(self._package.read(entry), parser)
        except etree.LxmlError as error:
            raise FileRefused(_BROKEN) from error
        if root.getroottree().docinfo.doctype:
            msg = "里面声明了文档类型，Word 从不这样写"
            raise FileRefused(msg)
        return root

    def main(self) -> str:
        """Return the name of the part that holds the text."""
        for relation in self._relations("_rels/.rels"):
            if relation[0].endswith("/officeDocument"):
                return relation[1].lstrip("/")
        msg = "不是 Word 文件"
        raise FileRefused(msg)

    def related(self, main: str) -> Mapping[str, str]:
        """Return the parts that belong to the text by their kind: styles, numbering, footnotes."""
        folder = PurePosixPath(main).parent
        relations = self._relations(f"{folder / '_rels' / PurePosixPath(main).name}.rels")
        return {
            kind.rsplit("/", 1)[-1]: target if target.startswith("/") else f"{folder / target}"
            for kind, target in relations
        }

    def _relations(self, name: str) -> list[tuple[str, str]]:
        root = self.xml(name)
        found = [] if root is None else [part for part in root if part.get("TargetMode") != "External"]
        return [(part.get("Type", ""), part.get("Target", "")) for part in found]


@dataclass(slots=True)
class _Document:
    """Goes through the text once, paragraph by paragraph, and counts as Word would."""

    parts: _Parts
    lines: list[Line] = field(default_factory=list)
    _numbering: Numbering = field(default_factory=Numbering)
    _styles: dict[str, etree._Element] = field(default_factory=dict)
    _count: int = 0
    _embedded: list[Remark] = field(default_factory=list)
    _struck: list[Remark] = field(default_factory=list)

    def reading(self) -> Reading:
        main = self.parts.main()
        root = self.parts.xml(main)
        body = child(root, "body")
        if body is None:
            msg = "不是 Word 文件"
            raise FileRefused(msg)
        related = self.parts.related(main)
        self._numbering = Numbering.read(self.parts.xml(related["numbering"]) if "numbering" in related else None)
        styles = self.parts.xml(related["styles"]) if "styles" in related else None
        self._styles = {
            value(s, "styleId") or "": s for s in (styles if styles is not None else ()) if local(s) == "style"
        }
        self._blocks(body, 0)
        if not self.lines:
            pictured = any(local(part) in {"drawing", "pict"} for part in body.iter())
            raise FileRefused("里面没有文字，只有图片；要先做文字识别（OCR）" if pictured else "里面没有文字")
        footnotes = [
            note for kind in ("footnotes", "endnotes") if kind in related for note in self._footnotes(related[kind])
        ]
        notes = tuple(self._struck)
        return Reading(lines=tuple(self.lines), notes=notes, problems=(*footnotes, *self._embedded))

    def _footnotes(self, name: str) -> Iterator[Remark]:
        """Report footnotes: they have no place among the clauses."""
        root = self.parts.xml(name)
        for note in root if root is not None else ():
            if words := " ".join(self._cell(note)):
                yield Remark(line=self._count, text=f"脚注未收录：{words[:40]}")

    def _blocks(self, holder: etree._Element, depth: int) -> None:
        if depth > _MAX_DEPTH:
            msg = "表格嵌套得太深"
            raise FileRefused(msg)
        for part in holder:
            match local(part):
                case "p":
                    self._say(self._paragraph(part))
                case "tbl":
                    self._table(part, depth)
                case "sdt" | "sdtContent" | "customXml" | "ins" | "moveTo" | "smartTag" | "AlternateContent" | "Choice":
                    self._blocks(part, depth + 1)
                case "altChunk" | "subDoc":
                    self._embedded.append(Remark(line=self._count, text=_EMBEDDED))
                case _:
                    pass

    def _say(self, text: str) -> None:
        """Keep one paragraph; line breaks inside it make lines of the same number."""
        self._count += 1
        for raw in text.split("\n"):
            if words := strip_line(clean(raw)):
                self.lines.append(Line(words, self._count))

    def _table(self, table: etree._Element, depth: int) -> None:
        above: dict[int, str] = {}
        for row in _rows(table):
            cells = [cell for cell in row.iter() if local(cell) == "tc" and _row_of(cell) is row]
            if len(cells) == 1:
                self._blocks(cells[0], depth + 1)
                continue
            texts = []
            for column, cell in enumerate(cells):
                merged = child(cell, "tcPr", "vMerge")
                goes_on = merged is not None and value(merged) != "restart"
                words = above.get(column, "") if goes_on else " ".join(self._cell(cell))
                if merged is not None:
                    above[column] = words
                else:
                    above.pop(column, None)
                texts.append(words)
            if any(texts):
                self._say(_CELL.join(texts))

    def _cell(self, cell: etree._Element) -> Iterator[str]:
        for paragraph in cell.iter():
            if local(paragraph) == "p" and (words := strip_line(clean(self._paragraph(paragraph).replace("\n", " ")))):
                yield words

    def _paragraph(self, paragraph: etree._Element) -> str:
        words = "".join(self._words(paragraph, 0))
        boxes = [part for part in paragraph.iter() if local(part) == "txbxContent" and not _in_fallback(part)]
        for box in boxes:
            words += "".join(f"\n{''.join(self._words(p, 0))}" for p in box if local(p) == "p")
        number = self._number(paragraph)
        return f"{number}{'' if number[-1] in '、.．)）' else ' '}{words}" if number and words.strip() else words

    def _number(self, paragraph: etree._Element) -> str | None:
        """Return the automatic number of a paragraph, its own or its style's."""
        own = child(paragraph, "pPr", "numPr")
        list_id, level = value(child(own, "numId")), value(child(own, "ilvl"))
        style = self._styles.get(value(child(paragraph, "pPr", "pStyle")) or "")
        for _ in range(_MAX_DEPTH):
            if style is None or (list_id is not None and level is not None):
                break
            of_style = child(style, "pPr", "numPr")
            list_id = value(child(of_style, "numId")) if list_id is None else list_id
            level = value(child(of_style, "ilvl")) if level is None else level
            style = self._styles.get(value(child(style, "basedOn")) or "")
        if list_id is None or list_id == "0":
            return None
        at = int(level) if level and level.isascii() and level.isdecimal() and len(level) == 1 else 0
        return self._numbering.mark(list_id, at)

    def _words(self, element: etree._Element, depth: int) -> Iterator[str]:
        if depth > _MAX_DEPTH:
            msg = "文字嵌套得太深"
            raise FileRefused(msg)
        for part in element:
            name = local(part)
            if name == "t":
                yield part.text or ""
            elif name in _SYMBOLS:
                yield _SYMBOLS[name]
            elif name == "r" and _is(part, "strike", "dstrike"):
                words = "".join(text.text or "" for text in part.iter() if local(text) == "t")
                self._struck.append(Remark(line=self._count + 1, text=f"划掉的文字，未收录：{words[:40]}"))
            elif name not in _SKIPPED and not (name == "r" and _is(part, "vanish")):
                yield from self._words(part, depth + 1)


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for part in table:
        if local(part) == "tr":
            if child(part, "trPr", "del") is None:
                yield part
        elif local(part) in {"sdt", "sdtContent", "customXml", "ins"}:
            yield from _rows(part)


def _row_of(cell: etree._Element) -> etree._Element | None:
    return next((holder for holder in cell.iterancestors() if local(holder) == "tr"), None)


def _is(run: etree._Element, *properties: str) -> bool:
    """Tell a run that is hidden or struck out."""
    said = (child(run, "rPr", name) for name in properties)
    return any(one is not None and value(one) in _ON for one in said)


def _in_fallback(part: etree._Element) -> bool:
    return any(local(holder) == "Fallback" for holder in part.iterancestors())
