"""The nouns that every package speaks: sources, answers, questions, verdicts.

Plain frozen dataclasses without behaviour, so that rules, retrieval, intake and channels can pass facts to one
another without importing one another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias

from knowledge_base.offices import Office, Opening

NATION: Final = "CN"
"""Region of a national text. Every other region is a six-digit GB/T 2260 code."""

OWN_LAW: Final[Mapping[str, str]] = {"710000": "台湾", "810000": "香港", "820000": "澳门"}
"""Places of the country with a law of their own, by what people call them: the nation's rules and answers are not theirs."""

FactValue: TypeAlias = bool | int | Decimal | date | str | None
"""None is an answer: the citizen does not know, and is not asked again."""
Facts: TypeAlias = Mapping[str, FactValue]


class Standing(StrEnum):
    """效力状态: what a source is worth on the day of the question."""

    IN_FORCE = "in_force"
    HISTORICAL = "historical"
    PLAN_ENDED = "plan_ended"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """出处: where a sentence comes from, and whether that place still counts.

    `verified_by` and `verified_on` say who looked that up, and when, where somebody did.
    """

    document: str
    clause: str
    standing: Standing
    source_id: str
    number: str | None = None
    issued: date | None = None
    region: str = NATION
    quote: str | None = None
    verified_on: date | None = None
    verified_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One clause of one version of one document, ready to be found and shown."""

    id: str
    document_id: str
    title: str
    clause: str
    text: str
    citation: Citation
    headings: tuple[str, ...] = ()
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage and how well it fits; scores compare only within one search."""

    passage: Passage
    score: float


class Urgency(StrEnum):
    """紧急程度: danger now, a person today, normal."""

    S0 = "s0"
    S1 = "s1"
    S2 = "s2"


class SafetyKind(StrEnum):
    """What comes before any legal topic. The list is closed (docs/contract)."""

    SELF_HARM = "self_harm"
    VIOLENCE_NOW = "violence_now"
    CHILD_HARM = "child_harm"
    LIVE_FRAUD = "live_fraud"
    DEADLINE = "deadline"
    DETENTION = "detention"


class Scene(StrEnum):
    """危险的情形: where a danger asks for other words than its kind has. The list is closed."""

    THREATENS = "threatens"
    """扬言伤人: the caller announces violence."""
    STRUCK = "struck"
    """已经伤人: the caller has hurt somebody just now."""
    LOST = "lost"
    """走失: somebody who cannot look after themselves is gone."""
    KILLED = "killed"
    """被害: somebody was killed, and who mourns is calling."""
    LURED = "lured"
    """还没转: money or a code is about to be given away."""
    ACCIDENT = "accident"
    """遇险: somebody is buried, trapped, burning or does not wake, and nobody does it to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyFinding:
    """Result of the safety gate; `kinds` is ordered, gravest first, and empty when nothing was found."""

    kinds: tuple[SafetyKind, ...] = ()
    urgency: Urgency = Urgency.S2


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """案由: one legal matter a message is about; `confidence` is a calibrated probability in [0, 1]."""

    code: str
    title: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """分诊: what a message is about. No matters means the classifier abstained."""

    matters: tuple[Matter, ...] = ()
    urgency: Urgency = Urgency.S2
    safety: tuple[SafetyKind, ...] = ()
    role: str | None = None
    region: str | None = None
    entities: Mapping[str, str | int | float | list[str] | list[list[str]]] = field(default_factory=dict)


class NoAnswerReason(StrEnum):
    """Why the knowledge base stays silent. A technical failure is not among them: it raises KnowledgeUnavailable."""

    OFF_TOPIC = "off_topic"
    NOT_IN_DOCUMENTS = "not_in_documents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What an answer was given from, so that it can be looked up after the library has changed.

    `entry` is a card (`card:…`) or a clause's id, `version` names its wording, `build` the state of the library.
    """

    build: str
    entry: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A sourced answer: `text` is the words of a card or of the cited passages, `citations` is never empty.

    `region` is the place whose rule this is. `beside` are the rules of other places that also apply to this caller, the
    nation's beside a city's: both are shown, and staff say which holds.
    """

    text: str
    citations: tuple[Citation, ...]
    score: float
    matters: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    provenance: Provenance | None = None
    region: str = NATION
    beside: tuple["Answer", ...] = ()
    another_law: bool = False
    """Whether it is told of a place with a law of its own: then this is the mainland's, and gives no right there."""

    def __post_init__(self) -> None:
        if not self.citations:
            msg = "an answer without a source must be a NoAnswer"
            raise ValueError(msg)

    @property
    def all_citations(self) -> tuple[Citation, ...]:
        """Return the sources of everything that is shown, each once."""
        return tuple(dict.fromkeys((*self.citations, *(c for other in self.beside for c in other.all_citations))))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """The documents do not say. `nearest` is what comes nearest, for whoever tells that it is no answer to this.

    `because` says more to the caller where more can be said: which law has no such article.
    """

    reason: NoAnswerReason
    score: float = 0.0
    nearest: Answer | None = None
    because: str = ""


