"""The hand-over: consent before anything else, then contact, and one application handed in (转交申请)."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

from actions import checking, intake_words, matters
from actions import facts as fact_values
from actions.facts import AnswerMalformed
from actions.intake_questions import (
    BY_FACT,
    CONSENT,
    CONSENT_VERSION,
    CONSENTS,
    DELIVERY,
    NAME,
    PHONE,
    QUESTIONS,
    SAFE,
    SENSITIVE,
    briefly,
    question,
)
from actions.services import Services
from actions.turn import CANCEL, HUMAN, RECEIPT, SCREEN, Form, Handover, Outcome, Turn, remembered, with_extra
from actions.wire import Choice, HandoverReply, QuestionReply, ReceiptReply, Reply, Say, TextReply
from api.services import vault
from api.services.records import DialogueState, JsonObject, SafeToContact
from knowledge_base.types import Question

_MOST_MISSES: Final = 2
"""So often a question is asked again; whoever is not understood once more is left to a person."""
_VERSION: Final = "consent.version"
_READ: Final = "consent_read"
"""Where the memory keeps which consents were read in full."""
_AGE: Final = "applicant.age"
_AGE_OF_CONSENT: Final = 14
_PHONE_SHAPE: Final = re.compile(r"\+?[0-9]{7,15}")
_FILLER: Final = re.compile(r"^(?:我?(?:叫|姓|是)|叫我|称呼我|喊我)|(?:就行|就好|就可以|吧|啊)$")
_MOST_NAME: Final = 40


def begin(turn: Turn, services: Services, /) -> Outcome:
    """Read the answers back and ask for consent, or give the receipt again where nothing has changed since the application."""
    receipt = turn.state.extra.get(RECEIPT)
    if receipt is not None and receipt.get("facts") == _digest(turn.state.facts):
        return Outcome(state=turn.state, replies=_receipt(receipt["reference"], tuple(receipt["missing_documents"])))
    if not turn.payload and _nothing_told(turn.state):
        return Outcome(state=turn.state, replies=(TextReply(say=Say.APPLY_FOR_WHAT, choices=(HUMAN,)),))
    outcome = _next(turn, turn.state)
    return checking.read_back(outcome, services) if outcome.form is Form.INTAKE else outcome


def _nothing_told(state: DialogueState) -> bool:
    """Tell a wish to apply that is the first thing said; said once more it is enough."""
    return not (remembered(state) or state.topic is not None or state.facts or state.intake or matters.held(state))


def chosen(turn: Turn, services: Services, /) -> Outcome:
    """Take the answers that came with a choice."""
    return _taken(turn, services, turn.answers)


def consent(turn: Turn, services: Services, /) -> Outcome:
    """Take the act of consenting: only an explicit `agree`, and only to the consent that was asked."""
    agreed = turn.payload.get("agree")
    if turn.state.asked not in CONSENTS or not isinstance(agreed, bool):
        return begin(turn, services)
    return _taken(turn, services, {turn.state.asked: agreed})


def plain(turn: Turn, services: Services, /) -> Outcome | None:
    """Take an answer that cannot be anything else, whatever Rasa makes of it; None where it is none."""
    value: object
    match turn.state.asked:
        case CONSENT.fact | SENSITIVE.fact:
            if intake_words.postpones(turn.text):
                return _postponed(turn.state)
            value = intake_words.consent(turn.text)
        case SAFE.fact:
            value = _plainly(intake_words.safe_to_contact(turn.text))
        case DELIVERY.fact:
            value = _plainly(intake_words.delivery(turn.text))
        case _:
            return None
    return None if value is None else _taken(turn, services, {turn.state.asked: value})


def typed(turn: Turn, services: Services, /) -> Outcome | None:
    """Read the text as an answer to the open question; None where it is none."""
    value: object
    match turn.state.asked:
        case NAME.fact | PHONE.fact:
            value = _private(turn.text, turn.state.asked)
        case _:
            return plain(turn, services)
    return None if value is None else _taken(turn, services, {turn.state.asked: value})


def _taken(turn: Turn, services: Services, answers: Mapping[str, object]) -> Outcome:
    """Keep answers and go on; what was refused is respected at once."""
    state = turn.state
    try:
        for fact, value in answers.items():
            state = _with_answer(state, fact, value)
    except AnswerMalformed:
        return missed(turn, services)
    if state.intake.get(CONSENT.fact) is False:
        return _refused(state)
    withheld = answers.get(SENSITIVE.fact) is False
    return _next(turn, state, lead=Say.SENSITIVE_WITHHELD if withheld else None)


def refused(question: Question, turn: Turn, services: Services, /) -> Outcome:
    """Ask a name or a number once more: what stands behind the token is none."""
    intake = {fact: value for fact, value in turn.state.intake.items() if fact != question.fact}
    return missed(replace(turn, state=replace(turn.state, intake=intake, asked=question.fact)), services)


def back(turn: Turn, services: Services, /) -> Outcome:
    """Ask the last answered question again."""
    known = {SAFE.fact} if _only_writes(turn) else set()
    answered = [one for one in QUESTIONS if one.fact in turn.state.intake and one.fact not in known]
    if not answered:
        return again(turn, services)
    intake = {fact: value for fact, value in turn.state.intake.items() if fact != answered[-1].fact}
    return _next(turn, replace(turn.state, intake=intake, misses=0))


def again(turn: Turn, _services: Services, /, *before: Reply, lead: Say | None = Say.SCREEN_RESUMED) -> Outcome:
    """Repeat the open question after whatever was said first."""
    outcome = _next(turn, turn.state, lead=lead)
    return replace(outcome, replies=(*before, *outcome.replies))


def explained(turn: Turn, services: Services, /) -> Outcome:
    """Say why the open question is asked, and ask it again."""
    why = question(turn.state.asked or CONSENT.fact, turn.state.intake).why
    return again(turn, services, TextReply(say=Say.QUESTION_EXPLAINED, args={"why": why}), lead=None)


def in_full(turn: Turn, services: Services, /) -> Outcome:
    """Ask the open question as it was asked first, for whoever wants to read it once more."""
    return again(replace(turn, state=unread(turn.state)), services, lead=None)


def unread(state: DialogueState, /) -> DialogueState:
    """Return the state in which no consent was read yet: the next is asked in full."""
    return with_extra(state, **{_READ: None})


def missed(turn: Turn, _services: Services, /) -> Outcome:
    """Ask once more, then explain the question and offer a person or to stop; the third time a person takes over."""
    misses = turn.state.misses + 1
    state = replace(turn.state, misses=misses)
    if misses < _MOST_MISSES:
        return _next(turn, state, lead=Say.ANSWER_NOT_UNDERSTOOD)
    if misses > _MOST_MISSES:
        return _left_to_a_person(state, Say.INTAKE_WITH_PERSON, why="intake_unclear")
    asked = _open(state) or CONSENT
    why = TextReply(say=Say.QUESTION_EXPLAINED, args={"why": asked.why})
    reply = QuestionReply(question=briefly(asked), choices=(*_choices(asked), HUMAN, CANCEL))
    return Outcome(state=_asking(state, asked), replies=(why, reply), form=Form.INTAKE)


def handed_in(state: DialogueState, /, *, reference: str, missing_documents: tuple[str, ...]) -> Outcome:
    """Give the receipt; the contact leaves the dialogue's memory, the application has it now."""
    done = replace(state, intake={}, asked=None, asked_private=False, misses=0)
    filed = of_application(done, reference=reference, missing_documents=missing_documents)
    return Outcome(state=filed, replies=_receipt(reference, missing_documents))


