"""Learn triage from our own utterances.

Families of callers are held out whole: a score on a paraphrase of a training sentence would flatter itself.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import yaml
from numpy.typing import NDArray

from knowledge_base.folding import Folder
from knowledge_base.neighbours import Neighbours
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.triage import (
    NONE,
    Calibration,
    Features,
    Floats,
    blend,
    log_softmax,
    softmax,
    split_grams,
)

Embed: TypeAlias = Callable[[list[str]], Floats]
Bools: TypeAlias = NDArray[np.bool_]

FOLDS: Final = 4
_SEEN_TWICE: Final = 2
_WORD_SCALE: Final = 6.0
_CHARACTERS_C: Final = 5.0
_MEANING_C: Final = 0.03
_MIXES: Final = (0.25, 0.35, 0.45)
_NEARS: Final = tuple(step / 10 for step in range(10))
_TEMPERATURES: Final = tuple(round(0.3 + 0.05 * step, 2) for step in range(40))
_OUT_OF_SCOPE_SILENT: Final = 0.95
"""Share of small talk on which the classifier must stay silent before it may be quick to speak elsewhere."""


class UtterancesInvalid(ValueError):
    """The training data contradict the taxonomy or are too few to hold families out."""

    code = "utterances_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterances:
    """Everything callers say in our files: texts, their codes, the family each belongs to."""

    texts: tuple[str, ...]
    codes: tuple[str, ...]
    families: tuple[str, ...]

    def folds(self, count: int, /) -> NDArray[np.int64]:
        """Deal the families of every code over the folds, so that each fold tests every code on strangers."""
        dealt: dict[str, dict[str, int]] = {}
        folds = []
        for code, family in zip(self.codes, self.families, strict=True):
            known = dealt.setdefault(code, {})
            folds.append(known.setdefault(family, len(known)) % count)
        return np.asarray(folds)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """What each opinion is of every utterance when its family was kept from it: log probabilities.

    Without an embedding there are characters alone.
    """

    classes: tuple[str, ...]
    truth: NDArray[np.int64]
    folds: NDArray[np.int64]
    characters: Floats
    meaning: Floats | None
    neighbours: Floats | None

    def mixed(self, *, mix: float, near: float) -> Floats:
        """Return all opinions together; the characters alone where there is no embedding."""
        if self.meaning is None or self.neighbours is None:
            return self.characters
        return blend(blend(self.characters, self.meaning, share=1 - mix), self.neighbours, share=near)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitted:
    features: Features
    characters: Any
    meaning: Any  # None where there is no embedding
    centre: Floats
    spread: float
    neighbours: Neighbours | None


def read_utterances(folder: Path, taxonomy: Taxonomy) -> Utterances:
    """Read every file of a folder. Raises UtterancesInvalid."""
    texts, codes, families = [], [], []
    assignable = {*taxonomy.assignable(), NONE}
    for path in sorted(folder.glob("*.yml")):
        data: Mapping[str, Mapping[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
        for code, blocks in data.items():
            if code not in assignable:
                msg = f"{path.name}: {code!r} is no code that a message can be given"
                raise UtterancesInvalid(msg)
            for family, block in blocks.items():
                lines = [line.strip() for line in block.splitlines() if line.strip()]
                texts += lines
                codes += [code] * len(lines)
                families += [f"{code}/{family}"] * len(lines)
    if missing := assignable - set(codes):
        msg = f"no utterances for {sorted(missing)}"
        raise UtterancesInvalid(msg)
    return Utterances(texts=tuple(texts), codes=tuple(codes), families=tuple(families))


def read_words(folder: Path) -> dict[str, tuple[str, ...]]:
    """Read the tell-tale words of every code, in the folded spelling."""
    folder_of_words = folder / "lexicon" / "words.yml"
    data: Mapping[str, Sequence[str]] = yaml.safe_load(folder_of_words.read_text(encoding="utf-8"))
    folder_ = Folder.load()
    return {code: tuple(_fold(folder_, str(word)) for word in words) for code, words in data.items()}


def train(utterances_dir: Path, taxonomy: Taxonomy, embed: Embed | None, out: Path) -> HeldOut:
    """Fit on everything, calibrate on held-out families, write one file without pickle; return what was held out."""
    said = read_utterances(utterances_dir, taxonomy)
    words = read_words(utterances_dir)
    vectors = None if embed is None else np.asarray(embed(list(said.texts)), np.float32)
    held_out = cross_validate(said, words, vectors)
    everything = np.ones(len(said.texts), bool)
    fitted = _fit(_folded(said), said.codes, words, vectors, everything)
    _write(out, fitted, calibrate(held_out), held_out.classes)
    return held_out


def _fold(folder: Folder, text: str) -> str:
    return folder.fold(text).spaced.replace(",", "")


def _folded(said: Utterances) -> list[str]:
    folder = Folder.load()
    return [_fold(folder, text) for text in said.texts]


def cross_validate(
    said: Utterances, words: Mapping[str, tuple[str, ...]], vectors: Floats | None, *, folds: int = FOLDS
) -> HeldOut:
    """Ask of every family by models fitted without it."""
    classes = tuple(sorted(set(said.codes)))
    place = {code: index for index, code in enumerate(classes)}
    dealt = said.folds(folds)
    texts = _folded(said)
    characters = np.zeros((len(texts), len(classes)), np.float32)
    meaning, neighbours = (None if vectors is None else np.zeros_like(characters) for _ in range(2))
    for fold in range(folds):
        away = dealt == fold
        fitted = _fit(texts, said.codes, words, vectors, ~away)
        held = [text for text, out in zip(texts, away, strict=True) if out]
        characters[away] = fitted.characters.predict_log_proba(sparse(fitted.features, held))
        if vectors is None or meaning is None or neighbours is None or fitted.neighbours is None:
            continue
        meaning[away] = fitted.meaning.predict_log_proba(_dense(fitted, held, vectors[away]))
        neighbours[away] = [fitted.neighbours.votes(vector) for vector in vectors[away]]
    return HeldOut(
        classes=classes,
        truth=np.asarray([place[code] for code in said.codes]),
        folds=dealt,
        characters=characters,
        meaning=meaning,
        neighbours=neighbours,
    )


def _fit(
    texts: Sequence[str],
    codes: Sequence[str],
    words: Mapping[str, tuple[str, ...]],
    vectors: Floats | None,
    chosen: Bools,
) -> _Fitted:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - heavy, and only training needs it

    rows = [text for text, kept in zip(texts, chosen, strict=True) if kept]
    labels = [code for code, kept in zip(codes, chosen, strict=True) if kept]
    features = fit_features(rows, words, tuple(sorted(set(labels))))
    characters = LogisticRegression(C=_CHARACTERS_C, max_iter=80, tol=1e-3).fit(sparse(features, rows), labels)
    alone = _Fitted(
        features=features,
        characters=characters,
        meaning=None,
        centre=np.zeros(0, np.float32),
        spread=1.0,
        neighbours=None,
    )
    if vectors is None:
        return alone
    own = vectors[chosen]
    place = {code: index for index, code in enumerate(features.classes)}
    near = Neighbours.of(own, np.asarray([place[code] for code in labels]), classes=len(place))
    centred = replace(alone, centre=near.centre, spread=float(own.std(axis=0).mean()) or 1.0, neighbours=near)
    meaning = LogisticRegression(C=_MEANING_C, max_iter=200, tol=1e-2).fit(_dense(centred, rows, own), labels)
    return replace(centred, meaning=meaning)


def fit_features(texts: Sequence[str], words: Mapping[str, tuple[str, ...]], classes: tuple[str, ...]) -> Features:
    """Choose the columns: every gram seen twice, weighed by how rare it is."""
    seen: dict[str, int] = {}
    for text in texts:
        for gram in set(split_grams(text)):
            seen[gram] = seen.get(gram, 0) + 1
    kept = sorted(gram for gram, count in seen.items() if count >= _SEEN_TWICE)
    idf = np.asarray([np.log((1 + len(texts)) / (1 + seen[gram])) + 1 for gram in kept], np.float32)
    return Features(grams={gram: column for column, gram in enumerate(kept)}, idf=idf, words=words, classes=classes)


def sparse(features: Features, texts: Sequence[str]) -> Any:  # noqa: ANN401 - scipy has no types
    """Return the rows of several texts as one sparse matrix."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415

    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for text in texts:
        row_columns, row_values = features.row(text)
        columns += row_columns
        values += row_values
        ends.append(len(columns))
    return csr_matrix((np.asarray(values, np.float32), columns, ends), shape=(len(texts), features.width))


