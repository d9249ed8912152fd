"""Say what a message is about, how sure that is, and keep quiet when it is not sure.

Two small linear models look at the same message, one at its characters and tell-tale words, one at the turn's shared
embedding; and known utterances near that embedding vote. Their logarithms are mixed and tempered on families of callers
that none of them was fitted to, so that a confidence of 0.8 is right about eight times in ten. Without an embedding the
first model answers alone.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from knowledge_base.arrays import read_arrays
from knowledge_base.folding import Folder
from knowledge_base.neighbours import Neighbours
from knowledge_base.particulars import Roles, entities
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.types import Matter, SafetyFinding, Triage, Urgency

Floats: TypeAlias = NDArray[np.float32]

NONE: Final = "none"
"""The class of everything that is no legal matter; it is learnt, and never leaves this module."""
MOST_MATTERS: Final = 3
_GRAMS: Final = (1, 2)
_WORD_WEIGHTS: Final = (0.0, 1.0, 1.5)
_CLAUSE: Final = re.compile(r"[,。]|还有(?:就是|一个)?|另外|然后(?!他|她|我|就)|再就是|再一个|同时|顺便|第[二三]|以及")
_SHORT_CLAUSE: Final = 4
_LEFT_BY_WHOLE: Final = 0.001
_LEFT_WITHOUT_WORD: Final = 0.01
_CLEAR_CLAUSE: Final = 0.6
_AT_HOME, _BY_OTHERS = "family.domestic_violence", "injury.other"
_OUTSIDER: Final = (
    r"(?:老板|工头|经理|同事|工友|邻居|保安|城管|司机|房东|顾客|路人|生人|陌生人|外人|同学|同村|村民|不认识|醉汉|混混)"
)
_OUTSIDER_HITS: Final = re.compile(
    rf"{_OUTSIDER}[^,。]{{0,8}}(?:打|揍|踢|踹|砍|殴)|(?:被|让|挨)[^,。]{{0,4}}{_OUTSIDER}"
)
_RELATIVE: Final = re.compile(
    r"老公|丈夫|男人|老婆|妻子|媳妇|爱人|对象|[男女]朋友|前[夫妻任]|婆婆|公公|岳[父母]|[爸妈爹娘]|父亲|母亲|儿|女|[哥弟姐妹]|"
    r"家暴|家里|同居|一起住|虐待|遗弃"
)
"""With a relative in it nobody but a person tells who hit: «邻居看见老公打我»."""
_ARRAYS: Final = ("idf", "characters", "characters_bias", "meaning", "meaning_bias", "centre")


class TriageUnavailable(Exception):
    """The trained model is missing or does not fit this taxonomy."""

    code = "triage_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Characters and tell-tale words of a folded text as one sparse row; the same code at training and in service."""

    grams: Mapping[str, int]
    idf: Floats
    words: Mapping[str, tuple[str, ...]]
    classes: tuple[str, ...]

    @property
    def width(self) -> int:
        """Columns: one a gram, then one a class for its words."""
        return len(self.grams) + len(self.classes)

    def row(self, text: str, /) -> tuple[list[int], list[float]]:
        """Return the columns that are not zero, and their values."""
        counts = Counter(gram for gram in split_grams(text) if gram in self.grams)
        columns = [self.grams[gram] for gram in counts]
        values = [(1 + math.log(count)) * float(self.idf[self.grams[gram]]) for gram, count in counts.items()]
        length = math.sqrt(sum(value * value for value in values)) or 1.0
        values = [value / length for value in values]
        for column, hits in enumerate(self.hits(text)):
            if hits:
                columns.append(len(self.grams) + column)
                values.append(hits)
        return columns, values

    def hits(self, text: str, /) -> list[float]:
        """Return, for each class, the weight of its own words found in the text."""
        last = len(_WORD_WEIGHTS) - 1
        return [
            _WORD_WEIGHTS[min(last, sum(word in text for word in self.words.get(code, ())))] for code in self.classes
        ]


