"""Reads local policy documents as web pages give them: finds the document, leaves the page behind.

Every line is placed: metadata, cover letter, clause, signature, page furniture, or blocked (named officials and
their phones, never shown). A line that fits nowhere is a problem, reported by its number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from knowledge_base.corpus import Clause, Document, DocumentKind
from knowledge_base.ingest.contacts import Screen, says_only_contacts
from knowledge_base.ingest.marks import PREAMBLE, ClauseTree
from knowledge_base.ingest.page import Numbered, fields_of, is_furniture, is_own_text, left_out, opens_clause, squeeze
from knowledge_base.ingest.parsed import (
    FileRefused,
    Locate,
    Parsed,
    Remark,
    effective_day,
    find_date,
    find_number,
    is_number,
    last_valid_day,
    strip_line,
    told_apart,
)

_ORGAN: Final = re.compile(r"^[㐀-鿿\s]{4,40}(?:局|厅|办公室|政府|委员会|部|院)$")
_SIGNED: Final = re.compile(r"^(?:\d{4}|[一二三四五六七八九零〇○]{4})年.{1,3}月(?:.{1,3}日?)?$")
_SALUTATION: Final = re.compile(r"^各[^。]{2,80}[:：]$")
_SECTION_ONE: Final = re.compile(r"^一\s?[、．.]")
_TITLE_END: Final = re.compile(
    r"(?:意见|方案|办法|规定|规划|计划|细则|决定|通知|公告|通告|指南|措施|标准|规程|要点)(?:[(（].{1,8}[)）])?$"
)
_QUOTED_TITLE: Final = re.compile(r"《([^《》]{6,80}(?:意见|方案|办法|规定|规划|计划|细则))》")
_ISSUER_TITLE: Final = re.compile(r"^([㐀-鿿]{4,20}?(?:局|厅|办公室|政府|委员会))(关于.+)$")
_PLAN_YEAR: Final = re.compile(r"(?=.*(?:方案|计划)$).*?((?:19|20)\d\d)年")
_PLAN_SPAN: Final = re.compile(r"自(?:19|20)\d\d年起[,，]?到((?:19|20)\d\d)年|(?:19|20)\d\d[-—至]((?:19|20)\d\d)年")
_DAY_LINE: Final = re.compile(r"^\d\d\.\d\d\.\d{4}(?:\s+\d\d:\d\d)?$")
_MARKUP: Final = re.compile(r"^#{1,6}\s+|\*\*|^>\s+")
_PIPES: Final = re.compile(r"^\|(.*)\|$")
_FRONT: Final = "印发通知"
_ALL: Final = "全文"
_NUMBER_LENGTH: Final = 25


@dataclass(slots=True, kw_only=True)
class _Page:
    """The lines of a page, each in its place."""

    fields: dict[str, str] = field(default_factory=dict)
    letter: list[Numbered] = field(default_factory=list)
    signatures: list[Numbered] = field(default_factory=list)
    screen: Screen = field(default_factory=Screen)
    furniture: list[Numbered] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)


def parse_policy(text: str, *, name: str, locate: Locate, region: str | None = None) -> Parsed:
    """Parse one policy document. `locate` finds the place its issuer names; `region` overrides it."""
    lines = [(n, words) for n, raw in enumerate(text.splitlines(), 1) if (words := _plain(raw))]
    start, title = _find_title(lines, name)
    page = _Page()
    _front(lines[: start.first], page)
    tree = ClauseTree()
    _body(lines[start.last + 1 :], page, tree)
    issuer = (
        page.fields.get("发布机构") or "、".join(organ for _, organ in page.signatures if _ORGAN.match(organ)) or None
    )
    if named := _ISSUER_TITLE.match(title):
        issuer, title = named[1], named[2]
    place = region or locate(f"{issuer or ''} {title}")
    if place is None:
        msg = "看不出是哪个地方发的；请用 --region 给出区划代码"
        raise FileRefused(msg)
    clauses = tree.clauses()
    if [clause.mark for clause in clauses] == [PREAMBLE]:
        clauses = (replace(clauses[0], mark=_ALL),)  # a notice without sections is one clause
    if page.letter:
        front = Clause(mark=_FRONT, text="\n".join(words for _, words in page.letter), line=page.letter[0][0])
        clauses = (front, *clauses)
    hollow = [clause for clause in clauses if says_only_contacts(clause.text)]
    clauses = tuple(clause for clause in clauses if clause not in hollow)
    issued = _issued(page)
    number = _document_number(page)
    effective = effective_day((c.text for c in reversed(clauses)), issued=issued) or issued
    identity = number or f"{title}@{issued or '无日期'}"
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


def _plain(raw: str) -> str:
    """Return a line without blanks, Markdown's signs, and the outer strokes of a table row."""
    words = _MARKUP.sub("", strip_line(raw))
    row = _PIPES.match(words)
    return row[1].strip() if row else words


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


