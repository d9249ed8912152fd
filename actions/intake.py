"""The hand-over: consent before anything else, then contact, and one application handed in (转交申请)."""

import hashlib
import json
import re
import unicodedata
from dataclasses import replace
from typing import Final

from actions import facts as fact_values
from actions.acts import Act
from actions.facts import AnswerMalformed
from actions.intake_questions import BY_FACT, CONSENT, CONSENT_VERSION, NAME, PHONE, QUESTIONS, SAFE, WORDS
from actions.services import Services
from actions.turn import CANCEL, HUMAN, SCREEN, Form, Handover, Outcome, Turn, with_extra
from actions.wire import Choice, HandoverReply, QuestionReply, ReceiptReply, Reply, Say, TextReply
from api.services import vault
from api.services.records import DialogueState, JsonObject, SafeToContact
from knowledge_base.types import Question

_MOST_MISSES: Final = 2
_VERSION: Final = "consent.version"
_RECEIPT: Final = "receipt"
_PHONE_SHAPE: Final = re.compile(r"\+?[0-9]{7,15}")
_FILLER: Final = re.compile(r"^(?:我?(?:叫|姓|是)|叫我|称呼我|喊我)|(?:就行|就好|就可以|吧|啊)$")
_MOST_NAME: Final = 40


def begin(turn: Turn, _services: Services, /) -> Outcome:
    """Ask for consent, or give the receipt again where nothing has changed since the application."""
    receipt = turn.state.extra.get(_RECEIPT)
    if receipt is not None and receipt.get("facts") == _digest(turn.state.facts):
        return Outcome(state=turn.state, replies=_receipt(receipt["reference"], tuple(receipt["missing_documents"])))
    return _next(turn, turn.state)


def chosen(turn: Turn, services: Services, /) -> Outcome:
    """Take the answers that came with a choice."""
    state = turn.state
    try:
        for fact, value in turn.answers.items():
            state = _with_answer(state, fact, value)
    except AnswerMalformed:
        return missed(turn, services)
    return _refused(state) if state.intake.get(CONSENT.fact) is False else _next(turn, state)


def consent(turn: Turn, services: Services, /) -> Outcome:
    """Take the act of consenting: bare it agrees, with `agree: false` it refuses. It counts only where it was asked."""
    if turn.state.asked != CONSENT.fact:
        return begin(turn, services)
    agreed = turn.payload.get("agree", turn.payload.get("value", True))
    state = _with_answer(turn.state, CONSENT.fact, agreed is True)
    return _refused(state) if agreed is not True else _next(turn, state)


def typed(turn: Turn, _services: Services, /) -> Outcome | None:
    """Read the text as an answer to the open question; None where it is none."""
    asked = turn.state.asked
    if asked not in BY_FACT:
        return None
    value: object
    match asked:
        case CONSENT.fact | SAFE.fact if turn.act in {Act.AFFIRM, Act.DENY}:
            yes = turn.act is Act.AFFIRM
            value = yes if asked == CONSENT.fact else (SafeToContact.YES if yes else SafeToContact.NO).value
        case NAME.fact | PHONE.fact:
            value = _private(turn.text, asked)
        case _:
            value = next((value for word, value in WORDS[asked].items() if word in turn.text), None)
    if value is None:
        return None
    try:
        state = _with_answer(turn.state, asked, value)
    except AnswerMalformed:
        return None
    return _refused(state) if state.intake.get(CONSENT.fact) is False else _next(turn, state)


def phone_refused(turn: Turn, services: Services, /) -> Outcome:
    """Ask the number once more: what stands behind the token is none."""
    intake = {fact: value for fact, value in turn.state.intake.items() if fact != PHONE.fact}
    return missed(replace(turn, state=replace(turn.state, intake=intake, asked=PHONE.fact)), services)


