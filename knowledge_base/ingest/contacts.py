"""Keeps named officials and old contacts out of what is shown: people and telephones change, a document does not.

Contacts reach a caller from the directory only, where each has the day somebody verified it. Public short numbers
(12348, 12345, 110) are no contacts of a person or an office and stay.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from knowledge_base.ingest.page import squeeze
from knowledge_base.ingest.parsed import Remark
from knowledge_base.surnames import NO_NAMES, SURNAMES

HIDDEN_NAME: Final = "〔姓名不公开〕"
HIDDEN_CONTACT: Final = "〔联系方式不公开〕"
_BODIES: Final = "局厅处办所院部委会组站室队司省市县区乡镇"
"""由金融局负责 names an office, 由高平市负责 a place: 金 and 高 are surnames too."""
_NAME: Final = (
    rf"(?:[{SURNAMES}]\s?[㐀-鿿](?:\s?[㐀-鿿])?|(?:欧阳|司徒|司马|上官|诸葛|皇甫|尉迟|东方|慕容)[㐀-鿿]{{1,2}}|"
    rf"[㐀-鿿]{{1,6}}[·•][㐀-鿿]{{1,8}})(?<![{_BODIES}])"
)
_LABEL: Final = (
    r"(?:第一|总|副|常务副)?\s*(?:组\s*长|组\s*员|成\s*员|召\s*集\s*人|联\s*系\s*人|联\s*络\s*[人员]|责\s*任\s*人|负\s*责\s*人|"
    r"主\s*任|[经承]\s*办\s*人|审\s*核\s*人?|签\s*发\s*人?|咨\s*询\s*人|受\s*理\s*人)"
)
_OFFICE: Final = r"(?:长|书记|主任|主席|委员|科员|律师|检察官|法官|干部|处|主管|助理|专员)"
_ROW: Final = re.compile(rf"^{_NAME}(?:\s*\||\s)\s*+[^。]{{2,30}}{_OFFICE}(?:\s*\|.*)?$")
_LINE: Final = re.compile(r"^(?:联\s*系\s*(?:人|电话|方式)|邮\s*箱|电\s*子\s*邮\s*箱|传\s*真|电\s*话)\s*[:：|]")
_IN_CHARGE: Final = re.compile(rf"由({_NAME})(?:同志)?(?=(?:具体)?负责|任组长|担任|牵头)")
_TITLED: Final = r"同志|女士|先生|老师|律师|主任|科长|所长|处长|局长|书记|干事"
_ONE: Final = rf"(?!{NO_NAMES}){_NAME}"
_NAMED: Final = re.compile(rf"^[·•|]?\s*{_LABEL}(?:\s*[:：|]\s*(?:\|\s*)?|\s+){_ONE}(?=$|[\s,，、;；|（(])")
_STOP: Final = rf"$|[\s,，、;；。.:：)）(（|/\d]|{_TITLED}|联系|电话|手机|座机"
_LISTED: Final = rf"(?>{_ONE}(?={_STOP}|[和及]))"
"""A name in a list, read in one way only: 和 is a surname too, and a row of them can be cut up in any number of ways."""
_CALLED: Final = re.compile(
    r"((?:联\s?系\s?人|联\s?络\s?[人员]|[经承]\s?办\s?人|咨\s?询\s?人|受\s?理\s?人)(?!和)(?:员(?=姓名|[是为]|\s*[:：|]))?"
    r"(?:姓名)?[是为]?\s*(?:[:：|]\s*)?|"
    rf"(?:责任人|负责人)(?:\s*[:：]\s*|为))({_LISTED}(?:(?:\s*[、,，/和及]\s*|\s+){_LISTED})*)(?={_STOP})"
)
"""A colon is not needed where a contact is announced; one in charge is named by a colon or 为 alone.

