"""Tells whose rule a text in articles is, the nation's or a place's, and whether it is law or an office's own rule.

Law reaches every caller of the country, so a text is the nation's only by what proves it: who passed it, the organ
that signed it, a title that only the nation gives. Naming the State Council proves nothing: a city's rule for carrying
out a national regulation names it too.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import yaml

from knowledge_base.corpus import is_by_law, plain_title
from knowledge_base.ingest.parsed import Locate
from knowledge_base.types import NATION

_MINISTRIES: Final = (
    "外交|国防|教育|科学技术|工业和信息化|公安|国家安全|民政|司法|财政|人力资源和社会保障|自然资源|生态环境|住房和城乡建设|"
    "交通运输|水利|农业农村|商务|文化和旅游|退役军人事务|应急管理|劳动和社会保障|劳动|人事|建设|卫生|农业|交通|铁道|文化|"
    "国土资源|环境保护|监察|信息产业|林业"
)
_NATIONAL: Final = re.compile(
    r"(?:中华人民共和国)?(?:(?:第[一二三四五六七八九十]+届)?全国人(?:民代表)?大会?|国务院(?!批准)|主席令|国务院令|中共中央|"
    r"最高人民(?:法院|检察院)|中央[㐀-鿿]{2,12}(?:部|委员会|办公室)|中国人民银行|审计署|中华全国总工会|全国妇联|"
    rf"全国妇女联合会|(?:{_MINISTRIES})部(?=$|、|关于|令|和|与|办公厅|第|公告|发布|公布|印发|部务|等|制定|修|规章)|国家(?:(?!总?局|署|委员会|办公室)[㐀-鿿]){{2,12}}(?:委员会|总?局|署|办公室)(?![㐀-鿿]{{2,9}}(?:局|署|办公室)))|"
    r"(?:法释|法发|高检发释字|国发|国办发)\s*[〔\[（(]"
)
_DATE: Final = r"[\d一二三四五六七八九十零〇○]{1,4}\s*[年月日]"
_LEAD: Final = re.compile(rf"^(?:[\s（(]|{_DATE}|根据|依据|经|由)+")
_BREAK: Final = re.compile(r"[\s　，,；;、]+")
_LOCAL: Final = re.compile(r"人民代表大会|人大|政府|局|厅|委员会|法院|检察院")
_CONGRESS: Final = re.compile(r"人民代表大会|人大(?:常委)?会?")
_NATIONS_TITLE: Final = re.compile(r"(?<![办方做用执司普守])法(?:典|[（(]试行[)）])?$")
"""Only what the National People's Congress passes is called 法 (立法法第十条); 办法 is anybody's."""
_CARRIES_OUT: Final = re.compile(r"贯彻|实施")
"""What a place calls its rule for carrying out a national text, whose name the title may begin with."""
_COUNTRY: Final = "中华人民共和国"
_DECREE: Final = re.compile(
    r"([㐀-鿿]{0,15}政府令\s*(?:第\s*[\d一二三四五六七八九十百零〇]+|[\[〔]\d{4}[\]〕]\s*第?\d+)\s*号)"
)
_REGULATION: Final = "条例"
_MEETS: Final = re.compile(
    r"^([㐀-鿿]{0,12}?)(?:第[一二三四五六七八九十]+届)?((?:全国)?)(?:人民代表大会|人大)(常务委员会|常委会)?(?=第|主席团|会议|通过|公告|$)"
)
_ACTS: Final = re.compile(
    r"^([㐀-鿿]{1,20}?(?:院|部|委|委员会|局|署|总工会|政府|中央|办公[厅室]|银行))"
    r"(?=令|公告|第|审判委员会|检察委员会|常务会议|部务会议|局务会议|发布|公布|印发|制定|通过|修订|$)"
)
_IN_TITLE: Final = re.compile(r"^((?:最高人民(?:法院|检察院)、?)+)")
_FORCES: Final = re.compile(r"军|民兵")
"""What the armed forces are ruled by is seldom the State Council's alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What a text says about who made it: `enacted` are its lines on that, `signed` its own organs, `hosted` a page's."""

    title: str
    enacted: Sequence[str] = ()
    signed: Sequence[str] = ()
    hosted: Sequence[str] = ()


def place_of(said: Issued, locate: Locate | None) -> str | None:
    """Return whose rule a text is: the nation's where that is proved, else the place it names; None where neither is."""
    title = plain_title(said.title)
    for chunk in _chunks(said.enacted):
        if is_national(chunk):
            return NATION
        if locate and _LOCAL.search(chunk) and (place := locate(chunk)):
            return _nearer(place, title, locate)
    named = locate(title) if locate else None
    carried_out = named is not None and bool(_CARRIES_OUT.search(title))
    if _is_known(said, title) or (not carried_out and _is_the_nations(said, title)):
        return NATION
    if named is None and any(is_national(organ) for organ in said.hosted):
        return NATION
    return locate(f"{'、'.join(said.signed or said.hosted)} {title}") if locate else None