def of_application(state: DialogueState, /, *, reference: str, missing_documents: tuple[str, ...]) -> DialogueState:
    """Return the state of a thread whose answers are those of an application: handed in again, it is the same one."""
    receipt = {"reference": reference, "missing_documents": [*missing_documents], "facts": _digest(state.facts)}
    return with_extra(state, **{RECEIPT: receipt})


def plausible_phone(value: str, /) -> bool:
    """Tell whether a revealed value can be a telephone number; whose it is, a person finds out."""
    return _PHONE_SHAPE.fullmatch(re.sub(r"[\s()\-]", "", unicodedata.normalize("NFKC", value))) is not None


def _receipt(reference: str, missing_documents: tuple[str, ...]) -> tuple[Reply, ...]:
    waiting = HandoverReply(reference=reference)
    return ReceiptReply(reference=reference, missing_documents=missing_documents), waiting


def _next(turn: Turn, state: DialogueState, *, lead: Say | None = None) -> Outcome:
    if _is_child(state):
        return _left_to_a_person(state, Say.CHILD_WITH_PERSON, why="child_under_14")
    if _only_writes(turn) and state.intake.get(CONSENT.fact) is True and SAFE.fact not in state.intake:
        # Told already: nobody who cannot hear is asked whether a call suits.
        state = replace(state, intake={**state.intake, SAFE.fact: SafeToContact.MESSAGE_ONLY.value})
    asked = _open(state)
    if asked is not None:
        read = asked.fact in state.extra.get(_READ, ())
        beside = (HUMAN,) if read and asked.fact in CONSENTS else ()
        said = briefly(asked) if read else asked
        reply = QuestionReply(question=said, lead=lead, choices=(*_choices(asked), *beside))
        return Outcome(state=_asking(state, asked), replies=(reply,), form=Form.INTAKE)
    earlier = (state.extra.get(RECEIPT) or {}).get("reference", "")
    parts = (turn.conversation.id, earlier, _digest(state.facts), _digest(state.intake))
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return Outcome(state=state, handover=Handover(key=key, intake=state.intake))


