"""Reads command lines, and says in Chinese what is wrong with one and how it is written."""

import argparse
import os
import re
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final, NoReturn

from knowledge_base.terminal import BAD_INPUT

_OWN: Final = Path("var") / "places"
OWN_HELP: Final = f"自己的各地资料，和带的放在一起用；不写就是 LEGAL_AID_PLACES，再不然 {_OWN}"
_SAID: Final = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"^the following arguments are required: (.+)$", r"还缺：\1"),
        (r"^unrecognized arguments: (.+)$", r"不认识的参数：\1"),
        (r"^ambiguous option: (.+) could match (.+)$", r"\1 说得不够清楚，可能是：\2"),
        (r"^argument (.+?): ", r"\1："),
        (r"expected one argument$", "后面要跟一个值"),
        (r"expected at least one argument$", "后面至少要跟一个值"),
        (r"expected \d+ arguments?$", "后面的值个数不对"),
        (r"invalid choice: (.+) \(choose from (.+)\)$", r"没有 \1 这一项，可以是：\2"),
        (r"invalid \w+ value: (.+)$", r"看不懂 \1"),
        (r"not allowed with argument (.+)$", r"不能和 \1 一起用"),
        (r"^one of the arguments (.+) is required$", r"这几项里要有一项：\1"),
        (r"ignored explicit argument (.+)$", r"后面不用跟值，多了 \1"),
    )
)
"""What argparse says, each by its one form in English."""


class _Layout(argparse.HelpFormatter):
    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """Head the usage in Chinese."""
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """An argument parser whose headings and complaints are Chinese; its subcommands are read by the same."""

    def __init__(self, *, prog: str | None = None, description: str | None = None) -> None:
        super().__init__(prog=prog, description=description, formatter_class=_Layout, add_help=False)
        self._positionals.title, self._optionals.title = "要写明的", "可以加的"
        self.add_argument("-h", "--help", action="help", help="显示这份说明")

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where to read on, and leave."""
        self.print_usage(sys.stderr)
        self.exit(BAD_INPUT, f"{in_chinese(message)}\n每一项是什么意思：{self.prog} --help\n")


def in_chinese(message: str) -> str:
    """Return what argparse complains of in Chinese; what has no known form stays as it is."""
    for form, said in _SAID:
        message = form.sub(said, message)
    return message


def own_places() -> Path:
    """Return the operator's own place folders; there need be none."""
    return Path(os.environ.get("LEGAL_AID_PLACES") or _OWN)


def day(text: str) -> date:
    """Read a day of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        msg = f"{text} 不是日期，请写成 2024-01-31 这样"
        raise argparse.ArgumentTypeError(msg) from error


def count(text: str) -> int:
    """Read a number of things of the command line, one at least."""
    if not text.isdecimal() or int(text) < 1:
        msg = f"{text} 不是一以上的整数"
        raise argparse.ArgumentTypeError(msg)
    return int(text)
