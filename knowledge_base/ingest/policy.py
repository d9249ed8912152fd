"""Reads local policy documents as web pages give them: finds the document, leaves the page behind.

Every line is placed: metadata, cover letter, clause, signature, page furniture, or blocked (named officials and
their phones, never shown). A line that fits nowhere is a problem, reported by its number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeAlias

from knowledge_base.corpus import Clause, Document, DocumentKind
from knowledge_base.ingest.marks import ClauseTree
from knowledge_base.ingest.parsed import FileRefused, Locate, Parsed, Remark, find_date, find_number, strip_line

_Line: TypeAlias = tuple[int, str]

_FURNITURE: Final = re.compile(
    r"设为首页|加入收藏|欢迎您访问|更多>>|政务信息公开|申请政府信息|政府信息公开|当前位置|您的位置|快速切换|您好!今天是|"
    r"上一篇|下一篇|版权所有|技术支持|ICP备|公网安备|Copyright|网站标识码|网站地图|浏览次数|查看人数|此件公开发布|"
    r"信息来源|邮政编码|主办单位|^[|\-\s]+$|^Document$|^首页|^附件[:：]?$|^网站信息"
)
_FIELD: Final = re.compile(
    r"(索\s*引\s*号|主题分类|发布机构|成文日期|标\s*题|名\s*称|发文字号|发布日期|效力状态|责任部门|加入日期)\s*[:：][\s|]*"
    r"([^|]*?)(?=\s*(?:\||$|(?:主题分类|成文日期|发布日期|发布机构|效力状态|查看人数|来源)\s*[:：]))"
)
_BLOCKED: Final = re.compile(
    r"^(?:联\s*系\s*(?:人|电话)|联系电话|邮\s*箱|电\s*话|副?组\s*长)\s*[:：]|电话\s*[:：]\s*[\d-]{7,}"
)
_IN_CHARGE: Final = re.compile(r"由([㐀-鿿]{2,3})(?<![局厅处办科所院部委会关门])具体负责")
_HIDDEN: Final = "〔姓名不公开〕"
_ORGAN: Final = re.compile(r"^[㐀-鿿\s]{4,40}(?:局|厅|办公室|政府|委员会|部|院)$")
_SIGNED: Final = re.compile(r"^(?:\d{4}|[一二三四五六七八九零〇○]{4})年.{1,3}月(?:.{1,3}日?)?$")
_SALUTATION: Final = re.compile(r"^各[^。]{2,80}[:：]$")
_SECTION_ONE: Final = re.compile(r"^一、")
_TITLE_END: Final = re.compile(r"(?:意见|方案|办法|规定|规划|计划|细则|决定)$")
_QUOTED_TITLE: Final = re.compile(r"《([^《》]{6,80}(?:意见|方案|办法|规定|规划|计划|细则))》")
_ISSUER_TITLE: Final = re.compile(r"^([㐀-鿿]{4,20}?(?:局|厅|办公室|政府|委员会))(关于.+)$")
_PLAN_YEAR: Final = re.compile(r"((?:19|20)\d\d)年.*(?:方案|计划)$")
_PLAN_SPAN: Final = re.compile(r"自(?:19|20)\d\d年起[,，]?到((?:19|20)\d\d)年|(?:19|20)\d\d[-—至]((?:19|20)\d\d)年")
_GAPS: Final = re.compile(r"[\s\u200b]+")
_FRONT: Final = "印发通知"


@dataclass(slots=True, kw_only=True)
class _Page:
    """The lines of a page, each in its place."""

    fields: dict[str, str] = field(default_factory=dict)
    letter: list[_Line] = field(default_factory=list)
    signatures: list[_Line] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    furniture: list[_Line] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)


def parse_policy(text: str, *, name: str, locate: Locate, region: str | None = None) -> Parsed:
    """Parse one policy document. `locate` finds the place its issuer names; `region` overrides it."""
    lines = [(n, words) for n, raw in enumerate(text.splitlines(), 1) if (words := strip_line(raw))]
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
        msg = "cannot tell which place issued this; give its code with --region"
        raise FileRefused(msg)
    clauses = tree.clauses()
    if page.letter:
        front = Clause(mark=_FRONT, text="\n".join(words for _, words in page.letter), line=page.letter[0][0])
        clauses = (front, *clauses)
    issued = _issued(page)
    number = _document_number(page)
    document = Document(
        id=number or f"{title}@{issued or '无日期'}",
        title=title,
        kind=DocumentKind.POLICY,
        number=number,
        issuer=issuer,
        region=place,
        issued=issued,
        published=find_date(page.fields.get("发布日期") or page.fields.get("加入日期") or ""),
        effective_from=issued,
        plan_end=_plan_end(title, clauses),
        stated_valid=page.fields.get("效力状态") == "有效",
        blocked=tuple(page.blocked),
        clauses=clauses,
    )
    furniture = tuple(Remark(line=n, text=f"页面文字，未收录：{words[:30]}") for n, words in page.furniture)
    return Parsed(
        documents=(document,),
        problems=tuple(page.problems),
        notes=(*tree.notes, *furniture),
        furniture=len(page.furniture),
    )


@dataclass(frozen=True, slots=True)
class _Span:
    first: int
    last: int


def _find_title(lines: Sequence[_Line], name: str) -> tuple[_Span, str]:
    """Find the line or two that carry the document's own title, just before its text begins."""
    sections = [i for i, (_, words) in enumerate(lines) if _SECTION_ONE.match(words)]
    if not sections:
        msg = "no section (一、) was found"
        raise FileRefused(msg)
    announced = {_GAPS.sub("", found) for _, words in lines[: sections[0]] for found in _QUOTED_TITLE.findall(words)}
    for last in range(sections[0] - 1, -1, -1):
        for first in (last, last - 1):
            joined = _GAPS.sub("", "".join(words for _, words in lines[max(first, 0) : last + 1]))
            if joined in announced:
                return _Span(max(first, 0), last), joined
    for last in range(sections[0] - 1, -1, -1):
        words = _GAPS.sub("", lines[last][1])
        if _TITLE_END.search(words) and "。" not in words:
            return _Span(last, last), words
    msg = f"no title was found before the first section of {name}"
    raise FileRefused(msg)


