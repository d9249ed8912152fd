"""Finds the provision that a question names: «劳动合同法38条是怎么规定的», «高司字〔2024〕6号四(一)4».

Who names a text and a place in it is given that place, or told that there is none: never what merely sounds like it.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Final

import numpy as np

from knowledge_base.called import compact, names_of, short_form, short_titles
from knowledge_base.cards import Card
from knowledge_base.caveats import caveats
from knowledge_base.corpus import FRONT, NAMED, Document, DocumentKind, citation, place_chain, plain_title
from knowledge_base.index import Index
from knowledge_base.provisions import Provision, find_provision
from knowledge_base.quote import pointed, quote, shortened
from knowledge_base.regions import Regions
from knowledge_base.text import article_numbers, normalise
from knowledge_base.types import NATION, Answer

_MOST: Final = 3
_LONGEST: Final = 1500
_MARKED: Final = 4
"""Characters before a closing book mark that tell a title in them."""
_N: Final = r"(?:[零〇一二三四五六七八九十百千]+|\d+)"
_ARTICLE: Final = re.compile(rf"(?<!\d)(第)?{_N}条(?:之{_N})?(?:第?{_N}款)?(?:第?\(?{_N}\)?项|\({_N}\))?(?:第?{_N}目)?")
_STEP: Final = rf"(?:第?{_N}部分|第?\({_N}\)[项点]?|{_N}[、.]?)"
_PATH: Final = re.compile(rf"(?:{_STEP})+|{'|'.join(sorted(NAMED))}")
_BETWEEN: Final = re.compile(r"[#的里中之内,，、:：\s]*(?:第(?=\())?")
_SURE: Final = re.compile(rf"[(部、]|{'|'.join(sorted(NAMED))}")
_GOES_ON: Final = re.compile(r"[的是说讲写怎规啥什内里,，。.?？!！:：;；\s]|$")
"""After a bare 三 or 四1: otherwise it begins a word of the sentence, as 一年 does."""
_OF_ANOTHER: Final = re.compile(r"条例|办法|细则|解释|意见|决定|方案|通知|若干规定|法(?![律院定])")
"""Between a name and a number: the number belongs to a text that is called after this one."""
_PLACE_BEFORE: Final = re.compile(r"(?:省|市|自治区|自治州|县)$")
_PROVINCE: Final = re.compile(
    r"(?:北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川"
    r"|贵州|云南|陕西|甘肃|青海|内蒙古|广西|西藏|宁夏|新疆)$"
)
_LEADS_IN: Final = re.compile(
    r"(?:^|[\W的和与跟及或说讲称写在按依拿查看找问读学念引是就都又再那这给把对从由以于为到像如要请我你他她了着过吗呢吧啊新时后前中]"
    r"|(?<!数)据|(?<![护执牌])照|(?<![信民公商军食药费农])用|我国|国家|中国|现行|违反|符合|知道|了解|解释|没有|还有|[一问看说查]下"
    rf"|国务院|司法部|最高(?:人民)?(?:法院?|检察院|院|检)|{_N}[条款项])$"
)
"""What may stand before the title of a statute; any other word makes it the end of a longer title: 海上交通安全法."""
_OPENS: Final = re.compile(r"[《〈“\"「『 ]|中华人民共和国")
_RULES_BEFORE: Final = re.compile(r"(?:规定|合同|协议|制度|守则|手册|章程)[的里中上,，、]*$")
_NO_TEXT: Final = re.compile(
    r"(?:公司|单位|合同|协议|制度|手册|章程|厂|村|学校|老板|物业|工地|小区|医院|商家|平台|[店班队校院司企们他她我你的没有里上内部这那该本])"
    r"(?:里|上|内部|自己)?(?:规定|规则|办法|细则|解释|意见|方案)(?:\([^()]\))?$"
    r"|(?:^|[没有想啥么好的])办法$|(?:[没无方合违非犯执立守依想说看做]法|(?<!公)司法)$"
)
"""The rules an employer makes, and words that only end like a title: 公司规定, 没法."""
_ANY_TEXT: Final = re.compile(
    rf"((?:[一-龥]{{1,40}}?(?:法|法典|条例|办法|细则|规定|解释|规则|意见|方案))(?:\([^()]\))?)[的,，、]?第{_N}条"
    rf"|〔\d{{4}}〕\d+号[的,，、]?(?:{_STEP})*(?:第?{_N}条|\({_N}\))"
)

_IS_NUMBER: Final = re.compile(r"(?:〔\d{4}〕|第)\w+号$")
_ASKS_NO_MORE: Final = re.compile(
    r"(?:请问|帮我?|麻烦|我?想?要?[查看找]|一?下|给我|[你您]?[知晓]道|你们?|有没?有?|没有|这[份个]?|那[份个]?|文件|通知|意见|方案|解释|规定"
    r"|是|关于|什么|啥|哪个|[讲说写]|了|的|主要|内容|原文|全文|里面?|意思|怎么|吗|呢|吧|啊|[,，.。?？!！、:：;；()《》\s])*"
)
"""What may stand beside the number of a text without asking for anything but the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a question names: the provisions, or why there are none. `known` tells whether we hold the text at all."""

    provisions: tuple[Provision, ...] = ()
    known: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Mention:
    """A name in a question, where it stands there, and the texts that go by it."""

    name: str
    start: int
    end: int
    texts: Sequence[int]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where somebody points: texts of one name, and the number in them; without one, a text itself."""

    texts: Sequence[int]
    number: str


