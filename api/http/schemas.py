"""The JSON of the public routes, as the contract fixes it; OpenAPI is made from here."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from api.domain.application import State
from api.domain.clocks import Party
from api.domain.personal import DataRequest
from api.services.records import ConsentKind, Delivery, SafeToContact
from knowledge_base.offices import Accessibility, Checked, OfficeKind, Openness
from knowledge_base.types import Basis, FactType, Outcome, SafetyKind, Standing, Truth, Urgency

Region = Annotated[str, StringConstraints(pattern=r"^(CN|[0-9]{6})$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)*$", max_length=64)]
FactName = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)*$", max_length=64)]
FactJson = bool | int | Decimal | str | None
"""As JSON has it; the rules read dates and amounts out of text themselves."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class CitationOut(_Out):
    """出处. `region` is absent for a national text; `verified_on` and `verified_by` where nobody verified the standing."""

    document: str
    number: str | None = None
    clause: str
    issued: date | None = None
    standing: Standing
    verified_on: date | None = None
    verified_by: str | None = None
    region: Region | None = None
    source_id: str
    quote: str | None = None


class SearchResult(_Out):
    """One passage; scores compare within one answer only."""

    score: float
    passage: str
    citation: CitationOut


class SearchOut(_Out):
    """`no_answer`: the documents do not say. `unavailable`: a technical failure, sent with status 503."""

    outcome: Literal["answer", "no_answer", "unavailable"]
    results: list[SearchResult]


class TriageIn(_In):
    """One message to be triaged."""

    text: Text
    region: Region | None = None


class MatterOut(_Out):
    """案由 with its confidence."""

    code: str
    title: str
    confidence: float


class TriageOut(_Out):
    """分诊. No matters: the classifier abstains."""

    matters: list[MatterOut]
    urgency: Urgency
    safety: list[SafetyKind]
    role: str | None = None
    region: Region | None = None
    entities: dict[str, str | int | float | list[str] | list[list[str]]] = Field(default_factory=dict)


class TopicOut(_Out):
    """One code of the taxonomy."""

    code: str
    title: str
    parent: str | None = None


class TaxonomyOut(_Out):
    """Every code a matter can have."""

    matters: list[TopicOut]


class QuestionOut(_Out):
    """One question about one fact; `titles` says the options in Chinese."""

    fact: str
    type: FactType
    text: str
    why: str
    options: list[str | bool] | None = None
    titles: list[str] | None = None
    private: bool | None = None


class FactsOut(_Out):
    """Every fact the pre-screen may ask for."""

    facts: list[QuestionOut]


class AssessmentIn(_In):
    """Facts to assess; unknown ones are absent, `null` means "does not know"."""

    region: Region | None = None
    on: date | None = None
    facts: Annotated[dict[FactName, FactJson], Field(max_length=100)] = Field(default_factory=dict)


class ReasonOut(_Out):
    """One rule and what it came to."""

    rule: str
    result: Truth
    text: str
    citation: CitationOut | None = None


class OfficeOut(_Out):
    """A place or number to turn to."""

    id: str
    name: str
    kind: str
    region: str | None = None
    phone: str | None = None
    address: str | None = None
    hours: str | None = None
    note: str | None = None
    source: str | None = None
    verified_on: date | None = None
    checked: Checked
    accessibility: list[Accessibility] | None = None
    languages: list[str] | None = None


class ListingOut(OfficeOut):
    """An office at one moment; `missing` names what nobody has filed, and `open` is `unknown` where hours are."""

    place: str | None = None
    kilometres: float | None = None
    missing: list[str]
    open: Openness
    closes_at: datetime | None = None
    opens_at: datetime | None = None
    opens_on: date | None = None
    holidays_may_differ: bool | None = None


class DirectionsOut(_Out):
    """Who to turn to, nearest first, and the numbers that serve from anywhere."""

    kind: OfficeKind
    at: datetime
    region: Region | None = None
    place: str | None = None
    offices: list[ListingOut]
    numbers: list[ListingOut]


class ApplyAtOut(_Out):
    """Where to apply, Legal Aid Law art. 38."""

    rule: str
    kind: str
    offices: list[OfficeOut]


