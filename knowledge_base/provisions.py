"""Finds a provision by its number as people cite it: 第三十一条第(三)项, 第42条第二款, 四(一)4, (十).

Documents are cut into articles and clauses; paragraphs (款), items (项) and points (目) are found inside them by how
a statute is printed: an item begins with its number in brackets and belongs to the paragraph before it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from knowledge_base.called import compact, names_of, short_titles
from knowledge_base.corpus import NAMED, WHOLE, Clause, Document, DocumentKind, place_chain
from knowledge_base.text import normalise, numeral, to_numeral
from knowledge_base.types import NATION

_NUMERALS: Final = "零〇一二三四五六七八九十百千"
_N: Final = rf"[{_NUMERALS}]+|\d+"
_ARTICLE: Final = re.compile(
    rf"第?({_N})条(?:之({_N}))?(?:第?({_N})款)?(?:第?\(?({_N})\)?项|\(({_N})\))?(?:第?({_N})目)?$"
)
_WHERE: Final = re.compile(rf"第?(?:{_N})条(?:之(?:{_N}))?[^条]*$")
_MARK: Final = re.compile(rf"\(({_N})\)|({_N})|([①-⑳])")
_TRAIL: Final = re.compile(
    rf"(?:第?(?:[{_NUMERALS}]{{1,3}})(?:部分)?[、.]?)?(?:\(?(?:{_N})\)?[、.]?|[①-⑳])*(?:{'|'.join(sorted({*NAMED, WHOLE}))})?$"
)
_NO_ARTICLE: Final = (None, None)
_FILLERS: Final = re.compile(r"[\s、.,，第款项部分《》]+")
_ITEM: Final = re.compile(rf"^[(（]({_N})[)）]")
_POINT: Final = re.compile(r"^(\d{1,2})[.．、](?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """One provision: its document, the clauses it is or holds, and its own words; `lead` is what an item completes."""

    document: Document
    clauses: tuple[Clause, ...]
    text: str
    lead: str = ""


@dataclass(frozen=True, slots=True)
class _Item:
    number: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(slots=True)
class _Paragraph:
    """款: a paragraph of an article with the items it announces."""

    lead: str
    items: list[_Item] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join((self.lead, *(item.text for item in self.items)))


def find_provision(document: Document, number: str) -> Provision | None:
    """Return what stands under a number in one document; None when nothing does, or more than one thing might."""
    plain = _plain(number)
    if plain == WHOLE:
        return _whole(document, document.clauses)
    if plain in NAMED:
        return _whole(document, [c for c in document.clauses if c.mark == plain])
    cited = _ARTICLE.match(plain)
    if cited and any(_article_of(clause) != _NO_ARTICLE for clause in document.clauses):
        return _in_article(document, cited)
    return _whole(document, _clauses(document, _tokens(_as_clause(document, cited) if cited else plain)))


def called(documents: Iterable[Document], name: str, *, on: date, region: str | None = None) -> tuple[Document, ...]:
    """Return the texts that go by a name on a day: by title, by number, for short, or by id."""
    places = place_chain(region)
    near = (one for one in documents if region is None or one.region in places)
    found = (one for one in near if one.applies(on) and _is_called(one, name))
    return tuple(sorted(found, key=lambda one: (one.region == NATION, one.id)))


def look_up(
    documents: Iterable[Document], citation: str, *, on: date, region: str | None = None
) -> tuple[Provision, ...]:
    """Return the provisions that a citation means on a day: 法律援助法第三十一条第三项, 高司字〔2024〕6号四(一)4.

    Of several versions of a law only the one that applied on that day answers. A place admits its own documents,
    those of the places around it, and the nation's.
    """
    title, number = _split(citation)
    if not number:
        return ()
    found = ((one, find_provision(one, number)) for one in called(documents, title, on=on, region=region))
    return tuple(provision for _, provision in found if provision)


def _plain(text: str) -> str:
    return normalise(text).replace(" ", "")


def _split(citation: str) -> tuple[str, str]:
    """Part the name of a document from the number in it."""
    name, hash_sign, number = citation.partition("#")  # a passage id says where one ends
    if hash_sign:
        return name, number
    plain = _plain(citation)
    where = _WHERE.search(plain) or _TRAIL.search(plain)
    return (plain[: where.start()].removesuffix("的"), where[0]) if where and where[0] else (plain, "")


def _is_called(document: Document, name: str) -> bool:
    wanted = compact(name)
    names = names_of(document)
    return bool(wanted) and (wanted in names or short_titles().get(wanted) in names)


def _in_article(document: Document, cited: re.Match[str]) -> Provision | None:
    article, among, paragraph, item, bracketed, point = (numeral(part) if part else None for part in cited.groups())
    clauses = [clause for clause in document.clauses if _article_of(clause) == (article, among)]
    if len(clauses) != 1:
        return None
    (clause,) = clauses
    paragraphs = _paragraphs(clause.text)
    if paragraph is not None:
        paragraphs = paragraphs[paragraph - 1 : paragraph] if paragraph else []
    item = item or bracketed
    if item is None:
        if paragraph is None:
            return Provision(document=document, clauses=(clause,), text=clause.text)
        return Provision(document=document, clauses=(clause,), text=paragraphs[0].text) if paragraphs else None
    holding = [(p, i) for p in paragraphs for i in p.items if i.number == item]
    if len(holding) != 1:
        return None
    holder, found = holding[0]
    text = found.text if point is None else _point(found, point)
    return Provision(document=document, clauses=(clause,), text=text, lead=holder.lead) if text else None


def _as_clause(document: Document, cited: re.Match[str]) -> str:
    """Read 第五条 of an opinion, which has no articles, as people mean it: its (五) where (一) to (十八) count on, else 五."""
    article, item = (to_numeral(numeral(one) or 0) if one else "" for one in (cited[1], cited[4] or cited[5]))
    first = f"({article})" if _sections(document) else article
    return f"{first}({item})" if item else first


def _article_of(clause: Clause) -> tuple[int | None, int | None]:
    match = _ARTICLE.match(_plain(clause.mark))
    return (numeral(match[1]), numeral(match[2]) if match[2] else None) if match else (None, None)


def _paragraphs(text: str) -> list[_Paragraph]:
    paragraphs: list[_Paragraph] = []
    for line in text.split("\n"):
        found = _ITEM.match(line)
        number = numeral(found[1]) if found else None
        if number is not None:
            if not paragraphs:
                paragraphs.append(_Paragraph(""))
            paragraphs[-1].items.append(_Item(number, (line,)))
        elif paragraphs and paragraphs[-1].items and _POINT.match(line):
            last = paragraphs[-1].items[-1]
            paragraphs[-1].items[-1] = _Item(last.number, (*last.lines, line))
        else:
            paragraphs.append(_Paragraph(line))
    return paragraphs


def _point(item: _Item, number: int) -> str:
    return next((line for line in item.lines[1:] if (m := _POINT.match(line)) and int(m[1]) == number), "")


def _tokens(mark: str) -> tuple[str, ...]:
    """Return the steps of a clause's path: 四(一)4 is 四, (一), 4, written in any of the usual ways."""
    steps = []
    for match in _MARK.finditer(_FILLERS.sub(lambda gap: "" if gap[0].startswith("第") else " ", mark)):
        bracketed, bare, circled = match.groups()
        value = numeral(bracketed or bare) if not circled else None
        kind = "中" if (bracketed or bare or "")[:1] in _NUMERALS else "数"
        steps.append(circled or f"{'(' if bracketed else ''}{kind}{value}")
    return tuple(steps)


