"""Assesses past cases anew under a changed rulebook, so that whoever changes the law on file sees whom it touches, before it does.

A past case is a line of JSON without a person in it: facts in bands, a month, a province or a place that has rules of its own.
"""

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from knowledge_base.assess import Assessor, FactRefused
from knowledge_base.regions import Regions
from knowledge_base.types import NATION, Facts, FactType, FactValue, Truth, Verdict

_AGES: Final = (*range(95, 15, -5), 18, 16, 14, 12, 6, 0)
"""The bands ages are told in; every age that a law names begins one."""
_MONEY_STEP: Final = 100
_KEYS: Final = frozenset({"facts", "region", "on", "said"})


class PastCaseUnreadable(Exception):
    """A line of past cases is not what `python -m api export` writes; nothing of what it holds is repeated."""

    code = "past_case_unreadable"

    def __init__(self, where: str) -> None:
        super().__init__(f"{where}: no past case")


@dataclass(frozen=True, slots=True)
class Said:
    """What of a verdict a person would notice, and the rules it rests on."""

    outcome: str
    basis: str
    flags: tuple[str, ...] = ()
    because: tuple[str, ...] = ()

    @property
    def result(self) -> str:
        """The result in one line."""
        return " ".join((f"{self.outcome}/{self.basis}", *self.flags))


@dataclass(frozen=True, slots=True)
class PastCase:
    """One assessment that was made once."""

    facts: Facts
    region: str | None
    on: date
    said: Said | None
    where: str


@dataclass(frozen=True, slots=True)
class Change:
    """One past case that comes out otherwise, and the rules that hold in one book only."""

    where: str
    before: Said
    after: Said

    @property
    def rules(self) -> tuple[str, ...]:
        """What made the difference, as far as it has a name."""
        return tuple(sorted(set(self.before.because) ^ set(self.after.because)))


def read_past(path: Path) -> Iterator[PastCase]:
    """Read lines of JSON, packed or not. Raises PastCaseUnreadable with file and line."""
    with path.open("rb") as raw, gzip.open(raw) if path.suffix == ".gz" else nullcontext(raw) as lines:
        for number, line in enumerate(_whole(lines, path), start=1):
            where = f"{path}:{number}"
            try:
                yield _past(json.loads(line, parse_float=Decimal), where)
            except (ValueError, TypeError, KeyError, AttributeError):
                raise PastCaseUnreadable(where) from None


def _whole(lines: Iterable[bytes], path: Path) -> Iterator[bytes]:
    """Yield the lines of a file. Raises PastCaseUnreadable where a packed one is cut off or damaged."""
    try:
        yield from lines
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise PastCaseUnreadable(str(path)) from None


def _past(data: Mapping[str, Any], where: str) -> PastCase:
    if not data.keys() <= _KEYS or not isinstance(data["facts"], dict):
        raise ValueError(where)
    said = data.get("said")
    region = data.get("region")
    return PastCase(
        facts=data["facts"],
        region=None if region is None else str(region),
        on=date.fromisoformat(data["on"]),
        said=None
        if said is None
        else Said(said["outcome"], said["basis"], tuple(said.get("flags", ())), tuple(said.get("because", ()))),
        where=where,
    )


def say(assessor: Assessor, case: PastCase) -> Said:
    """Return what a book says of a past case; what it refuses is a result too."""
    try:
        verdict = assessor.assess(case.facts, region=case.region, on=case.on)
    except FactRefused as error:
        return Said("refused", f"{error.code} {error.field}")
    return _of(verdict)


def _of(verdict: Verdict) -> Said:
    return Said(
        verdict.outcome.value,
        verdict.basis.value,
        verdict.flags,
        tuple(reason.rule for reason in verdict.reasons if reason.result is Truth.TRUE),
    )


def changes(cases: Iterable[PastCase], *, after: Assessor, before: Assessor | None) -> Iterator[Change]:
    """Yield every case whose result differs from what the other book says, or from what was said at the time.

    Raises PastCaseUnreadable where neither is known.
    """
    for case in cases:
        then = case.said if before is None else say(before, case)
        if then is None:
            raise PastCaseUnreadable(case.where)
        now = say(after, case)
        if now.result != then.result:
            yield Change(case.where, then, now)


def by_rules(found: Iterable[Change]) -> Counter[tuple[str, str, str]]:
    """Count the changes by result before, result after, and the rules that differ."""
    return Counter((each.before.result, each.after.result, ", ".join(each.rules)) for each in found)


def anonymous(facts: Facts, *, region: str | None, on: date, assessor: Assessor, regions: Regions) -> str:
    """Return a case as a line that names nobody: what was said is assessed anew, on the facts as they stand there.

    Free text is left out, ages and amounts become bands, every day moves with the day of the case to the first of the month, and
    a place becomes the nearest one with rules of its own, else its province. Raises FactRefused.
    """
    table = assessor.engine.rulebook.facts
    start = on.replace(day=1)

    def place(code: str) -> str | None:
        found = regions.get(code)
        if found is None:
            return None
        own = (each for each in found.chain if each in assessor.engine.rulebook.places and each != NATION)
        above = [each for each in found.chain if each != NATION]
        return next(own, above[-1] if above else None)

    tell: Mapping[FactType, Callable[[FactValue], FactValue]] = {
        FactType.INT: lambda value: next(band for band in _AGES if isinstance(value, int) and band <= value),
        FactType.MONEY: lambda value: str(int(Decimal(str(value)) // _MONEY_STEP * _MONEY_STEP)),
        FactType.DATE: lambda value: _moved(value, start - on),
        FactType.REGION: lambda value: place(str(value)),
        FactType.BOOL: lambda value: value,
        FactType.ENUM: lambda value: value,
    }
    told: dict[str, FactValue] = {}
    for name, value in assessor.read(facts, on=on).items():
        if table[name].type in tell:
            told[name] = None if value is None else tell[table[name].type](value)
    home = None if region is None else place(region)
    said = _of(assessor.assess(told, region=home, on=start))
    line = {"facts": told, "region": home, "on": start.isoformat()}
    kept = {"outcome": said.outcome, "basis": said.basis, "flags": said.flags, "because": said.because}
    return json.dumps({**line, "said": kept}, ensure_ascii=False, sort_keys=True)


def _moved(value: FactValue, by: timedelta) -> str:
    if not isinstance(value, date):
        msg = "a date fact holds a date once it is read"
        raise TypeError(msg)
    return (value + by).isoformat()
