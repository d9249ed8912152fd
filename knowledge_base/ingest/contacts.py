"""Keeps named officials and old contacts out of what is shown: people and telephones change, a document does not.

Contacts reach a caller from the directory only, where each has the day somebody verified it. Public short numbers
(12348, 12345, 110) are no contacts of a person or an office and stay.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from knowledge_base.ingest.page import squeeze
from knowledge_base.ingest.parsed import Remark

HIDDEN_NAME: Final = "〔姓名不公开〕"
HIDDEN_CONTACT: Final = "〔联系方式不公开〕"
_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟"
    "姜崔谭陆范汪廖石金韦贾夏付傅邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤常温康施文牛"
    "樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲"
    "翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫"
    "米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"
)
_BODIES: Final = "局厅处办所院部委会组站室队司"
"""由金融局负责 names an office: 金 is a surname too."""
_NAME: Final = rf"(?:[{_SURNAMES}]\s?[㐀-鿿](?:\s?[㐀-鿿])?|(?:欧阳|司徒|司马|上官|诸葛|皇甫|尉迟|东方|慕容)[㐀-鿿]{{1,2}})(?<![{_BODIES}])"
_LABEL: Final = (
    r"(?:第一|总|副|常务副)?\s*(?:组\s*长|组\s*员|成\s*员|召\s*集\s*人|联\s*系\s*人|联\s*络\s*员|责\s*任\s*人|负\s*责\s*人|"
    r"主\s*任|经\s*办\s*人|审\s*核\s*人?|签\s*发\s*人?|咨\s*询\s*人|受\s*理\s*人)"
)
_OFFICE: Final = r"(?:长|书记|主任|主席|委员|科员|律师|检察官|法官|干部|处|主管|助理|专员)"
_NAMED: Final = re.compile(rf"^[·•|]?\s*{_LABEL}\s*[:：|]\s*(?:\|\s*)?{_NAME}(?=$|[\s,，、;；|（(])")
_ROW: Final = re.compile(rf"^{_NAME}\s*(?:\||\s{{1,8}})\s*[^。]{{2,30}}{_OFFICE}(?:\s*\|.*)?$")
_LINE: Final = re.compile(r"^(?:联\s*系\s*(?:人|电话|方式)|邮\s*箱|电\s*子\s*邮\s*箱|传\s*真|电\s*话)\s*[:：|]")
_IN_CHARGE: Final = re.compile(rf"由({_NAME})(?:同志)?(?=(?:具体)?负责|任组长|担任|牵头)")
_CALLED: Final = re.compile(rf"((?:联系人|联络员|责任人)\s*[:：]\s*)({_NAME})(?=$|[\s,，、;；。)）])")
_CONTACT: Final = re.compile(
    r"(?<![\d.])(?:1[3-9]\d{9}|0\d{2,3}\s?[-—－]?\s?\d{7,8}(?:[-—转]\d{1,5})?|[48]00[-—]?\d{3}[-—]?\d{4})(?![\d.])|"
    r"(?<=电话)(?:\s*[:：号码为是]*\s*)\d{7,8}(?!\d)|[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)
_LONG: Final = re.compile(r"\d{6,}|@")
_PUBLIC: Final = re.compile(r"(?<!\d)(?:1[12]\d|12\d{3}|1[01]\d{3}|9[56]\d{3,4})(?!\d)")


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