def _clauses(document: Document, wanted: Sequence[str]) -> list[Clause]:
    """Return the clause of that path, or all under it when it is only a heading."""
    if not wanted or document.kind is DocumentKind.STATUTE:
        return []
    clauses, path = list(document.clauses), tuple(wanted)
    if sections := _sections(document):
        clauses, path = _in_section(clauses, path, sections)
    paths = [(clause, _tokens(_plain(clause.mark))) for clause in clauses]
    exact = [clause for clause, own in paths if own == path]
    return exact or [clause for clause, own in paths if own and own[: len(path)] == path]


def _sections(document: Document) -> tuple[str, ...]:
    """Return the headings of the sections through which (一), (二) … count on; none where each begins anew."""
    numbered = [clause for clause in document.clauses if clause.mark not in NAMED]
    if not numbered or not all(clause.mark.startswith("(") and clause.headings for clause in numbered):
        return ()
    return tuple(dict.fromkeys(clause.headings[0] for clause in numbered))


def _in_section(
    clauses: list[Clause], path: tuple[str, ...], sections: Sequence[str]
) -> tuple[list[Clause], tuple[str, ...]]:
    """Read 四(十三) as (十三) of the fourth section, and a bare 十三, beyond the last section, as the (十三) it was."""
    if path[0].startswith("("):
        return clauses, path
    number = int(path[0][1:]) if path[0][1:].isdecimal() else 0
    if 1 <= number <= len(sections):
        return [clause for clause in clauses if clause.headings[:1] == (sections[number - 1],)], path[1:]
    return clauses, (f"({path[0]}", *path[1:])


def _whole(document: Document, clauses: Sequence[Clause]) -> Provision | None:
    if not clauses:
        return None
    if len(clauses) == 1:
        return Provision(document=document, clauses=tuple(clauses), text=clauses[0].text)
    text = "\n".join(f"{clause.mark} {clause.text}" for clause in clauses)
    return Provision(document=document, clauses=tuple(clauses), text=text)
