"""Consultation: a sourced answer, what the matter is, and the right to apply wherever it may be in scope (咨询)."""

import asyncio
import hashlib
import re
from dataclasses import dataclass, replace
from typing import Final

from actions import screening
from actions.acts import Act
from actions.services import Services
from actions.turn import HUMAN, SCREEN, Outcome, Turn, with_extra
from actions.wire import AnswerReply, Choice, MenuReply, Reply, Say, TextReply
from api.services.lookups import LookedUp
from api.services.records import DialogueState
from knowledge_base.assess import FactRefused
from knowledge_base.types import Answer, Basis, KnowledgeUnavailable, Matter, NoAnswer, NoAnswerReason, Triage

HOW_TO_APPLY: Final = "怎么申请法律援助"
"""Looked up where the documents are silent on a matter that may be in scope: Legal Aid Law art. 23 holds all the same."""
_SURE: Final = 0.5
"""Below this the matter is not taken for granted: the pre-screen asks it first."""
_MOST_CHOICES: Final = 3
_GENERAL: Final = "general"
_PERSONAL: Final = ("applicant.", "household.")
_QUERY: Final = "query"
_MOST_QUERY: Final = 200
_CLARIFIED: Final = "clarified"
_SAID: Final = "said"
_RIGHT_TOLD: Final = "right_told"
_ASKS_A_FIGURE: Final = re.compile(r"[?？]|多少|多久|多长|几[天日年个月岁条种]|哪|什么|啥|谁")
"""A question about one particular; what is only told, and asks for nothing in particular, is a story."""
_MOST_SAID: Final = 5
_SHORT: Final = 6
"""Characters of a word or two, which are about the matter at hand whatever turn they look like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What one look-up brought; `answer` is None where the knowledge base is broken."""

    triage: Triage
    answer: Answer | NoAnswer | None
    region: str | None
    how_to_apply: Answer | None = None
    general: Answer | None = None
    """What holds in such matters generally, where the documents are silent on a story."""


async def consult(turn: Turn, services: Services, /) -> Outcome:
    """Answer a question or a story."""
    matter = turn.answers.get(screening.MATTER)
    named = matter if isinstance(matter, str) and services.title_of(matter) else None
    found = await asyncio.to_thread(_look_up, turn, services, named)
    matters = _matters(found.triage, named, services)
    state = _remembered(turn, matters, named)
    region = found.region if turn.conversation.region is None else None
    in_scope = _may_be_in_scope(turn, matters, state, found.answer, services)
    offers: tuple[Choice, ...] = (SCREEN, HUMAN) if in_scope else (HUMAN,)
    unsure = named is None and len(matters) > 1 and matters[0].confidence < _SURE and _CLARIFIED not in turn.state.extra
    match found.answer:
        case None:
            replies: tuple[Reply, ...] = (TextReply(say=Say.UNAVAILABLE, choices=(HUMAN,), matters=matters),)
        case Answer() as answer:
            state = with_extra(state, **{_SAID: [*_said(state), _digest(answer)][-_MOST_SAID:]})
            replies = (AnswerReply(answer=answer, right_to_apply=in_scope, choices=offers, matters=matters),)
        case NoAnswer(because=because) if because:
            said = TextReply(say=Say.NO_SUCH_PROVISION, args={"because": because}, choices=offers, matters=matters)
            replies = (said,)
        case NoAnswer() if found.general is not None:
            lead = TextReply(say=Say.GENERAL_RULES, args={"matter": matters[0].title}, matters=matters)
            general = AnswerReply(answer=found.general, right_to_apply=in_scope, choices=offers, matters=matters)
            replies = (lead, general)
        case NoAnswer() if unsure:
            state = with_extra(state, **{_CLARIFIED: True})
            replies = (_which(matters),)
        case NoAnswer(reason=reason) if not matters and _is_foreign(turn, reason):
            replies = (TextReply(say=_foreign(turn), choices=(SCREEN, HUMAN)),)
        case NoAnswer():
            replies = _not_in_documents(found, matters, offers, in_scope=in_scope)
    state, replies = _told_once(state, replies)
    return Outcome(state=state, replies=replies, region=region, looked_up=_looked_up(turn, found, matters, services))


