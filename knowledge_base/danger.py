"""Give the safety rules a second opinion that was learned from examples: what no rule was written for is heard too.

Two linear voices learned from the same sentences: one of characters alone, one of characters and the turn's shared
embedding; the first answers where no embedding is at hand. Rules speak first and can be read; where either voice says danger,
there is danger. The same message always gets the same answer.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from knowledge_base import adapter
from knowledge_base.adapter import FOLDER
from knowledge_base.arrays import read_arrays
from knowledge_base.embedding import DEFAULT_SPEC
from knowledge_base.folding import Folder
from knowledge_base.safety import SafetyGate
from knowledge_base.triage import NONE, Features, Floats, softmax
from knowledge_base.types import SafetyFinding, SafetyKind

Columns: TypeAlias = NDArray[np.int64]

FILE: Final = FOLDER / "danger.npz"
MOST_CHARACTERS: Final = 3000
"""More than this is not weighed; the rules read all of it."""
_KIN: Final = re.compile(
    "我?(?:老公|丈夫|爱人|对象|媳妇|老婆|妻子|爸妈|父母|爸爸?|妈妈?|爹|娘|父亲|母亲|儿子|女儿|闺女|孩子|娃儿?|哥哥?|弟弟?"
    "|姐姐?|妹妹?|[姐妹]夫|嫂子|[表堂][哥弟姐妹]|侄[子女儿]|外甥女?|外?孙女|外?孙子|叔叔?|舅舅?|大?伯伯?|姑姑?|姑妈|姨妈?|小姨"
    "|爷爷|奶奶|外公|外婆|公公|婆婆|岳父|岳母|女婿|男朋友|女朋友|未婚[夫妻]|前夫|前妻|亲戚|家里?人|老乡|工友|同事|室友|同学|朋友)"
)
_NUMBER: Final = re.compile(r"[\d.,一二三四五六七八九十百千万两几半]+多?")
_ALSO: Final = 0.5
"""A further kind is named too when it is at least this likely beside the likeliest."""


class DangerUnreadable(ValueError):
    """What was learned about danger is missing or damaged; nothing starts with half a safety gate."""

    code = "danger_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What tells danger from calm, how far apart they must lie before it speaks, and what then tells kind from kind."""

    alarm: Floats
    alarm_bias: float
    speak_above: float
    weights: Floats
    bias: Floats

    def sounds(self, columns: Columns, row: Floats, /) -> float:
        """Return how far a row lies on the side of danger; below nought it lies on the side of calm."""
        return float(self.alarm[columns] @ row) + self.alarm_bias


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """How an embedding is scaled before it stands beside characters; `model` is what it must come from."""

    centre: Floats
    scale: float
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """第二意见: the likeliest dangers of a folded message."""

    features: Features
    alone: Voice
    together: Voice | None
    meaning: Meaning | None

    @classmethod
    def load(cls, file: Path = FILE) -> "Opinion":
        """Read what `danger train` wrote. Raises DangerUnreadable with what to do about it."""
        try:
            arrays = read_arrays(file)
            head = json.loads(str(arrays["head"]))
            voices = {
                name: Voice(
                    alarm=arrays[f"{name}_alarm"].astype(np.float32),
                    alarm_bias=float(head["alarm_bias"][name]),
                    speak_above=float(above),
                    weights=arrays[f"{name}_weights"].astype(np.float32),
                    bias=arrays[f"{name}_bias"].astype(np.float32),
                )
                for name, above in head["speak_above"].items()
            }
            features = Features(
                grams={gram: column for column, gram in enumerate(head["grams"])},
                idf=arrays["idf"].astype(np.float32),
                words={},
                classes=tuple(head["classes"]),
            )
            together = voices.get("together")
            meaning = None
            if together is not None:
                centre = arrays["centre"].astype(np.float32)
                meaning = Meaning(centre=centre, scale=float(head["scale"]), model=head["model"])
            return cls(features=features, alone=voices["alone"], together=together, meaning=meaning)
        except (OSError, KeyError, ValueError) as error:
            msg = f"no usable second opinion at {file}; learn it with: python -m knowledge_base danger train"
            raise DangerUnreadable(msg) from error

    def for_model(self, spec: str, /) -> "Opinion":
        """Return what may be said of vectors of this embedding model: by characters alone if it learned from another."""
        learned_from = self.meaning.model if self.meaning else None
        return self if learned_from == reads_with(spec) else replace(self, together=None, meaning=None)

    def kinds(self, folded: str, /, *, vector: Floats | None = None) -> tuple[SafetyKind, ...]:
        """Return what the message speaks of, likeliest first; nothing is the ordinary case."""
        voice, columns, row = self._row(folded, vector=vector)
        if voice.sounds(columns, row) <= voice.speak_above:
            return ()
        likely = softmax(np.asarray(voice.weights[:, columns] @ row + voice.bias, np.float32))
        ranked = np.argsort(-likely, kind="stable")
        return tuple(
            SafetyKind(self.features.classes[one]) for one in ranked if likely[one] >= _ALSO * likely[ranked[0]]
        )

    def alarm(self, folded: str, /, *, vector: Floats | None = None) -> float:
        """Return how far the message lies on the side of danger; below nought it lies on the side of calm."""
        voice, columns, row = self._row(folded, vector=vector)
        return voice.sounds(columns, row)

    def _row(self, folded: str, *, vector: Floats | None) -> tuple[Voice, Columns, Floats]:
        """Return the voice that speaks, and the columns and values of what it hears."""
        columns, values = self.features.row(heard_as(folded))
        if self.together is None or self.meaning is None or vector is None or len(vector) != len(self.meaning.centre):
            return self.alone, np.asarray(columns, np.int64), np.asarray(values, np.float32)
        more = np.arange(self.features.width, self.features.width + len(vector))
        return (
            self.together,
            np.concatenate([np.asarray(columns, np.int64), more]),
            np.concatenate([np.asarray(values, np.float32), beside(vector, self.meaning)]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DangerGate:
    """安全闸 with both voices: what every channel asks before any topic."""

    rules: SafetyGate
    opinion: Opinion
    folder: Folder

    @classmethod
    def load(cls, *, embedder_spec: str = DEFAULT_SPEC) -> "DangerGate":
        """Read the rules and what was learned of this model's vectors. Raises SafetyRulesInvalid, DangerUnreadable."""
        return cls(rules=SafetyGate.load(), opinion=Opinion.load().for_model(embedder_spec), folder=Folder.load())

    @property
    def hears_meaning(self) -> bool:
        """Tell whether the second voice learned from the vectors of this model, or goes by characters alone."""
        return self.opinion.meaning is not None

    def check(self, text: str, /, *, vector: Floats | None = None, ruled: SafetyFinding | None = None) -> SafetyFinding:
        """Return what danger either voice hears, gravest first; `ruled` is what the rules found, if they were asked."""
        ruled = ruled or self.rules.check(text)
        folded = self.folder.fold(text).spaced
        learned = self.opinion.kinds(folded, vector=vector) if folded else ()
        return self.rules.join(ruled, learned, text=folded)


def reads_with(spec: str, /) -> str:
    """Return what names the vectors of an embedding model: they change with the adapter."""
    return f"{spec}@{adapter.digest()}"


def heard_as(folded: str, /) -> str:
    """Return a text as both voices read it: once as said, once with all kin alike and all numbers alike."""
    folded = folded[:MOST_CHARACTERS]
    return f"{folded}|{_NUMBER.sub('#', _KIN.sub('亲', folded))}"


def beside(vectors: Floats, meaning: Meaning, /) -> Floats:
    """Return embeddings in the measure of characters: a row weighs as much as `scale` says."""
    return np.asarray((vectors - meaning.centre) * meaning.scale, np.float32)


def strangers(classes: Sequence[str], /) -> list[str]:
    """Return the names that are no kind of danger."""
    known = {NONE, *(kind.value for kind in SafetyKind)}
    return [name for name in classes if name not in known]
