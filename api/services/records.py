"""What services hand to one another and to the edges: plain frozen records, no row objects, no personal data unasked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from api.domain.application import Application
from api.domain.conversation import Hold, Holder
from api.domain.origin import OrganPaper, Origin, origin_of
from api.domain.scope import stem
from knowledge_base.types import Facts, SafetyKind, Scene, Urgency

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object: str, int, float, bool, None, lists and objects of these."""


class SafeToContact(StrEnum):
    """能否安全联系: whether a call or message may put the caller in danger."""

    YES = "yes"
    NEUTRAL_ONLY = "neutral_only"
    MESSAGE_ONLY = "message_only"
    """只能发消息: nothing that rings."""
    NO = "no"
    UNKNOWN = "unknown"
    """还没有问清: somebody told of violence and has not said yet; to be treated as a no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """关照: what danger a thread has told of, and what was said, asked and offered because of it."""

    heard: tuple[SafetyKind, ...] = ()
    """Dangers the citizen has been given the numbers for: the same words are not said twice."""
    times: int = 0
    """How often danger was told."""
    told_seq: int = 0
    """The message that told of danger last."""
    close: bool = False
    """The last exchange was about danger: a short answer belongs to it and is no new topic."""
    stayed: int = 0
    """How many short answers in a row have been answered."""
    child: bool = False
    """A child is speaking."""
    language: str | None = None
    """What danger was told in, where that was not Chinese."""
    contact_asked: bool = False
    awaiting_contact: bool = False
    """Asked in the last turn: words may answer it."""
    safe_to_contact: SafeToContact | None = None
    """None where nothing was told that makes contact a danger."""
    engine_away: bool = False
    """They were told that the dialogue engine is away, and it has not come back since."""
    distress_told: bool = False
    """A person and the helpline were offered to somebody at the end of their strength."""
    others: bool = False
    """The danger told last is somebody else's."""
    scene: Scene | None = None
    """What the danger told last was, where its kind does not say."""


class Sender(StrEnum):
    """Who speaks in a message."""

    BOT = "bot"
    PERSON = "person"
    CITIZEN = "citizen"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """会话: one thread with one citizen on one channel."""

    id: str
    channel: str
    region: str | None
    locale: str
    opened_at: datetime
    hold: Hold = field(default_factory=Hold)
    urgency: Urgency = Urgency.S2
    expecting: str | None = None
    """The fact that was asked last and is not answered yet."""
    expecting_private: bool = False
    care: Care = field(default_factory=Care)

    @property
    def holder(self) -> Holder:
        """Return whose words the citizen will read next."""
        return self.hold.holder


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to be stored. `body` is its JSON beside text: choices, citations, question, verdict."""

    sender: Sender
    kind: str
    text: str
    body: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage(NewMessage):
    """A message in its place in the conversation."""

    seq: int
    created_at: datetime
    external_id: str | None = None
    payload: JsonObject | None = None
    answered: bool = False
    """Of a citizen's message: its replies (perhaps none) are stored, so a replay starts no second turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogueState:
    """What the dialogue knows of this citizen. It lives here, sealed, and not in the dialogue engine."""

    facts: JsonObject = field(default_factory=dict)
    asked: str | None = None
    asked_private: bool = False
    screening: bool = False
    intake: JsonObject = field(default_factory=dict)
    matters: tuple[str, ...] = ()
    topic: str | None = None
    misses: int = 0
    last_reply: JsonObject | None = None
    extra: JsonObject = field(default_factory=dict)


