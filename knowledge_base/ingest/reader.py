"""Reads any file we know how to read: from bytes of some format to documents, whatever the way in."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from knowledge_base.ingest.apart import read_pdf_apart
from knowledge_base.ingest.articles import parse_articles
from knowledge_base.ingest.docx import read_docx
from knowledge_base.ingest.encoding import decode
from knowledge_base.ingest.files import COLLECTIONS, is_collection, shown
from knowledge_base.ingest.html import read_html
from knowledge_base.ingest.parsed import FileRefused, Locate, Parsed, Reading, Remark
from knowledge_base.ingest.plain import read_plain
from knowledge_base.ingest.policy import parse_policy
from knowledge_base.ingest.statute import looks_like_statute, parse_statute

_Read: TypeAlias = Callable[[bytes], Reading]


_READERS: Final[Mapping[str, _Read]] = {
    ".txt": read_plain,
    ".md": read_plain,
    ".html": read_html,
    ".htm": read_html,
    ".shtml": read_html,
    ".xhtml": read_html,
    ".docx": read_docx,
    ".pdf": read_pdf_apart,
}
FORMATS: Final = (*_READERS, *COLLECTIONS)
_REMEDIES: Final[Mapping[str, str]] = {
    ".doc .dot .wps .wpt .rtf .odt": "是旧的 Word 或别的文字处理格式；请用 Word 或 WPS 打开，另存为 .docx",
    ".ofd .ceb .cebx .caj": "是版式文件；请用它的阅读器打开，导出成文字能选中的 .pdf",
    ".jpg .jpeg .png .tif .tiff .bmp .gif .heic .webp": "是图片；要先做文字识别（OCR），再存成 .docx 或 .txt",
    ".zip .rar .7z .tar .gz .tgz": "是压缩包；请先解开，再收里面的文件",
    ".xls .xlsx .et .csv .ppt .pptx .dps": "是表格或幻灯片；请把文字另存为 .docx 或 .txt",
    ".mht .mhtml .eml": "是打包的网页或邮件；请另存为 .html 或 .txt",
}
_REMEDY: Final = {suffix: remedy for suffixes, remedy in _REMEDIES.items() for suffix in suffixes.split()}


def read_file(path: Path, content: bytes, *, locate: Locate, region: str | None) -> tuple[Parsed, str]:
    """Return the documents of a file and the name to keep them under. Raises FileRefused."""
    name = shown(path.name)
    if is_collection(path):
        collection = name[: name.lower().rindex(".jsonl")]
        return parse_articles(decode(content), collection=collection, region=region, locate=locate), collection
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise FileRefused(_REMEDY.get(path.suffix.lower()) or _unknown(name))
    parsed = read_document(read(content), name=Path(name).stem, locate=locate, region=region)
    return parsed, parsed.documents[0].id


def _unknown(name: str) -> str:
    return f"读不了 {Path(name).suffix or name!r} 这种文件；请用其中一种：{' '.join(FORMATS)}"


def read_document(reading: Reading, *, name: str, locate: Locate, region: str | None = None) -> Parsed:
    """Parse what a reader read as what it is, a statute or a policy, and say where in the file everything stands."""
    text = reading.text
    if looks_like_statute(text):
        parsed = parse_statute(text, name=name, region=region, locate=locate)
    else:
        parsed = parse_policy(text, name=name, locate=locate, region=region)
    own = [document.region for document in parsed.documents if region and document.region != region]
    unused = tuple(Remark(line=1, text=f"文件自己写明是 {place} 的，没有按给出的 {region} 收") for place in own)
    return reading.placed(replace(parsed, notes=(*parsed.notes, *unused)))
