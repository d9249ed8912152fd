"""Shows on a terminal what each stage of retrieval adds, and says which of its figures flatter."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich import box
from rich.table import Table

from knowledge_base.adapter import FOLDER
from knowledge_base.search import Mode

_COLUMNS: Final = {
    "recall@1": "R@1",
    "recall@3": "R@3",
    "recall@5": "R@5",
    "recall@10": "R@10",
    "recall@100": "R@100",
} | {"mrr@10": "MRR@10"}
_TIMES: Final = {"p50_ms": "p50 毫秒", "p95_ms": "p95 毫秒"}


def table(figures: Mapping[str, Any], *, part: str | None = None) -> Table:
    """Lay out one row a stage: of all questions, or of those whose articles were `seen` or `unseen` in training."""
    columns = {**_COLUMNS, **({} if part else _TIMES)}
    laid = Table(title=_title(figures, part), title_justify="left", box=box.SIMPLE_HEAD)
    laid.add_column("方法", no_wrap=True)
    for name in columns.values():
        laid.add_column(name, justify="right", no_wrap=True)
    for mode, row in figures["systems"].items():
        shown = row.get(part, {}) if part else row
        laid.add_row(_name(Mode(mode), figures), *(_cell(name, shown.get(name)) for name in columns))
    return laid


def tables(figures: Mapping[str, Any]) -> Iterator[Table]:
    """Give the table of all questions, then those of the seen and the unseen ones where there are both."""
    yield table(figures)
    if 0 < figures["unseen"] < figures["n"]:
        yield from (table(figures, part=part) for part in ("seen", "unseen"))


def notes(figures: Mapping[str, Any]) -> Iterator[str]:
    """Say what has to be known to read the tables."""
    if figures["without_gold"]:
        yield f"另有 {figures['without_gold']} 题的答案不在索引里，没有计入。"
    if not figures["reranker"]:
        yield "没有配置重排模型（--reranker 或 LEGAL_AID_RERANKER），所以没有“＋重排”一行。"
    if figures["learned_from"]:
        yield (
            f"其中 {figures['learned_from']} 题正是训练用过的题：凡用到向量的各行，数字都比遇到新题时好看，不能当作成绩。"
        )
        if measured := _cross_validated():
            shown = "，".join(f"{title} {_cell(name, measured.get(name))}" for name, title in _COLUMNS.items())
            yield f"交叉验证时（每题都由没见过它的模型来答，learned/manifest.json）：{shown}。"


def _title(figures: Mapping[str, Any], part: str | None) -> str:
    match part:
        case None:
            return f"全部 {figures['n']} 题"
        case "seen":
            return f"答案条文在训练中出现过的 {figures['n'] - figures['unseen']} 题"
        case _:
            return f"答案条文在训练中没有出现过的 {figures['unseen']} 题"


def _name(mode: Mode, figures: Mapping[str, Any]) -> str:
    learned = "＋学习排序" if figures["learned"] else "＋效力与地域"
    match mode:
        case Mode.WORDS:
            return "只用字词（BM25）"
        case Mode.MEANING:
            return "只用向量"
        case Mode.FUSED:
            return "两者合并"
        case Mode.EXPANDED:
            return "＋口语词汇扩展"
        case Mode.LEARNED:
            return learned
        case Mode.DEFAULT:
            return "＋重排" if figures["reranker"] else learned


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if name in _TIMES else f"{100 * value:.1f}"


def _cross_validated() -> Mapping[str, float]:
    """Return what training measured on questions it had left out; nothing where it left no word of it."""
    try:
        measured: Mapping[str, float] = json.loads((FOLDER / "manifest.json").read_text("utf-8"))["cross_validation"][
            "all"
        ]
    except (OSError, ValueError, KeyError):
        return {}
    return measured