class ConsentKind(StrEnum):
    """同意事项: each asked and given by itself (Personal Information Protection Law arts 14, 23, 29)."""

    HANDOVER = "handover"
    CONTACT = "contact"
    SENSITIVE = "sensitive"
    THIRD_PARTY = "third_party"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One consent and the version of the text that was shown."""

    kind: ConsentKind
    version: str


class Delivery(StrEnum):
    """办理方式: how papers and news travel."""

    PHONE = "phone"
    POST = "post"
    ONLINE = "online"
    HOME_VISIT = "home_visit"
    WINDOW = "window"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Name and phone of the citizen; repr is silent so that neither reaches a log.

    Nobody has a telephone of somebody an organ holds: it is empty then.
    """

    name: str = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThirdParty:
    """代为联系的人: someone who speaks for the citizen and proves it with a pass phrase, of which only a digest is kept."""

    name: str = field(repr=False)
    relationship: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationDraft:
    """What the citizen hands over. The verdict is not part of it: the service computes it anew from the facts."""

    consents: tuple[Consent, ...]
    issues: tuple[str, ...]
    words: str = field(repr=False)
    facts: Facts = field(repr=False)
    contact: Contact = field(repr=False)
    safe_to_contact: SafeToContact
    delivery: Delivery
    urgency: Urgency = Urgency.S2
    region: str | None = None
    third_party: ThirdParty | None = None
    pass_phrase: str = field(default="", repr=False)
    opponents: tuple[str, ...] = field(default=(), repr=False)
    preference: str = field(default="", repr=False)
    """Whom the citizen would like to have (点援); nothing where they did not say."""
    conversation_id: str | None = None
    channel: str = "api"
    in_custody: bool = False
    """The applicant is held: whoever forwards the application has 24 hours (art. 39)."""
    organ: OrganPaper | None = None
    """What the organ wrote, where one forwarded it or gave notice."""

    @property
    def origin(self) -> Origin:
        """Return where it comes from."""
        if self.organ is not None:
            return self.organ.origin
        return origin_of(None if self.third_party is None else self.third_party.relationship)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRecord:
    """A stored application: the machine's part in the clear, everything personal still sealed in its columns."""

    application: Application
    region: str | None
    urgency: Urgency
    matters: tuple[str, ...]
    outcome: str
    basis: str
    flags: tuple[str, ...]
    safe_to_contact: SafeToContact
    delivery: Delivery
    missing_documents: tuple[str, ...]
    rulebook: str
    channel: str = "api"
    conversation_id: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationSecrets:
    """The personal part of an application, sealed column by column."""

    words: str = field(repr=False)
    facts: JsonObject = field(repr=False)
    verdict: JsonObject = field(repr=False)
    contact: Contact = field(repr=False)
    third_party: ThirdParty | None = field(default=None, repr=False)
    organ: OrganPaper | None = field(default=None, repr=False)
    consents: tuple[Consent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """What an assessment was about, without whom."""

    reference: str
    region: str | None
    received_at: datetime
    facts: JsonObject = field(repr=False)


class TicketKind(StrEnum):
    """Why something stands in the staff queue."""

    ALERT = "alert"
    PERSON_REQUEST = "person_request"
    APPLICATION = "application"
    TASK = "task"
    COMPLAINT = "complaint"
    """投诉: about an answer, a lawyer or the staff; never closed along with the consultation it came from."""
    CALL_BACK = "call_back"
    """预约回电: a person is to call or write at the time the caller wished."""


class Assistance(StrEnum):
    """无障碍协助 (手语翻译, 陪同人): whom somebody who cannot hear wishes for at an agreed time (Legal Aid Law art. 45)."""

    SIGN_INTERPRETER = "sign_interpreter"
    COMPANION = "companion"


class ReportTo(StrEnum):
    """强制报告的去向: where harm to a child was reported (Law on the Protection of Minors art. 11), or why it was not."""

    POLICE = "police"
    CIVIL_AFFAIRS = "civil_affairs"
    EDUCATION = "education"
    NOT_NEEDED = "not_needed"
    """核实后不属于应当报告的情形: a person looked, and answers for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """工单: one thing a person of the institution must see to; the caller's own words are sealed beside it."""

    id: str
    kind: TicketKind
    reason: str
    urgency: Urgency
    region: str | None
    opened_at: datetime
    conversation_id: str | None = None
    reference: str | None = None
    owner: str | None = None
    closed_at: datetime | None = None
    outcome: str | None = None
    number: str | None = None
    """What the caller writes down, of tickets they may ask about."""
    due: datetime | None = None
    """By when the caller was promised to hear."""
    contact: str | None = None
    """The vault token of a telephone number left for this ticket alone."""
    safe_to_contact: SafeToContact | None = None
    assistance: tuple[Assistance, ...] = ()
    """What is wished for at an agreed time."""
    times: int = 1
    """How often the danger was told."""
    heard_at: datetime | None = None
    """When it was told again last."""
    acknowledged_at: datetime | None = None
    """When somebody first answered for it."""
    report_raised_at: datetime | None = None
    """When a mandatory report became due (强制报告); None where none is."""
    reported_at: datetime | None = None
    reported_by: str | None = None
    reported_to: ReportTo | None = None
    slot: str | None = None
    """The half-day a call-back is booked for."""
    tried: str = ""
    """What the attempts to ring came to, codes with commas between."""
    next_at: datetime | None = None
    """When to ring next."""

    @property
    def report_due(self) -> bool:
        """Tell whether a mandatory report is still owed."""
        return self.report_raised_at is not None and self.reported_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """内部备注: what one member of staff leaves for the next; the citizen never sees it."""

    id: str
    conversation_id: str | None
    reference: str | None
    staff: str
    at: datetime
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks: a staff member and the regions in their scope; no regions means all of them."""

    staff: str
    role: str
    regions: tuple[str, ...] = ()

    def sees(self, region: str | None) -> bool:
        """Tell whether an item of this region is in scope: own region, those below it, and items of no region yet."""
        return not self.regions or region is None or any(covers(own, region) for own in self.regions)


def covers(scope: str, region: str) -> bool:
    """Tell whether a GB/T 2260 code lies within another: 230000 covers 231000 covers 231002."""
    return region.startswith(stem(scope))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A piece of work promised in the same transaction as its cause; `payload` holds ids only."""

    kind: str
    payload: Mapping[str, str | int | None]
    run_at: datetime
    id: int = 0
    attempts: int = 0
    error: str | None = None
    """The code of its last failure."""
    dead_at: datetime | None = None
