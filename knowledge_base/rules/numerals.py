"""Tell an age or a monthly sum from the words around a number: 快七十了, 一个月3500块, 四口人一共八千."""

import re
from decimal import Decimal
from typing import Final

from knowledge_base.numerals import parse_number

_CHINESE: Final = "零〇一二三四五六七八九两俩仨十百千万"
_NUMBER: Final = rf"(?:\d+(?:,\d{{3}})*(?:\.\d+)?[万千百wk]?\d*|[{_CHINESE}]+)"
_ABOUT: Final = r"(?:大概|大约|差不多|约|估计|可能|应该|也就|顶多|最多|有个|个把|有|是|就|才|快要|刚好|正好)*"
_AGE: Final = re.compile(
    rf"^(?P<who>[^\d{_CHINESE}]{{0,8}}?)(?P<about>{_ABOUT})(?P<near>快|快到|快满|将近|接近|不到|未满|不满|没满|还没满|还没到|没到|刚满|刚过|满|过了|已经)?"
    rf"(?P<number>{_NUMBER})(?P<more>多|来|出头|好几)?(?:周岁|岁)?(?P<less>以下|以内)?(?:半|多|左右|上下|了|啦|啊|呢|吧|的人|老人)*$"
)
_RANGE: Final = re.compile(
    r"[一二三四五六七八九两]{2}(?![一二三四五六七八九])|[一二三四五六七八九][一二三四五六七八九]十|十[一二三四五六七八九]{2}|到|至|[-~—]"
)
_BELOW: Final = frozenset(
    {"快", "快到", "快满", "将近", "接近", "不到", "未满", "不满", "没满", "还没满", "还没到", "没到"}
)
_AMOUNT: Final = re.compile(
    rf"^(?P<head>[^\d{_CHINESE}]{{0,12}}?(?:一个月|每个月|每月|月)?[^\d{_CHINESE}]{{0,6}}?)(?P<number>{_NUMBER})(?P<more>多|来|出头)?"
    r"(?:块|元|圆|人民币|rmb|块钱|元钱|多)*(?:钱)?(?:/月|一个月|每月|每个月|一月|不到|左右|上下|吧|了|啊|呢|的样子)*$"
)
_YEARLY: Final = re.compile(r"一年|每年|年收入|年薪|全年")
_TOGETHER: Final = re.compile(
    r"(?P<people>[一二两三四五六七八九十\d]+)(?:口|个)?人.*?(?:一共|总共|加起来|合计|共)(?P<rest>.+)$"
)
_NONE: Final = re.compile(
    r"(?:零|0|无|没|零收入|(?:完全)?没(?:有)?(?:任何|啥|什么)?(?:收入|钱|工资|进账|来源)?|一分(?:钱)?(?:都|也)?没有?)"
)
_NO_INCOME: Final = re.compile(r"岁|天|欠|要多|赔|人|几|押金|定金|彩礼|货款|医药费|罚款|房租")
"""A number beside one of these is no income."""
_MONTHS: Final = 12


def read_age(text: str) -> int | None:
    """Read full years. 快六十 is not sixty yet, so it reads as 59: the law counts birthdays that have come."""
    found = _AGE.match(re.sub(r"今年|实岁|已经|都|周岁", lambda m: "岁" if m.group() == "周岁" else "", text))
    if found is None or "虚" in text or _RANGE.search(found["number"]) or "属" in found["who"]:
        return None
    if re.search(r"要|花|等|年生|出生|月|天|号|块|元|还差", text):
        return None
    value = parse_number(found["number"])
    if value is None or value != int(value):
        return None
    return int(value) - (1 if found["near"] in _BELOW or found["less"] else 0)


def read_amount(text: str) -> Decimal | None:
    """Read an amount a month: a yearly one is divided by twelve, «四口人一共八千» by four."""
    if _NONE.fullmatch(text.rstrip("的啊呢吧了")):
        return Decimal(0)
    text = text.replace(" ", "")
    together = _TOGETHER.search(text)
    if together:
        people, whole = parse_number(together["people"]), read_amount(together["rest"])
        return whole / people if whole is not None and people else None
    yearly = bool(_YEARLY.search(text))
    found = _AMOUNT.match(_YEARLY.sub("", text))
    if found is None or _NO_INCOME.search(text) or _spread(found["number"]):
        return None
    value = parse_number(found["number"])
    if value is None:
        return None
    return value / _MONTHS if yearly else value


def _spread(number: str) -> bool:
    """两三千 names two amounts: ask for one."""
    return bool(re.search(r"[一二三四五六七八九两]{2}", number))
