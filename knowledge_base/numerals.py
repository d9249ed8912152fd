"""Read numbers the way people say them: 一万二, 两千多, 三千五, 3万5, 仨月, 半年."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_DIGITS: Final[Mapping[str, int]] = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {
    digit: value for value, digit in enumerate("〇壹贰叁肆伍陆柒捌玖")
}
_MYRIADS: Final[Mapping[str, int]] = {"亿": 10**8, "万": 10**4}
_SPELT: Final = str.maketrans(
    {"两": "二", "拾": "十", "佰": "百", "仟": "千", "k": "千", "w": "万", "〇": "零", "个": None, ",": None}
)
_UNITS: Final[Mapping[str, int]] = {"千": 1000, "百": 100, "十": 10}
_JOINED: Final[Mapping[str, str]] = {"仨": "三个", "俩": "两个", "廿": "二十", "卅": "三十"}
_PAIRS: Final = frozenset(["一二", "两三", "二三", "三四", "四五", "五六", "六七", "七八", "八九"])
"""两三万, 十七八: the lower is what is sure."""
_D: Final = f"(?:{'|'.join(sorted(_PAIRS))}|[一二三四五六七八九两壹贰叁肆伍陆柒捌玖])"
_SECTION: Final = f"(?:{_D}[千仟])?零?(?:{_D}[百佰])?零?(?:{_D}?[十拾])?{_D}?"
# No number begins within a run of digits: whoever sends thousands of them makes nobody count from each.
_ARABIC: Final = r"(?<!\d)(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
NUMBER: Final = (
    rf"(?:{_ARABIC}(?:[亿万wW](?:\d+(?:[千百]\d?)?)?|[千百kK]\d?)?"
    rf"|(?<![零〇一二三四五六七八九])[零〇一二三四五六七八九]{{3,}}(?![十百千万亿])"
    rf"|(?=[{''.join(_DIGITS)}两十拾廿卅])(?:{_SECTION}亿)?(?:{_SECTION}万)?(?:{_SECTION}|半)|[廿卅][一二三四五六七八九]?|半)"
)
_AMOUNT: Final = re.compile(
    rf"(?P<number>{NUMBER})(?P<more>多|来|余|几)?(?P<unit>万|千|百)?(?P<half>半)?(?P<coin>块钱|元钱|块|元|圆|蚊|人民币|rmb)?"
    r"(?P<tail>[一二三四五六七八九](?:毛|(?![十百千万个年月天岁人])))?",
    re.IGNORECASE,
)
_MONEY_BEFORE: Final = re.compile(
    r"(?:欠|借|赔|还|给|工资|工钱|收入|挣|押金|彩礼|抚养费|赡养费|转|打|骗|付|交|罚|要|款|费|值|花|补偿|钱|补助|月薪|低保|房租|垫|一共|总共|合计)[^,。0-9]{0,6}$"
)
_NOT_MONEY_AFTER: Final = re.compile(
    r"^(?:个|人|名|位|岁|年|月|天|日|号|次|户|套|平|亩|点|分|米|层|楼|口|家|条|辆|张|封|遍|回|级|%|十?里|公里|小时|周|星期|礼拜|班|度"
    r"|斤|公斤|吨|棵|头|只|台|件|股|份|字|瓶|箱|步|方|审|院|期|届|栋|单元|室|把|根|颗|间|幢|座|险|金|刀|下|倍|代|等|类|种|样|线|手房|里地)"
)
_NO_COIN_AFTER: Final = re.compile(r"^(?:地|田|石|砖|玻璃|板|肉|表|手表|宅|儿|铁|木|布|区|屏|牌|伤|疤|林|菜)")
_NOT_MONEY_BEFORE: Final = re.compile(
    r"(?:第|[几数]|百分之|电话|手机号?|号码|车牌[^,。]{0,6}|账号|卡号|身份证号?|[a-z])$"
)
_HOTLINE: Final = re.compile(r"1[12]\d|12\d{3}|9[56]\d{3}|1\d{10}|400\d{7}")
_CALLED: Final = re.compile(r"[打拨]过?了?通?$")
_TOO_LONG: Final = 9
"""Digits without a unit that are a telephone, card or identity number."""
_PAIRS_SPELT: Final = frozenset(pair.translate(_SPELT) for pair in _PAIRS)
_FLOOR: Final = 20
"""A bare number below this is hardly money."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum of money as found; `rough` when the caller said «多» or «几»."""

    value: Decimal
    rough: bool
    start: int
    end: int


