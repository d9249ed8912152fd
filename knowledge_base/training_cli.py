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
    command = subparsers.add_parser("train", help="用有答案的问题训练查找")
    command.add_argument("questions", type=Path, help="每行一个 JSON，和 evaluate 用的一样")
    command.add_argument("--home", type=Path, default=Path("var") / "knowledge", help="已经建好索引的资料库")
    command.add_argument("--out", type=Path, default=FOLDER, help="学到的权重写到哪里")
    command.set_defaults(run=_train, json=False)


def _train(options: argparse.Namespace) -> int:
    # Imported here: training needs a library that the service does without.
    try:
        from knowledge_base.training import Trainer, write_manifest  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        warn(f"训练要用到 {missing.name}，平时服务用不着，没有装；请按 dev.lock 装好再来")
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
        warn(f"{options.out} 是一个文件，请换一个文件夹")
        return BAD_INPUT
    command = f"python -m knowledge_base train {options.questions.name} --home HOME"
    write_manifest(options.out, command=command, base=f"{BASE_SPEC} -> {DEFAULT_SPEC}", report=report)
    say(to_json(report))
    return OK
