"""Commands for danger: hear one message, learn the second opinion, measure the gate on held-out families."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from knowledge_base import adapter, danger
from knowledge_base.build import models_folder
from knowledge_base.danger import DangerGate, DangerUnreadable
from knowledge_base.danger_between import Between
from knowledge_base.danger_training import (
    ALARMS,
    FOLDS,
    Lesson,
    Listens,
    Teaching,
    ordinary_speech,
    read_sentences,
    table,
    turns_of_talk,
)
from knowledge_base.embedding import BASE_SPEC, DEFAULT_SPEC, ModelUnavailable, load_embedder
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.terminal import BAD_INPUT, FAILED, OK, complain, say, warn
from knowledge_base.triage_training import UtterancesInvalid, read_utterances

SENTENCES: Final = Path(__file__).parent.parent / "nlu_data" / "danger"
UTTERANCES: Final = SENTENCES.with_name("triage")
TURNS: Final = SENTENCES.with_name("rasa")
_HOME: Final = Path("var") / "knowledge"
_MANIFEST: Final = "danger.json"


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `danger`."""
    command = subparsers.add_parser("danger", help="say what danger a message speaks of", description=__doc__)
    command.add_argument("text", help="a message, or one of: train, evaluate")
    command.add_argument("--home", type=Path, default=_HOME, help=f"default {_HOME}")
    command.add_argument("--model", default=DEFAULT_SPEC, help=f"embedding model, default {DEFAULT_SPEC}")
    command.add_argument("--sentences", type=Path, default=SENTENCES, help="folder of sentences to learn from")
    command.add_argument(
        "--alarms", type=float, default=ALARMS, help=f"share of false alarms allowed, default {ALARMS}"
    )
    ear = command.add_mutually_exclusive_group()
    ear.add_argument("--words-only", action="store_true", help="do without the embedding model")
    ear.add_argument(
        "--mean",
        type=Path,
        nargs=2,
        metavar="FOLDER",
        help="with train: instead of teaching an ear, take the mean of two that earlier lessons left in these folders",
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    try:
        if options.text in {"train", "evaluate"}:
            return _learn(options)
        spec = None if options.words_only else options.model
        embedder = load_embedder(spec, models=models_folder(options.home)) if spec else None
        heard = embedder.read(options.text).heard if embedder else None
        found = DangerGate.load().check(options.text, heard=heard)
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


def _learn(options: argparse.Namespace) -> int:
    said = read_sentences(options.sentences)
    ordinary = [*turns_of_talk(TURNS), *ordinary_speech(read_utterances(UTTERANCES, Taxonomy.load()))]
    try:
        listener = _listener(options)
        teaching = Teaching(said, listener=listener, ordinary=ordinary, learned=_known_to(listener))
    except ModuleNotFoundError as missing:
        warn(f"training needs {missing.name}, which the service does without; install what dev.lock lists")
        return FAILED
    lesson = teaching.learn(alarms=options.alarms)
    if options.text == "train":
        _note(options, teaching.keep(lesson, danger.FILE))
    if options.json:
        say(json.dumps([asdict(each) for each in lesson.noticed]))
        return OK
    say("On families of sentences that were held out:")
    for line in table(lesson.noticed):
        say(line)
    return OK


def _listener(options: argparse.Namespace) -> Listens | None:
    if options.words_only:
        return None
    if options.mean:
        return Between(*options.mean, keep=adapter.EAR, models=models_folder(options.home))
    # Imported here: training needs a library that the service does without.
    from knowledge_base.danger_listening import Listener  # noqa: PLC0415

    models = models_folder(options.home)
    load_embedder(BASE_SPEC, models=models)  # unpacks it where it was not
    return Listener(models / BASE_SPEC.partition(":")[2], keep=adapter.EAR, say=warn)


def _known_to(listener: Listens | None) -> frozenset[str]:
    return listener.learned if isinstance(listener, Between) else frozenset()


def _note(options: argparse.Namespace, lesson: Lesson) -> None:
    """Keep beside the weights how they came about."""
    note = {
        "command": "python -m knowledge_base danger train" + (" --mean EARLIER LATER" if options.mean else ""),
        "licence": "Apache-2.0",
        "base": None if options.words_only else BASE_SPEC,
        "alarms_allowed": options.alarms,
        "one_family_held_out_in": FOLDS,
        "lines": {name: asdict(drawn) for name, drawn in lesson.lines.items()},
        "held_out_families": {
            each.kind: {k: v for k, v in asdict(each).items() if k != "kind"} for each in lesson.noticed
        },
    }
    file = danger.FILE.with_name(_MANIFEST)
    file.write_text(json.dumps(note, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
