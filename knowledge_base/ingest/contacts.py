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
    "洪赖阎奚裘狄匡谌栗亢郜逯仝阙朴鞠鄢晁郁嵇荀隗邰蔺屠闻逄扈茹郦濮庾尉"
)
_BODIES: Final = "局厅处办所院部委会组站室队司省市县区乡镇"
"""由金融局负责 names an office, 由高平市负责 a place: 金 and 高 are surnames too."""
_NO_NAMES: Final = (
    "申请|申报|应当|应急|单位|单独|方式|方面|方可|方便|全名|全称|成员|成年|任职|任务|任何|任意|包括|包含|范围|明确|时间|时限|时期|"
    "安排|安全|金额|费用|项目|程序|管理|严格|简历|简介|查询|查阅|解答|解决|关于|关系|文件|章程|万元|左右|党员|党委|司法|农民|农业|"
    "高级|路线|车辆|支付|白天|曾经|余额|陈述|陆续|齐全|马上|江苏|吉林|宁夏|温馨|常用|常住|路径"
)
"""What follows 联系人 and begins with a surname, but is no name: 联系人单位, 联系人方式."""
_NAME: Final = (
    rf"(?:[{_SURNAMES}]\s?[㐀-鿿](?:\s?[㐀-鿿])?|(?:欧阳|司徒|司马|上官|诸葛|皇甫|尉迟|东方|慕容)[㐀-鿿]{{1,2}}|"
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
_ONE: Final = rf"(?!{_NO_NAMES}){_NAME}"
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