class KnowledgeUnavailable(Exception):
    """Index or model broken or missing: told to people in other words than a missing answer."""

    code = "knowledge_unavailable"


class FactType(StrEnum):
    """How the answer to a question is read."""

    BOOL = "bool"
    INT = "int"
    MONEY = "money"
    DATE = "date"
    ENUM = "enum"
    REGION = "region"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a question: the value stored and the word shown."""

    value: str | bool
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question to the citizen about one fact. `private` answers never leave the vault."""

    fact: str
    type: FactType
    text: str
    why: str
    options: tuple[Option, ...] = ()
    private: bool = False
    called: tuple[str, ...] = ()
    """What people call the fact, first how it stands in a list of answers."""


class Outcome(StrEnum):
    """预筛结果: never a decision; only the legal-aid institution decides."""

    LIKELY = "likely"
    NEEDS_PERSON = "needs_person"
    UNLIKELY = "unlikely"


class Basis(StrEnum):
    """What the outcome rests on. The list is closed."""

    MANDATORY_DEFENCE = "mandatory_defence"
    NO_MEANS_CONDITION = "no_means_condition"
    MEANS_CHECK_WAIVED = "means_check_waived"
    LOCAL_WAIVER = "local_waiver"
    MEANS_MET = "means_met"
    MEANS_NOT_MET = "means_not_met"
    MEANS_UNKNOWN = "means_unknown"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_IN_FORCE = "not_in_force"
    UNDETERMINED = "undetermined"


class Truth(StrEnum):
    """Kleene's three values (S. C. Kleene, Introduction to Metamathematics, 1952, section 64)."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One rule, what it came to, and the article behind it."""

    rule: str
    result: Truth
    text: str
    citation: Citation | None = None
    decides: bool = False
    """Whether the outcome rests on it; the others are trace, for staff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyAt:
    """法律援助法第三十八条: where to apply; household registration never decides.

    `region` is the place whose rules were applied, `place` its name where the citizen named it for the case.
    """

    kind: str
    rule: str = "art38"
    offices: tuple[Office, ...] = ()
    region: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A time limit that may run; never certain, always «confirm today»."""

    what: str
    title: str
    since: date | None = None
    """The day that was told, from which the limit is counted."""
    latest: date | None = None
    certain: bool = False
    passed: bool = False
    """By what was told that day is over; what interrupts or suspends a limit may still save it."""
    citation: Citation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another lawful road when legal aid is unlikely, or beside it."""

    title: str
    contact: str | None = None
    hours: str | None = None
    opening: Opening | None = None
    """Whether anybody is there at `Verdict.at`; None where no moment was asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pivot:
    """关键事实: the one fact whose other value would change the outcome, for the person who goes on with the case."""

    fact: str
    outcome: Outcome
    """What it would become."""
    told: bool
    """Whether the citizen said otherwise; if not, it is open or only taken as so, and worth asking."""
    values: tuple[FactValue, ...] = ()
    """Of a list, the answers that would do it."""
    least: Decimal | None = None
    most: Decimal | None = None
    """Of a number, from where and up to where, both included; None where it has no such end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two facts that were told and cannot both be so, with what people call them."""

    facts: tuple[str, str]
    called: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """预筛结论: the outcome with its reasons, what is missing, and where to go."""

    outcome: Outcome
    basis: Basis
    settled: bool
    rulebook: str
    on: date
    reasons: tuple[Reason, ...] = ()
    missing: tuple[str, ...] = ()
    next_question: Question | None = None
    flags: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    apply_at: ApplyAt | None = None
    deadlines: tuple[Deadline, ...] = ()
    documents: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    sooner: tuple[Reason, ...] = ()
    """What could speed a settled case up, if more were known: never asked before the result, only told with it."""
    conflicts: tuple[Conflict, ...] = ()
    """What was told and cannot all be so; then a person judges, whatever the rules would say of either half."""
    at: datetime | None = None
    """The moment the openings of the alternatives are told for."""
    pivot: Pivot | None = None
    """For staff alone, and only where it was looked for; what would turn the result is nothing to tell a citizen."""

    @property
    def another_law(self) -> bool:
        """Whether the place that decides has a law of its own, so that nothing of the mainland's holds."""
        return any(one.citation is not None and one.citation.region in OWN_LAW for one in self.reasons)
