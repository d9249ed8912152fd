"""What every command says the same way: results, complaints, progress, and which place a caller named."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from knowledge_base.regions import Regions
from knowledge_base.types import NATION

OK, FAILED, BAD_INPUT = 0, 1, 2
_WIDE = 120


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
        warn(message)
    return status


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
        msg = f"{name} names no place, or more than one; use its six-digit code"
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
