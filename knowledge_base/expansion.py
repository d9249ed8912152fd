"""Says in the statute's terms what citizens say in their own: 老板不给钱 becomes 拖欠劳动报酬 for the search by words.

The terms are added to a query; the citizen's words stay as they are.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, product
from pathlib import Path
from typing import Any, Final

import yaml

from knowledge_base.folding import Folder

_DEFAULT: Final = Path(__file__).parent / "sources" / "vocabulary.yml"
_MOST: Final = 8
_READ: Final = 2000
_LEAST: Final = 2
_GAP: Final = "[^。]{0,8}?"
_CHOICE: Final = re.compile(r"\(([^()]*)\)")


class VocabularyInvalid(ValueError):
    """The vocabulary file cannot be used; nothing is expanded on half of it."""

    code = "vocabulary_invalid"


@dataclass(frozen=True, slots=True, order=True)
class Saying:
    """One wording, in the parts that stand around its gaps; one without `law` only keeps shorter ones quiet."""

    parts: tuple[str, ...]
    law: tuple[str, ...]

    @property
    def length(self) -> int:
        """How many characters it is sure of."""
        return sum(map(len, self.parts))


@dataclass(frozen=True, slots=True)
class Expansion:
    """The vocabulary, ready to read queries: one alternation, a group for each saying."""

    sayings: tuple[Saying, ...]
    pattern: re.Pattern[str]
    folder: Folder

    @classmethod
    def load(cls, path: Path = _DEFAULT) -> "Expansion":
        """Read and check the vocabulary. Raises VocabularyInvalid."""
        folder = Folder.load()
        found: dict[tuple[str, ...], Saying] = {}
        for entry in _entries(yaml.safe_load(path.read_text(encoding="utf-8"))):
            for saying in _sayings(entry, folder):
                if saying.parts in found and found[saying.parts].law != saying.law:
                    msg = f"{'…'.join(saying.parts)!r} is said twice"
                    raise VocabularyInvalid(msg)
                found[saying.parts] = saying
        # By first character, so that one look decides between hundreds; then the longest first.
        sayings = tuple(sorted(found.values(), key=lambda saying: (saying.parts[0][0], -saying.length, saying)))
        heads = (
            f"{_guard(head)}{re.escape(head)}(?:" + "|".join(f"({_rest(saying.parts)})" for saying in group) + ")"
            for head, group in groupby(sayings, key=lambda saying: saying.parts[0][0])
        )
        return cls(sayings, re.compile(f"(?={'|'.join(heads)})" if sayings else "(?!)"), folder)

    def terms(self, query: str, /) -> tuple[str, ...]:
        """Return the statute terms to add to a query: the longest wordings' first, none that it holds already."""
        text = self.folder.fold(query[:_READ]).spaced
        ranked = sorted(
            (rank, -saying.length, start, term)
            for start, saying in self._found(text)
            for rank, term in enumerate(saying.law)
            if term not in query and term not in text
        )
        return tuple(dict.fromkeys(term for *_, term in ranked))[:_MOST]

    def _found(self, text: str) -> Iterator[tuple[int, Saying]]:
        """Give the longest saying at each place, unless it lies inside a longer one that has no gap."""
        covered = 0
        for match in self.pattern.finditer(text):
            group = match.lastindex or 0  # the pattern never matches without a group
            saying, start, end = self.sayings[group - 1], match.start(), match.end(group)
            if end > covered:
                yield start, saying
                if len(saying.parts) == 1:
                    covered = end


def _guard(start: str) -> str:
    """Keep a Latin word or a number from being found in the middle of a longer one."""
    return "(?<![a-z0-9])" if start.isascii() else ""


def _rest(parts: tuple[str, ...]) -> str:
    """Return the expression for a saying after its first character."""
    ends = ("(?![a-z0-9])" if part[-1].isascii() else "" for part in parts)
    first, *others = (re.escape(part) + end for part, end in zip((parts[0][1:], *parts[1:]), ends, strict=True))
    return _GAP.join((first, *(_guard(part[0]) + other for part, other in zip(parts[1:], others, strict=True))))


def _entries(data: object) -> Iterator[Mapping[str, Any]]:
    fields = data.values() if isinstance(data, dict) else (None,)
    for entries in fields:
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            msg = "the vocabulary is a mapping of fields, each a list of entries"
            raise VocabularyInvalid(msg)
        yield from entries


def _sayings(entry: Mapping[str, Any], folder: Folder) -> Iterator[Saying]:
    said, law, silent = (_texts(entry, key) for key in ("said", "law", "not"))
    if not said or not law or set(entry) - {"said", "law", "not"}:
        msg = f"an entry has said, law and perhaps not: {dict(entry)!r}"
        raise VocabularyInvalid(msg)
    for wordings, terms in ((said, law), (silent, ())):
        for parts in _parts(wordings, folder):
            yield Saying(parts, terms)


def _texts(entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    texts = entry.get(key, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
        msg = f"{key} is a list of texts: {entry!r}"
        raise VocabularyInvalid(msg)
    return tuple(texts)


def _parts(wordings: Iterable[str], folder: Folder) -> Iterator[tuple[str, ...]]:
    """Write out the choices of a wording, `(a|b|)`, and cut it at its gaps, `…`."""
    for wording in wordings:
        for choice in product(*(piece.split("|") for piece in _CHOICE.split(wording))):
            parts = tuple(folder.fold(part).spaced for part in "".join(choice).split("…"))
            if not all(parts) or sum(map(len, parts)) < _LEAST:
                msg = f"{wording!r} is too short to tell anything by"
                raise VocabularyInvalid(msg)
            yield parts
