"""Learn the second opinion on danger from our own sentences, and measure it with the rules on families held out whole.

The lines that the gate is held to are drawn on families that nothing was fitted to, where rules and opinion together
alarm at no more than a given share of harmless sentences: a figure on a paraphrase of a training sentence would flatter
itself. What was measured is what is kept: nothing is learned again with those families, for its lines would be another's.
Ordinary utterances of triage and turns of talk stand by as further harmless speech to learn from.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
import yaml
from numpy.typing import NDArray

from knowledge_base.danger import Ear, Lines, Opinion, Voice, heard_as, strangers
from knowledge_base.folding import Folder
from knowledge_base.safety import SafetyGate
from knowledge_base.triage import NONE, Floats
from knowledge_base.triage_training import Utterances, UtterancesInvalid, fit_features, sparse
from knowledge_base.types import SafetyKind

Bools: TypeAlias = NDArray[np.bool_]

FOLDS: Final = 8
"""One family in so many is held out whole."""
ALARMS: Final = 0.045
"""Share of near misses at which the gate may be wrong, the rules' own mistakes included: a little under the five in a hundred
that the project allows, for strangers' near misses are a little harder than ours."""
_ALARM_C: Final = 0.5
_KIND_C: Final = 5.0
_STEPS: Final = 60
_ORDINARY: Final = 5000
_TURNS: Final = ("calm_turns/", "crowd_m_calm/")
"""Files of turns of talk, which nobody would take for danger and which are therefore not counted either."""
_ORDINARY_CODES: Final = (
    "administrative.education",
    "administrative.registration",
    "benefit.",
    "company",
    "construction",
    "consumer",
    "contract",
    "debt.",
    "environment",
    "family.maintenance",
    "family.marital",
    "foreign_related",
    "general",
    "guarantee",
    "honour",
    "inheritance",
    "injury.",
    "intellectual_property",
    "labour.",
    "maritime",
    "none",
    "property.",
    "tort.",
)
"""Matters in which hardly anybody speaks of danger, and whoever does is heard by a rule."""
_CLASSES: Final = (*(kind.value for kind in SafetyKind), NONE)
_CALM: Final = len(SafetyKind)
_NEVER: Final = -1e9
"""Characters alone take no alarm back that a rule raised."""
_OPEN: Final = Lines(speaks=0.0, bears_out=_NEVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """Of held-out sentences of one kind: how many there are, and how many were noticed; for `none` these are alarms."""

    kind: str
    sentences: int
    rules: int
    learned: int
    gate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What was learned, and how the gate does with it on the families that were held out."""

    opinion: Opinion
    noticed: tuple[Noticed, ...]

    @property
    def lines(self) -> dict[str, Lines]:
        """The lines that were drawn, by the name of what is held to them."""
        ear = self.opinion.ear
        return {"voice": self.opinion.voice.lines} | ({} if ear is None else {"ear": ear.lines})


class Listens(Protocol):
    """A model that is taught to tell kinds of danger from vectors of its own."""

    def teach(self, texts: Sequence[str], labels: Sequence[int], /) -> tuple[Floats, Floats]:
        """Learn; return the weights and the bias, a row a label, that read the labels off its vectors."""

    def hear(self, texts: Sequence[str], /) -> Floats:
        """Return unit vectors, by what was taught last."""

    def save(self) -> str:
        """Keep what was taught last as the adapter; return its fingerprint."""


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


class Teaching:
    """The sentences with everything that learning needs of them, made once."""

    def __init__(
        self,
        said: Utterances,
        *,
        listener: Listens | None,
        ordinary: Sequence[str] = (),
        learned: Collection[str] = (),
    ) -> None:
        """Take sentences, who is to be taught, further harmless speech, and families that the listener knows already."""
        folder, rules = Folder.load(), SafetyGate.load()
        known = set(said.texts)
        more = [text for text in ordinary if text not in known and not rules.check(text).kinds][:_ORDINARY]
        self._listener = listener
        self._texts = np.asarray([*said.texts, *more])
        self._folded = np.asarray([folder.fold(text).spaced for text in self._texts])
        self._labels = np.asarray([*map(_CLASSES.index, said.codes), *[_CALM] * len(more)])
        self._ruled = np.asarray([bool(rules.check(text).kinds) for text in self._texts])
        self._firm = np.asarray([bool(rules.check(text, firm=True).kinds) for text in self._texts])
        # What was not written about danger would make false alarms look rare: it is learned, and not counted.
        counted = np.asarray([not family.startswith(_TURNS) and family not in learned for family in said.families])
        self._away = np.concatenate([(said.folds(FOLDS) == 0) & counted, np.zeros(len(more), bool)])
        self._taught = sorted({family for family, away in zip(said.families, self._away, strict=False) if not away})

    def learn(self, *, alarms: float = ALARMS) -> Lesson:
        """Learn from all but the held-out families, and draw on these the lines of what was learned."""
        opinion = self._learned()
        sounds = {"voice": self._sounds(replace(opinion, ear=None))}
        if opinion.ear is not None:
            sounds["ear"] = self._sounds(opinion)
        kinds, ruled, firm = self._labels[self._away], self._ruled[self._away], self._firm[self._away]
        lines = {
            name: _draw(heard, calm=kinds == _CALM, ruled=ruled, firm=firm, alarms=alarms, bears_out=name == "ear")
            for name, heard in sounds.items()
        }
        ear = None if opinion.ear is None else replace(opinion.ear, lines=lines["ear"])
        opinion = replace(opinion, voice=replace(opinion.voice, lines=lines["voice"]), ear=ear)
        best = "voice" if ear is None else "ear"
        learned = sounds[best] > lines[best].speaks
        gate = learned | firm | (ruled & (sounds[best] > lines[best].bears_out))
        noticed = tuple(
            Noticed(
                kind=kind,
                sentences=int((kinds == label).sum()),
                rules=int(ruled[kinds == label].sum()),
                learned=int(learned[kinds == label].sum()),
                gate=int(gate[kinds == label].sum()),
            )
            for label, kind in enumerate(_CLASSES)
        )
        return Lesson(opinion=opinion, noticed=noticed)

    def keep(self, lesson: Lesson, file: Path) -> Lesson:
        """Write what was just learned, and the adapter of a listener; return it with the adapter's fingerprint."""
        opinion = lesson.opinion
        if opinion.ear is not None and self._listener is not None:
            opinion = replace(opinion, ear=replace(opinion.ear, adapter=self._listener.save()))
        save(opinion, file, learned=self._taught)
        return replace(lesson, opinion=opinion)

    def _learned(self) -> Opinion:
        """Learn from what is not held out; there are no lines yet, and the ear's adapter has no fingerprint."""
        chosen = ~self._away
        labels, read = self._labels[chosen], [heard_as(text) for text in self._folded[chosen]]
        features = fit_features(read, {}, _CLASSES[:_CALM])
        voice = _voice(sparse(features, read), labels)
        ear = None
        if self._listener is not None:
            weights, bias = self._listener.teach(self._texts[chosen].tolist(), labels.tolist())
            ear = Ear(weights=weights, bias=bias, lines=_OPEN, adapter="")
        return Opinion(features=features, voice=voice, ear=ear)

    def _sounds(self, opinion: Opinion) -> Floats:
        """Return how dangerous each counted sentence sounds."""
        counted = np.flatnonzero(self._away)
        heard: Sequence[Floats | None] = [None] * len(counted)
        if opinion.ear is not None and self._listener is not None:
            heard = list(self._listener.hear(self._texts[counted].tolist()))
        weighed = [opinion.hear(self._folded[row], heard=one) for row, one in zip(counted, heard, strict=True)]
        return np.asarray([one.sound for one in weighed], np.float32)


def _draw(sounds: Floats, *, calm: Bools, ruled: Bools, firm: Bools, alarms: float, bears_out: bool) -> Lines:  # noqa: PLR0913 - each named
    """Draw the two lines that notice most danger at the share of alarms allowed.

    Without `bears_out` the rules always count, and the share is allowed on top of their own mistakes.
    """
    floors = [_NEVER, *np.quantile(sounds, np.linspace(0, 1, _STEPS)).tolist()] if bears_out else [_NEVER]
    allowed, loudest = int(alarms * calm.sum()), float(sounds.max())
    best, most = Lines(speaks=loudest, bears_out=floors[-1]), -1.0
    for floor in floors:
        borne_out = firm | (ruled & (sounds > floor))
        left = allowed - (int((calm & borne_out).sum()) if bears_out else 0)
        if left < 0:
            continue
        quiet = np.sort(sounds[calm & ~borne_out])[::-1]
        line = float(quiet[left]) if left < len(quiet) else loudest
        noticed = float(((sounds > line) | borne_out)[~calm].mean())
        if noticed > most:
            best, most = Lines(speaks=line, bears_out=floor), noticed
    return best


def ordinary_speech(said: Utterances) -> list[str]:
    """Return utterances of triage in which hardly anybody speaks of danger, the longest first.

    Near misses are mostly short; whoever hears long stories only from people in danger takes length for danger.
    """
    texts = [text for text, code in zip(said.texts, said.codes, strict=True) if code.startswith(_ORDINARY_CODES)]
    return sorted(texts, key=lambda text: (-len(text), text))


def turns_of_talk(folder: Path) -> list[str]:
    """Return what callers say in between (nlu_data/rasa): a place, an age, thanks, an oath; none of it speaks of danger.

    Near misses are sentences; whoever hears single words only from people in danger takes shortness for danger.
    """
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yml"))]
    blocks = [one["examples"] for data in files for one in data.get("nlu", ()) if "examples" in one]
    lines = [line.removeprefix("- ").strip() for block in blocks for line in block.splitlines()]
    return list(dict.fromkeys(line for line in lines if line))


def save(opinion: Opinion, file: Path, *, learned: Sequence[str]) -> None:
    """Write what was learned, and from which families, without pickle and in half precision."""
    voice, ear = opinion.voice, opinion.ear
    head: dict[str, object] = {
        "classes": opinion.features.classes,
        "grams": list(opinion.features.grams),
        "alarm_bias": voice.alarm_bias,
        "learned": list(learned),
        "lines": {"voice": asdict(voice.lines)} | ({"ear": asdict(ear.lines)} if ear else {}),
    }
    arrays: dict[str, Any] = {
        "idf": opinion.features.idf.astype(np.float16),
        "alarm": voice.alarm.astype(np.float16),
        "weights": voice.weights.astype(np.float16),
        "bias": voice.bias.astype(np.float32),
    }
    if ear:
        head["adapter"] = ear.adapter
        arrays |= {"ear_weights": ear.weights.astype(np.float32), "ear_bias": ear.bias.astype(np.float32)}
    partial = file.with_suffix(".partial.npz")
    np.savez_compressed(partial, head=np.asarray(json.dumps(head, ensure_ascii=False)), **arrays)
    partial.replace(file)


def table(noticed: Sequence[Noticed]) -> Iterator[str]:
    """Yield the lines of a table that a terminal or a report can show."""
    yield f"{'kind':<14}{'sentences':>10}{'rules':>9}{'learned':>9}{'gate':>9}"
    danger = [one for one in noticed if one.kind != NONE]
    yield from (_line(one) for one in danger)
    yield _line(
        Noticed(
            kind="noticed",
            sentences=sum(one.sentences for one in danger),
            rules=sum(one.rules for one in danger),
            learned=sum(one.learned for one in danger),
            gate=sum(one.gate for one in danger),
        )
    )
    yield from (_line(one, kind="false alarms") for one in noticed if one.kind == NONE)


def _line(one: Noticed, *, kind: str | None = None) -> str:
    shares = "".join(f"{count / one.sentences:>9.1%}" for count in (one.rules, one.learned, one.gate))
    return f"{kind or one.kind:<14}{one.sentences:>10}{shares}"


def _voice(rows: Any, labels: NDArray[np.int64]) -> Voice:  # noqa: ANN401 - scipy has no types
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - heavy, and only training needs it
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    danger = labels != _CALM
    alarm = LinearSVC(C=_ALARM_C, random_state=0).fit(rows, danger)
    named = LogisticRegression(C=_KIND_C, max_iter=400, class_weight="balanced").fit(rows[danger], labels[danger])
    return Voice(
        alarm=alarm.coef_[0].astype(np.float32),
        alarm_bias=float(alarm.intercept_[0]),
        weights=named.coef_.astype(np.float32),
        bias=named.intercept_.astype(np.float32),
        lines=_OPEN,
    )