def _is_known(said: Issued, title: str) -> bool:
    """Tell a national text that is on file by its title; an office that signs a 办法 may call its own alike."""
    return title in _known_titles() and (title.endswith(_REGULATION) or not said.signed)


def _is_the_nations(said: Issued, title: str) -> bool:
    """Tell a text by a title that only the nation gives, or by a national organ that signed it."""
    if said.title.startswith(_COUNTRY) or is_national(title) or _NATIONS_TITLE.search(title):
        return True
    return any(is_national(organ) for organ in said.signed)


def issuers(said: Issued, *, place: str) -> tuple[str, ...]:
    """发文机关: name who issued a text: who signed it, passed it or put its name into the title, or else whose page it is.

    Who first passed a law issued it, whoever amended it since; a congress or council that approved it did not.
    """
    signers = (said.signed, *map(_issuers_in, said.enacted), _in_title(said.title), said.hosted)
    own = (tuple(dict.fromkeys(o for o in organs if is_national(o) == (place == NATION))) for organs in signers)
    return next(filter(None, own), ())


def presumed_issuer(title: str, *, place: str) -> str | None:
    """Name who alone can have issued a text that does not say it: a nation's 条例 is the State Council's.

    No ministry may call its rules so (行政法规制定程序条例第五条), and what a congress passed says so above its articles.
    """
    is_decreed = place == NATION and title.endswith(_REGULATION) and not _FORCES.search(title)
    return "国务院" if is_decreed else None


def _issuers_in(line: str) -> tuple[str, ...]:
    words = (_LEAD.sub("", chunk).removeprefix(_COUNTRY) for chunk in _BREAK.split(line) if "批准" not in chunk)
    return tuple(filter(None, map(_organ, words)))


def _organ(words: str) -> str | None:
    if met := _MEETS.match(words):
        return f"{met[1]}{met[2]}人民代表大会{'常务委员会' if met[3] else ''}"
    acted = _ACTS.match(words)
    return acted[1] if acted else None


def _in_title(title: str) -> tuple[str, ...]:
    found = _IN_TITLE.match(plain_title(title))
    return tuple(filter(None, found[1].split("、"))) if found else ()


def is_national(words: str) -> bool:
    """Tell words that begin with a national organ, after the days and brackets that stand before one."""
    return bool(_NATIONAL.match(_LEAD.sub("", words)))


def is_national_organ(words: str) -> bool:
    """Tell a line that is the name of a national organ and nothing else: 司法部."""
    return bool(_NATIONAL.fullmatch(words))


def is_below_law(said: Issued, *, number: str | None) -> bool:
    """规范性文件: tell an office's own rule from what a people's congress passed or a government decreed."""
    if is_by_law(said.title, number):
        return False
    return not (any(_CONGRESS.search(line) for line in said.enacted) or decree_number(said.enacted))


def decree_number(lines: Iterable[str]) -> str | None:
    """Return the number of a government's decree, which a heading prints on two lines: 高平市人民政府令第12号."""
    found = _DECREE.search(" ".join(lines))
    return _BREAK.sub("", found[1].rpartition("日")[2]) if found else None


def _chunks(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield from filter(None, _BREAK.split(line))


def _nearer(place: str, title: str, locate: Locate) -> str:
    """Return the place of the title where that lies in the one that approved it: a province approves a city's rule."""
    named = locate(title)
    inside = named is not None and place.endswith("00") and named.startswith(place.rstrip("0"))
    return named if named is not None and inside else place


@cache
def _known_titles() -> frozenset[str]:
    """Return the titles of the national texts that our own cards cite, and of others that their words alone do not prove."""
    sources = files("knowledge_base").joinpath("sources")
    listed = yaml.safe_load(sources.joinpath("documents.yml").read_bytes())
    cited = (plain_title(entry["title"]) for entry in listed.values() if "region" not in entry)
    lines = sources.joinpath("national_titles.txt").read_text("utf-8").splitlines()
    return frozenset((*cited, *(plain_title(line) for line in lines if line and not line.startswith("#"))))
