"""Reads collections that come already cut into articles, one JSON object a line; their ids are kept."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, TypeAlias

from pydantic import StringConstraints, TypeAdapter, ValidationError

from knowledge_base.corpus import Clause, Document, DocumentKind, is_by_law
from knowledge_base.ingest.authority import Issued, place_of
from knowledge_base.ingest.parsed import NO_PLACE, FileRefused, Locate, Parsed, Remark
from knowledge_base.types import NATION

_Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_CODE: Final = re.compile(rf"{NATION}|\d{{6}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    id: _Filled
    text: _Filled
    title: str = ""
    clause: str = ""
    region: str | None = None
    number: str | None = None
    issuer: str | None = None
    issued: date | None = None
    effective_from: date | None = None


_LINE: Final = TypeAdapter(_Line)
_Key: TypeAlias = tuple[object, ...]


def parse_articles(text: str, *, collection: str, region: str | None = None, locate: Locate | None = None) -> Parsed:
    """Parse a collection; a line that cannot be read, or whose place cannot be told, is reported and the rest goes on.

    A line says its place itself; `region` is that of lines that do not, and without it a title or issuer must tell.
    """
    problems: list[Remark] = []
    groups: dict[_Key, list[Clause]] = {}
    lines: dict[_Key, _Line] = {}
    seen: set[str] = set()
    for number, raw in enumerate(text.split("\n"), 1):
        if not raw.strip():
            continue
        try:
            line = _LINE.validate_python(_with_text_id(json.loads(raw)))
        except (ValueError, RecursionError) as error:  # a line of brackets is nested deeper than Python reads
            problems.append(Remark(line=number, text=f"无法读取：{_plainly(error)}"))
            continue
        if line.id in seen:
            problems.append(Remark(line=number, text=f"编号 {line.id} 重复，保留前一条"))
            continue
        seen.add(line.id)
        key = (line.title, line.region, line.number, line.issuer, line.issued, line.effective_from)
        lines.setdefault(key, line)
        groups.setdefault(key, []).append(Clause(mark=line.clause or line.id, text=line.text, line=number, id=line.id))
    if not groups:
        msg = "没有一行读得出 {id, title, clause, text}"
        raise FileRefused(msg)
    places = {key: _place(line, collection=collection, region=region, locate=locate) for key, line in lines.items()}
    lost = [key for key, place in places.items() if place is None]
    if len(lost) == len(groups):
        raise FileRefused(NO_PLACE)
    problems += [_without_place(lines[key], groups[key]) for key in lost]
    documents = tuple(
        Document(
            id=f"{collection}/{first.title or first.id}" + (f"@{first.issued}" if first.issued else ""),
            title=first.title or collection,
            kind=DocumentKind.STATUTE,
            number=first.number,
            issuer=first.issuer,
            region=place,
            issued=first.issued,
            effective_from=first.effective_from or first.issued,
            below_law=place != NATION and not is_by_law(first.title, first.number),
            clauses=tuple(groups[key]),
        )
        for key, first in lines.items()
        if (place := places[key])
    )
    return Parsed(documents=documents, problems=tuple(problems))


def _place(line: _Line, *, collection: str, region: str | None, locate: Locate | None) -> str | None:
    """Return whose rule a line is of: as it says itself, as its owner says, or as its title and issuer prove."""
    if line.region:
        return line.region if _CODE.fullmatch(line.region) else locate and locate(line.region)
    said = Issued(
        title=line.title or collection,
        enacted=[line.number] if line.number else [],
        signed=[line.issuer] if line.issuer else [],
    )
    return place_of(said, locate) or region


def _without_place(line: _Line, clauses: Sequence[Clause]) -> Remark:
    title, told = line.title or line.id, f"region 写的“{line.region}”不是区划代码" if line.region else "没有写 region"
    whose = f"《{title}》共 {len(clauses)} 行，{told}，也看不出是全国的还是哪个地方的，没有收录"
    return Remark(line=clauses[0].line, text=f"{whose}；请在行里写上 region，或用 --region 给出")


def _with_text_id(data: object) -> object:
    """Accept a number as an id: some collections count their lines."""
    if isinstance(data, dict) and isinstance(data.get("id"), int):
        return {**data, "id": str(data["id"])}
    return data


def _plainly(error: Exception) -> str:
    match error:
        case ValidationError():
            return "；".join(_fault(one["type"], ".".join(map(str, one["loc"]))) for one in error.errors()[:3])
        case json.JSONDecodeError():
            return f"不是一行完整的 JSON，到第 {error.colno} 个字符读不下去"
        case RecursionError():
            return "括号嵌套得太深"
        case _:
            return "里面有读不懂的数字"  # the one thing else that stops the reading of a line


def _fault(kind: str, field: str) -> str:
    if not field:
        return "一行要是一个 {id, title, clause, text}"
    match kind:
        case "missing":
            return f"没有写 {field}"
        case "string_too_short":
            return f"{field} 是空的"
        case "string_type":
            return f"{field} 要写成文字"
        case _ if kind.startswith("date"):
            return f"{field} 要写成日期，例如 2024-04-30"
        case _:
            return f"{field} 写得不对"
