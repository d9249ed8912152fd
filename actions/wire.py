"""What an action returns and the conversation edge renders: one closed union, and its JSON form.

Actions say *what* is the case; `bot.channels.render` finds the words. The same union is built by the gateway when the
dialogue engine is away, so a degraded turn reads like any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from actions.safety_stage import SafetyStage
from knowledge_base.handlers import Handler
from knowledge_base.offices import Directions
from knowledge_base.types import Answer, Matter, Question, SafetyKind, Scene, Urgency, Verdict


class Say(StrEnum):
    """Fixed lines. The words are in `bot/channels/phrases.yml`; a test holds the two lists equal."""

    GREETING = "greeting"
    CAPABILITIES = "capabilities"
    OFF_TOPIC = "off_topic"
    NOT_IN_DOCUMENTS = "not_in_documents"
    NOT_IN_DOCUMENTS_BUT_AID = "not_in_documents_but_aid"
    """The same, where how to apply is told beside it."""
    NO_SUCH_PROVISION = "no_such_provision"
    """To whoever names an article that is not there: `{because}`."""
    GENERAL_RULES = "general_rules"
    AS_TOLD = "as_told"
    """To whoever asks on about what was told already, where nothing else is found."""
    NOTHING_MORE = "nothing_more"
    """To whoever was shown the one card there is, and asks on."""
    UNAVAILABLE = "unavailable"
    AM_I_HUMAN = "am_i_human"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    NOT_UNDERSTOOD = "not_understood"
    NEED_NOT_SAY = "need_not_say"
    """To whoever does not know, or would rather not say, where nothing was asked."""
    ANSWER_NOT_UNDERSTOOD = "answer_not_understood"
    CLARIFY_MATTER = "clarify_matter"
    CLARIFY = "clarify"
    """Which of its meanings a word has: `{ask}`."""
    SEVERAL_MATTERS = "several_matters"
    """What a message spoke of: `{count}`, `{list}`, and which comes `{first}`."""
    WHICH_NOT_MEANT = "which_not_meant"
    MATTER_DROPPED = "matter_dropped"
    NO_OTHER_MATTER = "no_other_matter"
    """To whoever wants to go on where nothing was left."""
    ASK_AGAIN = "ask_again"
    """Once, to whoever was answered something else."""
    LIMITS = "limits"
    """After two tries: what this can and cannot do."""
    CANNOT_FORETELL = "cannot_foretell"
    """To whoever asks how it will end."""
    SAFE_FIRST = "safe_first"
    FEELING = "feeling"
    """One sentence to what the caller feels: `{said}`."""
    TELL_WHAT = "tell_what"
    """Once, to whoever tells a piece of the story and asks nothing."""
    STORY_NOTED = "story_noted"
    """To whoever tells more of a matter that was answered, and asks nothing: what can be done next."""
    TOLD_IN_FORM = "told_in_form"
    """The same in the middle of a form."""
    TELL_ON = "tell_on"
    """To whoever tells a story a few words at a time."""
    TELL_MORE = "tell_more"
    """The same, once more."""
    TELL_SLOWLY = "tell_slowly"
    """To whoever told only how they feel."""
    SCREEN_OFFER = "screen_offer"
    HANDOFF_OFFER = "handoff_offer"
    """The same of the hand-over, after the result."""
    SCREEN_CANCELLED = "screen_cancelled"
    SCREEN_RESUMED = "screen_resumed"
    INTAKE_CANCELLED = "intake_cancelled"
    CONSENT_REFUSED = "consent_refused"
    SENSITIVE_WITHHELD = "sensitive_withheld"
    CHILD_WITH_PERSON = "child_with_person"
    """A child under fourteen consents to nothing alone: a person takes over."""
    INTAKE_WITH_PERSON = "intake_with_person"
    """Not understood a third time: a person takes over, and nothing was handed in."""
    WITHDRAWN = "withdrawn"
    """Nothing had been handed over yet, and what was given for it is gone."""
    WITHDRAWAL_ASKED = "withdrawal_asked"
    """The application is with the staff; they are told."""
    NOTHING_HANDED_OVER = "nothing_handed_over"
    NOTHING_TO_CANCEL = "nothing_to_cancel"
    REQUEST_WITHDRAWN = "request_withdrawn"
    NOTHING_TO_REPEAT = "nothing_to_repeat"
    RESTARTED = "restarted"
    QUESTION_EXPLAINED = "question_explained"
    """Why something is asked: `{why}`."""
    ANSWER_CORRECTED = "answer_corrected"
    """Which answers have changed, and what they are now: `{list}`."""
    APPLICATION_UNCHANGED = "application_unchanged"
    """Said beside it, where an application was handed in before."""
    ANSWERS_READ_BACK = "answers_read_back"
    """What was answered, before it is handed over: `{list}`, and `{last}`, the number of the last."""
    WHAT_IS_RIGHT = "what_is_right"
    """To whoever says that something was wrong, and not what."""
    CORRECTION_UNCLEAR = "correction_unclear"
    """To whoever corrects an answer that cannot be told: nothing is changed."""
    APPLY_FOR_WHAT = "apply_for_what"
    """To whoever wants to apply before a word of what has happened."""
    MATTER_FIRST = "matter_first"
    """To whoever says which matter comes first, and has been told of it: `{matter}`."""
    STORY_CORRECTED = "story_corrected"
    """To whoever takes a word of their story back, where no answer turns on it."""
    STATUS_FOUND = "status_found"
    """How an application stands: `{reference}`, `{message}`."""
    STATUS_PAPERS = "status_papers"
    """What is still missing: `{documents}`."""
    STATUS_GO_ON = "status_go_on"
    """To whoever has shown on another channel that an application is theirs: what they told there is known here."""
    STATUS_NOT_FOUND = "status_not_found"
    """The same words for a wrong tail and for a reference that nobody has."""
    PHRASE_WRONG = "phrase_wrong"
    DATA_ASKED = "data_asked"
    STATUS_WITH_PERSON = "status_with_person"
    STATUS_TOO_OFTEN = "status_too_often"
    REFERENCE_MISREAD = "reference_misread"
    TAIL_MISREAD = "tail_misread"
    NUMBER_FOR_WHAT = "number_for_what"
    """To a telephone number or a reference that nobody asked for."""
    COMPLAINT_ASKED = "complaint_asked"
    COMPLAINT_NOTED = "complaint_noted"
    """A complaint is on file: `{number}`, `{due}`."""
    COMPLAINT_CALL_NOTED = "complaint_call_noted"
    COMPLAINT_STAYS_HERE = "complaint_stays_here"
    COMPLAINT_ADDED = "complaint_added"
    """More was told of a complaint on file: `{number}`, `{due}`."""
    COMPLAINT_STANDS = "complaint_stands"
    """To whoever asks when they hear of it: `{number}`, `{due}`."""
    APPOINTMENT_ASKED = "appointment_asked"
    APPOINTMENT_NOTED = "appointment_noted"
    """A wished call-back is on file: `{number}`, `{due}`."""
    SCAM_GAGGED = "scam_gagged"
    SCAM_LINE = "scam_line"
    APPOINTMENT_ABOUT = "appointment_about"
    APPOINTMENT_BOOKED = "appointment_booked"
    """A half-day is promised: `{number}`, `{when}`."""
    APPOINTMENT_OFFERED = "appointment_offered"
    """No half-day is promised yet; those with room are the choices."""
    APPOINTMENT_UNCHANGED = "appointment_unchanged"
    """No half-day that is promised yet is given up for words that name no other: `{number}`, `{when}`."""
    APPOINTMENT_CHANGED = "appointment_changed"
    APPOINTMENT_STANDS = "appointment_stands"
    """To whoever asks whether it was taken down: `{number}`, `{due}`."""
    APPOINTMENT_KEPT = "appointment_kept"
    """To whoever asks of a half-day that is promised: `{number}`, `{when}`."""
    APPOINTMENT_WRITTEN = "appointment_written"
    """Nobody will ring: the answer comes in the thread."""
    APPOINTMENT_SIGN = "appointment_sign"
    """A sign interpreter was wished for beside: `{number}`, `{due}`."""
    APPOINTMENT_COMPANION = "appointment_companion"
    PREFERENCE_NOTED = "preference_noted"
    """Whom the citizen would like to have, before an application: `{wish}`; nothing is promised."""
    PREFERENCE_ADDED = "preference_added"
    """The same, of an application that is handed in."""
    DIALECT_NOTED = "dialect_noted"
    """To whoever means something else by a word of home: their own words stand in the thread."""
    ERRAND_LEFT = "errand_left"
    ERRAND_WITH_PERSON = "errand_with_person"
    RATED_SATISFIED = "rated_satisfied"
    RATED_FAIR = "rated_fair"
    RATED_DISSATISFIED = "rated_dissatisfied"
    ABUSE_FIRST = "abuse_first"
    ABUSE_SECOND = "abuse_second"
    ABUSE_LEAVE = "abuse_leave"
    SIMPLER = "simpler"
    SILENCE_FIRST = "silence_first"
    SILENCE_SECOND = "silence_second"
    SILENCE_AFTER = "silence_after"
    AWAITED = "awaited"
    """What is known of the wait for a person: called at `{since}`."""
    AWAITED_ANYHOW = "awaited_anyhow"
    AWAITED_THANKS = "awaited_thanks"
    AWAITED_MEDIA = "awaited_media"
    AWAITED_DOCUMENT = "awaited_document"
    WAITING = "waiting"
    """To whoever asks for a moment."""
    IN_WRITING = "in_writing"
    """To whoever cannot speak or hear on the telephone."""
    WRITES_NOTED = "writes_noted"
    """The same said beside a story."""
    REACHED_HERE = "reached_here"
    """To whoever asks how the staff will reach them."""
    REACHED_IN_WRITING = "reached_in_writing"
    REACHED_SILENTLY = "reached_silently"
    MEDIA_IMAGE = "media_image"
    """A picture or a file came, without its content."""
    PHOTOGRAPH_KEPT = "photograph_kept"
    DOCUMENT_KEPT = "document_kept"
    ANOTHER_KEPT = "another_kept"
    DOCUMENT_TOO_LARGE = "document_too_large"
    DOCUMENT_UNKNOWN = "document_unknown"
    DOCUMENT_DAMAGED = "document_damaged"
    DOCUMENT_NOT_FETCHED = "document_not_fetched"
    DOCUMENT_TOO_MANY = "document_too_many"
    DAYS_RIGHT = "days_right"
    DAYS_WRONG = "days_wrong"
    DAYS_UNSURE = "days_unsure"
    MEDIA_VOICE = "media_voice"
    MEDIA_VIDEO = "media_video"
    MEDIA_LOCATION = "media_location"
    ONLY_THE_OFFICE_DECIDES = "only_the_office_decides"
    """For whoever tells the assistant to decide, or to be somebody else."""
    SEEN_BY_STAFF = "seen_by_staff"
    """Who sees what is written here."""
    SEEN_BY_ADULTS = "seen_by_adults"
    """The same, to a child."""
    LEAVE_THE_PAGE = "leave_the_page"
    CLEAR_THE_CHAT = "clear_the_chat"
    WHAT_HAPPENED = "what_happened"
    """To whoever says that something has happened, and not what."""
    ALL_RIGHT = "all_right"
    """To a «no» or «yes» that nothing was asked for."""
    DISTRESS = "distress"
    """Offered once, to whoever is at the end of their strength though not in danger."""
    CONTACT_YES = "contact_yes"
    CONTACT_BY_MESSAGE = "contact_by_message"
    CONTACT_NO = "contact_no"
    """Whether staff may contact somebody who told of violence, as they answered."""
    OTHER_LANGUAGE = "other_language"
    """To whoever writes in another language, beside the lines in their own: `{language}`, `{name}`."""
    DEGRADED = "degraded"
    WITH_PERSON = "with_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A button. `payload` is an answer `{fact: value}`, an act `{"act": ...}` or a question `{"ask": "..."}`.

    An empty title is filled from phrases; `wording` names the words there that a title stands in.
    """

    payload: Mapping[str, Any]
    title: str = ""
    wording: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    choices: tuple[Choice, ...] = ()
    matters: tuple[Matter, ...] = ()
    urgency: Urgency | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReply(_Reply):
    """A fixed line."""

    say: Say
    args: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReply(_Reply):
    """A sourced answer; `right_to_apply` adds what Legal Aid Law art. 23 obliges the service to tell.

    `told_before`: this citizen has read it in full already, and is reminded in one line. `handlers` are who else handles
    such a matter.
    """

    answer: Answer
    right_to_apply: bool = False
    told_before: bool = False
    handlers: tuple[Handler, ...] = ()
    kind: Literal["answer"] = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionReply(_Reply):
    """One question of the pre-screen or of the intake."""

    question: Question
    lead: Say | None = None
    kind: Literal["question"] = "question"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictReply(_Reply):
    """The result of the pre-screen."""

    verdict: Verdict
    kind: Literal["verdict"] = "verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuReply(_Reply):
    """A line and choices, where the choices are the point."""

    say: Say
    args: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["menu"] = "menu"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptReply(_Reply):
    """The application is stored; `missing_documents` is complete, told once (Legal Aid Law art. 43)."""

    reference: str
    missing_documents: tuple[str, ...] = ()
    kind: Literal["receipt"] = "receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverReply(_Reply):
    """A person has been asked for. That somebody came or left, intake itself tells (api.services)."""

    reference: str | None = None
    kind: Literal["handover"] = "handover"


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyReply(_Reply):
    """Numbers first, law later; in the words of whoever speaks, and about whom."""

    kinds: tuple[SafetyKind, ...]
    region: str | None = None
    stage: SafetyStage = SafetyStage.DANGER
    time: int = 0
    """How often danger was told before."""
    child: bool = False
    about: str | None = None
    """Who is in danger, where that is not the caller: «您同学»."""
    scene: Scene | None = None
    """What asks for other words than the kinds have."""
    reports: bool = False
    """A teacher or a doctor tells of a child."""
    quiet: bool = False
    """The caller cannot speak, hear or be overheard."""
    opens_on: date | None = None
    """When legal aid opens again, where a person is needed today and it is shut."""
    language: str | None = None
    kind: Literal["safety"] = "safety"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionsReply(_Reply):
    """Who to turn to, from the directory."""

    directions: Directions
    kind: Literal["directions"] = "directions"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReply(_Reply):
    """How an application stands, with the same data as the route that tells it."""

    status: Mapping[str, Any]
    kind: Literal["status"] = "status"


Reply: TypeAlias = (
    TextReply
    | AnswerReply
    | QuestionReply
    | VerdictReply
    | MenuReply
    | ReceiptReply
    | HandoverReply
    | SafetyReply
    | DirectionsReply
    | StatusReply
)
_REPLY: TypeAdapter[Reply] = TypeAdapter(Annotated[Reply, Field(discriminator="kind")])


def encode(reply: Reply, /) -> dict[str, Any]:
    """Return the JSON form of one reply; nothing that says nothing is kept."""
    return dict(_REPLY.dump_python(reply, mode="json", exclude_none=True))


def decode(data: object, /) -> Reply:
    """Read one reply back. Raises pydantic.ValidationError on anything else."""
    return _REPLY.validate_python(data)
