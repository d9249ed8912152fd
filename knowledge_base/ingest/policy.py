"""Reads local policy documents as web pages give them: finds the document, leaves the page behind.

Every line is placed: metadata, cover letter, clause, signature, page furniture, or blocked (named officials and
their phones, never shown). A line that fits nowhere is a problem, reported by its number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from knowledge_base.corpus import FRONT, PREAMBLE, WHOLE, Clause, Document, DocumentKind, own_id
from knowledge_base.ingest.authority import Issued, place_of
from knowledge_base.ingest.contacts import says_only_contacts
from knowledge_base.ingest.front import Page, is_day_at_the_end, is_signature, read_front
from knowledge_base.ingest.marks import ClauseTree
from knowledge_base.ingest.note import read_note, with_whole_notes
from knowledge_base.ingest.page import Numbered, fields_of, is_furniture, left_out, opens_clause, plain_line, squeeze
from knowledge_base.ingest.parsed import (
    NO_PLACE,
    FileRefused,
    Locate,
    Parsed,
    Remark,
    effective_day,
    find_date,
    is_number,
    last_valid_day,
    told_apart,
)

_SECTION_ONE: Final = re.compile(r"^一\s?[、．.]")
_TITLE_END: Final = re.compile(
    r"(?:意见|方案|办法|规定|规划|计划|细则|决定|通知|公告|通告|指南|措施|标准|规程|要点)(?:[(（].{1,8}[)）])?$"
)
_QUOTED_TITLE: Final = re.compile(r"《([^《》]{6,80}(?:意见|方案|办法|规定|规划|计划|细则))》")
_ISSUER_TITLE: Final = re.compile(r"^([㐀-鿿]{4,20}?(?:局|厅|办公室|政府|委员会))(关于.+)$")
_PLAN_YEAR: Final = re.compile(r"(?=.*(?:方案|计划)$).*?((?:19|20)\d\d)年")
_PLAN_SPAN: Final = re.compile(r"自(?:19|20)\d\d年起[,，]?到((?:19|20)\d\d)年|(?:19|20)\d\d[-—至]((?:19|20)\d\d)年")
_DAY_LINE: Final = re.compile(r"^\d\d\.\d\d\.\d{4}(?:\s+\d\d:\d\d)?$")


def parse_policy(text: str, *, name: str, locate: Locate, region: str | None = None) -> Parsed:
    """Parse one policy document. `locate` finds the place its issuer names; `region` is for one that names none."""
    lines = [(n, words) for n, raw in enumerate(text.splitlines(), 1) if (words := plain_line(raw))]
    start, title = _find_title(lines, name)
    page = Page()
    read_front(lines[: start.first], page)
    tree = ClauseTree()
    _body(lines[start.last + 1 :], page, tree)
    issuer = page.fields.get("发布机构") or "、".join(page.signed_by) or None
    if named := _ISSUER_TITLE.match(title):
        issuer, title = named[1], named[2]
    signed = issuer.split("、") if issuer else []
    place = locate(f"{issuer or ''} {title}") or place_of(Issued(title=title, signed=signed), locate) or region
    if place is None:
        raise FileRefused(NO_PLACE)
    clauses = tree.clauses()
    if [clause.mark for clause in clauses] == [PREAMBLE]:
        clauses = (replace(clauses[0], mark=WHOLE),)  # a notice without sections is one clause
    if page.letter:
        front = Clause(mark=FRONT, text="\n".join(words for _, words in page.letter), line=page.letter[0][0])
        clauses = (front, *clauses)
    hollow = [clause for clause in clauses if says_only_contacts(clause.text)]
    clauses = tuple(clause for clause in clauses if clause not in hollow)
    issued = page.stated_day or page.signed_day  # never the day of posting
    number = page.number
    effective = effective_day((c.text for c in reversed(clauses)), issued=issued) or issued
    identity = own_id(DocumentKind.POLICY, name=title, number=number, issued=issued, effective_from=effective)
    clauses, repeated = told_apart(clauses, document=identity)
    document = Document(
        id=identity,
        title=title,
        kind=DocumentKind.POLICY,
        number=number,
        issuer=issuer,
        region=place,
        issued=issued,
        published=find_date(page.fields.get("发布日期", "")),
        effective_from=effective,
        plan_end=_plan_end(title, clauses, effective),
        stated_valid=page.fields.get("效力状态") == "有效",
        blocked=tuple(page.screen.blocked),
        clauses=clauses,
    )
    return Parsed(
        documents=(document,),
        problems=(*page.problems, *tree.problems, *repeated),
        notes=(
            *tree.notes,
            *page.screen.notes,
            *(Remark(line=clause.line, text=f"{clause.mark}：只有人名或联系方式，未收录") for clause in hollow),
            *left_out(page.furniture),
        ),
        furniture=len(page.furniture),
    )


@dataclass(frozen=True, slots=True)
class _Span:
    first: int
    last: int


def _find_title(lines: Sequence[Numbered], name: str) -> tuple[_Span, str]:
    """Find the line or two that carry the document's own title, just before its text begins."""
    sections = [i for i, (_, words) in enumerate(lines) if _SECTION_ONE.match(words)]
    if not sections:
        return _title_of_plain_text(lines)
    announced = {squeeze(found) for _, words in lines[: sections[0]] for found in _QUOTED_TITLE.findall(words)}
    for last in range(sections[0] - 1, -1, -1):
        for first in (last, last - 1, last - 2):
            joined = squeeze("".join(words for _, words in lines[max(first, 0) : last + 1]))
            if joined in announced:
                return _Span(max(first, 0), last), joined
    for last in range(sections[0] - 1, -1, -1):
        words = squeeze(lines[last][1])
        if _TITLE_END.search(words) and "。" not in words:
            return _Span(last, last), words
    msg = f"{name} 第一条之前没有找到标题"
    raise FileRefused(msg)