def _dense(fitted: _Fitted, texts: Sequence[str], vectors: Floats) -> Floats:
    hits = np.asarray([fitted.features.hits(text) for text in texts], np.float32) * _WORD_SCALE
    return np.hstack([(vectors - fitted.centre) / fitted.spread, hits])


def calibrate(held_out: HeldOut) -> Calibration:
    """Choose how to mix, how to temper and when to stay silent."""
    mix = max(_MIXES, key=lambda one: accuracy(held_out.mixed(mix=one, near=0), held_out.truth))
    near = max(_NEARS, key=lambda one: accuracy(held_out.mixed(mix=mix, near=one), held_out.truth))
    mixed = held_out.mixed(mix=mix, near=near)
    temperature = temperature_of(mixed, held_out.truth)
    sure = softmax(mixed / temperature)
    return Calibration(
        mix=mix,
        near=near,
        temperature=temperature,
        temperature_alone=temperature_of(held_out.characters, held_out.truth),
        silent_above=_threshold(sure, held_out),
        clause_above=0.45,
        word_scale=_WORD_SCALE,
    )


def _threshold(sure: Floats, held_out: HeldOut) -> float:
    """Return how likely to be no legal matter a message may be and still be given one.

    A long story spreads its confidence over neighbouring matters: that no one of them is sure makes it no small talk.
    """
    none = held_out.classes.index(NONE)
    chat = sure[held_out.truth == none]
    heard = chat.argmax(axis=1) == none
    for step in range(50, 0, -1):
        ceiling = step / 100
        if (heard | (chat[:, none] > ceiling)).mean() >= _OUT_OF_SCOPE_SILENT:
            return ceiling
    return 0.01


