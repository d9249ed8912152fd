"""Bring what people type to one spelling, so that a rule written once meets every way of writing it.

Recognised speech swaps homophones, phones write full width or traditional characters, and some mask a word on purpose.
Readers get the folded text; the caller's own words are never replaced anywhere else.
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

_DEFAULT: Final = Path(__file__).with_name("folding.yml")
_HAN: Final = "㐀-鿿"
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_REPEATED: Final = re.compile(rf"([{_HAN}a-z])\1{{2,}}")
_STOP: Final = re.compile(r"[。!?;…\n\r]+")
_MASK: Final = re.compile(rf"(?<=[{_HAN}])[ \t*._\-/·~|'\"^#+=&@`]+(?=[{_HAN}])")
_LATIN_GAP: Final = re.compile(r"(?<=[a-z0-9]) +(?=[a-z0-9])")
_KEPT_GAP: Final = "\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Two readings of one message; `spaced` takes a gap for a pause, `joined` takes it for a masked word."""

    spaced: str
    joined: str

    @property
    def readings(self) -> tuple[str, ...]:
        """Each different reading once."""
        return (self.spaced,) if self.spaced == self.joined else (self.spaced, self.joined)


@dataclass(frozen=True, slots=True)
class Folder:
    """The spellings on file, ready to apply."""

    traditional: dict[int, str]
    spelling: tuple[tuple[re.Pattern[str], str], ...]

    @classmethod
    def load(cls, path: Path = _DEFAULT) -> "Folder":
        """Read the spellings."""
        data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        pairs = data["traditional"].split()
        return cls(
            {ord(pair[0]): pair[1] for pair in pairs},
            tuple((re.compile(pattern), word) for pattern, word in data["spelling"]),
        )

    def fold(self, text: str, /) -> Folded:
        """Return both readings: lower case, half width, simplified; 「。」 ends a sentence, 「,」 is a pause."""
        base = unicodedata.normalize("NFKC", text).lower().translate(self.traditional)
        base = _INVISIBLE.sub("", base).replace("、", ",").replace(",", ",").replace(":", ",")
        base = _REPEATED.sub(r"\1", _STOP.sub("。", base))
        return Folded(spaced=self._finish(base), joined=self._finish(_MASK.sub("", base)))

    def _finish(self, text: str) -> str:
        kept = _LATIN_GAP.sub(_KEPT_GAP, text)
        kept = re.sub(rf"[^{_HAN}a-z0-9。,.%'{_KEPT_GAP}]+", ",", kept).replace(_KEPT_GAP, " ").strip(",")
        for pattern, word in self.spelling:
            kept = pattern.sub(word, kept)
        return kept
