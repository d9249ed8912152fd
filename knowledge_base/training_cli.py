"""The command that trains retrieval on answered questions."""

import argparse
from pathlib import Path
from typing import Final

from knowledge_base.adapter import FOLDER
from knowledge_base.build import models_folder
from knowledge_base.embedding import BASE_SPEC, DEFAULT_SPEC, ModelUnavailable, load_embedder
from knowledge_base.evaluate import read_questions, to_json
from knowledge_base.index import open_index
from knowledge_base.judge_training import ExamplesTooFew
from knowledge_base.terminal import BAD_INPUT, FAILED, OK, complain, say, warn
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
    try:
        from knowledge_base.training import Trainer, write_manifest  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        warn(f"training needs {missing.name}, which the service does without; install what dev.lock lists")
        return FAILED

    labelled = read_questions(options.questions)
    index = open_index(options.home, model=None)
    models = models_folder(options.home)
    try:
        options.out.mkdir(parents=True, exist_ok=True)  # told at once, not after an hour of learning
        embedder = load_embedder(BASE_SPEC, models=models, learned=options.out)
        trainer = Trainer(
            index,
            models / BASE_SPEC.partition(":")[2],
            cache=VectorCache(options.home / "cache", embedder),
            seed=_SEED,
            say=warn,
        )
        report = trainer.train(labelled, options.out)
    except ModelUnavailable as error:
        return complain(options, code=error.code, message=str(error), status=FAILED)
    except ExamplesTooFew as error:
        return complain(options, code=error.code, message=str(error), status=BAD_INPUT)
    except FileExistsError:
        warn(f"{options.out} is a file; name a folder")
        return BAD_INPUT
    command = f"python -m knowledge_base train {options.questions.name} --home HOME"
    write_manifest(options.out, command=command, base=f"{BASE_SPEC} -> {DEFAULT_SPEC}", report=report)
    say(to_json(report))
    return OK
