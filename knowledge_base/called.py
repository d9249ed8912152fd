"""Knows what people call a text: by its title or what is left of it, by its number, or for short as 民诉法."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from knowledge_base.cards import read_registry
from knowledge_base.corpus import Document, plain_title
from knowledge_base.text import normalise

_SHORTEST_NAME: Final = 2
_NUMBER: Final = re.compile(r"[\[(【〔]?((?:19|20)\d\d)(?:[\])】〕]第?|(?<=[发字函办规释]\d{4})年?第?)0*(\d{1,5})号")
"""With its brackets or, as a page that lost them prints it, without: 常政办发2004123号."""
_GAP: Final = re.compile(r"(?<!\d) | (?!\d)|[《》〈〉“”\"「」『』]|中华人民共和国")
_KIND: Final = re.compile(r"(?:实施|指导|若干|工作)?(意见|方案|办法|细则|规定|通知|条例)(?:\([^()]*\))?$")
_SUFFIX: Final = re.compile(r"(?:特别行政区|自治[区州县旗]|[省市县区旗盟州])$")
_OPENINGS: Final = re.compile(r"^(?:最高人民法院|最高人民检察院|关于|适用|审理|办理)")


def compact(text: str) -> str:
    """Return a text as names are compared: without gaps, book marks and 中华人民共和国, document numbers in one form."""
    return _NUMBER.sub(r"〔\1〕\2号", _GAP.sub("", normalise(text)))


def names_of(document: Document) -> Collection[str]:
    """Return how a text is called: by its title, by what is left of it without its opening, by number and by id."""
    title = compact(document.title)
    number = document.number or _numbers().get((title, document.issued)) or ""
    names = {title, compact(number)}
    if "@" in document.id:
        names.add(compact(document.id))
    while opening := _OPENINGS.match(title):
        title = title[opening.end() :]
        names.add(title)
    return {name for name in names if len(name) >= _SHORTEST_NAME}


def short_form(document: Document, place: str) -> re.Pattern[str] | None:
    """Return how a place's own text is called in speech, by the place and what sort of text it is: 牡丹江那份意见."""
    kind = _KIND.search(compact(document.title))
    if kind is None:
        return None
    year = rf"|{document.day.year}年?" if document.day else ""
    between = rf"(?:[省市县区]|的|里|[这那][份个]|法律?援助?|实施|指导|工作{year})*"
    return re.compile(rf"{re.escape(_SUFFIX.sub('', place))}{between}{kind[1]}")


@cache
def short_titles() -> Mapping[str, str]:
    """Return what texts are called for short, and the titles that are meant."""
    data: dict[str, Any] = _read("short_titles.yml")
    return {compact(short): compact(full) for full, shorts in data.items() for short in shorts}


@cache
def _numbers() -> Mapping[tuple[str, date | None], str]:
    """Return the numbers of the editions that our cards cite: the statutes at hand seldom print their own."""
    known = read_registry(_read("documents.yml")).values()
    return {(compact(plain_title(one.title)), one.issued): one.number for one in known if one.number}


def _read(name: str) -> Any:  # noqa: ANN401 - whatever the file holds
    return yaml.safe_load(files("knowledge_base").joinpath("sources", name).read_text("utf-8"))