def _only_writes(turn: Turn) -> bool:
    return turn.conversation.care.safe_to_contact is SafeToContact.MESSAGE_ONLY


def _is_child(state: DialogueState) -> bool:
    """Tell whether this concerns a child whose own consent does not count (Personal Information Protection Law art. 31)."""
    age = state.facts.get(_AGE)
    return isinstance(age, int) and age < _AGE_OF_CONSENT


def _left_to_a_person(state: DialogueState, say: Say, *, why: str) -> Outcome:
    """Keep nothing that was given and call a person: for a child never a parent, it may need help against them."""
    cleared = replace(state, intake={}, asked=None, asked_private=False, misses=0)
    return Outcome(state=cleared, replies=(TextReply(say=say), HandoverReply()), person=why)


def _open(state: DialogueState) -> Question | None:
    return next((question(one.fact, state.intake) for one in QUESTIONS if one.fact not in state.intake), None)


def _asking(state: DialogueState, asked: Question) -> DialogueState:
    asking = replace(state, asked=asked.fact, asked_private=asked.private, screening=False)
    if asked.fact not in CONSENTS:
        return asking
    return with_extra(asking, **{_READ: sorted({*state.extra.get(_READ, ()), asked.fact})})


def _with_answer(state: DialogueState, fact: str, value: object) -> DialogueState:
    if fact not in BY_FACT:
        raise AnswerMalformed(fact)
    if fact == SAFE.fact and value is False:
        value = SafeToContact.NO.value
    kept = fact_values.to_json(fact_values.scalar(fact, value))
    # Nothing is taken before consent, nothing here can be left open, and a consent counts only where it was asked.
    early = fact != CONSENT.fact and state.intake.get(CONSENT.fact) is not True
    unasked = fact in CONSENTS and kept is True and state.asked != fact and state.intake.get(fact) is not True
    if early or unasked or not _fits(question(fact, state.intake), kept):
        raise AnswerMalformed(fact)
    given = {**state.intake, fact: kept, **({_VERSION: CONSENT_VERSION} if fact in CONSENTS else {})}
    if fact == SAFE.fact and DELIVERY.fact in given and not _fits(question(DELIVERY.fact, given), given[DELIVERY.fact]):
        del given[DELIVERY.fact]
    return replace(state, intake=given, misses=0)


def _fits(asked: Question, value: object) -> bool:
    """Tell whether a value is one of the options, or words where words are asked for."""
    if asked.options:
        return any(type(value) is type(option.value) and value == option.value for option in asked.options)
    return isinstance(value, str) and bool(value.strip())


def _plainly(value: StrEnum | None) -> str | None:
    """Return what a choice would have carried."""
    return None if value is None else value.value


def _private(text: str, fact: str) -> str | None:
    """Return the vault token in the text, or the bare answer where the edge saw nothing to hide in it."""
    kind = fact.rpartition(".")[2]
    tokens = vault.tokens(text)
    if tokens:
        return next((token for token in tokens if token.startswith(f"<pii:{kind}:")), tokens[0])
    bare = _FILLER.sub("", text.strip(" 。.,，!！")).strip()
    if fact == PHONE.fact:
        return bare if plausible_phone(bare) else None
    return bare if 0 < len(bare) <= _MOST_NAME else None


def _refused(state: DialogueState) -> Outcome:
    """Without consent nothing is handed over, and consultation goes on."""
    cleared = replace(state, intake={}, asked=None, asked_private=False, misses=0)
    return Outcome(state=cleared, replies=(TextReply(say=Say.CONSENT_REFUSED, choices=(SCREEN, HUMAN)),))


def _postponed(state: DialogueState) -> Outcome:
    """Leave it at that for now, as whoever thinks it over has not consented: nothing is kept, and nobody is pressed."""
    cleared = replace(state, intake={}, asked=None, asked_private=False, misses=0)
    return Outcome(state=cleared, replies=(TextReply(say=Say.INTAKE_CANCELLED, choices=(HUMAN,)),))


def _choices(asked: Question) -> tuple[Choice, ...]:
    return tuple(Choice(payload={asked.fact: option.value}, title=option.title) for option in asked.options)


def _digest(data: JsonObject) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
