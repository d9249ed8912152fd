"""The command that learns when to answer and when to keep silent."""

import argparse
import json
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zoneinfo import ZoneInfo

from knowledge_base.answer import KnowledgeBase
from knowledge_base.build import build_with
from knowledge_base.cards import load_cards
from knowledge_base.embedding import DEFAULT_SPEC, Embedder, ModelUnavailable, load_embedder
from knowledge_base.evaluate import QuestionsUnreadable
from knowledge_base.index import Index, open_index
from knowledge_base.judge_training import EXAMPLES, Example, ExamplesTooFew, Labels, Measured, gather, learn, to_json
from knowledge_base.judgement import LEARNED, OWN, silent
from knowledge_base.placing import place_with
from knowledge_base.regions import Regions
from knowledge_base.search import Searcher
from knowledge_base.terminal import BAD_INPUT, FAILED, OK, complain, progress_bar, say

DEFAULT_HOME: Final = Path("var") / "knowledge"
_CHINA: Final = ZoneInfo("Asia/Shanghai")


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `calibrate`."""
    text = "用标好的问题学什么时候回答、什么时候不答"
    more = "资料库里要有这些问题说的文件。不写 --ours，学到的就留在这个资料库里。"
    command = subparsers.add_parser("calibrate", help=text, description=f"{text}。{more}")
    command.add_argument("--home", type=Path, default=DEFAULT_HOME, help=f"资料放在哪个文件夹，不写就是 {DEFAULT_HOME}")
    command.add_argument("--model", default=DEFAULT_SPEC, help=f"向量模型，不写就是 {DEFAULT_SPEC}")
    command.add_argument(
        "--questions", type=Path, default=EXAMPLES, help="answerable.jsonl 和 unanswerable.jsonl 所在的文件夹"
    )
    command.add_argument("--ours", action="store_true", help="放到程序里，用这个模型的资料库都用它")
    command.add_argument("--json", action="store_true", help="输出 JSON")
    command.set_defaults(run=_calibrate)


def _calibrate(options: argparse.Namespace) -> int:
    on = datetime.now(_CHINA).date()
    try:
        embedder = load_embedder(options.model, models=options.home.parent / "models")
        place = place_with(Regions.load())
        index = open_index(options.home, model=embedder.name)
        with TemporaryDirectory() as folder, progress_bar() as progress:
            task = progress.add_task("收集依据", total=None)
            bare = _without_texts(Path(folder), options, embedder)
            labels = Labels.read(index, options.questions)

            def of(one: Embedder | None) -> dict[str, tuple[Example, ...]]:
                texts, cards = (
                    KnowledgeBase(Searcher(home, one), judge=silent(), place=place) for home in (index, bare)
                )
                asking = partial(gather, labels=labels, on=on, heard=lambda: progress.advance(task))
                return {
                    "texts": asking(texts),
                    "cards": asking(cards),
                    "set aside": asking(texts, set_aside=True),
                    "with a place": asking(texts, with_place=True),
                }

            judgement, figures = learn(of(embedder), of(None), model=embedder.name)
    except ModelUnavailable as error:
        return complain(options, code=error.code, message=str(error), status=FAILED)
    except (ExamplesTooFew, QuestionsUnreadable) as error:
        return complain(options, code=error.code, message=str(error), status=BAD_INPUT)
    file = LEARNED if options.ours else options.home / OWN
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(judgement.to_json(), "utf-8")
    if options.ours:
        manifest = {
            "command": "python -m knowledge_base calibrate --home HOME --ours",
            "licence": "Apache-2.0",
            "base": options.model,
            "learned_from": "nlu_data/answers",
            "held_out_questions": to_json(figures),
        }
        beside = LEARNED.with_name(f"{LEARNED.stem}_manifest.json")
        beside.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if options.json:
        say(json.dumps(to_json(figures), ensure_ascii=False))
        return OK
    for name, one in figures.items():
        _tell(name, one)
    say(f"已写入 {file}")
    return OK


def _without_texts(home: Path, options: argparse.Namespace, embedder: Embedder) -> Index:
    """Build what a home is before any text is taken in: our cards alone. The vectors are those of the other home."""
    cache = options.home / "cache"
    cache.mkdir(exist_ok=True)
    (home / "cache").symlink_to(cache.resolve())
    build_with(home, embedder=embedder, embedder_spec=options.model, book=load_cards())
    return open_index(home, model=embedder.name)


def _tell(name: str, one: Measured) -> None:
    say(
        f"{name:18}答得出 {one.answerable} 题：首选对 {one.first:.1%}，前三有对的 {one.among_first:.1%}，"
        f"作答 {one.answered:.1%}，答对 {one.right:.1%}；答不出 {one.unanswerable} 题：不作答 {one.silent:.1%}"
    )
    say(" " * 18 + "  ".join(f"{family} {kept}/{count}" for family, (kept, count) in one.silent_by_family.items()))
