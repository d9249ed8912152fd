"""Quality figures on what nothing was tuned on: `python -m tests.evaluation`, or the parts that are named."""

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from knowledge_base.answer import KnowledgeBase
from knowledge_base.danger import DangerGate
from knowledge_base.embedding import DEFAULT_SPEC, Embedder, ModelUnavailable, load_embedder
from knowledge_base.regions import Regions
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.triage import Classifier, TriageUnavailable
from knowledge_base.triage_cli import UTTERANCES, Desk, model_file
from knowledge_base.triage_training import cross_validate, read_utterances, read_words
from knowledge_base.types import KnowledgeUnavailable, SafetyFinding
from tests.evaluation import acts, answers, business, safety, systems, triage
from tests.evaluation.confusion import Confusion
from tests.evaluation.diet import Diet

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_HOME = Path("var/knowledge")
DRAWN = Path("var/evaluation")


def _embedder(options: argparse.Namespace, *, part: str) -> Embedder | None:
    try:
        return load_embedder(options.embedder, models=options.home.parent / "models")
    except ModelUnavailable as error:
        print(f"{part}: by words alone: {error}", file=sys.stderr)
        return None


def _safety(options: argparse.Namespace) -> None:
    gate, embedder = DangerGate.load(), _embedder(options, part="safety")

    def check(text: str) -> SafetyFinding:
        return gate.check(text, heard=embedder.read(text).heard if embedder else None)

    ruled = safety.evaluate(gate.rules.check)
    _print("Safety rules", safety.lines(ruled), [])
    report = safety.evaluate(check)
    _print("Safety gate", safety.lines(report), [*report.misses, *report.false] if options.misses else [])


def _desk(options: argparse.Namespace, *, part: str) -> Desk:
    embedder = _embedder(options, part=part)
    classifier = Classifier.load(model_file(options.home), Taxonomy.load())
    return Desk(
        classifier=classifier, safety=DangerGate.load(), regions=Regions.load(), embedder=embedder, on=triage.ON
    )


def _triage(options: argparse.Namespace) -> None:
    desk = _desk(options, part="triage")
    _print("Real consultations", triage.consultations(desk.triage), [])
    _print("Several matters in one message", triage.several(desk.triage), [])
    held_out = triage.held_out_particulars()
    _print("What is read off a message", triage.particulars(desk.triage, held_out), [])


def _particulars(options: argparse.Namespace) -> None:
    desk, misses = _desk(options, part="particulars"), list[str]()
    lines = list(triage.particulars(desk.triage, triage.told_particulars(), misses=misses))
    _print("What is told on the way", lines, misses if options.misses else [])


def _systems(options: argparse.Namespace) -> None:
    taxonomy, embedder = Taxonomy.load(), _embedder(options, part="systems")
    classifier = Classifier.load(model_file(options.home), taxonomy)
    said = read_utterances(UTTERANCES, taxonomy)
    vectors = None if embedder is None else embedder.queries(list(said.texts))
    found = systems.compare(
        said,
        cross_validate(said, read_words(UTTERANCES), vectors),
        vectors=vectors,
        classifier=classifier,
        diet=Diet(root=ROOT, keep=DRAWN / "diet", say=lambda text: print(text, file=sys.stderr, flush=True)),
    )
    guess, truth = found.sure[found.served].argmax(axis=1), found.held_out.truth
    confusion = Confusion.of_matters(found.held_out.classes, truth, guess, taxonomy)
    drawn = DRAWN / "matters.svg"
    drawn.parent.mkdir(parents=True, exist_ok=True)
    drawn.write_text(confusion.svg("Matters of callers held out whole"), encoding="utf-8")
    _print("Systems compared", [*systems.lines(found), "most confused:", *confusion.pairs(), f"drawn: {drawn}"], [])


def _acts(_: argparse.Namespace) -> None:
    _print("Acts of a dialogue", acts.lines(ROOT, DRAWN / "acts"), [])


def _answers(options: argparse.Namespace) -> None:
    knowledge = KnowledgeBase.load(options.home, embedder_spec=options.embedder)
    for title, sets in (("Answers and silence", ""), ("Answers to callers whose place is known", "placed_")):
        report = answers.evaluate(knowledge, on=options.on, sets=sets)
        _print(title, answers.lines(report), [*report.misses, *report.overreach] if options.misses else [])


def _business(options: argparse.Namespace) -> None:
    base = KnowledgeBase.load(options.home, embedder_spec=options.embedder)
    calibration = base.witness.calibration
    _print("Turned away", business.sweep(lambda text: calibration.legal_probability(base.embed(text))), [])


def _print(title: str, lines: object, details: list[str]) -> None:
    print(f"\n{title}\n{'-' * len(title)}")
    for line in [*lines, *details]:  # type: ignore[misc]
        print(line)


def main(arguments: list[str]) -> int:
    """Run what was asked for; returns the exit status."""
    parts: dict[str, Callable[[argparse.Namespace], None]] = {
        "safety": _safety,
        "triage": _triage,
        "particulars": _particulars,
        "systems": _systems,
        "acts": _acts,
        "answers": _answers,
        "business": _business,
    }
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*parts, []], help="which figures; all by default")
    parser.add_argument(
        "--home", type=Path, default=DEFAULT_HOME, help="the knowledge base; answers want the official texts in it"
    )
    parser.add_argument("--embedder", default=DEFAULT_SPEC)
    parser.add_argument("--on", type=date.fromisoformat, default=date(2026, 11, 21), help="the day asked about")
    parser.add_argument("--misses", action="store_true", help="also print every sentence that went wrong")
    options = parser.parse_args(arguments)
    for name in options.parts or parts:
        try:
            parts[name](options)
        except (KnowledgeUnavailable, TriageUnavailable, safety.SetChanged) as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
