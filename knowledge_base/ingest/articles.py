"""Reads collections that come already cut into articles, one JSON object a line; their ids are kept."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from pydantic import StringConstraints, TypeAdapter, ValidationError

from knowledge_base.corpus import Clause, Document, DocumentKind, is_by_law
from knowledge_base.ingest.parsed import FileRefused, Parsed, Remark
from knowledge_base.types import NATION

_Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    id: _Filled
    text: _Filled
    title: str = ""
    clause: str = ""
    region: str = NATION
    number: str | None = None
    issued: date | None = None
    effective_from: date | None = None


_LINE: Final = TypeAdapter(_Line)


def parse_articles(text: str, *, collection: str, region: str | None = None) -> Parsed:
    """Parse a collection; a line that cannot be read is reported and the rest goes on."""
    problems: list[Remark] = []
    groups: dict[tuple[object, ...], list[Clause]] = {}
    lines: dict[tuple[object, ...], _Line] = {}
    seen: set[str] = set()
    for number, raw in enumerate(text.split("\n"), 1):
        if not raw.strip():
            continue
        try:
            line = _LINE.validate_python(_with_text_id(json.loads(raw)))
        except (ValueError, RecursionError) as error:  # a line of brackets is nested deeper than Python reads
            problems.append(Remark(line=number, text=f"无法读取：{_short(error)}"))
            continue
        if line.id in seen:
            problems.append(Remark(line=number, text=f"编号 {line.id} 重复，保留前一条"))
            continue
        seen.add(line.id)
        key = (line.title, line.region, line.number, line.issued, line.effective_from)
        lines.setdefault(key, line)
        groups.setdefault(key, []).append(Clause(mark=line.clause or line.id, text=line.text, line=number, id=line.id))
    if not groups:
        msg = "没有一行读得出 {id, title, clause, text}"
        raise FileRefused(msg)
    documents = tuple(
        Document(
            id=f"{collection}/{first.title or first.id}" + (f"@{first.issued}" if first.issued else ""),
            title=first.title or collection,
            kind=DocumentKind.STATUTE,
            number=first.number,
            region=region or first.region,
            issued=first.issued,
            effective_from=first.effective_from or first.issued,
            below_law=(region or first.region) != NATION and not is_by_law(first.title, first.number),
            clauses=tuple(groups[key]),
        )
        for key, first in lines.items()
    )
    return Parsed(documents=documents, problems=tuple(problems))


def _with_text_id(data: object) -> object:
    """Accept a number as an id: some collections count their lines."""
    if isinstance(data, dict) and isinstance(data.get("id"), int):
        return {**data, "id": str(data["id"])}
    return data


def _short(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
    return str(error)
