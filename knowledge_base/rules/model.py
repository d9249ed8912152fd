"""What a rulebook is made of, so that loader, engine and checks agree on the same nouns."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from knowledge_base.rules.conditions import Condition, Scene
from knowledge_base.types import NATION, Citation, Facts, FactType, FactValue, Option, Question, Standing, Truth


@dataclass(frozen=True, slots=True)
class Period:
    """期间 `[start, end)`: no day is in two neighbouring periods, and none falls between them."""

    start: date
    end: date | None = None

    def __contains__(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """文件: one source, with what it is worth from which day on."""

    id: str
    title: str
    issued: date
    region: str
    number: str | None
    url: str | None
    standings: tuple[tuple[Period, Standing], ...]

    def standing(self, on: date) -> Standing:
        """Return the standing on a day; before its first day a document is not in force for anybody."""
        return next((standing for period, standing in self.standings if on in period), Standing.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """出处 of one rule: the clause that carries it."""

    document: Document
    clause: str
    quote: str | None = None

    def cite(self, on: date) -> Citation:
        """Return the citation with the standing of that day."""
        return Citation(
            document=self.document.title,
            number=self.document.number,
            clause=self.clause,
            issued=self.document.issued,
            standing=self.document.standing(on),
            region=self.document.region,
            source_id=self.document.id,
            quote=self.quote,
        )


class Kind(StrEnum):
    """What a rule does when its condition holds. The list is closed; the head of places/CN/rules.yml explains it to a lawyer."""

    MANDATORY = "mandatory"
    """通知辩护: the organs must have a lawyer assigned (arts 25, 28)."""
    UNCONDITIONAL = "unconditional"
    """不受经济困难条件限制: hardship is no condition (art. 32)."""
    SCOPE = "scope"
    """事项范围: aid is open to those in hardship (arts 24, 29, 31, 33)."""
    WAIVER = "waiver"
    """免予核查: hardship is taken as met (art. 42)."""
    EXCLUSION = "exclusion"
    """No representation by legal aid, whatever else holds."""
    PERSON = "person"
    """Never more than «a person must judge»."""
    FLAG = "flag"
    TAG = "tag"
    NOTE = "note"
    """Said with the result, changes nothing."""
    PAPER = "paper"
    """What to bring."""
    ALTERNATIVE = "alternative"
    DEADLINE = "deadline"
    VENUE = "venue"


DECIDING = frozenset({Kind.MANDATORY, Kind.UNCONDITIONAL, Kind.SCOPE, Kind.WAIVER, Kind.EXCLUSION, Kind.PERSON})


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long a time limit runs."""

    years: int = 0
    months: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One provision in one period. `certain` is False where the source leaves it open: then a person judges."""

    id: str
    kind: Kind
    place: str
    period: Period
    when: Condition
    text: str
    source: Source
    verified_on: date
    """The day whoever wrote the entry last held it against its source."""
    file: str
    line: int
    verified_by: str | None = None
    """The lawyer who checked it that day; None while none has."""
    certain: bool = True
    other_reason: bool = False
    """Art. 24: hardship *or another reason*, so means alone never close the door."""
    name: str | None = None
    """Of a flag, a tag, a deadline or a venue."""
    office: str | None = None
    fact: str | None = None
    """Where a deadline starts to run, or which fact names the venue."""
    length: Length | None = None
    rolls: bool = True
    """Of a deadline: a last day on which nobody works moves to the next that is worked."""
    needs_fact: bool = False
    """Left out while that fact is unknown."""
    outcomes: tuple[str, ...] = ()
    """Said only with these outcomes; empty = with every one."""
    bases: tuple[str, ...] = ()
    """Said only with these bases, as the reason for the outcome; empty = with every one."""
    otherwise: str | None = None
    """What to tell where an answer kept it from holding and nothing else helps."""

    @property
    def local(self) -> bool:
        """Whether a place made this rule, and not the nation."""
        return self.place != NATION


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterValue:
    """A figure the law sets, in one period."""

    name: str
    place: str
    period: Period
    value: Decimal
    source: Source
    verified_on: date
    file: str
    line: int
    verified_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presumption:
    """What is taken as so unless said otherwise, and therefore never asked."""

    value: FactValue
    when: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Another way to put a question, where the matter calls for it."""

    text: str
    when: Condition
    words: Mapping[str, tuple[str, ...]]
    """What answers this wording, besides what answers every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing a citizen can be asked, or can volunteer."""

    name: str
    type: FactType
    text: str
    why: str
    called: tuple[str, ...]
    """What people call it, first how it stands in a list of answers."""
    options: tuple[Option, ...] = ()
    favourable: tuple[FactValue, ...] = ()
    """From worst to best for the applicant; empty where no direction is always better."""
    presumptions: tuple[Presumption, ...] = ()
    follows: tuple[Presumption, ...] = ()
    """What other answers tell of it already, and beats what is said of it here."""
    wordings: tuple[Wording, ...] = ()
    words: Mapping[str, tuple[str, ...]]
    """What people say for each value: «true», «false» or an option."""
    asked: bool = True
    confirm: bool = False
    """Presumed, and in a talk asked all the same before a result is told that it alone would change."""
    last: bool = False
    opposite: bool = False
    """The question asks for the opposite of the fact: a yes means false."""
    past: bool = False
    """Of a day: it has been, so none after today is an answer."""

    def told_by(self, facts: Facts) -> FactValue:
        """Return what other answers tell of it; None where they tell nothing."""
        scene = Scene(facts=facts)
        return next((each.value for each in self.follows if each.when.evaluate(scene) is Truth.TRUE), None)

    def worded(self, facts: Facts) -> "Fact":
        """Return the fact with the words that answer its question as it is put for what is known."""
        wording = self._wording(facts)
        if wording is None or not wording.words:
            return self
        both = {
            value: (*self.words.get(value, ()), *wording.words.get(value, ()))
            for value in {**self.words, **wording.words}
        }
        return replace(self, words=MappingProxyType(both))

    def _wording(self, facts: Facts) -> Wording | None:
        scene = Scene(facts=facts)
        return next((each for each in self.wordings if each.when.evaluate(scene) is Truth.TRUE), None)

    def question(self, facts: Facts, matter: tuple[str, ...] | None = None) -> Question:
        """Return the question, worded for what is known; `matter` narrows the choices of the matter itself."""
        wording, options = self._wording(facts), self.options
        if matter is not None:
            narrowed = tuple(option for option in options if option.value in matter)
            options = narrowed or options
        return Question(
            fact=self.name,
            type=self.type,
            text=wording.text if wording else self.text,
            why=self.why,
            options=options,
            called=self.called,
        )
