"""Messages for the ear: short sentences, numbers as words, no address of any page (语音播报)."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

import cn2an

from api.services.records import StoredMessage
from bot.channels.phrases import PhoneWords
from bot.channels.plain import Offered
from bot.redact import readable

_DIGITS: Final = str.maketrans("0123456789", "零幺二三四五六七八九")
_YEAR: Final = str.maketrans("0123456789", "零一二三四五六七八九")
_URL: Final = re.compile(r"(?:https?://|www\.)[^\s，。；）]+")
_REFERENCE: Final = re.compile(r"\b([A-Z]{2})-(\d{4})-([0-9A-Z]{4,5})-([0-9A-Z])\b")
_ISO: Final = re.compile(r"(\d{4})-(0\d|1[0-2])-([0-2]\d|3[01])")
_IN_YEAR: Final = re.compile(r"(\d{4})(?=\s*年|〕)")
_CLOCK: Final = re.compile(r"(?<!\d)([01]?\d|2[0-4]):([0-5]\d)(?!\d)")
_HOTLINE: Final = re.compile(
    r"(?<![\d.,])(?:11[0-9]|12[0-9]|12[0-9]{3}|9[56]\d{3}|12110\d{3}|\d{7,})(?![\d.,]*\d|[元块%])"
)
_NUMBER: Final = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_PERCENT: Final = re.compile(r"(\d+(?:\.\d+)?)%")
_SOURCE: Final = re.compile(r"^(?:来源|依据|出处)[：:]")
_BULLET: Final = re.compile(r"^[·•\-]\s*")
_BRACKETS: Final = str.maketrans(
    {
        "（": "，",
        "）": "，",
        "(": "，",
        ")": "，",
        "“": "",
        "”": "",
        "《": "",
        "》": "",
        "〔": "",
        "〕": "",
        "【": "",
        "】": "",
        "［": "",
        "］": "",
    }
)
_STOPS: Final = re.compile(r"[，,；;：:]*([。！？!?])|[，,；;：:]{2,}|[，,；;：:]+$")
_SENTENCE: Final = re.compile(r"[^。！？!?]+[。！？!?]?")
_MOST_CITED: Final = 2
_LARGEST: Final = 10**12


def heard(message: StoredMessage, choices: Sequence[Offered], words: PhoneWords, /) -> tuple[str, ...]:
    """Return a message as sentences to be said one after the other, its sources named in one of them, then its choices."""
    sentences = [
        sentence
        for line in readable(message.text).splitlines()
        if line.strip() and not _SOURCE.match(line)
        for sentence in spoken(line)
    ]
    return (*sentences, *_cited(message, words), *_menu(message, choices, words))


def spoken(text: str, /) -> tuple[str, ...]:
    """Return one line of text as sentences for the ear."""
    said = _BULLET.sub("", _URL.sub("", text.strip())).translate(_BRACKETS)
    said = _STOPS.sub(lambda match: match[1] or "，", in_words(said))
    return tuple(
        each if each[-1] in "。！？!?" else each + "。"
        for each in (sentence.strip(" ，,；;：:") for sentence in _SENTENCE.findall(said))
        if each.strip("。！？!?， ")
    )


def in_words(text: str, /) -> str:
    """Write every number as it is said: telephone numbers digit by digit, years likewise, sums and counts as numbers."""
    # Digits of any script are digits here, and only ours have words.
    text = "".join(str(unicodedata.decimal(char, char)) for char in text)
    text = _REFERENCE.sub(lambda match: reference(match[0]), text)
    text = _ISO.sub(lambda match: f"{match[1]}年{int(match[2])}月{int(match[3])}日", text)
    text = _IN_YEAR.sub(lambda match: match[1].translate(_YEAR), text)
    text = _CLOCK.sub(_time, text)
    text = _HOTLINE.sub(lambda match: match[0].translate(_DIGITS), text)
    text = _PERCENT.sub(lambda match: f"百分之{_cardinal(match[1])}", text)
    return _NUMBER.sub(lambda match: _cardinal(match[0]), text)


def digits(number: str, /) -> str:
    """Return a number digit by digit, an eleven-digit one in the groups people say it in: 138，1234，5678."""
    bare = "".join(each for each in number if each.isdigit())
    cuts = (3, 7) if len(bare) == 11 else tuple(range(4, len(bare), 4))  # noqa: PLR2004 - a mobile number
    groups = [bare[start:end] for start, end in zip((0, *cuts), (*cuts, len(bare)), strict=True)]
    return "，".join(group.translate(_DIGITS) for group in groups if group)


def reference(number: str, /) -> str:
    """Return a reference letter by letter: L，A，二零二六，七K四Q，三."""
    head, *rest = number.split("-")
    return "，".join([*head, *(part.translate(_DIGITS) for part in rest)])


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    half = {0: "", 30: "半"}.get(minute)
    return f"{hour}点" + (f"{minute}分" if half is None else half)


def _cardinal(number: str) -> str:
    bare = number.replace(",", "")
    if float(bare) >= _LARGEST or (len(bare) > 1 and bare[0] == "0" and "." not in bare):
        return bare.translate(_DIGITS)
    said: str = cn2an.an2cn(bare)
    return said


def _cited(message: StoredMessage, words: PhoneWords) -> Iterator[str]:
    """Name document and clause; the rest of a citation can be read, not heard."""
    cited = message.body.get("citations") or ()
    told = dict.fromkeys(
        f"{one['document'].strip('《》').removeprefix('中华人民共和国')}{one.get('clause') or ''}" for one in cited
    )
    if told:
        sources = words.and_.join(in_words(one).translate(_BRACKETS) for one in list(told)[:_MOST_CITED])
        yield words.source.format(sources=sources)


def _menu(message: StoredMessage, choices: Sequence[Offered], words: PhoneWords) -> Iterator[str]:
    own = [choice for choice in choices if choice.seq == message.seq and choice.number is not None]
    if own:
        yield "，".join(words.press.format(title=one.title, key=in_words(str(one.number))) for one in own) + "。"