class Names:
    """Knows what the texts of one index are called."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._whole = lru_cache(maxsize=32)(self._with_clauses)

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        names: dict[str, list[int]] = {}
        for number, document in enumerate(self._index.documents):
            for name in names_of(document):
                names.setdefault(name, []).append(number)
        return {short: names[full] for short, full in short_titles().items() if full in names} | names

    @cached_property
    def _short_forms(self) -> Sequence[tuple[re.Pattern[str], int]]:
        """How the texts of places are called in speech."""
        local = [(number, one) for number, one in enumerate(self._index.documents) if one.region != NATION]
        names = {region.code: region.name for region in (Regions.load() if local else ())}
        forms = ((short_form(one, names[one.region]), number) for number, one in local if one.region in names)
        return tuple((form, number) for form, number in forms if form)

    def named(self, query: str, *, region: str | None, on: date, place_named: bool = False) -> Named | None:
        """Return what a question points at by name and number; None when it points at nothing.

        The caller's place, and what lies around it, come first. A text of another place counts where it is called by
        its name, unless the question names a place that is not its own (`place_named`).
        """
        text = compact(query)
        if not (_ARTICLE.search(text) or _PATH.search(text)):
            return None
        mentions = self._mentions(text, opened=_opened(query))
        places = list(self._places(text, mentions)) or list(_texts(text, mentions))
        if not places:
            return _of_unknown(query, text)
        found: list[Provision] = []
        for place in places:
            found += self._in_scope(place, region=region, on=on, narrow=place_named)
        if found:
            return Named(provisions=tuple(found[:_MOST]))
        return Named(why=self._why(places[0], on))

    def _mentions(self, text: str, *, opened: Collection[int]) -> Sequence[_Mention]:
        """Return the names in a text, in order; a name inside a longer one, ours or not, is not meant.

        `opened` are the places where a book mark, or the name of the state, begins a title.
        """
        names = sorted((name for name in self._by_name if name in text), key=len, reverse=True)
        taken: list[_Mention] = []
        for name in names:
            for match in re.finditer(re.escape(name), text):
                if all(match.end() <= other.start or other.end <= match.start() for other in taken):
                    taken.append(_Mention(name, *match.span(), self._by_name[name]))
        taken += (one for one in self._in_short(text) if all(one.end <= t.start or t.end <= one.start for t in taken))
        begins = {*opened, *(one.end for one in taken)}  # 民法典 goes before 婚姻家庭编解释(一)
        meant = (one for one in taken if one.start in begins or self._begins(text, one))
        return sorted(meant, key=lambda mention: mention.start)

    def _in_short(self, text: str) -> Sequence[_Mention]:
        """Return what is called by its place and sort, which may be several texts of that place."""
        found: dict[tuple[int, int], list[int]] = {}
        for form, number in self._short_forms:
            for match in form.finditer(text):
                found.setdefault(match.span(), []).append(number)
        return [_Mention(text[start:end], start, end, texts) for (start, end), texts in found.items()]

    def _begins(self, text: str, mention: _Mention) -> bool:
        """Tell whether a title begins where it is found; what a place has of its own is called in many ways."""
        before = text[: mention.start]
        if not self._is_statute(mention) or _LEADS_IN.search(before):
            return True
        return bool(_PLACE_BEFORE.search(before) or _PROVINCE.search(before)) and mention.name.endswith(("法", "法典"))

    def _places(self, text: str, mentions: Sequence[_Mention]) -> Iterator[_Place]:
        for article in _ARTICLE.finditer(text):
            before = [mention for mention in mentions if mention.end <= article.start()]
            mention = before[-1] if before else next(iter(mentions), None)
            if mention is None or self._is_anothers(text, mention):
                continue
            gap = text[mention.end : article.start()] if before else ""
            if not before and _RULES_BEFORE.search(text[: article.start()]):
                continue
            near = article[1] is not None or (before and _BETWEEN.fullmatch(gap))  # without 第 it may be «有三条»
            if near and not _OF_ANOTHER.search(_ARTICLE.sub("", gap)):
                yield _Place(mention.texts, article[0])
        for mention in mentions:
            if self._is_statute(mention):  # cited by article: any other number is a year or a figure
                continue
            start = _BETWEEN.match(text, mention.end)
            path = _PATH.match(text, start.end() if start else mention.end)
            if path is None or text[path.end() :].startswith("条"):
                continue
            if _SURE.search(path[0]) or _GOES_ON.match(text, path.end()):
                yield _Place(mention.texts, path[0])

    def _is_statute(self, mention: _Mention) -> bool:
        return all(self._index.documents[number].kind is DocumentKind.STATUTE for number in mention.texts)

    def _is_anothers(self, text: str, mention: _Mention) -> bool:
        """广东省法律援助条例 is not the 法律援助条例 we hold; a 法 is the nation's whatever place is named before it."""
        if not self._is_statute(mention) or mention.name.endswith(("法", "法典")):
            return False
        return _PLACE_BEFORE.search(text[: mention.start]) is not None

    def _in_scope(self, place: _Place, *, region: str | None, on: date, narrow: bool) -> Sequence[Provision]:
        around = place_chain(region)
        own: list[Provision] = []
        others: list[Provision] = []
        for number in place.texts:
            document = self._index.documents[number]
            if document.applies(on) and (provision := _provision(self._whole(number), place.number)):
                (own if document.region in around else others).append(provision)
        if own or narrow:
            return own
        # The same name in several places, none of them the caller's, names nothing.
        return others if len({provision.document.region for provision in others}) == 1 else ()

    def _why(self, place: _Place, on: date) -> str:
        documents = [self._index.documents[number] for number in place.texts]
        title = plain_title(documents[0].title)
        if any(document.applies(on) for document in documents):
            return f"我手里的《{title}》没有“{place.number}”，请您再看看是第几条。"
        return f"《{title}》在{on.year}年{on.month}月{on.day}日还没有施行或者已经不再适用。"

    def _with_clauses(self, number: int) -> Document:
        entries = np.flatnonzero(self._index.clause_documents == number)
        clauses = tuple(self._index.clause(int(entry)) for entry in entries)
        return replace(self._index.documents[number], clauses=clauses)