def _front(lines: Sequence[Numbered], page: _Page) -> None:
    """Place what stands before the title: the page's own fields, the cover letter, and furniture."""
    for at, (number, words) in enumerate(lines):
        if fields := fields_of(words, head=True):
            page.fields |= {key: value for key, value in fields.items() if value}
        elif (shown := page.screen.shown(number, words)) is None:
            continue
        elif _is_signature(lines, at):
            page.signatures.append((number, words))
        elif is_furniture(words):
            page.furniture.append((number, words))
        elif words.endswith("。") or _SALUTATION.match(words):
            page.letter.append((number, shown))
        elif find_number(words) and len(words) < _NUMBER_LENGTH:
            page.fields.setdefault("发文字号", words)
        else:
            page.furniture.append((number, words))


def _body(lines: Sequence[Numbered], page: _Page, tree: ClauseTree) -> None:
    """Place the document's text and what the page has below it."""
    begun = ended = False
    for at, (number, words) in enumerate(lines):
        shown = page.screen.shown(number, words)
        if fields := (fields_of(words) if "。" not in words and not opens_clause(words) else {}):
            page.fields = {key: value for key, value in fields.items() if value} | page.fields
        elif is_furniture(words):
            page.furniture.append((number, words))
        elif shown is None:
            continue
        elif _is_signature(lines, at) or _is_day_at_the_end(lines, at):
            page.signatures.append((number, words))
            ended = True
        elif found := _DAY_LINE.match(words):
            page.fields.setdefault("发布日期", found[0])
        elif not begun and is_number(words):
            page.fields.setdefault("发文字号", words)
        elif ended:
            page.problems.append(Remark(line=number, text=f"落款之后的文字，不知归处：{words[:40]}"))
        else:
            begun = begun or opens_clause(words)
            tree.feed(number, shown)


def _is_signature(lines: Sequence[Numbered], at: int) -> bool:
    """Tell a signing organ or its date: they stand together, and alone on their lines."""
    words = lines[at][1]
    if _ORGAN.match(words):
        rest = [text for _, text in lines[at + 1 : at + 3]]
        return any(_SIGNED.match(squeeze(text)) for text in rest)
    return bool(_SIGNED.match(squeeze(words)) and at and _ORGAN.match(lines[at - 1][1]))


def _is_day_at_the_end(lines: Sequence[Numbered], at: int) -> bool:
    """Tell the date under a document that names no organ there: alone on its line, with none of the text after it."""
    if not _SIGNED.match(squeeze(lines[at][1])) or not find_date(lines[at][1]):
        return False
    below = [words for _, words in lines[at + 1 :] if words.startswith("附件") or not is_furniture(words)]
    return not any(is_own_text(words) for words in below) or below[0].startswith("附件")


def _issued(page: _Page) -> date | None:
    """成文日期: what the page states, else the day under the signature; never the day of posting."""
    if stated := find_date(page.fields.get("成文日期", "")):
        return stated
    return next((day for _, words in page.signatures if (day := find_date(words))), None)


def _document_number(page: _Page) -> str | None:
    stated = page.fields.get("发文字号", "")
    return find_number(stated) if stated else None


def _plan_end(title: str, clauses: Sequence[Clause], effective: date | None) -> date | None:
    """Return the last day of a plan: the end of its year, of its span of years, or of the validity it states."""
    if found := _PLAN_YEAR.match(title):
        return date(int(found[1]), 12, 31)
    for clause in clauses:
        if found := _PLAN_SPAN.search(clause.text):
            return date(int(found[1] or found[2]), 12, 31)
    return last_valid_day((clause.text for clause in clauses), effective=effective)
