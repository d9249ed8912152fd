"""Keeps what identifies a person out of Rasa and out of logs: finds it in a message so that a vault token can stand there.

Matching errs towards hiding: an identity number with a wrong check digit is still somebody's. What a citizen must be
able to write and read (110, 12348, 96110, sums, dates) is too short or too plainly shaped to be taken for a person.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.messages import clean

PRIVATE_FACTS: Final[Mapping[str, str]] = {
    "contact.name": "name",
    "contact.phone": "phone",
    "contact.address": "address",
    "contact.email": "email",
    "third_party.name": "name",
    "third_party.phone": "phone",
    "opponent.name": "name",
    "status.phone_tail": "phone_tail",
    "status.pass_phrase": "pass_phrase",
    "complaint.phone": "phone",
    "appointment.phone": "phone",
}
"""Facts whose every answer belongs in the vault, and under which kind it is kept there."""

TOKEN: Final = re.compile(r"<pii:[a-z_]+:\d+>")
"""A vault token as it stands in redacted text."""

_STAND_IN: Final = re.compile(r"<pii:([a-z_]+)(?::\d+)?>")
_TITLES: Final[Mapping[str, str]] = {
    "id": "身份证号",
    "phone": "电话号码",
    "phone_tail": "电话后四位",
    "pass_phrase": "暗语",
    "card": "银行卡号",
    "email": "邮箱",
    "password": "密码",
    "name": "姓名",
    "address": "住址",
}


class PiiKind(StrEnum):
    """What was found. `PASSWORD` is never kept, not even in the vault."""

    ID = "id"
    PHONE = "phone"
    CARD = "card"
    EMAIL = "email"
    NAME = "name"
    PHONE_TAIL = "phone_tail"
    PASSWORD = "password"  # noqa: S105 (a kind of data, not a secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One stretch of text to swap; `keep` is False where the value must not be stored at all."""

    kind: str
    start: int
    end: int
    value: str
    keep: bool = True


# What a caller may put between two digits. Blanks, dashes, dots and the invisible (all folded to one, see `_fold`) stand
# anywhere in a number. Commas, slashes, brackets and line breaks also part one sum or date from the next: they count
# only where the groups have the shape of one number.
_SPOKEN: Final = "零〇○一二三四五六七八九幺壹贰貳叁參肆伍陆陸柒捌玖"
_CLOSE: Final = r" \t\u00a0\u3000\-\u2010-\u2015\u2212\uff0d.．·_\u200b"
_SEP: Final = f"[{_CLOSE}]"
_S: Final = f"{_SEP}{{0,4}}"
_LOOSE: Final = rf"[{_CLOSE}\r\n,，、/／\\|｜()（）]"
_L: Final = f"{_LOOSE}{{0,4}}"
_APART: Final = f"{_LOOSE}{{1,4}}"
_NO_SUM: Final = r"(?!\d|\s?[元块万千])"


def _digits(count: int, between: str = _S) -> str:
    return rf"(?:{between}\d){{{count}}}"


def _month_day(between: str = _S) -> str:
    return (
        rf"{between}(?:0{between}[1-9]|1{between}[0-2])"
        rf"{between}(?:0{between}[1-9]|[12]{between}\d|3{between}[01])"
    )


def _groups(*lengths: int) -> str:
    return _APART.join(rf"\d{{{length}}}" for length in lengths)


def _province(between: str) -> str:
    """Return what an identity number begins with; a year (19.., 20..) is none, so lists of dates stay readable."""
    two = ("1[1-5]", "2[1-3]", "3[1-7]", "4[1-6]", "5[0-4]", "6[1-5]", "71", "8[1-3]", "91")
    return "(?:" + "|".join(each[0] + between + each[1:] for each in two) + ")"


