"""Spoils the engine's own code place by place, and counts what cases and tests notice: `python -m tests.bench.mutation [--sample N]`.

`rules mutate` does the same to the law on file; together they are `make mutate`. A mutator of our own, because what has to be kept
is small: each mutant lives in a forked process that takes the spoilt module in place of the good one, so a trial by the cases costs
about a second and never touches a file. Only what no case notices is put to the engine's own tests.
"""

import argparse
import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from knowledge_base.assess import PLACES, Assessor, FactRefused
from knowledge_base.directory.book import Directory
from knowledge_base.regions import Regions
from knowledge_base.rules.cases import Case, judge, read_cases

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "rules" / "cases"
ENGINE = ("conditions", "outcome", "decide", "diagram", "engine", "book")
AIM = 0.9
TESTS = ("test_rulebook.py", "test_deadlines.py", "test_engine.py")
"""What is asked next of a mutant that no case noticed, the quickest first."""
PATIENCE = 300
SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.Continue: ast.Break,
    ast.Break: ast.Continue,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One place of one module, and what stands there instead."""

    module: str
    line: int
    change: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"knowledge_base/rules/{self.module}.py:{self.line}: {self.change}"


def mutants(module: str) -> Iterator[Mutant]:
    """Yield a spoilt tree for every place inside a function that can be spoilt."""
    tree = ast.parse((ROOT / "knowledge_base" / "rules" / f"{module}.py").read_text(encoding="utf-8"))
    for number in range(len(list(_places(tree)))):
        spoilt = deepcopy(tree)
        node, field, at = list(_places(spoilt))[number]
        held = getattr(node, field)
        old = held if at is None else held[at]
        new = _instead(old)
        if at is None:
            setattr(node, field, new)
        else:
            held[at] = new
        ast.fix_missing_locations(spoilt)
        change = f"{_name(old)} -> {_name(new)}"
        yield Mutant(module, getattr(node, "lineno", 0), change, spoilt)


def _places(tree: ast.Module) -> Iterator[tuple[ast.AST, str, int | None]]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for statement in function.body:
                yield from _inside(statement)


def _inside(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    if isinstance(node, ast.Assert | ast.Raise | ast.FunctionDef) or _is_docstring(node):
        return
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns"}:
            continue
        for at, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if not isinstance(child, ast.AST):
                continue
            if _instead(child) is not None and not (isinstance(node, ast.keyword) and node.arg == "strict"):
                yield node, field, at
            yield from _inside(child)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _instead(node: ast.AST) -> ast.AST | None:
    match node:
        case ast.UnaryOp(op=ast.Not()):
            return node.operand
        case ast.Constant(value=bool()):
            return ast.Constant(not node.value)
        case ast.Constant(value=int()):
            return ast.Constant(int(node.value) + 1)
        case _:
            swapped = SWAPPED.get(type(node))
            return swapped() if swapped else None


def _name(node: ast.AST) -> str:
    return ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__


class Spoilt(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the spoilt module where the good one is asked for."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = f"knowledge_base.rules.{mutant.module}"
        self._tree = mutant.tree

    def find_spec(self, name: str, _path: object, _target: object = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self) if name == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._tree, self._name, "exec"), module.__dict__)  # noqa: S102 -- our own code, one place changed


@dataclass(frozen=True, slots=True)
class Trial:
    """What every mutant is tried on; read once, before the first fork."""

    cases: Sequence[Case]
    sound: Assessor
    directory: Directory
    regions: Regions
    with_tests: bool

    def notices(self, mutant: Mutant) -> bool:
        """Say whether a case fails in a process of its own; one that dies or never ends is noticed as well."""
        child = os.fork()
        if child == 0:
            os._exit(1 if self._fails(mutant) else 0)
        _, status = os.waitpid(child, 0)
        return status != 0

    def _fails(self, mutant: Mutant) -> bool:
        signal.alarm(PATIENCE)  # ends the process
        for name in [each for each in sys.modules if each.startswith("knowledge_base.rules.")]:
            del sys.modules[name]
        del sys.modules["knowledge_base.assess"]
        sys.meta_path.insert(0, Spoilt(mutant))
        try:
            anew = importlib.import_module("knowledge_base.assess")
            spoilt = anew.Assessor.load(regions=self.regions, directory=self.directory)
            if any(
                next(
                    judge(
                        case,
                        lambda facts, region, on: spoilt.assess(facts, region=region, on=on),
                        anew.FactRefused,
                        self.sound.engine.rulebook,
                    ),
                    None,
                )
                for case in self.cases
            ):
                return True
            return self.with_tests and _tests_fail()
        except Exception:  # noqa: BLE001 -- whatever it raises, somebody would notice
            return True


def _tests_fail() -> bool:
    """Run the engine's own tests in this process, in silence, up to the first that fails."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    files = [str(ROOT / "tests" / "rules" / name) for name in TESTS]
    return pytest.main(["-x", "-q", "-p", "no:cacheprovider", *files]) != 0


def main(arguments: list[str]) -> int:
    """Print the score by module and the survivors; 1 below the aim."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, help="only so many places, always the same")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--cases-only", action="store_true", help="ask the cases alone, not the engine's tests")
    parser.add_argument("--aim", type=float, default=AIM)
    chosen = parser.parse_args(arguments)
    chance = random.Random(0)  # noqa: S311 -- a sample, no secret
    cases = list(read_cases(CASES))
    regions = Regions.load()
    directory = Directory.load(PLACES, regions)
    trial = Trial(cases, Assessor.load(regions=regions, directory=directory), directory, regions, not chosen.cases_only)
    if any(
        next(
            judge(
                each, lambda f, r, on: trial.sound.assess(f, region=r, on=on), FactRefused, trial.sound.engine.rulebook
            ),
            None,
        )
        for each in cases
    ):
        print("the cases do not hold: run rules test first")
        return 1
    chance.shuffle(cases)  # neighbours notice the same
    every = [mutant for module in ENGINE for mutant in mutants(module)]
    if chosen.sample and chosen.sample < len(every):
        every = chance.sample(every, chosen.sample)
    started = time.monotonic()
    with ThreadPoolExecutor(chosen.jobs) as pool:  # the threads only wait for their forks
        noticed = dict(zip(every, pool.map(trial.notices, every), strict=True))
    for mutant in sorted(map(str, (mutant for mutant, killed in noticed.items() if not killed))):
        print(f"survived {mutant}")
    totals, kills = Counter(m.module for m in every), Counter(m.module for m, killed in noticed.items() if killed)
    for module in sorted(totals, key=lambda each: kills[each] / totals[each]):
        print(f"{module}: {kills[module]} of {totals[module]} ({kills[module] / totals[module]:.0%})")
    share = kills.total() / totals.total()
    print(f"all: {kills.total()} of {totals.total()} mutants noticed ({share:.1%}), {time.monotonic() - started:.0f} s")
    return 0 if share >= chosen.aim else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
