"""Bring what people type to one spelling, so that a rule written once meets every way of writing it.

Recognised speech swaps homophones, phones write full width or traditional characters, some write as they speak at home,
and some mask a word on purpose. Readers get the folded text; the caller's own words are never replaced anywhere else,
and every folded character knows which of them it came from.
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

Span: TypeAlias = tuple[int, int]

_DEFAULT: Final = Path(__file__).with_name("folding.yml")
_HAN: Final = "㐀-鿿"
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff]")
_REPEATED: Final = re.compile(rf"((?![零〇一二三四五六七八九])[{_HAN}a-z])\1{{2,}}")
_STOP: Final = re.compile(r"[。!?;\n\r]+")
_PAUSE: Final = re.compile(r"[、:]")
_MASK: Final = re.compile(rf"(?<=[{_HAN}])[ \t*._\-/·~|'\"^#+=&@`]+(?=[{_HAN}])")
_TIDY: Final = (
    (re.compile(rf"[^{_HAN}a-z0-9。,.%' \U0001f100-\U0001faff]+|\.{{2,}}"), ","),
    (re.compile(r" {2,}"), " "),
    (re.compile(r"(?<![a-z0-9]) | (?![a-z0-9])"), ","),
    (re.compile(r",*。[,。]+|,+。"), "。"),
    (re.compile(r",{2,}"), ","),
    (re.compile(r"^,|,$"), ""),
)
_SIGNS: Final = re.compile(r"[\W_]+")
_EMOJI: Final = (re.compile(r"[\U0001f100-\U0001faff]+"), ",")
_PASSES: Final = 8
"""More rounds than any spelling needs to settle; a bound, so that two spellings at odds cannot keep a caller waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Two readings of one message; `spaced` takes a gap for a pause, `joined` takes it for a masked word."""

    spaced: str
    joined: str
    origins: tuple[Span, ...]
    """For every character of `spaced`, where in the message it comes from: [start, end)."""

    @property
    def readings(self) -> tuple[str, ...]:
        """Each different reading once."""
        return (self.spaced,) if self.spaced == self.joined else (self.spaced, self.joined)

    def origin(self, start: int, end: int, /) -> Span:
        """Return where in the message a stretch [start, end) of `spaced` was said."""
        if start >= end:
            return (0, 0)
        return self.origins[start][0], self.origins[end - 1][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """One thing written otherwise, what is meant, a sentence that it changes, and a look-alike that it leaves alone."""

    said: re.Pattern[str]
    meant: str
    changes: str
    keeps: str


@dataclass(frozen=True, slots=True)
class _Tape:
    """A text on its way to one spelling, each character with where it comes from."""

    text: str
    origins: tuple[Span, ...]

    def sub(self, said: re.Pattern[str], meant: str) -> "_Tape":
        """Replace every match; where the length stays, character stands for character."""
        if said.search(self.text) is None:
            return self
        pieces: list[str] = []
        origins: list[Span] = []
        done = 0
        for found in said.finditer(self.text):
            start, end = found.span()
            new = found.expand(meant)
            pieces += [self.text[done:start], new]
            origins += self.origins[done:start]
            if len(new) == end - start:
                origins += self.origins[start:end]
            else:
                origins += [(self.origins[start][0], self.origins[end - 1][1])] * len(new)
            done = end
        return _Tape("".join([*pieces, self.text[done:]]), (*origins, *self.origins[done:]))


@dataclass(frozen=True, slots=True)
class Folder:
    """The spellings on file, ready to apply."""

    traditional: dict[int, str]
    spelling: tuple[Spelling, ...]

    @classmethod
    def load(cls, path: Path = _DEFAULT) -> "Folder":
        """Read the spellings."""
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it was built in: ten times faster
        data: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
        pairs = data["traditional"].split()
        return cls(
            {ord(pair[0]): pair[1] for pair in pairs},
            tuple(
                Spelling(said=re.compile(said), meant=meant, changes=changes, keeps=keeps)
                for said, meant, changes, keeps in data["spelling"]
            ),
        )

    def fold(self, text: str, /) -> Folded:
        """Return both readings: lower case, half width, simplified; 「。」 ends a sentence, 「,」 is a pause.

        Folding what is folded changes nothing.
        """
        plain = self._plain(text)
        spaced = self._settle(plain, masked=False)
        unmasked = plain.sub(_MASK, "")
        if unmasked is plain:  # nothing is masked, unless a spelling has laid it bare: 我.zisha
            joined = self._settle(spaced, masked=True) if _MASK.search(spaced.text) else spaced
        else:
            joined = self._settle(unmasked, masked=True)
        return Folded(spaced=spaced.text, joined=joined.text, origins=spaced.origins)

    def spelt(self, text: str, /) -> str | None:
        """Return a text as it would be spelt in a document; None where nothing but case, width and signs would change."""
        folded = self.fold(text).spaced
        same = _SIGNS.sub("", folded) == _SIGNS.sub("", unicodedata.normalize("NFKC", text).lower())
        return None if same else folded

    def _plain(self, text: str) -> _Tape:
        """Return the text in lower case, half width, simplified characters and without marks on its letters."""
        pieces: list[str] = []
        origins: list[Span] = []
        for index, char in enumerate(text):
            parts = unicodedata.normalize("NFKD", char)
            piece = "".join(part for part in parts if not unicodedata.combining(part))
            piece = piece.lower().translate(self.traditional)
            pieces.append(piece)
            origins += [(index, index + 1)] * len(piece)
        tape = _Tape("".join(pieces), tuple(origins))
        for said, meant in ((_INVISIBLE, ""), (_PAUSE, ","), (_STOP, "。")):
            tape = tape.sub(said, meant)
        return tape

    def _settle(self, tape: _Tape, *, masked: bool) -> _Tape:
        """Apply every spelling until none has anything left to change: one may lay bare what another reads."""
        for _ in range(_PASSES):
            if masked:
                tape = tape.sub(_MASK, "")
            for said, meant in _TIDY:
                tape = tape.sub(said, meant)
            tidy = tape = tape.sub(_REPEATED, r"\1")
            for one in self.spelling:
                tape = tape.sub(one.said, one.meant)
            tape = tape.sub(*_EMOJI)
            if tape.text == tidy.text:
                break
        return tape
