"""Reads answers out of a story: who works away from home, who was beaten, how old, and which day it was (听过不再问)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Final

import yaml

from knowledge_base.particulars import ages
from knowledge_base.spoken_dates import spoken_dates
from knowledge_base.types import Facts, FactValue

AGE: Final = "applicant.age"
OWN_AGE: Final = "age.own"
"""As the speaker says it of themselves; whether that is the age asked for is the matter's to say."""
KIN_AGE: Final = "age.kin"
"""As the speaker says it of a father, a child: the age asked for where one asks for them."""
PLACE: Final = "place.told"
"""Where it is, as the speaker says it: of the organ that has the case, or of what happened (Legal Aid Law art. 38)."""
_HANDLED, _HAPPENED = "place.handling_organ", "place.event"
UNDER: Final[Mapping[str, tuple[str, ...]]] = {
    AGE: (AGE, OWN_AGE, KIN_AGE),
    _HANDLED: (PLACE,),
    _HAPPENED: (PLACE,),
}
"""Under which names a fact is kept as it was told, until the matter says whose age and which place it is."""
_OF_ORGANS: Final = ("criminal", "state_compensation", "retrial")
_DOCUMENT: Final = "document.kind"
_RECEIVED: Final = "document.received_on"
_OF_OTHERS: Final = ("criminal", "family.maintenance", "family.custody", "capacity", "inheritance")
"""Matters in which the age asked for need not be the caller's."""
_SUPPORT: Final = "family.maintenance"
_HELD: Final = "criminal.defence"
_OLD, _OF_AGE = 60, 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """The words that tell one fact, and the matters in which they do."""

    only_of: tuple[str, ...] = ()
    never_of: tuple[str, ...] = ()
    values: Mapping[FactValue, re.Pattern[str]]
    against: re.Pattern[str] | None = None

    def suits(self, matter: str | None, /) -> bool:
        """Tell whether what was heard can be so in a matter."""
        if matter is None:
            return not self.only_of
        return not matter.startswith(self.never_of) and (not self.only_of or matter.startswith(self.only_of))

    def read(self, folded: str, /) -> FactValue:
        """Return what the words say, None where they say nothing or take it back."""
        if self.against is not None and self.against.search(folded):
            return None
        return next((value for value, words in self.values.items() if words.search(folded)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Every sign on file."""

    facts: Mapping[str, Sign]
    days: Mapping[str, Sign]
    papers: Mapping[FactValue, re.Pattern[str]]
    reach: int
    place: Sign

    @classmethod
    def load(cls) -> "Told":
        """Read our list."""
        data: dict[str, Any] = yaml.safe_load(
            files("knowledge_base").joinpath("sources", "told.yml").read_text("utf-8")
        )
        return cls(
            facts={name: _sign(one, one["values"]) for name, one in data["facts"].items()},
            days={name: _sign(one, {name: one["words"]}) for name, one in data["days"].items()},
            papers={value: re.compile(words) for value, words in data["papers"].items()},
            reach=data["reach"],
            place=_sign(data["place"], {"true": data["place"]["words"]}),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Every fact that may be heard."""
        return (*self.facts, *self.days, _DOCUMENT, AGE, _HANDLED, _HAPPENED)

    def of(self, folded: str, /, *, on: date | None = None) -> Facts:
        """Return what a folded message tells, days in ISO form; a day needs the day `on` which it was said."""
        found = {name: value for name, sign in self.facts.items() if (value := sign.read(folded)) is not None}
        for one in ages(folded):
            if one.own:
                found.setdefault(OWN_AGE, one.years)
            elif one.kin:
                found.setdefault(KIN_AGE, one.years)
        return {**found, **(self._days(folded, on) if on else {})}

    def tells_the_place(self, folded: str, /) -> bool:
        """Tell whether a place that is named is where it is: «银川的八种情形是哪八种» says nothing of that."""
        return self.place.read(folded) is not None

    def fits(self, fact: str, matter: str | None, /) -> bool:
        """Tell whether a fact that was heard can be so in a matter."""
        sign = self.facts.get(fact) or self.days.get(fact)
        return sign is None or sign.suits(matter)

    def settled(self, told: Facts, matter: str | None, /) -> Facts:
        """Return what was told as the facts of a matter: the age that it asks for, the place that it goes by."""
        own, kin, place = (told.get(name) for name in (OWN_AGE, KIN_AGE, PLACE))
        rest = {fact: value for fact, value in told.items() if fact not in {OWN_AGE, KIN_AGE, PLACE}}
        if matter is None:
            return rest
        if place is not None:
            rest[_HANDLED if matter.startswith(_OF_ORGANS) else _HAPPENED] = place
        if AGE in rest:
            return rest
        age = own if kin is None else None  # of two people it is asked whose matter it is
        if matter.startswith(_SUPPORT):
            age = next((one for one in (own, kin) if isinstance(one, int) and not _OF_AGE <= one < _OLD), None)
        elif matter.startswith(_HELD):
            age = kin
        elif matter.startswith(_OF_OTHERS):
            age = None
        return rest if age is None else {**rest, AGE: age}

    def _days(self, folded: str, on: date) -> Mapping[str, FactValue]:
        found: dict[str, FactValue] = {}
        told = list(spoken_dates(folded, on=on))
        ends, starts = [0, *(one.end for one in told)], [*(one.start for one in told[1:]), len(folded)]
        for spoken, before, after in zip(told, ends, starts, strict=False):
            day = spoken.period.day if spoken.period else None
            if day is None or day > on:
                continue
            # Beside another day stands what happened on that one: «去年三月来的 上个月五号走的».
            around = folded[max(before, spoken.start - self.reach) : min(after, spoken.end + self.reach)]
            name = next((name for name, sign in self.days.items() if sign.read(around) is not None), None)
            if name is None or name in found:
                continue
            found[name] = day.isoformat()
            if name == _RECEIVED and (paper := _paper(self.papers, around)) is not None:
                found[_DOCUMENT] = paper
        return found


def _sign(one: Mapping[str, Any], values: Mapping[str, str]) -> Sign:
    return Sign(
        only_of=tuple(one.get("only_of", ())),
        never_of=tuple(one.get("never_of", ())),
        values={_value(value): re.compile(words) for value, words in values.items()},
        against=re.compile(one["not"]) if "not" in one else None,
    )


def _value(text: str) -> FactValue:
    return {"true": True, "false": False}.get(text, text)


def _paper(papers: Mapping[FactValue, re.Pattern[str]], around: str) -> FactValue:
    return next((paper for paper, words in papers.items() if words.search(around)), None)
