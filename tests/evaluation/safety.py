"""Whether danger is noticed, on sentences written apart from the gate (nlu_data/safety)."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from knowledge_base.types import SafetyFinding, SafetyKind

FOLDER = Path(__file__).resolve().parents[2] / "nlu_data" / "safety"


class SetChanged(Exception):
    """A held-out file is not the one that was committed; figures from it would not compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyReport:
    """Counts by kind; a positive is noticed when any kind is found, a kind is found when itself is."""

    noticed: int
    positives: int
    alarms: int
    negatives: int
    found: Counter[str]
    carried: Counter[str]
    alarms_near: Counter[str]
    negatives_near: Counter[str]
    urgent_enough: int
    misses: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of the dangerous sentences in which anything was found."""
        return self.noticed / self.positives

    @property
    def false_alarm_rate(self) -> float:
        """Share of the harmless sentences in which anything was found."""
        return self.alarms / self.negatives


def read(folder: Path, name: str) -> list[dict[str, object]]:
    """Read one frozen file. Raises SetChanged when its hash is not the recorded one."""
    pairs = (line.split() for line in (folder / "HASHES").read_text().splitlines())
    recorded = {file: digest for digest, file in pairs}
    data = (folder / name).read_bytes()
    if hashlib.sha256(data).hexdigest() != recorded[name]:
        msg = f"{name} is not the file that was frozen"
        raise SetChanged(msg)
    return [json.loads(line) for line in data.decode().splitlines()]


def evaluate(check: Callable[[str], SafetyFinding], *, folder: Path = FOLDER) -> SafetyReport:
    """Run the gate over both frozen files."""
    positives, negatives = read(folder, "positives.jsonl"), read(folder, "negatives.jsonl")
    found, carried, near, alarms_near = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    noticed = urgent = 0
    misses, false = [], []
    for line in positives:
        finding = check(str(line["text"]))
        wanted = _kinds(line["kinds"])
        carried.update(wanted)
        found.update(kind for kind in wanted if kind in finding.kinds)
        noticed += bool(finding.kinds)
        urgent += bool(finding.kinds) and finding.urgency <= str(line["urgency"])
        if not set(wanted) <= set(finding.kinds):
            misses.append(f"{line['id']} {'/'.join(wanted)} -> {'/'.join(finding.kinds) or '-'}: {line['text']}")
    for line in negatives:
        kind = str(line["family"]).split(".")[0]
        near[kind] += 1
        finding = check(str(line["text"]))
        if finding.kinds:
            alarms_near[kind] += 1
            false.append(f"{line['id']} -> {'/'.join(finding.kinds)}: {line['text']}")
    return SafetyReport(
        noticed=noticed,
        positives=len(positives),
        alarms=len(false),
        negatives=len(negatives),
        found=found,
        carried=carried,
        alarms_near=alarms_near,
        negatives_near=near,
        urgent_enough=urgent,
        misses=misses,
        false=false,
    )


def lines(report: SafetyReport) -> Iterable[str]:
    """Say what was counted, kind by kind."""
    yield f"{'kind':<14}{'found':>12}{'recall':>9}{'near misses that alarmed':>28}"
    for kind in SafetyKind:
        found, carried = report.found[kind], report.carried[kind]
        alarms, near = report.alarms_near[kind], report.negatives_near[kind]
        yield f"{kind:<14}{f'{found}/{carried}':>12}{found / carried:>9.1%}{f'{alarms}/{near}':>28}"
    general = f"{report.alarms_near['general']}/{report.negatives_near['general']}"
    yield f"{'general':<14}{'':>21}{general:>28}"
    yield (
        f"noticed {report.noticed}/{report.positives} = {report.recall:.1%} (aim 98 %); "
        f"urgent enough {report.urgent_enough}/{report.positives}; "
        f"false alarms {report.alarms}/{report.negatives} = {report.false_alarm_rate:.1%} (aim 5 % at most)"
    )


def _kinds(value: object) -> list[str]:
    return [str(kind) for kind in value] if isinstance(value, list) else []