_ID_18: Final = re.compile(
    rf"(?<!\d)[1-9]{_digits(5)}{_S}(?:1{_S}[89]|2{_S}0){_digits(2)}{_month_day()}{_digits(3)}{_S}[\dXx](?![\dA-Za-z])"
)
_ID_18_LOOSE: Final = re.compile(
    rf"(?<!\d){_province(_L)}{_digits(4, _L)}{_L}(?:1{_L}[89]|2{_L}0){_digits(2, _L)}{_month_day(_L)}{_digits(3, _L)}"
    rf"{_L}[\dXx](?![\dA-Za-z])"
)
_ID_15: Final = re.compile(rf"(?<!\d)[1-9]{_digits(5)}{_digits(2)}{_month_day()}{_digits(3)}(?!\d)")
_ID_15_LOOSE: Final = re.compile(
    rf"(?<!\d){_province('')}\d{{4}}{_L}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]){_L}\d{{3}}{_NO_SUM}"
)
_ID_TAIL_X: Final = re.compile(r"(?<!\d)\d{17}[Xx](?![A-Za-z\d])")
_LONG_NUMBER: Final = re.compile(r"(?<!\d)\d{12,40}(?!\d)")
_MOBILE: Final = re.compile(rf"(?<!\d)(?:(?:\+|00)?8{_S}6{_S})?1{_S}[3-9]{_digits(9)}(?!\d)")
_MOBILE_LOOSE: Final = re.compile(
    rf"(?<!\d)(?:(?:\+|00)?86{_L})?(?:[(（](?=1\d\d[)）]))?(?=1{_L}[3-9])"
    rf"(?:{_groups(3, 4, 4)}|{_groups(3, 8)}|{_groups(3, 3, 5)}|{_groups(3, 5, 3)}|{_groups(3, 2, 2, 2, 2)}|{_groups(7, 4)}"
    rf"|{_groups(*[1] * 11)}){_NO_SUM}"
)
_LANDLINE: Final = re.compile(
    rf"(?<!\d)(?:[(（]\s?0\d{{2,3}}\s?[)）]{_S}|0\d{{2,3}}{_L})[2-9]\d{{2,3}}{_S}\d{{4}}(?!\d)"
)
_LOCAL_PHONE: Final = re.compile(
    rf"(?:电话|手机|座机|号码|联系|打给|拨打|微信)[^\d\n]{{0,8}}?(?<!\d)([2-9]\d{{2,3}}{_SEP}{{0,2}}\d{{4}})(?!\d)"
)
_CARD_GROUPS: Final = re.compile(rf"(?<!\d)[3-9]\d{{3}}(?:{_SEP}{{1,4}}\d{{4}}){{3}}(?:{_S}\d{{1,3}})?(?!\d)")
_CARD_GROUPS_LOOSE: Final = re.compile(rf"(?<!\d)[3-9]\d{{3}}(?:{_APART}\d{{4}}){{3}}(?:{_APART}\d{{1,3}})?{_NO_SUM}")
_CARD_WORDS: Final = re.compile(r"(?:卡号|银行卡|账号|帐号|账户|帐户)[^\d\n]{0,6}$")
_CARD_AFTER_WORD: Final = re.compile(
    rf"(?:卡号|银行卡|账号|帐号|账户|帐户)[^\d\n]{{0,6}}(\d{_digits(8)}(?:{_S}\d)*)(?!\d)"
)
_PHONE_TAIL: Final = re.compile(
    rf"(?:尾号|后四位|末四位|后4位|最后四位|后四个数)[^\d\n{_SPOKEN}]{{0,6}}(?<!\d)([\d{_SPOKEN}](?:{_SEP}{{0,2}}[\d{_SPOKEN}]){{3}})(?!\d)"
)
"""What a citizen proves an application theirs with, told unasked."""
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+\-]{1,64}[@＠][A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63})+")
_PASSWORD: Final = re.compile(
    r"(?:密码|口令|验证码|password|passwd|pwd|pin码?)(?:就是|是|为|[:：=]|\s){0,4}([!-~]{4,64})", re.IGNORECASE
)
_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖"
    "贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁"
)
_NAME: Final = re.compile(
    rf"(?:我叫|名字叫|名叫|姓名(?:是|叫|[:：])?|名字是)\s*([{_SURNAMES}][\u4e00-\u9fff]{{1,2}})"
    r"(?=$|[\s,，。；;、!！]|今年|身份|电话|手机|住|家住|想|男|女)"
)
"""A name that a citizen gives unasked. Others' names in a story stay: they are the story."""
_CHINESE_DIGITS: Final = str.maketrans(_SPOKEN, "00012345678911223345667" + "89")
_SPOKEN_LENGTH: Final = 11
_SPOKEN_RUN: Final = re.compile(rf"[{_SPOKEN}\d]{{{_SPOKEN_LENGTH},}}")
_SPOKEN_SHAPES: Final = (
    (PiiKind.ID, _ID_18),
    (PiiKind.PHONE, _MOBILE),
    (PiiKind.PHONE, _MOBILE_LOOSE),
    (PiiKind.PHONE, _LANDLINE),
)
_ASKS: Final = re.compile(
    r"[?？]|吗|呢|什么|怎么|怎样|多少|多久|几[个天年月点时]|哪|为啥|咋|能不能|是不是|可不可以|要不要|有没有"
)
_CONTROL: Final = frozenset(
    [
        "算了",
        "取消",
        "退出",
        "不用了",
        "不办了",
        "不申请了",
        "停",
        "停止",
        "返回",
        "上一步",
        "返回上一步",
        "跳过",
        "不想说",
        "不方便",
        "不方便说",
        "不说",
        "不知道",
        "重来",
        "重新开始",
        "继续",
        "是",
        "否",
        "有",
        "没有",
        "好",
        "好的",
        "同意",
        "不同意",
        "再说一遍",
        "谢谢",
        "你好",
        "再见",
    ]
)
_INVISIBLE: Final = frozenset({"Cf", "Mn", "Me"})
_PUNCTUATION: Final = " \t\r\n\u3000。.!！,，~～、;；"
_PHONE_DIGITS: Final = 5