def _title_of_plain_text(lines: Sequence[Numbered]) -> tuple[_Span, str]:
    """Find the title of a notice without sections: the line that ends as titles do, else the first, before any sentence."""
    prose = next((i for i, (_, words) in enumerate(lines) if words.endswith("。")), None)
    if prose is None:
        msg = "没有找到正文：既没有条款（一、），也没有成句的话"
        raise FileRefused(msg)
    heads = [i for i in range(prose) if not fields_of(lines[i][1], head=True) and not is_furniture(lines[i][1])]
    named = [i for i in heads if _TITLE_END.search(squeeze(lines[i][1]))]
    if not heads:
        msg = "第一句话之前没有找到标题"
        raise FileRefused(msg)
    at = named[-1] if named else heads[0]
    return _Span(at, at), squeeze(lines[at][1])


def _body(lines: Sequence[Numbered], page: Page, tree: ClauseTree) -> None:
    """Place the document's text and what the page has below it."""
    begun = ended = False
    lines = with_whole_notes(lines)
    for at, (number, words) in enumerate(lines):
        shown = page.screen.shown(number, words)
        if fields := (fields_of(words) if "。" not in words and not opens_clause(words) else {}):
            page.fields = {key: value for key, value in fields.items() if value} | page.fields
        elif is_furniture(words):
            page.furniture.append((number, words))
        elif shown is None:
            continue
        elif is_signature(lines, at) or is_day_at_the_end(lines, at):
            page.signatures.append((number, words))
            ended = True
        elif found := _DAY_LINE.match(words):
            page.fields.setdefault("发布日期", found[0])
        elif not begun and _says_only_whence(words, page):
            continue
        elif ended:
            page.problems.append(Remark(line=number, text=f"落款之后的文字，不知归处：{words[:40]}"))
        else:
            begun = begun or opens_clause(words)
            tree.feed(number, shown)


def _says_only_whence(words: str, page: Page) -> bool:
    """Take number, day and organs off a line above the first clause, and tell whether it says nothing else."""
    note = read_note(words)
    alone = is_number(words)
    if not (alone or (note.bracketed and note.number)):
        return False
    day = note.day.isoformat() if note.day else ""
    said = {"发文字号": note.number, "成文日期": day, "发布机构": "、".join(note.organs)}
    page.fields = {key: value for key, value in said.items() if value} | page.fields
    return alone or note.whole


def _plan_end(title: str, clauses: Sequence[Clause], effective: date | None) -> date | None:
    """Return the last day of a plan: the end of its year, of its span of years, or of the validity it states."""
    if found := _PLAN_YEAR.match(title):
        return date(int(found[1]), 12, 31)
    for clause in clauses:
        if found := _PLAN_SPAN.search(clause.text):
            return date(int(found[1] or found[2]), 12, 31)
    return last_valid_day((clause.text for clause in clauses), effective=effective)