def _looked_up(turn: Turn, found: _Found, matters: tuple[Matter, ...], services: Services) -> LookedUp | None:
    """Return what goes on record of the look-up: the words as they were redacted for the dialogue."""
    if found.answer is None or (isinstance(found.answer, NoAnswer) and not matters and turn.act is Act.OFF_TOPIC):
        return None
    named = turn.answers.get(screening.MATTER)
    return LookedUp(
        words=_query(turn, named if isinstance(named, str) else None, services),
        found=found.answer,
        region=found.region or turn.region,
        matter=matters[0].code if matters else None,
    )


def _told_once(state: DialogueState, replies: tuple[Reply, ...]) -> tuple[DialogueState, tuple[Reply, ...]]:
    """Tell the right to apply in full once, and remind of it afterwards: nobody reads the same six lines at every turn."""
    if not any(isinstance(reply, AnswerReply) and reply.right_to_apply for reply in replies):
        return state, replies
    if _RIGHT_TOLD not in state.extra:
        return with_extra(state, **{_RIGHT_TOLD: True}), replies
    reminded = (replace(reply, told_before=True) if isinstance(reply, AnswerReply) else reply for reply in replies)
    return state, tuple(reminded)


def _look_up(turn: Turn, services: Services, named: str | None) -> _Found:
    """Do the turn's heavy work: one vector, shared by triage and search."""
    region = services.region_in(turn.text)
    query = _query(turn, named, services)
    try:
        vector = services.knowledge.embed(query)
    except KnowledgeUnavailable:
        # Triage still has its words; the answer is what is missing.
        return _Found(triage=services.classify(query, vector=None), answer=None, region=region)
    triage = services.classify(query, vector=vector)
    codes = [named] if named else [matter.code for matter in triage.matters]
    on_topic = not codes and (turn.act is Act.FOLLOW_UP or len(turn.text) <= _SHORT)
    if on_topic and turn.state.topic is not None:
        codes = [turn.state.topic]
    place = region or turn.region
    try:
        answer = services.knowledge.ask(
            query, region=place, on=turn.on, matters=codes, vector=vector, follow_up=on_topic and bool(codes)
        )
        before = turn.state.extra.get(_QUERY)
        if isinstance(answer, NoAnswer) and turn.act is Act.FOLLOW_UP and before:
            wider = services.knowledge.ask(f"{before} {turn.text}", region=place, on=turn.on, matters=codes)
            # The words before may drown the question; what was told already is no answer to a new one.
            answer = answer if isinstance(wider, Answer) and _digest(wider) in _said(turn.state) else wider
        how = general = None
        if isinstance(answer, NoAnswer) and not answer.because and codes:
            how = _told(services, HOW_TO_APPLY, place, turn)
            if not codes[0].startswith(_GENERAL) and _ASKS_A_FIGURE.search(turn.text) is None:
                general = _general(services, answer, codes[0], place, turn)
    except KnowledgeUnavailable:
        return _Found(triage=triage, answer=None, region=region)
    return _Found(triage=triage, answer=answer, region=region, how_to_apply=how, general=general)


def _general(services: Services, silent: NoAnswer, code: str, region: str | None, turn: Turn) -> Answer | None:
    """Return what holds in such matters: what came nearest, if it is about the matter, else what its name brings."""
    if silent.nearest is not None and code in silent.nearest.matters:
        return silent.nearest
    title = services.title_of(code)
    return _told(services, title, region, turn) if title else None


def _told(services: Services, query: str, region: str | None, turn: Turn) -> Answer | None:
    """Look something up that is known to be on file, if it is."""
    told = services.knowledge.ask(query, region=region, on=turn.on)
    return told if isinstance(told, Answer) else None


def _query(turn: Turn, named: str | None, services: Services) -> str:
    """Return what to look up: the text, or the matter that was picked for the text before."""
    if named is None:
        return turn.text
    return f"{turn.state.extra.get(_QUERY, '')} {services.title_of(named) or ''}".strip()


