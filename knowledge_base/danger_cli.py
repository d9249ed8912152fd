"""Commands for danger: hear one message with both voices, learn the second opinion, measure it on held-out families."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from knowledge_base import danger
from knowledge_base.danger import DangerGate, DangerUnreadable
from knowledge_base.danger_training import ALARMS, FOLDS, Heard, lesson, save, table
from knowledge_base.embedding import DEFAULT_SPEC, Embedder, ModelUnavailable, load_embedder
from knowledge_base.terminal import BAD_INPUT, FAILED, OK, complain, say
from knowledge_base.triage_training import UtterancesInvalid

SENTENCES: Final = Path(__file__).parent.parent / "nlu_data" / "danger"
_HOME: Final = Path("var") / "knowledge"
_MANIFEST: Final = "danger.json"


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `danger`."""
    command = subparsers.add_parser("danger", help="say what danger a message speaks of", description=__doc__)
    command.add_argument("text", help="a message, or one of: train, evaluate")
    command.add_argument("--home", type=Path, default=_HOME, help=f"default {_HOME}")
    command.add_argument("--model", default=DEFAULT_SPEC, help=f"embedding model, default {DEFAULT_SPEC}")
    command.add_argument("--words-only", action="store_true", help="do without the embedding model")
    command.add_argument("--sentences", type=Path, default=SENTENCES, help="folder of sentences to learn from")
    command.add_argument(
        "--alarms", type=float, default=ALARMS, help=f"share of false alarms allowed, default {ALARMS}"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    try:
        embedder = None if options.words_only else load_embedder(options.model, models=options.home.parent / "models")
        if options.text in {"train", "evaluate"}:
            return _learn(options, embedder)
        found = DangerGate.load(embedder_spec=options.model).check(
            options.text, vector=embedder.query(options.text) if embedder else None
        )
    except (DangerUnreadable, ModelUnavailable) as error:
        return complain(options, code=error.code, message=str(error), status=FAILED)
    except UtterancesInvalid as error:
        return complain(options, code=error.code, message=str(error), status=BAD_INPUT)
    kinds = [kind.value for kind in found.kinds]
    if options.json:
        say(json.dumps({"safety": kinds, "urgency": found.urgency}))
    else:
        say(" ".join([found.urgency, *kinds]))
    return OK


def _learn(options: argparse.Namespace, embedder: Embedder | None) -> int:
    model = danger.reads_with(options.model)
    one = lesson(options.sentences, embedder.queries if embedder else None, model=model)
    opinion, heard = one.learn(alarms=options.alarms)
    if options.text == "train":
        save(opinion, danger.FILE)
        _note(options, heard)
    if options.json:
        say(json.dumps([asdict(each) for each in heard]))
        return OK
    say("On families of sentences that were held out:")
    for line in table(heard):
        say(line)
    return OK


def _note(options: argparse.Namespace, heard: tuple[Heard, ...]) -> None:
    """Keep beside the weights how they came about."""
    note = {
        "command": "python -m knowledge_base danger train",
        "licence": "Apache-2.0",
        "embedder": None if options.words_only else options.model,
        "alarms_allowed": options.alarms,
        "folds": FOLDS,
        "held_out_families": {each.kind: {k: v for k, v in asdict(each).items() if k != "kind"} for each in heard},
    }
    file = danger.FILE.with_name(_MANIFEST)
    file.write_text(json.dumps(note, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
