"""What every command says the same way: results, complaints, progress, and which place a caller named."""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import MappingProxyType
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from knowledge_base.ingest.files import trouble
from knowledge_base.regions import Regions
from knowledge_base.types import NATION

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
_WIDE = 120
_PLAINLY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "knowledge_unavailable": "资料库现在用不了，不是没有答案：先用 ingest 收录文件，再运行 build",
        "build_running": "有另一个程序正在给它建索引，请等它做完",
        "home_unusable": "这个文件夹里写不了东西，请用 --home 换一个",
        "model_unavailable": "向量模型用不了",
        "reranker_unavailable": "重排模型用不了",
        "judgement_unreadable": "判断要不要回答的文件坏了或者对不上，请运行 calibrate",
        "memory_unreadable": "学过的问题坏了，请重新训练",
        "weights_unreadable": "模型文件坏了，请换回原来的",
        "adapter_unreadable": "学到的权重坏了，请换回原来的或者重新训练",
        "fusion_unreadable": "学到的权重坏了，请换回原来的或者重新训练",
        "asked_unreadable": "人们怎么问的那几个文件里有一处坏了",
        "questions_unreadable": "问题文件读不了",
        "examples_too_few": "问题太少，学不出来",
    }
)
"""What a failure means to whoever sits at the terminal, by its code; the detail goes on naming the thing itself."""


def say(text: str) -> None:
    """Print one result."""
    sys.stdout.write(text + "\n")


def show(table: Table) -> None:
    """Print one table, as wide as it needs where nobody looks on."""
    Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE).print(table)


def warn(text: str) -> None:
    """Print what is not a result."""
    sys.stderr.write(text + "\n")


def complain(options: argparse.Namespace, *, code: str, message: str, status: int) -> int:
    """Say that a command failed, in the form that was asked for, and return its exit status."""
    if options.json:
        say(json.dumps({"outcome": "unavailable", "code": code, "detail": message}, ensure_ascii=False))
    else:
        warn(f"{_PLAINLY[code]}（{message}）" if code in _PLAINLY else message)
    return status


def file_trouble(error: OSError) -> str:
    """Say which file or folder cannot be read or written, and why."""
    return f"读不了或者写不了 {error.filename or '文件'}：{trouble(error)}"


def cut_off() -> int:
    """Return the exit status where the reader has gone, as `head` does; what is still to be written is dropped."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK


class RegionUnknown(Exception):
    """A place was named that is none, or that may be several."""

    code = "place_unknown"


def region_code(name: str | None) -> str | None:
    """Return the code of the place a caller named; None for the nation and for no place. Raises RegionUnknown."""
    if name is None:
        return None
    region = Regions.load().resolve(name)
    if region is None:
        msg = f"{name} 不是一个地名，或者不止一个地方叫这个名字；请写它的六位代码"
        raise RegionUnknown(msg)
    return None if region.code == NATION else region.code


@cache
def place_name(code: str) -> str:
    """Return a place as a person calls it; what nobody knows stays a code."""
    region = Regions.load().get(code)
    return region.name if region else code


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show how far a command has come, beside its results."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield progress
