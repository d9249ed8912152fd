"""The knowledge base from a terminal: ingest texts, build the index, ask, search, measure."""

import argparse
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.progress import TaskID

from knowledge_base import evaluation_table
from knowledge_base.answer import KnowledgeBase
from knowledge_base.arguments import Parser, count, day
from knowledge_base.build import BuildReport, Listener, build, is_behind
from knowledge_base.cards import CardInvalid
from knowledge_base.embedding import DEFAULT_SPEC
from knowledge_base.engines.choice import AUTO, Engines
from knowledge_base.evaluate import QuestionsUnreadable, evaluate, read_questions
from knowledge_base.serving import Serving
from knowledge_base.standings import STANDINGS
from knowledge_base.terminal import (
    BAD_INPUT,
    FAILED,
    INTERRUPTED,
    OK,
    RegionUnknown,
    complain,
    cut_off,
    file_trouble,
    place_name,
    progress_bar,
    region_code,
    say,
    show,
    warn,
)
from knowledge_base.types import Answer, Citation, KnowledgeUnavailable, NoAnswerReason

DEFAULT_HOME: Final = Path("var") / "knowledge"
_CHINA: Final = ZoneInfo("Asia/Shanghai")
_SILENCE: Final[Mapping[NoAnswerReason, str]] = MappingProxyType(
    {NoAnswerReason.OFF_TOPIC: "问的不是法律服务的事", NoAnswerReason.NOT_IN_DOCUMENTS: "资料里没有写"}
)
_NEXT: Final = (
    "可以换个说法再问一次，或者打 12348 问工作人员；"
    "找附近的法律援助机构：python -m knowledge_base places find --region 地名"
)
_OTHERS: Final = (
    "knowledge_base.ingest_cli",
    "knowledge_base.assess_cli",
    "knowledge_base.cards_cli",
    "knowledge_base.danger_cli",
    "knowledge_base.directory.cli",
    "knowledge_base.judge_cli",
    "knowledge_base.training_cli",
    "knowledge_base.triage_cli",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, 1 for a failure, 2 for a wrong question."""
    options = _parser().parse_args(arguments)
    try:
        status = int(options.run(options) or OK)
        sys.stdout.flush()
    except BrokenPipeError:
        return cut_off()
    except KnowledgeUnavailable as error:
        return complain(options, code=error.code, message=str(error), status=FAILED)
    except (CardInvalid, QuestionsUnreadable, RegionUnknown) as error:
        return complain(options, code=error.code, message=str(error), status=BAD_INPUT)
    except OSError as error:
        return complain(options, code="file_unusable", message=file_trouble(error), status=FAILED)
    except KeyboardInterrupt:
        warn("停下了，没有做完")
        return INTERRUPTED
    return status


def _parser() -> Parser:
    parser = Parser(prog="python -m knowledge_base", description="资料库：收录文件、建索引、提问、查找、评测。")
    commands = parser.add_subparsers(title="命令", dest="命令", required=True)
    ask = _add(commands, "ask", "回答一个问题，写明出处", _ask)
    search = _add(commands, "search", "列出和一个问题最接近的条文", _search)
    for command in (ask, search):
        command.add_argument("question")
        command.add_argument("--region", help="问的人在哪里：地名或者六位代码")
        command.add_argument("--on", type=day, help="问的是哪一天的事，不写就是今天")
    ask.add_argument("--matter", action="append", default=[], help="正在说的是哪类事，可以写几次")
    search.add_argument("-k", type=count, default=5, help="列几条，不写就是 5")
    _add(commands, "build", "用收录的文件和问答卡建索引", _build)
    measuring = _add(commands, "evaluate", "用标好答案的问题评测查找", _evaluate)
    measuring.add_argument("file", type=Path)
    measuring.add_argument("--limit", type=count, help="只用前多少个问题")
    for command in (ask, search, measuring):
        command.add_argument(
            "--reranker",
            default=os.environ.get("LEGAL_AID_RERANKER", ""),
            help="重排模型，path:文件夹 或者 hub:名字；不写就看 LEGAL_AID_RERANKER，都没有就不重排",
        )
    for name in _OTHERS:
        if importlib.util.find_spec(name):
            importlib.import_module(name).add_commands(commands)
    return parser


def _add(commands: Any, name: str, text: str, run: Any) -> argparse.ArgumentParser:  # noqa: ANN401 - argparse's own
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    command.add_argument("--home", type=Path, default=DEFAULT_HOME, help=f"资料放在哪个文件夹，不写就是 {DEFAULT_HOME}")
    command.add_argument("--model", default=DEFAULT_SPEC, help=f"向量模型，不写就是 {DEFAULT_SPEC}")
    command.add_argument(
        "--vectors",
        default=os.environ.get("LEGAL_AID_VECTORS") or AUTO,
        help=f"向量引擎：{AUTO}、flat、hnsw、ivfpq 或者 pgvector:地址；不写就看 LEGAL_AID_VECTORS，再不就是 {AUTO}",
    )
    command.add_argument("--json", action="store_true", help="输出 JSON")
    command.set_defaults(run=run)
    return command


def _ask(options: argparse.Namespace) -> int:
    (region, on), base = _asked(options), _open(options)
    answer = base.ask(options.question, region=region, on=on, matters=options.matter)
    if options.json:
        outcome = {"outcome": "answer" if isinstance(answer, Answer) else "no_answer", **asdict(answer)}
        say(json.dumps(outcome, ensure_ascii=False, default=str))
        return OK
    if not isinstance(answer, Answer):
        say(f"没有答案（{_SILENCE[answer.reason]}）{answer.because}")
        say(_NEXT)
        return OK
    _tell_answer(answer)
    for other in answer.beside:
        say("同时适用的还有：")
        _tell_answer(other)
    return OK


def _tell_answer(answer: Answer) -> None:
    say("\n".join([answer.text, *(f"注意：{caveat}" for caveat in answer.caveats)]))
    for cited in answer.citations:
        say(f"  出处 {_source(cited)}")
        if cited.quote:
            say(f"    “{cited.quote}”")


def _search(options: argparse.Namespace) -> int:
    (region, on), base = _asked(options), _open(options)
    hits = base.search(options.question, region=region, on=on, k=options.k)
    if options.json:
        results = [
            {"score": hit.score, "passage": asdict(hit.passage), "citation": asdict(hit.passage.citation)}
            for hit in hits
        ]
        found = {"outcome": "answer" if hits else "no_answer", "results": results}
        say(json.dumps(found, ensure_ascii=False, default=str))
        return OK
    for hit in hits:
        say(f"{hit.score:7.3f}  {_source(hit.passage.citation)}\n         {hit.passage.text[:120]}")
    return OK


def _open(options: argparse.Namespace) -> KnowledgeBase:
    """Open the newest build, or as the service does the newest whole one, and say what it is short of."""
    serving = Serving(
        options.home,
        embedder_spec=options.model,
        reranker_spec=options.reranker,
        engines=Engines(options.vectors),
    )
    try:
        serving.refresh()
    except KnowledgeUnavailable as error:
        if not serving.opened:
            raise
        warn(f"最新的索引打不开，先用前一份完整的索引来答；请重新运行 build（{error}）")
    with serving.using() as base:
        _tell_shortfalls(base, home=options.home)
        return base


def _tell_shortfalls(base: KnowledgeBase, *, home: Path) -> None:
    try:
        if is_behind(home, base.searcher.index.manifest):
            warn("收录的文件在建索引之后有变动，这里还是按旧索引来答；要用上新收的内容，请先运行 build")
    except KnowledgeUnavailable as error:
        warn(f"收录的文件有一份坏了，看不出索引是不是旧了（{error}）")
    status = base.status()
    if missing := status["model_missing"]:
        warn("没有向量模型，只按字词检索；请核对 --model 写的名字")
        warn(f"（{missing}）")
    elif status["mode"] == "words":
        warn("索引里没有向量，只按字词检索；要按意思检索，请重新运行 build")
    if missing := status["reranker_missing"]:
        warn("没有重排模型，不重排；请核对 --reranker 写的名字")
        warn(f"（{missing}）")


def _asked(options: argparse.Namespace) -> tuple[str | None, date]:
    return region_code(options.region), options.on or datetime.now(_CHINA).date()


def _source(cited: Citation) -> str:
    worth = (STANDINGS[cited.standing], place_name(cited.region))
    parts = (f"《{cited.document}》", cited.number, cited.clause, cited.issued, *worth)
    return " ".join(str(part) for part in parts if part)


def _build(options: argparse.Namespace) -> int:
    with progress_bar() as progress:
        tasks: list[TaskID] = []

        def begun(step: str, total: int) -> None:
            tasks.append(progress.add_task(step, total=total))

        listener = Listener(begun=begun, advanced=lambda count: progress.advance(tasks[-1], count))
        report = build(options.home, embedder_spec=options.model, listener=listener, engines=Engines(options.vectors))
    _tell_build(report, as_json=options.json)
    return OK


def _tell_build(report: BuildReport, *, as_json: bool) -> None:
    if as_json:
        say(json.dumps(asdict(report), ensure_ascii=False, default=str))
        return
    if report.model_missing:
        say("没有向量模型，索引只能按字词检索；请核对 --model 写的名字，再建一次")
        say(f"（{report.model_missing}）")
    for stale in report.stale_cards:
        say(f"问答卡停用：{stale}")
    for card, end in report.card_ends.items():
        say(f"问答卡的依据到期：{card} {end}")
    say(f"{report.documents} 份文件，{report.passages} 条，{report.cards} 张问答卡 → {report.path}")


def _evaluate(options: argparse.Namespace) -> int:
    questions = read_questions(options.file)[: options.limit]
    searcher, today = _open(options).searcher, datetime.now(_CHINA).date()
    with progress_bar() as progress:
        task = progress.add_task("评测", total=None)
        figures = evaluate(searcher, questions, on=today, heard=lambda: progress.advance(task))
    if options.json:
        say(json.dumps(figures, ensure_ascii=False))
        return OK
    for laid_out in evaluation_table.tables(figures):
        show(laid_out)
    for note in evaluation_table.notes(figures):
        say(note)
    return OK


if __name__ == "__main__":
    sys.exit(main())