经办人员 are staff rather than somebody: a name follows only where it is said to be one.
"""
_DASH: Final = r"[\s./—－–‐-]{0,3}"
_LOCAL: Final = rf"\d{{3,4}}{_DASH}\d{{4}}"
_AREA: Final = r"(?:[0０]\d{2,3}|[(（\[【]\s?[0０]\d{2,3}\s?[)）\]】])"
_PHONE: Final = (
    rf"(?:[1１][3-9３-９]\d{_DASH}\d{{4}}{_DASH}\d{{4}}|{_AREA}{_DASH}{_LOCAL}|[48４８][0０]{{2}}(?:{_DASH}\d){{7}})"
)
_EXTENSION: Final = rf"(?:{_DASH}(?:转|分机){_DASH}\d{{1,6}}|-\d{{1,5}})?"
_CALL: Final = r"(?<=电话|热线|座机|手机|传真|致电|拨打)(?:号码|号)?(?:调整|变更|改)?[\s:：为是至]*"
_END: Final = r"(?!\.?\d|[年件人名])"
_CONTACT: Final = re.compile(
    rf"(?:(?<![\d.])(?:\+?(?:00)?86{_DASH})?{_PHONE}|{_CALL}{_LOCAL}){_EXTENSION}{_END}(?:\s?[、/或]\s?{_LOCAL}{_END})*|"
    r"[A-Za-z0-9_.+-]{1,64}+[@＠][A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"  # no address has more before its @ (RFC 5321)
)
_LONG: Final = re.compile(r"\d{6,}|@")
_PUBLIC: Final = re.compile(r"(?<!\d)(?:1[12]\d|12\d{3}|1[01]\d{3}|9[56]\d{3,4})(?!\d)")
_HIDDEN: Final = rf"(?:{HIDDEN_NAME}|{HIDDEN_CONTACT})"
_ASIDE: Final = re.compile(rf"[(（](?=[^()（）]*{_HIDDEN})[^()（）]*+[)）]")
_PART: Final = re.compile(r"[，,。；;！!\n]")
_LABELS: Final = (
    r"(?:\(?[\d一二三四五六七八九十]{1,3}[.、)])?(?:(?:咨询|服务|投诉|举报|监督|联系|办公|值班|预约)*"
    r"(?:热线|电话|方式|人|号码|邮箱|传真|手机|座机|邮编)[:：、和及]?)+"
)
_GIVES_CONTACT: Final = re.compile(rf".*{_HIDDEN}(?:{_TITLED})?(?:具体)?(?:负责|担任|兼任|任组长|牵头)?")
_AROUND_CONTACT: Final = re.compile(
    rf"{_LABELS}|(?:如|若|凡|需要?|遇到?|有).+|.+(?:的|时|后)|(?:敬请|欢迎)?(?:社会各界|广大群众|群众)?(?:监督|来电|咨询|联系)*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """A line as it may be shown (None: not at all), and what was taken out of it."""

    shown: str | None
    blocked: tuple[str, ...] = ()


def screen(words: str) -> Screened:
    """Take named officials and contacts out of one line of a document."""
    if _NAMED.match(words) or _ROW.match(words) or (_LINE.match(words) and not _is_public(words)):
        return Screened(shown=None, blocked=(words,))
    blocked: list[str] = []

    def hide_name(match: re.Match[str]) -> str:
        blocked.append(match[match.lastindex or 0])
        return match[0].replace(match[match.lastindex or 0], HIDDEN_NAME)

    def hide_contact(match: re.Match[str]) -> str:
        blocked.append(match[0].strip(" :："))
        return HIDDEN_CONTACT

    shown = _IN_CHARGE.sub(hide_name, words)
    shown = _CALLED.sub(hide_name, shown)
    shown = _CONTACT.sub(hide_contact, shown)
    return Screened(shown=shown, blocked=tuple(blocked))


def says_only_contacts(shown: str) -> bool:
    """Tell a clause whose whole message was taken out of it: nobody is helped by 热线电话〔联系方式不公开〕."""
    told = _ASIDE.sub("", shown)
    parts = [part.strip() for part in _PART.split(told) if part.strip()]
    if not parts:
        return told != shown
    gives = [bool(_GIVES_CONTACT.fullmatch(part)) and not _PUBLIC.search(part) for part in parts]
    if not any(gives):
        return all(re.fullmatch(_LABELS, part) for part in parts)
    return all(given or _AROUND_CONTACT.fullmatch(part) for given, part in zip(gives, parts, strict=True))


@dataclass(slots=True, kw_only=True)
class Screen:
    """Screens the lines of one document and keeps what it took out where nobody is shown it."""

    blocked: list[str] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)

    def shown(self, number: int, words: str) -> str | None:
        """Return what of a line may be shown; None when nothing of it may."""
        found = screen(words)
        if found.blocked:
            self.blocked.extend(found.blocked)
            self.notes.append(Remark(line=number, text="人名或联系方式，不对外显示"))
        return found.shown


def _is_public(words: str) -> bool:
    """Tell a line that gives a public short number and nothing of a person: 联系电话:12348."""
    return bool(_PUBLIC.search(words)) and not _LONG.search(words) and not re.search(_NAME, squeeze(words)[5:])
