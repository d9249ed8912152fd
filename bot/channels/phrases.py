"""The words of `phrases.yml`, checked when they are loaded, so that no turn can miss a sentence."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.channels.reach import Reach
from bot.messages import Say
from knowledge_base.offices import Accessibility, Checked, OfficeKind, Openness
from knowledge_base.types import Basis, Citation, Outcome, SafetyKind, Scene, Standing, Urgency

DEFAULT_PATH: Final = Path(__file__).with_name("phrases.yml")
LANGUAGES: Final = "languages.yml"  # what is said in other languages lies beside the words


class PhrasesIncomplete(Exception):
    """A sentence is missing or misspelt; the message names it."""

    code = "phrases_incomplete"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnswerWords(_Section):
    """How a source is told, and how the rules of two places are set side by side."""

    source: str
    issued: str
    verified: str
    separator: str
    clauses: str
    nation: str
    place: str
    both: str
    handlers: str
    handler: str


class CitationWords(_Section):
    """The source of something that is always told."""

    document: str
    clause: str
    issued: date
    standing: Standing
    region: str
    source_id: str


class RightToApplyWords(_Section):
    """What Legal Aid Law art. 23 obliges the service to tell."""

    lines: tuple[str, ...]
    again: str
    citation: CitationWords


class VerdictWords(_Section):
    """How the result of the pre-screen is told."""

    outcome: Mapping[Outcome, str]
    unsure: str
    basis: Mapping[Basis, str]
    short: Mapping[Outcome, str]
    not_a_decision: str
    why: str
    conflict: str
    article: str
    apply_at: str
    place: Mapping[str, str]
    named: str
    documents: str
    how_long: str
    sooner: str
    deadlines: str
    deadline: str
    deadline_day: str
    deadline_passed: str
    deadline_unknown: str
    alternatives: str
    flags: Mapping[str, str]


class ReceiptWords(_Section):
    """How a stored application is confirmed."""

    head: str
    documents: str
    complete: str
    tail: str


class HandoverWords(_Section):
    """How a change of hands is told."""

    waiting: str
    stay: str
    """Said where a page must stay open."""
    meanwhile: str
    reference: str
    office_line: str


class MenuWords(_Section):
    """How choices are told where nothing can be tapped, and who speaks where nothing else shows it."""

    head: str
    item: str
    beside: str
    comma: str
    person: str


class NoteWords(_Section):
    """What a channel says by itself, beside the conversation."""

    too_fast: str
    outdated: str
    contact: str
    group: str


class WeChatButton(_Section):
    """One of the three buttons below a WeChat conversation: it acts by its `key`, or opens those above it."""

    title: str
    key: str = ""
    buttons: Mapping[str, str] = {}
    """Titles by key."""


class WeChatWords(_Section):
    """What is said on WeChat beside the conversation."""

    holding: str
    """While the answer is looked for."""
    failed: str
    news_offer: str
    news_on: str
    news_off: str
    broadcast: str
    """Law education sent to those who asked for it: `{cards}`."""
    broadcast_card: str
    menu: tuple[WeChatButton, ...]


class PromiseWords(_Section):
    """From when a person calls back."""

    open_now: str
    at_moment: str
    on_day: str
    unknown: str


class PhoneWords(_Section):
    """What is said on the telephone and nowhere else."""

    greeting: tuple[str, ...]
    ask: tuple[str, ...]
    topics: Mapping[str, str]
    """What each key of the second try stands for, in a caller's words."""
    silence: tuple[str, ...]
    unclear: tuple[str, ...]
    keys: tuple[str, ...]
    more: str
    press: str
    source: str
    and_: str
    read_back: tuple[str, ...]
    once_more: tuple[str, ...]
    connecting: tuple[str, ...]
    not_reached: tuple[str, ...]
    away: tuple[str, ...]
    leave_message: Mapping[Reach, tuple[str, ...]]
    message_taken: Mapping[Reach, tuple[str, ...]]
    called: str
    recorded: str
    whisper: str
    urgency: Mapping[Urgency, str]
    holding: tuple[str, ...]
    position: str
    goodbye: tuple[str, ...]
    deaf: tuple[str, ...]
    """What a line without a recogniser says of itself."""
    failed: tuple[str, ...]
    promise: PromiseWords
    no_promise: Mapping[Reach, str]
    """What is said instead where nobody rings back."""
    missed: tuple[str, ...] = ()
    """The sentences that say the assistant did not understand; taken from what is said everywhere."""

    def fixed(self) -> tuple[str, ...]:
        """Return the sentences that are said in every call, word for word."""
        parts = (
            self.greeting,
            self.ask,
            self.silence,
            self.unclear,
            self.keys,
            (self.more,),
            self.once_more,
            self.deaf,
        )
        more = (self.connecting, *self.leave_message.values(), self.holding, self.goodbye, self.failed)
        return tuple(sentence for part in (*parts, *more) for sentence in part)


class DirectoryWords(_Section):
    """How it is told where to go and whom to call."""

    kinds: Mapping[OfficeKind, str]
    head: str
    none: str
    anywhere: str
    comma: str
    far: str
    address: str
    phone: str
    hours: str
    facts: Mapping[str, str]
    missing: str
    state: Mapping[Openness, str]
    open_until: str
    opens_at: str
    opens_on: str
    holidays: str
    checked: Mapping[Checked, str]
    call_it: str
    call_line: str
    source: str
    accessibility: Mapping[Accessibility, str]
    helps: str
    call: str
    numbers_unchecked: str
    spoken_office: str
    spoken_no_address: str
    spoken_call: str