class DeadlineOut(_Out):
    """A time limit that may run."""

    what: str
    title: str
    since: date | None = None
    latest: date | None = None
    certain: bool
    citation: CitationOut | None = None


class AlternativeOut(_Out):
    """Another lawful road."""

    title: str
    contact: str | None = None
    hours: str | None = None
    open: Openness | None = None
    """As far as the hours on file say; `unknown` where they do not."""
    closes_at: datetime | None = None
    opens_at: datetime | None = None
    opens_on: date | None = None
    holidays_may_differ: bool | None = None


class ConflictOut(_Out):
    """Two facts that cannot both be so, and what people call them."""

    facts: list[str]
    called: list[str]


class VerdictOut(_Out):
    """预筛结论; only the legal-aid institution decides."""

    outcome: Outcome
    basis: Basis
    reasons: list[ReasonOut]
    missing: list[str]
    next_question: QuestionOut | None = None
    settled: bool
    flags: list[str]
    tags: list[str]
    apply_at: ApplyAtOut | None = None
    deadlines: list[DeadlineOut]
    documents: list[str]
    alternatives: list[AlternativeOut]
    sooner: list[ReasonOut] | None = None
    """What could speed a settled case up, if more were known."""
    conflicts: list[ConflictOut] | None = None
    """What was told and cannot all be so: a person asks which holds."""
    rulebook: str
    on: date


class ConsentIn(_In):
    """One consent, and the version of the text the citizen was shown."""

    kind: ConsentKind
    version: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class ContactIn(_In):
    """Whom to call; sealed on arrival."""

    name: Annotated[SecretStr, Field(min_length=1, max_length=60)]
    phone: Annotated[SecretStr, Field(min_length=7, max_length=30)]


class ThirdPartyIn(_In):
    """Who speaks for the citizen, and proves it with a pass phrase."""

    name: Annotated[SecretStr, Field(min_length=1, max_length=60)]
    relationship: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    pass_phrase: Annotated[SecretStr, Field(min_length=2, max_length=60)]


class ApplicationIn(_In):
    """What is handed over. `verdict` may be sent along and is computed anew from the facts."""

    consents: Annotated[list[ConsentIn], Field(max_length=10)]
    issues: Annotated[list[Code], Field(max_length=10)] = Field(default_factory=list)
    words: Annotated[SecretStr, Field(min_length=1, max_length=4000)]
    facts: Annotated[dict[FactName, FactJson], Field(max_length=100)] = Field(default_factory=dict)
    verdict: dict[str, object] | None = None
    urgency: Urgency = Urgency.S2
    safe_to_contact: SafeToContact
    contact: ContactIn
    delivery_mode: Delivery
    third_party: ThirdPartyIn | None = None
    opponents: Annotated[list[Annotated[SecretStr, Field(min_length=2, max_length=100)]], Field(max_length=5)] = Field(
        default_factory=list
    )
    """Against whom, people or firms; sealed on arrival."""
    preferred_provider: Annotated[SecretStr, Field(max_length=100)] = SecretStr("")
    """Whom the citizen would like to have (点援): shown to whoever assigns, never promised; sealed on arrival."""
    region: Region | None = None
    in_custody: bool = False


class SubmittedOut(_Out):
    """The receipt; `missing_documents` is complete, told once (art. 43)."""

    reference: str
    status_url: str
    missing_documents: list[str]


class DataRequestIn(_In):
    """What somebody asks of their own data; `words` say what is wrong, or which part is meant."""

    kind: DataRequest
    words: Annotated[SecretStr, Field(max_length=1000)] = SecretStr("")


class DataRequestOut(_Out):
    """By when whoever asked hears of it."""

    kind: DataRequest
    received_at: datetime
    due: datetime
    message: str


class StatusOut(_Out):
    """How an application stands, in plain Chinese."""

    reference: str
    state: State
    state_title: str
    waiting_on: Party
    waiting_on_title: str
    days_left: int | None = None
    due: datetime | None = None
    missing_documents: list[str]
    message: str
