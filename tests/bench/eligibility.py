"""What an assessment costs, and a replay of many: `python -m tests.bench eligibility [--openfisca PYTHON]`.

With the interpreter of an environment that holds OpenFisca-Core, one comparable calculation is timed there: a yes or no that
rests on a person's age, two yes-or-no facts, a matter and a dated figure, computed for one person in a fresh simulation, as a
web request would. It gives no reasons, names no next question and knows no «unknown»; ours does all three.
"""

import argparse
import json
import random
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from knowledge_base.assess import Assessor
from knowledge_base.regions import Regions
from knowledge_base.replaying import anonymous, changes, read_past
from knowledge_base.types import FactType, FactValue, Question

ON = date(2026, 11, 21)
PLACES = (None, "231000", "640100", "140581", "320400")
CASES = 10_000
AIM_MS, AIM_S = 1.0, 20.0
PEER = Path(__file__).with_name("openfisca_peer.py")


def some_case(questions: Sequence[Question], chance: random.Random) -> dict[str, FactValue]:
    """Return facts as a citizen might give them: a matter, and about two in five of the others."""
    found: dict[str, FactValue] = {}
    for question in questions:
        if question.fact != "matter" and chance.random() < 0.6:
            continue
        match question.type:
            case FactType.BOOL | FactType.ENUM:
                found[question.fact] = chance.choice(question.options).value
            case FactType.INT:
                found[question.fact] = chance.randint(0, 99)
            case FactType.MONEY:
                found[question.fact] = chance.randint(0, 9_000)
            case FactType.DATE:
                found[question.fact] = date(2026, chance.randint(1, 10), chance.randint(1, 28))
            case FactType.REGION:
                found[question.fact] = chance.choice(PLACES[1:])
            case FactType.TEXT:
                continue
    return found


def assessments(assessor: Assessor, cases: Sequence[tuple[Mapping[str, FactValue], str | None]]) -> list[float]:
    """Return the milliseconds of each assessment, reasons and citations included."""
    taken = []
    for facts, region in cases:
        start = time.perf_counter()
        assessor.assess(facts, region=region, on=ON)
        taken.append((time.perf_counter() - start) * 1_000)
    return taken


def replayed(assessor: Assessor, cases: Sequence[tuple[Mapping[str, FactValue], str | None]], folder: Path) -> float:
    """Return the seconds it takes to replay them from a file, under a book that was only just read."""
    regions = Regions.load()
    path = folder / "past.jsonl"
    lines = (anonymous(facts, region=region, on=ON, assessor=assessor, regions=regions) for facts, region in cases)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    fresh = Assessor.load()
    start = time.perf_counter()
    changed = list(changes(read_past(path), after=fresh, before=None))
    taken = time.perf_counter() - start
    if changed:
        msg = f"{len(changed)} cases changed under the same book"
        raise RuntimeError(msg)
    return taken


def peer(python: str) -> float:
    """Return the median milliseconds of one calculation with OpenFisca-Core, in its own environment."""
    done = subprocess.run([python, str(PEER)], check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout)["median_ms"])


def main(arguments: list[str]) -> int:
    """Print the figures; 1 where an aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench eligibility", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--openfisca", help="the interpreter of an environment that holds OpenFisca-Core")
    parser.add_argument("--folder", type=Path, default=Path("var"), help="where the replayed file is written")
    chosen = parser.parse_args(arguments)
    assessor = Assessor.load()
    assessor.warm(on=ON)
    chance = random.Random(1)  # noqa: S311 -- made-up cases, no secret
    questions = assessor.facts()
    cases = [(some_case(questions, chance), chance.choice(PLACES)) for _ in range(chosen.cases)]
    cold = assessments(assessor, cases)
    taken = assessments(assessor, cases)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    seconds = replayed(assessor, cases, chosen.folder)
    median = statistics.median(taken)
    print(f"{len(cases)} assessments with every reason: median {median:.2f} ms, p95 {_high(taken):.2f} ms")
    print(f"the same, each seen for the first time: median {statistics.median(cold):.2f} ms, p95 {_high(cold):.2f} ms")
    print(f"replayed under a book just read: {seconds:.1f} s")
    if chosen.openfisca:
        theirs = peer(chosen.openfisca)
        print(f"OpenFisca-Core, one comparable yes or no: median {theirs:.2f} ms, ours {median / theirs:.2f} of it")
    else:
        print("OpenFisca-Core was not timed: name an environment's interpreter with --openfisca")
    return 0 if median <= AIM_MS and seconds <= AIM_S * chosen.cases / CASES else 1


def _high(taken: Sequence[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]
