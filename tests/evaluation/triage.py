"""Whether triage is right, on real consultations and on messages written apart from it (tests/evaluation/*.jsonl)."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from knowledge_base.types import Triage
from tests.evaluation.safety import read

FOLDER = Path(__file__).resolve().parent
CONSULTATIONS = FOLDER.parents[2] / "shared" / "retrieval" / "lay_consultations_unlabelled.txt"
TOLD = FOLDER.parents[1] / "nlu_data" / "particulars" / "told.yml"
ON = date(2026, 11, 21)
"""The day that the dates of the held-out messages count from."""
_TOP = 3
_SUM_WITHIN = 0.01
_WEEK = 7
_EQUAL_ROLES: tuple[frozenset[str], ...] = (
    frozenset({"victim", "injured", "spouse"}),
    frozenset({"buyer", "consumer"}),
    frozenset({"child", "spouse", "parent", "third_party"}),
)

Ask = Callable[[str], Triage]
Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One labelled message, and what triage made of it."""

    text: str
    wanted: tuple[str, ...]
    got: tuple[str, ...]


def consultations(ask: Ask, *, texts: Path = CONSULTATIONS) -> Iterable[str]:
    """Measure real consultations; their text is not part of the repository."""
    if not texts.is_file():
        yield f"left out: the texts are not here ({texts.name})"
        return
    lines = (line.strip() for line in texts.read_text(encoding="utf-8").splitlines())
    by_sha = {hashlib.sha256(line.encode()).hexdigest()[:16]: line for line in lines}
    labels = [line for line in read(FOLDER, "consultations.jsonl") if line["sha"] in by_sha]
    found = [(label, ask(by_sha[str(label["sha"])])) for label in labels]
    judged = [
        Judged(text=by_sha[str(label["sha"])], wanted=tuple(_list(label["codes"])), got=_codes(triage))
        for label, triage in found
    ]
    yield from _single(judged)
    dangers = [(set(_list(label["safety"])), set(triage.safety)) for label, triage in found]
    carried = [(wanted, got) for wanted, got in dangers if wanted]
    calm = [got for wanted, got in dangers if not wanted]
    yield (
        f"danger noticed {sum(bool(got) for _, got in carried)}/{len(carried)}, "
        f"alarms on harmless lines {sum(map(bool, calm))}/{len(calm)} = {sum(map(bool, calm)) / len(calm):.1%}"
    )
    told = [(str(label["role"]), triage.role) for label, triage in found if label.get("role")]
    yield f"role told {sum(_same_role(wanted, got) for wanted, got in told)}/{len(told)}"


def _single(judged: Sequence[Judged]) -> Iterable[str]:
    legal = [one for one in judged if one.wanted]
    silent = sum(not one.got for one in legal)
    answered = [one for one in legal if one.got]
    strict = sum(one.got[0] == one.wanted[0] for one in answered)
    lenient = sum(one.got[0] in one.wanted for one in answered)
    among = sum(len(set(one.wanted) & set(one.got[:_TOP])) for one in legal)
    yield f"{len(legal)} consultations, silent on {silent}"
    yield (
        f"first guess: the main matter {strict / len(legal):.1%}, any of its matters {lenient / len(legal):.1%} "
        f"({lenient / max(1, len(answered)):.1%} of those answered); matters among three {among / sum(len(o.wanted) for o in legal):.1%}"
    )
    first = [(one.wanted[0], one.got[0] if one.got else "-") for one in legal]
    root = [(wanted.split(".")[0], got.split(".")[0]) for wanted, got in first]
    right = sum(wanted == got for wanted, got in root)
    yield f"macro-F1 {_macro_f1(first):.3f}; first level: right {right / len(root):.1%}, macro-F1 {_macro_f1(root):.3f}"


