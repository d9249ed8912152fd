"""Runs the cases against every mutant of the rulebook, on every core: what no case notices is a mistake nobody would."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

from knowledge_base.assess import Assessor, FactRefused, matters
from knowledge_base.directory.book import Directory
from knowledge_base.regions import Regions
from knowledge_base.rules.cases import Case, judge, read_cases
from knowledge_base.rules.engine import Engine
from knowledge_base.rules.loader import load_rulebook
from knowledge_base.rules.mutation import Mutant, concerned, mutants, spoil
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.types import NATION, Facts, FactType

_CHUNK = 8


class Trial:
    """The book, its mutants in a fixed order, and the cases that should notice them."""

    def __init__(self, places: Path, cases: Path) -> None:
        self._regions = Regions.load()
        self._directory = Directory.load(places, self._regions)
        self._engine = Engine(load_rulebook(places), matters=matters(Taxonomy.load()))
        self._sound = self._over(self._engine)
        self._cases = tuple(read_cases(cases))
        self._facts = {case.where: self._read(case) for case in self._cases}
        self._places = {case.where: self._law_of(case) for case in self._cases}
        self.mutants: Sequence[Mutant] = tuple(mutants(self._engine.rulebook))

    def notices(self, mutant: Mutant) -> bool:
        """Say whether any case fails, or the book does not even work any more."""
        book = spoil(self._engine.rulebook, mutant)
        spoilt = self._over(Engine(book, matters=self._engine.matters, beside=self._engine))
        tried = concerned(
            mutant, self._cases, lambda case: self._places[case.where], lambda case: self._facts[case.where]
        )
        try:
            return any(self._fails(case, spoilt) for case in tried)
        except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError):
            return True  # an engine that cannot use the book is noticed by whoever runs it

    def sound(self) -> bool:
        """Say whether every case holds with the book as it is; without that no score means anything."""
        return not any(self._fails(case, self._sound) for case in self._cases)

    def _fails(self, case: Case, assessor: Assessor) -> bool:
        found = judge(
            case,
            lambda facts, region, on: assessor.assess(facts, region=region, on=on),
            FactRefused,
            self._engine.rulebook,
        )
        return next(found, None) is not None

    def _over(self, engine: Engine) -> Assessor:
        return Assessor(engine=engine, directory=self._directory, regions=self._regions)

    def _read(self, case: Case) -> Facts:
        try:
            return self._engine.presume(self._sound.read(case.facts, on=case.on))
        except FactRefused:
            return {}

    def _law_of(self, case: Case) -> frozenset[str]:
        """Return the places whose rules may judge a case: where it was told, and where it happened or is handled."""
        facts = self._engine.rulebook.facts
        named = [value for name, value in case.facts.items() if name in facts and facts[name].type is FactType.REGION]
        found = [self._regions.resolve(str(each)) for each in (case.region, *named) if each is not None]
        return frozenset({NATION}.union(*(region.chain for region in found if region is not None)))


@cache
def _trial(places: Path, cases: Path) -> Trial:
    return Trial(places, cases)


def _noticed(number: int, *, places: Path, cases: Path) -> bool:
    trial = _trial(places, cases)
    return trial.notices(trial.mutants[number])


def _sampled(every: Sequence[Mutant], size: int) -> list[int]:
    """Return so many of them, each kind of change by its share."""
    numbers = list(range(len(every)))
    random.Random(0).shuffle(numbers)  # noqa: S311 -- a sample, no secret
    by_change = sorted(numbers, key=lambda number: every[number].change)
    return sorted(by_change[place * len(every) // size] for place in range(size))


def try_mutants(
    trial: Trial, *, places: Path, cases: Path, sample: int | None, jobs: int
) -> Iterator[tuple[Mutant, bool]]:
    """Yield each mutant and whether a case noticed it; of a sample, always the same ones."""
    numbers = list(range(len(trial.mutants)))
    if sample is not None and sample < len(numbers):
        numbers = _sampled(trial.mutants, sample)
    work = partial(_noticed, places=places, cases=cases)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for number, noticed in zip(numbers, pool.map(work, numbers, chunksize=_CHUNK), strict=True):
            yield trial.mutants[number], noticed
