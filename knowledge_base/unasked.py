"""Hears what a story tells of the pre-screen before it asks: that many share the trouble, that a company asks, that a child is held (未问先说)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import yaml

from knowledge_base.folding import Folder
from knowledge_base.particulars import Role, entities
from knowledge_base.told import AGE, OWN_AGE, Told
from knowledge_base.types import Answer, Facts, FactValue, Triage

MANY: Final = "claim.many_people"
KIND: Final = "applicant.kind"
COMPANY: Final = "company"
PERSON: Final = "person"
EMPLOYER: Final = "employer"
"""Who employs: in what workers claim of them the pre-screen takes them for a company."""
OF_DEFENDANT, OF_VICTIM = "criminal.defence", "criminal.victim"
"""Whose matter a criminal judgment is."""
_OF_AGE: Final = 18
_THE_WAY: Final = "general"
_NOTHING: Final[Facts] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """Every sign on file."""

    folder: Folder
    fewest: int
    together: re.Pattern[str]
    many: re.Pattern[str]
    apart: re.Pattern[str]
    company: re.Pattern[str]
    person: re.Pattern[str]
    never_of: tuple[str, ...]
    employer_of: tuple[str, ...]
    to_both_sides: frozenset[str]
    """Cards that say the same to whoever employs and whoever works, as answers name them."""
    sentence: re.Pattern[str]
    lately: re.Pattern[str]
    no_sentence: re.Pattern[str]
    harmed: re.Pattern[str]
    minor_of: tuple[str, ...]
    minor: re.Pattern[str]
    told: Told

    @classmethod
    def load(cls) -> "Unasked":
        """Read our list."""
        text = files("knowledge_base").joinpath("sources", "unasked.yml").read_text("utf-8")
        data: Mapping[str, Any] = yaml.safe_load(text)
        crowd, company = data["crowd"], data["company"]
        return cls(
            folder=Folder.load(),
            fewest=crowd["fewest"],
            together=re.compile(crowd["together"]),
            many=re.compile("|".join(crowd["many"])),
            apart=re.compile(crowd["apart"]),
            company=re.compile("|".join(company["asks"])),
            person=re.compile(company["person"]),
            never_of=tuple(company["never_of"]),
            employer_of=tuple(data["employer"]["only_of"]),
            to_both_sides=frozenset(f"card:{card}" for card in data["employer"]["cards"]),
            sentence=re.compile(data["sentence"]["said"]),
            lately=re.compile(data["sentence"]["lately"]),
            no_sentence=re.compile(data["sentence"]["not"]),
            harmed=re.compile(data["sentence"]["harmed"]),
            minor_of=tuple(data["minor"]["only_of"]),
            minor=re.compile(data["minor"]["said"]),
            told=Told.load(),
        )

    @property
    def facts(self) -> frozenset[str]:
        """Every fact that may be heard."""
        return frozenset({MANY, KIND, *self.told.names})

    @property
    def shared(self) -> frozenset[str]:
        """What is the same in every matter that it can be so in: who asks, how they live, whether they are beaten."""
        return frozenset({KIND, OWN_AGE, *self.told.facts})

    def of(self, text: str, /, *, on: date | None = None) -> Facts:
        """Return the facts that a message tells; what it only may mean is left out. A day needs the day `on` which it was said."""
        folded = self.folder.fold(text).spaced
        found: dict[str, FactValue] = {**self.told.of(folded, on=on)}
        if self._is_of_a_crowd(folded):
            found[MANY] = True
        if self.person.search(folded):
            found[KIND] = PERSON
        elif self.company.search(folded):
            found[KIND] = COMPANY
        return found or _NOTHING

    def put_right(self, text: str, told: Facts, /, *, on: date | None = None) -> Facts:
        """Return which of the facts that were told a correction changes, and to what: «是三个人» is no crowd."""
        again = self.of(text, on=on)
        changed = {fact: value for fact, value in again.items() if fact in told and told[fact] != value}
        folded = self.folder.fold(text).spaced
        few = 0 < self._most(folded) < self.fewest or self.apart.search(folded) is not None
        return {**changed, MANY: False} if few and told.get(MANY) is True else changed

    def tells_the_place(self, text: str, /) -> bool:
        """Tell whether a place that is named is where the matter lies."""
        return self.told.tells_the_place(self.folder.fold(text).spaced)

    def beside(self, triage: Triage, /) -> Facts:
        """Return what triage heard of whoever speaks or is spoken of: that they employ, or are a child."""
        found: dict[str, FactValue] = {}
        if triage.role == Role.EMPLOYER:
            found[KIND] = EMPLOYER
        age = triage.entities.get("age")
        if isinstance(age, int) and age < _OF_AGE:
            found[AGE] = age
        return found or _NOTHING

    def fits(self, fact: str, value: FactValue, matter: str | None, /) -> bool:
        """Tell whether what was heard can be so in a matter: no company is beaten by its husband."""
        if fact == AGE:
            return matter is not None and matter.startswith(self.minor_of)
        if fact != KIND:
            return self.told.fits(fact, matter)
        if value == EMPLOYER:
            return matter is not None and matter.startswith(self.employer_of)
        return value != COMPANY or matter is None or not matter.startswith(self.never_of)

    def is_of_a_child(self, text: str, told: Facts, matter: str | None, /) -> bool:
        """Tell whether a child is held: by the age that was told, or in words."""
        if matter is None or not matter.startswith(self.minor_of):
            return False
        return AGE in told or self.minor.search(self.folder.fold(text).spaced) is not None

    def sentenced(self, text: str, /) -> str | None:
        """Return the matter of whoever tells of a criminal judgment that an appeal may still change; None for anything else."""
        folded = self.folder.fold(text).spaced
        if not (self.sentence.search(folded) and self.lately.search(folded)) or self.no_sentence.search(folded):
            return None
        return OF_VICTIM if self.harmed.search(folded) else OF_DEFENDANT

    def says_to_employer(self, answer: Answer, /) -> bool:
        """Tell an answer that can be given to whoever employs: a law, a card for both sides, or one about courts and aid."""
        entry = "" if answer.provenance is None else answer.provenance.entry
        of_the_way = all(matter.startswith(_THE_WAY) for matter in answer.matters)
        return of_the_way or not entry.startswith("card:") or entry in self.to_both_sides

    def _is_of_a_crowd(self, folded: str) -> bool:
        if self.apart.search(folded):
            return False
        counted = self._most(folded) >= self.fewest and self.together.search(folded) is not None
        return counted or self.many.search(folded) is not None

    def _most(self, folded: str) -> int:
        """Return how many people, or households, are told of; nought where none are counted."""
        counts = entities(folded)
        shared = (counts.get("people"), counts.get("households"))
        return max((count for count in shared if isinstance(count, int)), default=0)