def several(ask: Ask) -> Iterable[str]:
    """Measure messages that bring several matters, and those that only look as if they did."""
    lines = read(FOLDER, "several.jsonl")
    sets = [(set(_list(line["codes"])), set(_codes(ask(str(line["text"]))))) for line in lines]
    many = [(wanted, got) for wanted, got in sets if len(wanted) > 1]
    one = [(wanted, got) for wanted, got in sets if len(wanted) == 1]
    both, named = sum(len(w & g) for w, g in many), sum(len(g) for _, g in many)
    precision, recall = both / max(1, named), both / sum(len(w) for w, _ in many)
    yield (
        f"{len(many)} with several: precision {precision:.1%}, recall {recall:.1%}, "
        f"F1 {2 * precision * recall / max(1e-9, precision + recall):.3f}, exactly right {sum(w == g for w, g in many) / len(many):.1%}, "
        f"two right {sum(len(w & g) > 1 for w, g in many) / len(many):.1%}"
    )
    yield (
        f"{len(one)} with one that look like several: exactly right {sum(w == g for w, g in one) / len(one):.1%}, "
        f"more than one returned {sum(len(g) > 1 for _, g in one) / len(one):.1%}"
    )


def held_out_particulars() -> Sequence[Line]:
    """Return the messages that nobody reads to repair a miss."""
    return read(FOLDER, "particulars.jsonl")


def told_particulars() -> Sequence[Line]:
    """Return the messages written before the code was read, which later served to mend it."""
    lines: list[Line] = yaml.safe_load(TOLD.read_text(encoding="utf-8"))
    return [
        {**line, "dates": {end: str(day) for end, day in line["dates"].items()} if "dates" in line else None}
        for line in lines
    ]


def particulars(ask: Ask, said: Sequence[Line], *, misses: list[str] | None = None) -> Iterable[str]:
    """Measure what is read off a message: place, role, sums, months, people, age, dates; `misses` takes what went wrong."""
    lines = [(line, ask(str(line["text"]))) for line in said]
    whole = [True] * len(lines)
    yield f"{'field':<12}{'precision':>11}{'recall':>9}{'told':>7}"
    for name, judge in _JUDGES.items():
        right = returned = told = 0
        for at, (line, triage) in enumerate(lines):
            wanted, got = line.get(name), _got(name, triage)
            fits = wanted is not None and got is not None and judge(wanted, got)
            right += fits
            told += wanted is not None
            returned += got is not None and not (name == "role" and wanted is None)
            well = fits or (wanted is None and (got is None or name == "role"))
            whole[at] &= well
            if misses is not None and not well:
                misses.append(f"{name}: told {wanted}, read {got}: {line['text']}")
        yield f"{name:<12}{right / max(1, returned):>11.1%}{right / max(1, told):>9.1%}{told:>7}"
    yield f"every field right: {sum(whole)}/{len(whole)}"


def _got(name: str, triage: Triage) -> Any:  # noqa: ANN401 - what a field is, its judge knows
    if name in {"region", "role"}:
        return getattr(triage, name)
    return triage.entities.get("date_ranges" if name == "dates" else name)


def _same_role(wanted: str, got: str | None) -> bool:
    return got is not None and (wanted == got or any({wanted, got} <= equal for equal in _EQUAL_ROLES))


def _same_dates(wanted: Mapping[str, str], ranges: Sequence[Sequence[str]]) -> bool:
    """Hold half-open ranges against a first and a last day."""
    first, last = date.fromisoformat(wanted["from"]).toordinal(), date.fromisoformat(wanted["to"]).toordinal()
    for start, end in ranges:
        begins, ends = date.fromisoformat(start).toordinal(), date.fromisoformat(end).toordinal() - 1
        if begins <= last and ends >= first and begins >= first - _WEEK and ends <= last + _WEEK:
            return True
    return False


_JUDGES: Mapping[str, Callable[[Any, Any], bool]] = {
    "region": lambda wanted, got: wanted == got,
    "role": _same_role,
    "amount": lambda wanted, got: abs(wanted - got) <= _SUM_WITHIN * wanted,
    "months_owed": lambda wanted, got: wanted == got,
    "people": lambda wanted, got: wanted == got,
    "age": lambda wanted, got: wanted == got,
    "dates": _same_dates,
}


def _codes(triage: Triage) -> tuple[str, ...]:
    return tuple(matter.code for matter in triage.matters)


def _list(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    wanted, got = Counter(w for w, _ in pairs), Counter(g for _, g in pairs)
    both = Counter(w for w, g in pairs if w == g)
    return sum(2 * both[code] / (wanted[code] + got[code]) for code in wanted) / len(wanted)