def find(text: str, /, *, expecting: str | None = None) -> tuple[Found, ...]:
    """Return what to swap, in order and without overlap.

    `expecting` names the fact the conversation waits for when its answer is private: then the whole message is one
    answer, unless it plainly is not (a command, a question).
    """
    if expecting is not None:
        whole = _whole(text, expecting)
        if whole is not None:
            return (whole,)
    shadow = _ascii_digits(text)
    taken: list[Found] = []
    for kind, start, end in _spans(shadow):
        if all(end <= other.start or start >= other.end for other in taken):
            taken.append(
                Found(kind=kind, start=start, end=end, value=text[start:end], keep=kind is not PiiKind.PASSWORD)
            )
    return tuple(sorted(taken, key=lambda one: one.start))


def swap(text: str, found: Sequence[Found], tokens: Sequence[str], /) -> str:
    """Put one token in the place of each find."""
    parts: list[str] = []
    at = 0
    for one, token in zip(found, tokens, strict=True):
        parts += [text[at : one.start], token]
        at = one.end
    parts.append(text[at:])
    return "".join(parts)


def placeholder(kind: str, /) -> str:
    """Return what stands for a value that is kept nowhere."""
    return f"<pii:{kind}>"


def readable(text: str, /) -> str:
    """Replace tokens by words, for the citizen's own screen."""
    return _STAND_IN.sub(lambda match: f"［{_TITLES.get(match[1], '个人信息')}已隐去］", text)


def without_tokens(text: str, /) -> str:
    """Leave the tokens out, for whatever reads meaning: they have none."""
    return _STAND_IN.sub(" ", text).strip()


def private_kind(fact: str, /) -> str:
    """Return the vault kind for the answer to a private fact."""
    return PRIVATE_FACTS.get(fact) or re.sub(r"[^a-z_]", "", fact.rpartition(".")[2].lower()) or "text"


def _whole(text: str, fact: str) -> Found | None:
    bare = text.strip(_PUNCTUATION)
    kind = private_kind(fact)
    if not bare or bare in _CONTROL or TOKEN.search(text):
        return None
    if kind == "phone":
        plain = _ascii_digits(text).translate(_CHINESE_DIGITS)
        if sum(char.isdigit() for char in plain) < _PHONE_DIGITS:
            return None
        only_number = re.fullmatch(r"[\d\s+()（）\-\u2010-\u2015.．转,，。]+", plain)
        if only_number is None and any(kind is PiiKind.PHONE for kind, _, _ in _spans(_ascii_digits(text))):
            return None
    elif _ASKS.search(bare):
        return None
    start = text.index(bare)
    return Found(kind=kind, start=start, end=start + len(bare), value=bare)


