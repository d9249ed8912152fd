"""Quality figures on data nobody tuned on: `python -m tests.evaluation [safety|triage|answers]`, all of them by default."""

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
from knowledge_base.triage_cli import Desk, model_file
from knowledge_base.types import KnowledgeUnavailable, SafetyFinding
from tests.evaluation import answers, safety, triage

DEFAULT_HOME = Path("var/knowledge")


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


def _triage(options: argparse.Namespace) -> None:
    embedder = _embedder(options, part="triage")
    classifier = Classifier.load(model_file(options.home), Taxonomy.load())
    desk = Desk(
        classifier=classifier, safety=DangerGate.load(), regions=Regions.load(), embedder=embedder, on=triage.ON
    )
    _print("Real consultations", triage.consultations(desk.triage), [])
    _print("Several matters in one message", triage.several(desk.triage), [])
    _print("What is read off a message", triage.particulars(desk.triage), [])


def _answers(options: argparse.Namespace) -> None:
    knowledge = KnowledgeBase.load(options.home, embedder_spec=options.embedder)
    report = answers.evaluate(knowledge, on=options.on)
    _print("Answers and silence", answers.lines(report), [*report.misses, *report.overreach] if options.misses else [])


def _print(title: str, lines: object, details: list[str]) -> None:
    print(f"\n{title}\n{'-' * len(title)}")
    for line in [*lines, *details]:  # type: ignore[misc]
        print(line)


def main(arguments: list[str]) -> int:
    """Run what was asked for; returns the exit status."""
    parts: dict[str, Callable[[argparse.Namespace], None]] = {
        "safety": _safety,
        "triage": _triage,
        "answers": _answers,
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
