"""The command that trains retrieval on answered questions."""

import argparse
from pathlib import Path
from typing import Final

from knowledge_base.adapter import FOLDER
from knowledge_base.build import models_folder
from knowledge_base.embedding import BASE_SPEC, DEFAULT_SPEC, load_embedder
from knowledge_base.evaluate import QuestionsUnreadable, read_questions, to_json
from knowledge_base.index import open_index
from knowledge_base.terminal import BAD_INPUT, OK, say, warn
from knowledge_base.types import KnowledgeUnavailable
from knowledge_base.vectors import VectorCache

_SEED: Final = 0


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `train`."""
    command = subparsers.add_parser("train", help="train retrieval on answered questions", description=__doc__)
    command.add_argument("questions", type=Path, help="one JSON a line, as `evaluate` reads them")
    command.add_argument("--home", type=Path, default=Path("var") / "knowledge", help="an index built from the sources")
    command.add_argument("--out", type=Path, default=FOLDER, help="where the learned weights are written")
    command.set_defaults(run=_train, json=False)


def _train(options: argparse.Namespace) -> int:
    # Imported here: training needs a library that the service does without.
    from knowledge_base.training import Trainer, write_manifest  # noqa: PLC0415

    try:
        labelled = read_questions(options.questions)
        index = open_index(options.home, model=None)
    except (OSError, QuestionsUnreadable, KnowledgeUnavailable) as error:
        warn(str(error))
        return BAD_INPUT
    models = models_folder(options.home)
    embedder = load_embedder(BASE_SPEC, models=models)
    trainer = Trainer(
        index,
        models / BASE_SPEC.partition(":")[2],
        cache=VectorCache(options.home / "cache", embedder),
        seed=_SEED,
        say=warn,
    )
    report = trainer.train(labelled, options.out)
    command = f"python -m knowledge_base train {options.questions.name} --home HOME"
    write_manifest(options.out, command=command, base=f"{BASE_SPEC} -> {DEFAULT_SPEC}", report=report)
    say(to_json(report))
    return OK