def _spans(shadow: str) -> list[tuple[PiiKind, int, int]]:
    """List candidates, the surest kinds first: an earlier span wins where two overlap."""
    spans: list[tuple[PiiKind, int, int]] = []

    def add(kind: PiiKind, pattern: re.Pattern[str], group: int = 0) -> None:
        spans.extend((kind, *match.span(group)) for match in pattern.finditer(shadow))

    add(PiiKind.PASSWORD, _PASSWORD, 1)
    add(PiiKind.EMAIL, _EMAIL)
    add(PiiKind.ID, _ID_18)
    add(PiiKind.ID, _ID_18_LOOSE)
    add(PiiKind.ID, _ID_TAIL_X)
    add(PiiKind.CARD, _CARD_AFTER_WORD, 1)
    spans.extend(
        (PiiKind.CARD, *match.span())
        for match in _CARD_GROUPS.finditer(shadow)
        if match[0].startswith("62") or _luhn(match[0]) or _CARD_WORDS.search(shadow[: match.start()])
    )
    spans.extend(
        (PiiKind.CARD, *match.span())
        for match in _CARD_GROUPS_LOOSE.finditer(shadow)
        if _CARD_WORDS.search(shadow[: match.start()])
        or ((match[0].startswith("62") or _luhn(match[0])) and not _round_sums(match[0]))
    )
    add(PiiKind.ID, _ID_15)
    add(PiiKind.ID, _ID_15_LOOSE)
    add(PiiKind.CARD, _LONG_NUMBER)
    add(PiiKind.PHONE, _MOBILE)
    spans.extend(
        (PiiKind.PHONE, *match.span()) for match in _MOBILE_LOOSE.finditer(shadow) if not _round_sums(match[0])
    )
    add(PiiKind.PHONE, _LANDLINE)
    add(PiiKind.PHONE, _LOCAL_PHONE, 1)
    add(PiiKind.PHONE_TAIL, _PHONE_TAIL, 1)
    add(PiiKind.NAME, _NAME, 1)
    spans.extend(_spoken(shadow))
    return spans


def _spoken(shadow: str) -> list[tuple[PiiKind, int, int]]:
    """Numbers read out in Chinese digits, alone or mixed: 幺三八零零幺三八零零零, 138 零零一三 8000."""
    spans: list[tuple[PiiKind, int, int]] = []
    for match in _SPOKEN_RUN.finditer(shadow):
        digits = match[0].translate(_CHINESE_DIGITS)
        if len(digits) == _SPOKEN_LENGTH and not re.match(r"1[3-9]|0", digits):
            continue
        spans.append((PiiKind.PHONE if len(digits) == _SPOKEN_LENGTH else PiiKind.ID, *match.span()))
    plain = shadow.translate(_CHINESE_DIGITS)
    for kind, pattern in _SPOKEN_SHAPES if plain != shadow else ():
        spans.extend((kind, *match.span()) for match in pattern.finditer(plain))
    return spans


def _round_sums(text: str) -> bool:
    """Tell a list of sums from one number in groups: sums are mostly round, and none begins with a nought."""
    groups = re.findall(r"\d+", text)
    return all(len(each) > 1 and each[0] != "0" and each[-1] == "0" for each in groups)


def _luhn(text: str) -> bool:
    digits = [int(char) for char in text if char.isdigit()][::-1]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[0::2]) + sum(doubled)) % 10 == 0


def _ascii_digits(text: str) -> str:
    """Fold every script's decimal digits, and full-width letters, to ASCII, and all that is invisible to one character.

    Offsets stay those of the original.
    """
    return "".join(_fold(char) for char in text)


def _fold(char: str) -> str:
    if char.isascii():
        return char
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    if unicodedata.category(char) in _INVISIBLE:
        return "\u200b"
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 and folded.isascii() and folded.isalnum() else char


def found_in_value(key: str, value: object, *, expecting: str | None) -> tuple[Found, ...]:
    """Find what to hide in one value of a payload; a private fact's value is hidden whole."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ()
    text = clean(str(value))
    if (key in PRIVATE_FACTS or key == expecting) and text.strip():
        return (Found(kind=private_kind(key), start=0, end=len(text), value=text),)
    return find(text)