def split_grams(text: str, /) -> list[str]:
    """Return all runs of one and two characters."""
    return [text[i : i + size] for size in _GRAMS for i in range(len(text) - size + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was learnt on held-out families: how to mix, how to temper, and when to stay silent."""

    mix: float
    """The share of the characters beside the embedding."""
    near: float
    """The share of the neighbours beside both."""
    temperature: float
    temperature_alone: float
    silent_above: float
    """From this probability on of being no legal matter, nothing is said."""
    clause_above: float
    word_scale: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """案由分类器: up to three matters a message, best first."""

    taxonomy: Taxonomy
    features: Features
    characters: Floats
    characters_bias: Floats
    meaning: Floats
    meaning_bias: Floats
    spread: float
    neighbours: Neighbours
    calibration: Calibration
    folder: Folder = field(default_factory=Folder.load)
    roles: Roles = field(default_factory=Roles.load)

    @classmethod
    def load(cls, path: Path, taxonomy: Taxonomy) -> "Classifier":
        """Read a trained model. Raises TriageUnavailable with what to do about it."""
        try:
            stored = read_arrays(path)
            head = json.loads(str(stored["head"]))
            arrays = {name: stored[name].astype(np.float32) for name in _ARRAYS}
            calibration = Calibration(**head["calibration"])
            classes = tuple(head["classes"])
            neighbours = Neighbours.unpacked(
                stored["known"], stored["known_codes"].astype(np.int64), centre=arrays["centre"], classes=len(classes)
            )
        except (OSError, KeyError, ValueError, TypeError) as error:
            msg = f"no usable triage model at {path}; train it with: python -m knowledge_base triage train"
            raise TriageUnavailable(msg) from error
        strangers = [code for code in classes if code != NONE and code not in taxonomy.topics]
        if strangers:
            msg = f"the triage model at {path} knows {strangers}, the taxonomy does not; train it again"
            raise TriageUnavailable(msg)
        return cls(
            taxonomy=taxonomy,
            features=Features(
                grams={gram: column for column, gram in enumerate(head["grams"])},
                idf=arrays["idf"],
                words={code: tuple(words) for code, words in head["words"].items()},
                classes=classes,
            ),
            characters=arrays["characters"],
            characters_bias=arrays["characters_bias"],
            meaning=arrays["meaning"],
            meaning_bias=arrays["meaning_bias"],
            spread=float(head["spread"]),
            neighbours=neighbours,
            calibration=calibration,
        )

    def classify(
        self,
        text: str,
        /,
        *,
        vector: Floats | None = None,
        safety: SafetyFinding | None = None,
        on: date | None = None,
    ) -> Triage:
        """Return matters, role and entities; urgency and safety are those the safety gate found, if it was asked.

        `on` is the day the message came: without it only dates that name their year are told in days.
        """
        reading = self.folder.fold(text)
        folded = reading.spaced
        matters = self._matters(folded, vector)
        return Triage(
            matters=matters,
            urgency=safety.urgency if safety else Urgency.S2,
            safety=safety.kinds if safety else (),
            role=self.roles.of(folded, [matter.code for matter in matters]),
            entities=entities(folded, on=on, own=lambda start, end: text[slice(*reading.origin(start, end))]),
        )

    def probabilities(self, folded: str, /, *, vector: Floats | None = None) -> Floats:
        """Return the tempered probability of every class, in the order of `features.classes`."""
        by_characters = self._by_characters(folded)
        if vector is None:
            return softmax(by_characters / np.float32(self.calibration.temperature_alone))
        both = blend(by_characters, self.by_meaning(folded, vector), share=1 - self.calibration.mix)
        logits = blend(both, self.neighbours.votes(vector), share=self.calibration.near)
        return softmax(logits / np.float32(self.calibration.temperature))

    def _by_characters(self, folded: str) -> Floats:
        columns, values = self.features.row(folded.replace(",", ""))
        weights = self.characters[:, columns] @ np.asarray(values, np.float32)
        return log_softmax(weights + self.characters_bias)

    def by_meaning(self, folded: str, vector: Floats, /) -> Floats:
        """Return what the embedding alone makes of a message: log probabilities, not yet tempered."""
        hits = np.asarray(self.features.hits(folded.replace(",", "")), np.float32) * self.calibration.word_scale
        row = np.concatenate([(vector - self.neighbours.centre) / self.spread, hits])
        return log_softmax(self.meaning @ row + self.meaning_bias)

    def _matters(self, folded: str, vector: Floats | None) -> tuple[Matter, ...]:
        whole = self.probabilities(folded, vector=vector)
        best = int(whole.argmax())
        classes = self.features.classes
        if classes[best] == NONE or whole[classes.index(NONE)] > self.calibration.silent_above:
            return ()
        found = {classes[best]: float(whole[best])}
        for clause in _CLAUSE.split(folded):
            if len(clause) < _SHORT_CLAUSE:
                continue
            part = self.probabilities(clause)
            index = int(part.argmax())
            code = classes[index]
            if code in {NONE, *found} or part[index] < self.calibration.clause_above:
                continue
            # A clause speaks for a second matter where the whole message does not rule that out; without a word of
            # its own single characters see too much.
            own = any(word in clause for word in self.features.words.get(code, ()))
            left, clear = (_LEFT_BY_WHOLE, 0.0) if own else (_LEFT_WITHOUT_WORD, _CLEAR_CLAUSE)
            if whole[index] >= left and part[index] >= clear:
                found[code] = min(float(part[index]), found[classes[best]])
        found = of_strangers(folded, found)
        ranked = sorted(found.items(), key=lambda item: -item[1])[:MOST_MATTERS]
        return tuple(
            Matter(code=code, title=self.taxonomy.get(code).title, confidence=round(p, 4)) for code, p in ranked
        )


def of_strangers(folded: str, found: dict[str, float]) -> dict[str, float]:
    """Return the matters without domestic violence where whoever hit is said to be no relative: that is an injury by others."""
    if _AT_HOME not in found or _RELATIVE.search(folded) or not _OUTSIDER_HITS.search(folded):
        return found
    rest = {code: share for code, share in found.items() if code != _AT_HOME}
    return {**rest, _BY_OTHERS: max(found[_AT_HOME], rest.get(_BY_OTHERS, 0.0))}


def blend(one: Floats, other: Floats, /, *, share: float) -> Floats:
    """Return two opinions as one, in which the other has its share: log probabilities, not yet tempered."""
    return np.asarray((1 - share) * one + share * other, np.float32)


def softmax(logits: Floats, /) -> Floats:
    """Return probabilities that add up to one."""
    return np.exp(log_softmax(logits))


def log_softmax(logits: Floats, /) -> Floats:
    """Return the logarithms of probabilities, row by row."""
    top = logits.max(axis=-1, keepdims=True)
    shifted = logits - top
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), np.float32)


def expected_calibration_error(confidence: Sequence[float], right: Sequence[bool], /, *, bins: int = 10) -> float:
    """Return how far confidence and truth lie apart on average, over equal-width bins."""
    sure, good = np.asarray(confidence, float), np.asarray(right, float)
    places = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [
        abs(sure[places == place].mean() - good[places == place].mean()) * (places == place).mean()
        for place in range(bins)
        if (places == place).any()
    ]
    return float(sum(gaps))