def _front(lines: Sequence[_Line], page: _Page) -> None:
    """Place what stands before the title: the page's own fields, the cover letter, and furniture."""
    for at, (number, words) in enumerate(lines):
        if fields := _FIELD.findall(words):
            page.fields |= {_GAPS.sub("", key): value.strip() for key, value in fields if value.strip()}
        elif _BLOCKED.search(words):
            page.blocked.append(words)
        elif _is_signature(lines, at):
            page.signatures.append((number, words))
        elif _FURNITURE.search(words) and "。" not in words:
            page.furniture.append((number, words))
        elif words.endswith("。") or _SALUTATION.match(words):
            page.letter.append((number, words))
        elif find_number(words) and len(words) < len("中共牡丹江市委办公室牡丹江市人民政府办公室"):
            page.fields.setdefault("发文字号", words)
        else:
            page.furniture.append((number, words))


def _body(lines: Sequence[_Line], page: _Page, tree: ClauseTree) -> None:
    """Place the document's text and what the page has below it."""
    ended = False
    for at, (number, words) in enumerate(lines):
        if _BLOCKED.search(words):
            page.blocked.append(words)
        elif _FURNITURE.search(words) and "。" not in words:
            page.furniture.append((number, words))
        elif _is_signature(lines, at):
            page.signatures.append((number, words))
            ended = True
        elif fields := (_FIELD.findall(words) if "。" not in words else []):
            page.fields = {_GAPS.sub("", key): value.strip() for key, value in fields} | page.fields
        elif found := _DAY_LINE.match(words):
            page.fields.setdefault("发布日期", found[0])
        elif ended:
            page.problems.append(Remark(line=number, text=f"落款之后的文字，不知归处：{words[:40]}"))
        else:
            page.blocked.extend(_IN_CHARGE.findall(words))
            tree.feed(number, _IN_CHARGE.sub(f"由{_HIDDEN}具体负责", words))


_DAY_LINE: Final = re.compile(r"^\d\d\.\d\d\.\d{4}(?:\s+\d\d:\d\d)?$")


def _is_signature(lines: Sequence[_Line], at: int) -> bool:
    """Tell a signing organ or its date: they stand together, and alone on their lines."""
    words = lines[at][1]
    if _ORGAN.match(words):
        rest = [text for _, text in lines[at + 1 : at + 3]]
        return any(_SIGNED.match(_GAPS.sub("", text)) for text in rest)
    return bool(_SIGNED.match(_GAPS.sub("", words)) and at and _ORGAN.match(lines[at - 1][1]))


def _issued(page: _Page) -> date | None:
    """成文日期: what the page states, else the day under the signature; never the day of posting."""
    if stated := find_date(page.fields.get("成文日期", "")):
        return stated
    return next((day for _, words in page.signatures if (day := find_date(words))), None)


def _document_number(page: _Page) -> str | None:
    stated = page.fields.get("发文字号", "")
    return find_number(stated) if stated else None


def _plan_end(title: str, clauses: Sequence[Clause]) -> date | None:
    if found := _PLAN_YEAR.search(title):
        return date(int(found[1]), 12, 31)
    for clause in clauses:
        if found := _PLAN_SPAN.search(clause.text):
            return date(int(found[1] or found[2]), 12, 31)
    return None
