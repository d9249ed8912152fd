"""Messages for channels that show plain text: menus become numbers, and what is too long is cut where a sentence ends."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.services.records import Sender, StoredMessage
from bot.channels.phrases import MenuWords
from bot.messages import Payload
from bot.redact import readable

_NUMERIC: Final = frozenset({"int", "money", "date"})
"""Types of question that a number answers: choices beside them are told by their words alone."""
_SENTENCE: Final = re.compile(r"[^。！？!?；;\n]*[。！？!?；;\n]+|[^。！？!?；;\n]+")
_AROUND: Final = " \t\r\n\u3000。.!！、,，)）"
_DIGITS: Final = str.maketrans("０１２３４５６７８９", "0123456789")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A choice of this turn; `number` is what the citizen types for it, None where a number would be an answer."""

    title: str
    payload: str
    seq: int
    number: int | None


def offered(turn: Sequence[StoredMessage], /) -> tuple[Offered, ...]:
    """Return the choices of everything said since the citizen spoke last, numbered through."""
    found: list[Offered] = []
    number = 0
    for message in turn:
        if message.sender is Sender.CITIZEN:
            continue
        by_number = (message.body.get("question") or {}).get("type") not in _NUMERIC
        for choice in message.body.get("choices", ()):
            number += by_number
            typed = number if by_number else None
            found.append(Offered(title=choice["title"], payload=choice["payload"], seq=message.seq, number=typed))
    return tuple(found)


def chosen(text: str, choices: Sequence[Offered], /) -> Payload | None:
    """Return what a typed number or title chose, None where the words are the citizen's own."""
    typed = text.strip(_AROUND).translate(_DIGITS)
    for choice in choices:
        if typed == choice.title or (choice.number is not None and typed == str(choice.number)):
            payload: Payload = json.loads(choice.payload)
            return payload
    return None


def said(message: StoredMessage, words: MenuWords, /) -> str:
    """Return the words of a message; what a person wrote says so, as nothing else shows it."""
    text = readable(message.text)
    return words.person.format(text=text) if message.sender is Sender.PERSON else text


def written(message: StoredMessage, choices: Sequence[Offered], words: MenuWords, /) -> str:
    """Return a message as plain text, its choices below it."""
    own = [choice for choice in choices if choice.seq == message.seq]
    lines = [said(message, words)]
    numbered = [words.item.format(number=one.number, title=one.title) for one in own if one.number is not None]
    if numbered:
        lines += [words.head, *numbered]
    beside = [one.title for one in own if one.number is None]
    if beside:
        lines.append(words.beside.format(titles=words.comma.join(beside)))
    return "\n".join(lines)


def split(text: str, /, *, limit: int, measure: Callable[[str], int] = len) -> tuple[str, ...]:
    """Cut a text into parts of at most `limit` by `measure`: at sentence ends, in a sentence only where one is too long."""
    parts: list[str] = []
    part = ""
    for piece in _pieces(text, limit=limit, measure=measure):
        if part and measure((part + piece).rstrip()) > limit:
            parts.append(part.rstrip())
            part = piece.lstrip("\n")
        else:
            part += piece
    return tuple(each for each in (*parts, part.rstrip()) if each)


def _pieces(text: str, *, limit: int, measure: Callable[[str], int]) -> Iterator[str]:
    for sentence in _SENTENCE.findall(text):
        if measure(sentence.rstrip()) <= limit:
            yield sentence
            continue
        part = ""
        for char in sentence:
            if part and measure(part + char) > limit:
                yield part
                part = ""
            part += char
        yield part


def utf8(text: str, /) -> int:
    """Measure in bytes, as WeChat does."""
    return len(text.encode())


def utf16(text: str, /) -> int:
    """Measure in UTF-16 units, as Telegram does."""
    return len(text.encode("utf-16-le")) // 2


def payload_of(choices: Sequence[Offered], /, *, seq: int, index: int) -> Mapping[str, object] | None:
    """Return what a button stands for: the choice at `index` of message `seq`; None once it is no longer offered."""
    own = [choice for choice in choices if choice.seq == seq]
    return None if not 0 <= index < len(own) else json.loads(own[index].payload)
