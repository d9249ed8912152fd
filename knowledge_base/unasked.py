"""Hears what a story tells of the pre-screen before it asks: that many share the trouble, that a company asks for itself (未问先说)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import yaml

from knowledge_base.folding import Folder
from knowledge_base.particulars import entities
from knowledge_base.types import Facts, FactValue

MANY: Final = "claim.many_people"
KIND: Final = "applicant.kind"
COMPANY: Final = "company"
PERSON: Final = "person"
FACTS: Final = (MANY, KIND)
"""What may be heard. Neither is ever asked."""
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
    never_of: frozenset[str]

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
            never_of=frozenset(company["never_of"]),
        )

    def of(self, text: str, /) -> Facts:
        """Return the facts that a message tells; what it only may mean is left out."""
        folded = self.folder.fold(text).spaced
        found: dict[str, FactValue] = {}
        if self._is_of_a_crowd(folded):
            found[MANY] = True
        if self.person.search(folded):
            found[KIND] = PERSON
        elif self.company.search(folded):
            found[KIND] = COMPANY
        return found or _NOTHING

    def fits(self, fact: str, value: FactValue, matter: str | None, /) -> bool:
        """Tell whether what was heard can be so in a matter: no company is beaten by its husband."""
        company = fact == KIND and value == COMPANY
        return not company or matter is None or matter.partition(".")[0] not in self.never_of

    def _is_of_a_crowd(self, folded: str) -> bool:
        if self.apart.search(folded):
            return False
        people = entities(folded).get("people", 0)
        counted = isinstance(people, int) and people >= self.fewest and self.together.search(folded) is not None
        return counted or self.many.search(folded) is not None
