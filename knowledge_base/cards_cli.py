"""Commands for those who write our cards: check them, and lock the wording of the clauses they were read against."""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from knowledge_base import curated
from knowledge_base.card_checks import Fault, check_cards, check_sources
from knowledge_base.card_sources import Library, clause_digest
from knowledge_base.cards import LOCK, Card, load_cards
from knowledge_base.terminal import say

DEFAULT_HOME: Final = Path("var") / "knowledge"
SOURCES: Final = Path(__file__).parent / "sources"
_OK, _FAILED = 0, 1
_HEADER: Final = "# What each cited clause said when its cards were last read against it; written by `cards lock`.\n"


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `cards check` and `cards lock`."""
    command = subparsers.add_parser("cards", help="检查问答卡，或者记下出处现在的文字")
    command.add_argument("act", choices=("check", "lock"))
    command.add_argument("--home", type=Path, default=DEFAULT_HOME, help=f"收录的文件在哪里，不写就是 {DEFAULT_HOME}")
    command.add_argument("--sources", type=Path, default=SOURCES, help="问答卡的文件夹，不写就是自带的")
    command.add_argument("--json", action="store_true", help="输出 JSON")
    command.set_defaults(run=_run)


def lock_lines(cards: Sequence[Card], library: Library) -> Iterator[str]:
    """Return one line for each cited clause: what the ingested texts say now, or what was locked where they are absent."""
    lines = {}
    for reference in (reference for card in cards for reference in card.references):
        clause = library.cited(reference)
        if digest := clause_digest(clause.text) if clause else reference.digest:
            lines[f"{reference.document.id} {reference.mark}"] = digest
    return (f"{clause} {digest}" for clause, digest in sorted(lines.items()))


def _run(options: argparse.Namespace) -> int:
    book = load_cards(options.sources)
    if options.act == "lock":
        documents, _ = curated.gather_texts(options.home)
        lines = list(lock_lines(book.cards, Library(documents)))
        (options.sources / LOCK).write_text(_HEADER + "".join(f"{line}\n" for line in lines), "utf-8")
        return _tell(options, {"locked": len(lines)}, f"{len(lines)} 条出处的文字已记下")
    book, documents = curated.gather(options.home, book)
    cards = book.cards
    set_aside = (Fault(card=name, text=why) for name, why in book.set_aside.items())
    faults = (*set_aside, *check_cards(cards), *check_sources(cards, Library(documents)))
    told = "\n".join(
        [*(f"{fault.card}：{fault.text}" for fault in faults), f"{len(cards)} 张问答卡，{len(faults)} 处问题"]
    )
    _tell(options, {"cards": len(cards), "faults": [asdict(fault) for fault in faults]}, told)
    return _FAILED if faults else _OK


def _tell(options: argparse.Namespace, data: object, text: str) -> int:
    say(json.dumps(data, ensure_ascii=False) if options.json else text)
    return _OK