def temperature_of(logits: Floats, truth: NDArray[np.int64]) -> float:
    """Return what to divide by so that confidence is as often right as it says."""
    rows = np.arange(len(truth))
    return min(_TEMPERATURES, key=lambda one: float(-log_softmax(logits / one)[rows, truth].mean()))


def accuracy(logits: Floats, truth: NDArray[np.int64]) -> float:
    """Return the share of rows whose best class is the right one."""
    return float((logits.argmax(axis=1) == truth).mean())


def _write(out: Path, fitted: _Fitted, calibration: Calibration, classes: tuple[str, ...]) -> None:
    features = fitted.features
    head = {
        "classes": list(classes),
        "grams": list(features.grams),
        "words": features.words,
        "spread": fitted.spread,
        "calibration": asdict(calibration),
    }
    meaning, bias = (
        (np.zeros((len(classes), len(classes))), np.zeros(len(classes)))
        if fitted.meaning is None
        else (fitted.meaning.coef_, fitted.meaning.intercept_)
    )
    near = fitted.neighbours
    known, codes = (np.zeros((1, 0)), np.zeros(1)) if near is None else (near.packed, near.codes)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_suffix(".partial.npz")
    np.savez_compressed(
        partial,
        head=np.asarray(json.dumps(head, ensure_ascii=False)),
        idf=features.idf,
        characters=fitted.characters.coef_.astype(np.float16),
        characters_bias=fitted.characters.intercept_.astype(np.float32),
        meaning=meaning.astype(np.float16),
        meaning_bias=bias.astype(np.float32),
        centre=fitted.centre,
        known=known.astype(np.int8),
        known_codes=codes.astype(np.int16),
    )
    partial.replace(out)