def parse_number(text: str, /) -> Decimal | None:
    """Return the value of one spoken or written number, None when it is none: 一万二 is 12000, 3万5 is 35000."""
    for said, plain in _JOINED.items():
        text = text.replace(said, plain)
    text = text.lower().strip().translate(_SPELT)
    if not text:
        return None
    if text == "半":
        return Decimal("0.5")
    if text in _PAIRS_SPELT:
        return Decimal(_DIGITS[text[0]])
    for unit, size in _MYRIADS.items():
        if unit in text:
            high, low = text.split(unit, 1)
            whole = Decimal(1) if not high else parse_number(high)
            rest = _rest(low, below=size // 10)
            return None if whole is None or rest is None else whole * size + rest
    return _section(text)


def _rest(text: str, *, below: int) -> Decimal | None:
    """Return what follows a unit: a bare digit counts the next smaller unit (一万二, 3万5, 两百三)."""
    if not text:
        return Decimal(0)
    if text == "半":
        return Decimal(5 * below)
    if len(text) == 1 and (digit := _digit(text)) is not None:
        return digit * below
    return parse_number(text)


def _section(text: str) -> Decimal | None:
    """Return a number below ten thousand."""
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return Decimal(text)
    if len(text) > 1 and all(char in _DIGITS for char in text):
        return Decimal("".join(str(_DIGITS[char]) for char in text))  # 二零二六 is read digit by digit
    for unit, size in _UNITS.items():
        if unit in text:
            high, low = text.split(unit, 1)
            whole = Decimal(1) if not high else _digit(high.strip("零"))
            rest = _rest(low, below=size // 10) if low.strip("零") == low else _section(low.strip("零"))
            return None if whole is None or rest is None else whole * size + rest
    return _digit(text.strip("零"))


def _digit(text: str) -> Decimal | None:
    if text in _PAIRS_SPELT:
        return Decimal(_DIGITS[text[0]])
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return Decimal(text)
    return Decimal(_DIGITS[text]) if text in _DIGITS else None


def amounts(text: str, /) -> Iterator[Amount]:
    """Find sums of money, best first as said: a coin word, or a verb of paying before the number."""
    for found in _AMOUNT.finditer(text):
        number, more, unit = found["number"], found["more"], found["unit"]
        value = parse_number(number + (unit or "") if not more else number)
        if value is None:
            continue
        if more and unit:
            value *= {"万": 10**4, "千": 1000, "百": 100}[unit]
        if found["coin"] in {"块", "元"} and found["tail"]:
            value += Decimal(_DIGITS[found["tail"][0]]) / 10  # 一块二
        if _is_money(found, value, text):
            rough = more is not None or any(pair in number for pair in _PAIRS)
            yield Amount(value=value, rough=rough, start=found.start(), end=found.end())


def _is_money(found: re.Match[str], value: Decimal, text: str) -> bool:
    number = found["number"] + (found["unit"] or "")
    after = text[found.end() : found.end() + 3]
    before = text[max(0, found.start() - 10) : found.start()]
    if _NOT_MONEY_BEFORE.search(before):
        return False
    if found["coin"]:
        together = number == "一" and found["coin"] == "块" and not found["tail"]  # 一块干活
        return not together and not _NO_COIN_AFTER.match(after)
    if len(number) >= _TOO_LONG and number.isdigit():
        return False
    if _HOTLINE.fullmatch(number) and _CALLED.search(before):
        return False
    large = len(number) > 1 and any(mark in number for mark in "万wW千kK")
    paid = _MONEY_BEFORE.search(before) is not None and value >= _FLOOR
    return (large or paid) and not _NOT_MONEY_AFTER.match(after)