def _said(state: DialogueState) -> list[str]:
    """Return what was answered lately, as digests."""
    return [str(one) for one in state.extra.get(_SAID, ())]


def _digest(answer: Answer) -> str:
    return hashlib.sha256(answer.text.encode()).hexdigest()[:8]


def _matters(triage: Triage, named: str | None, services: Services) -> tuple[Matter, ...]:
    if named is None:
        return triage.matters
    return (Matter(code=named, title=services.title_of(named) or named, confidence=1.0),)


def _remembered(turn: Turn, matters: tuple[Matter, ...], named: str | None) -> DialogueState:
    """Keep the matter in mind. A follow-up that names none leaves it as it was."""
    state = turn.state
    if turn.text and turn.act is not Act.FOLLOW_UP:
        state = with_extra(state, **{_QUERY: turn.text[:_MOST_QUERY]})
    if not matters:
        return with_extra(state, **{_CLARIFIED: None})
    sure = named is not None or matters[0].confidence >= _SURE
    topic = matters[0].code if sure else None
    if topic is not None and topic != state.facts.get(screening.MATTER, topic):
        # Another matter: what was told about the first claim does not speak for this one; the person is the same.
        personal = {fact: value for fact, value in state.facts.items() if fact.startswith(_PERSONAL)}
        state = replace(state, facts=personal)
    state = screening.note_candidates(state, matters if not sure else ())
    return with_extra(replace(state, matters=tuple(one.code for one in matters), topic=topic), **{_CLARIFIED: None})


def _may_be_in_scope(
    turn: Turn,
    matters: tuple[Matter, ...],
    state: DialogueState,
    answer: Answer | NoAnswer | None,
    services: Services,
) -> bool:
    """Tell whether legal aid may cover this: every doubt counts as yes (Legal Aid Law art. 23)."""
    codes = [matter.code for matter in matters]
    if not codes and turn.act is Act.FOLLOW_UP and state.topic is not None:
        codes = [state.topic]
    if not codes and isinstance(answer, Answer):
        codes = list(answer.matters)
    return any(_covered(turn, code, services) for code in codes)


def _covered(turn: Turn, code: str, services: Services) -> bool:
    try:
        verdict = screening.judged(turn, {screening.MATTER: code}, services)
    except FactRefused:
        return True
    return verdict.basis is not Basis.OUT_OF_SCOPE


def _is_foreign(turn: Turn, reason: NoAnswerReason) -> bool:
    """Tell whether this has nothing to do with the law. Rasa or the documents may say so; a follow-up is of its matter."""
    if turn.act is Act.FOLLOW_UP and turn.state.topic is not None:
        return False
    return turn.act is Act.OFF_TOPIC or reason is NoAnswerReason.OFF_TOPIC


def _which(matters: tuple[Matter, ...]) -> MenuReply:
    named = [Choice(payload={screening.MATTER: one.code}, title=one.title) for one in matters[:_MOST_CHOICES]]
    return MenuReply(say=Say.CLARIFY_MATTER, choices=(*named, HUMAN), matters=matters)


def _foreign(turn: Turn) -> Say:
    """Tell what is foreign to the law from what was simply not understood."""
    return Say.OFF_TOPIC if turn.act in {Act.ASK, Act.FOLLOW_UP, Act.OFF_TOPIC} else Say.NOT_UNDERSTOOD


def _not_in_documents(
    found: _Found, matters: tuple[Matter, ...], offers: tuple[Choice, ...], *, in_scope: bool
) -> tuple[Reply, ...]:
    silent = TextReply(say=Say.NOT_IN_DOCUMENTS, choices=() if in_scope else offers, matters=matters)
    if not in_scope:
        return (silent,)
    if found.how_to_apply is not None:
        return silent, AnswerReply(answer=found.how_to_apply, right_to_apply=True, choices=offers, matters=matters)
    return silent, MenuReply(say=Say.SCREEN_OFFER, choices=offers, matters=matters)