def _texts(text: str, mentions: Sequence[_Mention]) -> Iterator[_Place]:
    """Return the texts that are named by number where nothing is asked of them but what they are."""
    rest = list(text)
    for mention in mentions:
        rest[mention.start : mention.end] = [" "] * (mention.end - mention.start)
    if _ASKS_NO_MORE.fullmatch("".join(rest)):
        yield from (_Place(mention.texts, "") for mention in mentions if _IS_NUMBER.search(mention.name))


def _provision(document: Document, number: str) -> Provision | None:
    """Return what stands under a number in a text; where none is asked for, the words with which the text opens."""
    opening = next((clause.mark for clause in document.clauses if clause.mark != FRONT), FRONT)
    return find_provision(document, number or opening)


def word_for_word(found: Sequence[Provision], *, query: str, on: date) -> Answer:
    """Give what was named as it is printed, each clause with its source."""
    texts = []
    for one in found:
        words = "\n".join(filter(None, (one.lead, shortened(one.text, longest=_LONGEST))))
        mark = one.clauses[0].mark if len(one.clauses) == 1 else ""
        texts.append(f"《{plain_title(one.document.title)}》{mark}：{pointed(one.text, words, query)}")
    cited = (
        citation(one.document, clause, on=on, quote=quote(clause.text, f"{query} {one.text}"))
        for one in found
        for clause in one.clauses
    )
    return Answer(
        text="\n".join(texts),
        citations=tuple(cited),
        score=1.0,
        caveats=caveats(((one.document, clause.mark) for one in found for clause in one.clauses), on),
        region=found[0].document.region,
    )


def _opened(query: str) -> Collection[int]:
    """Return where in the compact text a title is opened."""
    plain = normalise(query)
    return {len(compact(plain[: mark.end()])) for mark in _OPENS.finditer(plain)}


def _of_unknown(query: str, text: str) -> Named | None:
    """Tell that somebody points into a text that we do not hold; the rules of an employer are no such text."""
    for match in _ANY_TEXT.finditer(text):
        title = match[1]
        if not title or not _NO_TEXT.search(title) or f"{title[-_MARKED:]}》" in normalise(query):
            return Named(known=False, why="您说的这份文件我手里没有，没法告诉您这一条写了什么。")
    return None


def cites_named(query: str, card: Card) -> bool:
    """Tell whether a card cites the very article that is named of a text we hold only as far as cards cite it."""
    words, numbers = normalise(query), set(article_numbers(normalise(query)))
    cited = [one for one in card.references if normalise(plain_title(one.document.title)) in words]
    return any(numbers & set(article_numbers(one.mark)) for one in cited)


def cites_numbers_of(query: str, card: Card) -> bool:
    """Tell whether a card cites what the question names by number; any card may answer a question that names none."""
    numbers = set(article_numbers(normalise(query)))
    cited = {number for reference in card.references for number in article_numbers(reference.mark)}
    return not numbers or bool(numbers & cited)
