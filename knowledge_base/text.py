"""Makes a question and a statute comparable: one normal form, one tokeniser, for index and query alike."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_DIGITS: Final = "零一二三四五六七八九"
_VALUES: Final = {**{c: i for i, c in enumerate(_DIGITS)}, "〇": 0, "○": 0, "两": 2}
_UNITS: Final = {"十": 10, "百": 100, "千": 1000}
_HAN: Final = "㐀-鿿豈-﫿"
_RUN: Final = re.compile(rf"[{_HAN}]+|[a-z0-9]+")
_ARTICLE: Final = re.compile(r"第([零〇一二三四五六七八九十百千两0-9]+)条|(?<!\d)(\d{1,4})条")
_SPACED: Final = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")
_SPACE: Final = re.compile(r"\s+")


def normalise(text: str) -> str:
    """Return the form in which texts are compared: half width, lower case, no gaps between characters."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return _SPACE.sub(" ", _SPACED.sub("", folded)).strip()


def tokenise(text: str) -> list[str]:
    """Return character bigrams and single characters, Latin words, and one token for each article number.

    Of the gold articles of lay questions over 57,855 articles bigrams found 43.6 % among ten where jieba's words found
    39.8 %, and they need no dictionary; single characters beside them brought 1.6 points more.
    """
    plain = normalise(text)
    single = (c for run in _RUN.findall(plain) if len(run) > 1 and not run[0].isascii() for c in run)
    return [*_runs(plain), *single, *(f"art{number}" for number in article_numbers(plain))]


def _runs(plain: str) -> Iterator[str]:
    for match in _RUN.finditer(plain):
        run = match.group()
        if run[0].isascii() or len(run) == 1:
            yield run
        else:
            yield from (run[i : i + 2] for i in range(len(run) - 1))


def bigrams(text: str) -> frozenset[str]:
    """Return the set of tokens of a text, for measuring how much of it another text covers."""
    return frozenset(_runs(normalise(text)))


def article_numbers(text: str) -> tuple[int, ...]:
    """Return the numbers of the articles (第…条) a text names, written in characters or in digits."""
    found = (numeral(match[1] or match[2]) for match in _ARTICLE.finditer(text))
    return tuple(number for number in found if number is not None)


def numeral(characters: str) -> int | None:
    """Read a Chinese or Arabic numeral below ten thousand; None when it is not one."""
    if characters.isascii() and characters.isdigit():
        return int(characters)
    if not characters or any(c not in _VALUES and c not in _UNITS for c in characters):
        return None
    if all(c in _VALUES for c in characters) and len(characters) > 1:
        return int("".join(str(_VALUES[c]) for c in characters))  # 二○○四 is read digit by digit
    total, digit = 0, 0
    for c in characters:
        if c in _VALUES:
            digit = _VALUES[c]
        else:
            total += (digit or 1) * _UNITS[c]
            digit = 0
    return total + digit


def to_numeral(number: int) -> str:
    """Write a whole number below ten thousand as clause marks do: 八, 十二, 二十三, 一百零五, 一千二百六十."""
    written = ""
    for size, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, size)
        if digit:
            written += _DIGITS[digit] + unit
        elif written and number and not written.endswith("零"):
            written += "零"
    return written.removeprefix("一") if written.startswith("一十") else written or "零"