def back(turn: Turn, services: Services, /) -> Outcome:
    """Ask the last answered question again."""
    answered = [question for question in QUESTIONS if question.fact in turn.state.intake]
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
    why = BY_FACT[turn.state.asked or CONSENT.fact].why
    return again(turn, services, TextReply(say=Say.QUESTION_EXPLAINED, args={"why": why}), lead=None)


def missed(turn: Turn, _services: Services, /) -> Outcome:
    """Ask once more; after two misreadings explain the question and offer a person or to stop."""
    misses = turn.state.misses + 1
    state = replace(turn.state, misses=misses)
    if misses < _MOST_MISSES:
        return _next(turn, state, lead=Say.ANSWER_NOT_UNDERSTOOD)
    question = _open(state) or CONSENT
    why = TextReply(say=Say.QUESTION_EXPLAINED, args={"why": question.why})
    reply = QuestionReply(question=question, choices=(*_choices(question), HUMAN, CANCEL))
    return Outcome(state=_asking(state, question), replies=(why, reply), form=Form.INTAKE)


def handed_in(state: DialogueState, /, *, reference: str, missing_documents: tuple[str, ...]) -> Outcome:
    """Give the receipt; the contact leaves the dialogue's memory, the application has it now."""
    receipt = {"reference": reference, "missing_documents": [*missing_documents], "facts": _digest(state.facts)}
    done = replace(state, intake={}, asked=None, asked_private=False, misses=0)
    return Outcome(state=with_extra(done, **{_RECEIPT: receipt}), replies=_receipt(reference, missing_documents))


def plausible_phone(value: str, /) -> bool:
    """Tell whether a revealed value can be a telephone number; whose it is, a person finds out."""
    return _PHONE_SHAPE.fullmatch(re.sub(r"[\s()\-]", "", unicodedata.normalize("NFKC", value))) is not None


def _receipt(reference: str, missing_documents: tuple[str, ...]) -> tuple[Reply, ...]:
    waiting = HandoverReply(reference=reference)
    return ReceiptReply(reference=reference, missing_documents=missing_documents), waiting


def _next(turn: Turn, state: DialogueState, *, lead: Say | None = None) -> Outcome:
    question = _open(state)
    if question is not None:
        reply = QuestionReply(question=question, lead=lead, choices=_choices(question))
        return Outcome(state=_asking(state, question), replies=(reply,), form=Form.INTAKE)
    earlier = (state.extra.get(_RECEIPT) or {}).get("reference", "")
    parts = (turn.conversation.id, earlier, _digest(state.facts), _digest(state.intake))
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return Outcome(state=state, handover=Handover(key=key, intake=state.intake))


def _open(state: DialogueState) -> Question | None:
    return next((question for question in QUESTIONS if question.fact not in state.intake), None)


def _asking(state: DialogueState, question: Question) -> DialogueState:
    return replace(state, asked=question.fact, asked_private=question.private, screening=False)


def _with_answer(state: DialogueState, fact: str, value: object) -> DialogueState:
    if fact not in BY_FACT:
        raise AnswerMalformed(fact)
    if fact == SAFE.fact and isinstance(value, bool):
        value = (SafeToContact.YES if value else SafeToContact.NO).value
    kept = fact_values.to_json(fact_values.scalar(fact, value))
    if not _fits(BY_FACT[fact], kept) or (fact != CONSENT.fact and state.intake.get(CONSENT.fact) is not True):
        # Nothing is taken before consent, and nothing here can be left open.
        raise AnswerMalformed(fact)
    version = {_VERSION: CONSENT_VERSION} if fact == CONSENT.fact else {}
    return replace(state, intake={**state.intake, fact: kept, **version}, misses=0)


def _fits(question: Question, value: object) -> bool:
    """Tell whether a value is one of the options, or words where words are asked for."""
    if question.options:
        return any(type(value) is type(option.value) and value == option.value for option in question.options)
    return isinstance(value, str) and bool(value.strip())


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


def _choices(question: Question) -> tuple[Choice, ...]:
    return tuple(Choice(payload={question.fact: option.value}, title=option.title) for option in question.options)


def _digest(data: JsonObject) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
