"""Hears words that take back one's own earlier words, and what is put in their place (改口).

Only what was said, written or chosen here is taken back: «搞错了人被抓了» tells of somebody else's mistake.
"""

import re
from typing import Final

_BREAK: Final = r"[\s,，。.、；;：:!！~…]"
_DIGIT: Final = r"[0-9０-９零一二两三四五六七八九十百千万半]"
_SIGH: Final = r"(?:哎呀?|哦|噢|呃|额|啊|呀|哈|呢|嘛|嗯|等(?:一下|等|下))"
_OWN: Final = r"(?:[我俺咱]们?|刚[才刚]|前面|上面|之前|那个|这个|可能|好像|对不起|抱歉|不好意思)"
_MISSAID: Final = r"(?:说|讲|答|填|选|点|打|写|记|弄|搞)(?:错(?:字|数)?了?|反了|多了|少了)"
_PUT: Final = rf"(?={_BREAK}|$|是|不是|应该|其实|[我俺咱加改]|一?共|{_DIGIT}|[啊呀哦哈呢嘛]+(?:{_BREAK}|$))"
"""What stands behind words that are taken back: an end, or what is put in their place. «写错了名字怎么办» has neither."""
_WORD: Final = r"[^\s,，。、；;：:]"
_SIGN: Final = (
    rf"(?:{_MISSAID}{_PUT}|口误|不对(?![劲付头等称外]){_PUT}|不是的?(?={_BREAK}+\S)|不是{_WORD}{{1,8}}{_BREAK}++(?=而?是|应该)"
    rf"|不是{_WORD}{{0,4}}{_DIGIT}{_WORD}{{0,4}}?(?=而?是)|更正(?:一下)?|改一下(?!吗)|改(?:成|为)(?=[是不]|{_DIGIT})|应该(?=是|{_DIGIT}))"
)
_OPENS: Final = re.compile(rf"(?:{_BREAK}|{_SIGH}|{_OWN})*+(?!应该){_SIGN}(?:{_BREAK}|{_SIGH}|{_OWN}?{_SIGN})*+")
_ONLY: Final = re.compile(rf"(?:{_BREAK}|{_SIGH}|{_OWN})*+{_MISSAID}(?:{_BREAK}|{_SIGH}|{_OWN}?{_MISSAID})*+")
_ANYWHERE: Final = re.compile(rf"{_SIGN}(?:{_BREAK}|{_SIGH})*+")


def opens(text: str, /) -> str | None:
    """Return what a message puts in place of earlier words, empty where it only takes them back; None for every other message."""
    found = _OPENS.match(text)
    return None if found is None else text[found.end() :]


def only_takes_back(text: str, /) -> bool:
    """Tell «我说错了» and nothing else: what is right is still to come."""
    return _ONLY.fullmatch(text) is not None


def instead(text: str, /) -> str:
    """Return what stands behind the last word that takes something back: «五个月 不对 是三个月»; else the whole."""
    found = list(_ANYWHERE.finditer(text))
    return text[found[-1].end() :] if found else text