Ways: TypeAlias = str | tuple[str, ...]
"""A line, or several ways to say it: the first whose numbers are on file."""
Lines: TypeAlias = tuple[Ways, ...]


class SafetyWords(_Section):
    """What is said about one danger: to whom it threatens, to a child, about somebody else, and what follows it."""

    lines: Lines
    child: Lines = ()
    other: Lines = ()
    reporter: Lines = ()
    """To whoever meets children at work."""
    quiet: Lines = ()
    """To whoever cannot speak, hear or be overheard."""
    beside: Ways = ""
    """The one line that must be said where another danger has the first word."""
    alone: Lines = ()
    company: Lines = ()
    alone_other: Lines = ()
    company_other: Lines = ()
    unreachable: Lines = ()
    lulled: Lines = ()
    """To whoever is still near the one who struck."""
    then: Ways = ""
    """The one line before the law that is asked about afterwards."""
    again: tuple[Lines, ...]
    after: Lines = ()
    after_other: Lines = ()
    over: Lines = ()
    citations: tuple[CitationWords, ...] = ()


class ForeignWords(_Section):
    """What is said in another language: fixed beforehand, never translated by machine.

    `verified_by` names who grew up with it and has read these lines, None where nobody has.
    """

    verified_by: str | None
    kinds: Mapping[SafetyKind, Lines]
    staying: Lines


class SafetyPhrases(_Section):
    """Everything said in danger."""

    kinds: Mapping[SafetyKind, SafetyWords]
    scenes: Mapping[Scene, SafetyWords]
    denied: Lines
    called: Lines
    awaited: Lines
    opens_on: str
    """When legal aid opens again: `{day}`."""
    staying: tuple[Lines, ...]
    languages: Mapping[str, ForeignWords]


class LanguageWords(_Section):
    """What whoever writes in one other language reads; `verified_by` as in `ForeignWords`."""

    name: str
    verified_by: str | None
    lines: tuple[str, ...] = ()


class Phrases(_Section):
    """Every fixed sentence."""

    say: Mapping[Say, str]
    titles: Mapping[str, str]
    standing_note: Mapping[Standing, str]
    answer: AnswerWords
    right_to_apply: RightToApplyWords
    verdict: VerdictWords
    receipt: ReceiptWords
    handover: HandoverWords
    menu: MenuWords
    notes: NoteWords
    wechat: WeChatWords
    phone: PhoneWords
    directory: DirectoryWords
    safety: SafetyPhrases

    languages: Mapping[str, LanguageWords]

    def in_language(self, code: str, /) -> LanguageWords:
        """Return what to say in a language; where nobody has verified it, or nobody could write it, English beside it."""
        own, english = self.languages.get(code, self.languages["other"]), self.languages["en"]
        alone = own is english or own.verified_by is not None
        return own if alone else own.model_copy(update={"lines": (*own.lines, *english.lines)})

    def unverified(self, code: str, /) -> bool:
        """Tell whether some line that is said in a language was never read by anybody who grew up with it."""
        said = (self.languages.get(code, self.languages["other"]), self.safety.languages.get(code))
        return any(words is not None and words.verified_by is None for words in said)

    @classmethod
    def load(cls, path: Path = DEFAULT_PATH) -> "Phrases":
        """Read the file; raises PhrasesIncomplete unless every enum member has its words."""
        try:
            languages = yaml.safe_load(DEFAULT_PATH.with_name(LANGUAGES).read_text(encoding="utf-8"))
            words = yaml.safe_load(path.read_text(encoding="utf-8"))
            missed = [words["say"][each] for each in (Say.NOT_UNDERSTOOD, Say.ANSWER_NOT_UNDERSTOOD)]
            phone = {**words["phone"], "missed": missed}
            phrases = cls.model_validate({**words, "phone": phone, "languages": languages})
        except ValidationError as error:
            places = ", ".join(".".join(str(part) for part in each["loc"]) for each in error.errors())
            msg = f"{path.name}: {places}"
            raise PhrasesIncomplete(msg) from error
        for enum, table in _complete(phrases):
            missing = [member.value for member in enum if member not in table]
            if missing:
                msg = f"{path.name}: {enum.__name__} without words: {', '.join(missing)}"
                raise PhrasesIncomplete(msg)
        return phrases

    def article_23(self) -> Citation:
        """Return the source of the prompt."""
        return cited(self.right_to_apply.citation)

    def safety_citations(self, kinds: Sequence[SafetyKind], /) -> tuple[Citation, ...]:
        """Return the law behind what is said in danger."""
        return tuple(cited(words) for kind in kinds for words in self.safety.kinds[kind].citations)


def cited(words: CitationWords, /) -> Citation:
    """Return a source as citizens get it."""
    return Citation(
        document=words.document,
        clause=words.clause,
        standing=words.standing,
        source_id=words.source_id,
        issued=words.issued,
        region=words.region,
    )


def _complete(phrases: Phrases) -> tuple[tuple[type[StrEnum], Mapping[Any, object]], ...]:
    return (
        (Say, phrases.say),
        (Outcome, phrases.verdict.outcome),
        (Outcome, phrases.verdict.short),
        (SafetyKind, phrases.safety.kinds),
        (Scene, phrases.safety.scenes),
        *((SafetyKind, words.kinds) for words in phrases.safety.languages.values()),
        (OfficeKind, phrases.directory.kinds),
        (Openness, phrases.directory.state),
        (Checked, phrases.directory.checked),
        (Accessibility, phrases.directory.accessibility),
        (Reach, phrases.phone.leave_message),
        (Reach, phrases.phone.message_taken),
    )
