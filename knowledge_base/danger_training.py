"""Learn the second opinion on danger from our own sentences, and measure it with the rules on families held out whole.

A threshold is drawn where both voices together alarm at no more than a given share of harmless sentences, on families
that the learned one was not fitted to: a figure on a paraphrase of a training sentence would flatter itself.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml
from numpy.typing import NDArray

from knowledge_base.danger import Meaning, Opinion, Voice, beside, heard_as, strangers
from knowledge_base.folding import Folder
from knowledge_base.safety import SafetyGate
from knowledge_base.triage import NONE, Floats
from knowledge_base.triage_training import Utterances, UtterancesInvalid, fit_features, sparse
from knowledge_base.types import SafetyKind

FOLDS: Final = 5
ALARMS: Final = 0.05
"""Share of harmless sentences at which the gate may be wrong, the rules' own mistakes included."""
_ALARM_C: Final = 0.5
_KIND_C: Final = 5.0
_MEANING_WEIGHS: Final = 1.0
"""How much a typical embedding weighs beside a row of characters, whose length is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Of the sentences of one kind: how many there are, and how many each voice noticed; for `none` these are alarms."""

    kind: str
    sentences: int
    rules: int
    learned: int
    either: int


def read_sentences(folder: Path) -> Utterances:
    """Read every file: kind, then family, then one sentence a line. Raises UtterancesInvalid."""
    texts, kinds, families = [], [], []
    for path in sorted(folder.glob("*.yml")):
        data: Mapping[str, Mapping[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
        if unknown := strangers(tuple(data)):
            msg = f"{path.name}: {unknown} is no kind of danger"
            raise UtterancesInvalid(msg)
        for kind, blocks in data.items():
            for family, block in blocks.items():
                lines = [line.strip() for line in block.splitlines() if line.strip()]
                texts += lines
                kinds += [kind] * len(lines)
                families += [f"{path.stem}/{kind}/{family}"] * len(lines)
    if missing := {NONE, *(kind.value for kind in SafetyKind)} - set(kinds):
        msg = f"no sentences for {sorted(missing)}"
        raise UtterancesInvalid(msg)
    return Utterances(texts=tuple(texts), codes=tuple(kinds), families=tuple(families))


class Lesson:
    """The sentences with everything that learning needs of them, made once."""

    def __init__(self, said: Utterances, *, vectors: Floats | None, model: str) -> None:
        folder = Folder.load()
        self.said = said
        self.kinds = np.asarray(said.codes)
        self.calm = self.kinds == NONE
        self._texts = [folder.fold(text).spaced for text in said.texts]
        self._vectors = vectors
        self._model = model
        rules = SafetyGate.load()
        self._ruled = np.asarray([bool(rules.check(text).kinds) for text in said.texts])

    def learn(self, *, alarms: float = ALARMS) -> tuple[Opinion, tuple[Heard, ...]]:
        """Return what is learned from everything, and what held-out families say of it with the rules."""
        names = ["alone"] if self._vectors is None else ["alone", "together"]
        held = {name: np.zeros(len(self.calm), np.float32) for name in names}
        dealt = self.said.folds(FOLDS)
        for fold in range(FOLDS):
            away = dealt == fold
            fitted = self._fit(~away, above=dict.fromkeys(names, 0.0))
            for name in names:
                held[name][away] = [self._risk(fitted, row, name=name) for row in np.flatnonzero(away).tolist()]
        above = {name: self._threshold(held[name], alarms=alarms) for name in names}
        best = names[-1]
        heard = self._heard(held[best] > above[best])
        return self._fit(np.ones(len(self.calm), bool), above=above), heard

    def _threshold(self, risks: Floats, *, alarms: float) -> float:
        """Return how sure of danger to be: what the rules leave of the alarms allowed is spent from the top down."""
        left = max(0, int(alarms * self.calm.sum()) - int((self.calm & self._ruled).sum()))
        return float(np.sort(risks[self.calm & ~self._ruled])[::-1][left])

    def _risk(self, opinion: Opinion, row: int, *, name: str) -> float:
        vector = self._vectors[row] if self._vectors is not None and name == "together" else None
        return opinion.alarm(self._texts[row], vector=vector)

    def _fit(self, chosen: NDArray[np.bool_], *, above: Mapping[str, float]) -> Opinion:
        from scipy.sparse import csr_matrix, hstack  # noqa: PLC0415 - heavy, and only training needs it

        rows = [heard_as(text) for text, kept in zip(self._texts, chosen, strict=True) if kept]
        features = fit_features(rows, {}, tuple(kind.value for kind in SafetyKind))
        grams = sparse(features, rows)
        alone = _voice(grams, self.kinds[chosen], above=above["alone"])
        if self._vectors is None:
            return Opinion(features=features, alone=alone, together=None, meaning=None)
        own = self._vectors[chosen]
        centre = own.mean(axis=0)
        length = float(np.linalg.norm(own - centre, axis=1).mean()) or 1.0
        meaning = Meaning(centre=centre, scale=_MEANING_WEIGHS / length, model=self._model)
        both = hstack([grams, csr_matrix(beside(own, meaning))]).tocsr()
        together = _voice(both, self.kinds[chosen], above=above["together"])
        return Opinion(features=features, alone=alone, together=together, meaning=meaning)

    def _heard(self, learned: NDArray[np.bool_]) -> tuple[Heard, ...]:
        either = learned | self._ruled
        return tuple(
            Heard(
                kind=kind,
                sentences=int(own.sum()),
                rules=int((self._ruled & own).sum()),
                learned=int((learned & own).sum()),
                either=int((either & own).sum()),
            )
            for kind, own in ((kind, self.kinds == kind) for kind in (*(each.value for each in SafetyKind), NONE))
        )


def lesson(folder: Path, embed: Callable[[list[str]], Floats] | None, *, model: str) -> Lesson:
    """Read and embed the sentences. Raises UtterancesInvalid."""
    said = read_sentences(folder)
    vectors = None if embed is None else np.asarray(embed(list(said.texts)), np.float32)
    return Lesson(said, vectors=vectors, model=model)


def save(opinion: Opinion, file: Path) -> None:
    """Write what was learned, without pickle and in half precision."""
    voices = {"alone": opinion.alone} | ({"together": opinion.together} if opinion.together else {})
    head: dict[str, object] = {
        "classes": opinion.features.classes,
        "grams": list(opinion.features.grams),
        "alarm_bias": {name: voice.alarm_bias for name, voice in voices.items()},
        "speak_above": {name: voice.speak_above for name, voice in voices.items()},
    }
    arrays: dict[str, Any] = {"idf": opinion.features.idf.astype(np.float16)}
    for name, voice in voices.items():
        arrays[f"{name}_alarm"] = voice.alarm.astype(np.float16)
        arrays[f"{name}_weights"] = voice.weights.astype(np.float16)
        arrays[f"{name}_bias"] = voice.bias.astype(np.float32)
    if opinion.meaning:
        head |= {"scale": opinion.meaning.scale, "model": opinion.meaning.model}
        arrays["centre"] = opinion.meaning.centre.astype(np.float16)
    partial = file.with_suffix(".partial.npz")
    np.savez_compressed(partial, head=np.asarray(json.dumps(head, ensure_ascii=False)), **arrays)
    partial.replace(file)


def table(heard: Sequence[Heard]) -> Iterator[str]:
    """Yield the lines of a table that a terminal or a report can show."""
    yield f"{'kind':<14}{'sentences':>10}{'rules':>9}{'learned':>9}{'either':>9}"
    danger = [one for one in heard if one.kind != NONE]
    yield from (_line(one) for one in danger)
    yield _line(
        Heard(
            kind="noticed",
            sentences=sum(one.sentences for one in danger),
            rules=sum(one.rules for one in danger),
            learned=sum(one.learned for one in danger),
            either=sum(one.either for one in danger),
        )
    )
    yield from (_line(one, kind="false alarms") for one in heard if one.kind == NONE)


def _line(one: Heard, *, kind: str | None = None) -> str:
    shares = "".join(f"{count / one.sentences:>9.1%}" for count in (one.rules, one.learned, one.either))
    return f"{kind or one.kind:<14}{one.sentences:>10}{shares}"


def _voice(rows: Any, kinds: NDArray[np.str_], *, above: float) -> Voice:  # noqa: ANN401 - scipy has no types
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    danger = kinds != NONE
    alarm = LinearSVC(C=_ALARM_C, random_state=0).fit(rows, danger)
    named = LogisticRegression(C=_KIND_C, max_iter=400, class_weight="balanced").fit(rows[danger], kinds[danger])
    order = [list(named.classes_).index(kind.value) for kind in SafetyKind]
    return Voice(
        alarm=alarm.coef_[0].astype(np.float32),
        alarm_bias=float(alarm.intercept_[0]),
        speak_above=above,
        weights=named.coef_[order].astype(np.float32),
        bias=named.intercept_[order].astype(np.float32),
    )
