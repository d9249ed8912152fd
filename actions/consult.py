"""Consultation: a sourced answer, what the matter is, and the right to apply wherever it may be in scope (咨询)."""

import asyncio
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from actions import clarify, failing, kindness, lookup, matters, pieces, screening, simpler, unasked
from actions.acts import Act
from actions.lookup import Found
from actions.matters import MATTER
from actions.meanwhile import BEATEN, BEATING
from actions.services import Services
from actions.turn import APPOINT, HUMAN, SCREEN, Outcome, Turn, remembered, with_extra
from actions.wire import AnswerReply, Choice, MenuReply, Reply, Say, TextReply
from api.services.lookups import LookedUp
from api.services.records import DialogueState
from knowledge_base.assess import FactRefused
from knowledge_base.handlers import Handler
from knowledge_base.types import OWN_LAW, Answer, Basis, Facts, NoAnswer, NoAnswerReason
from knowledge_base.unasked import COMPANY

_RIGHT_TOLD: Final = "right_told"
_TOLD_FIRST: Final = "told_first"
"""Why something came first already: once for each reason."""
_ASKING: Final = frozenset({Act.ASK, Act.FOLLOW_UP, Act.OFF_TOPIC})
"""Acts of somebody who asks something: where it is foreign to the law that is said; anything else was simply not understood."""
_TELLING: Final = frozenset({Act.ASK, Act.FOLLOW_UP, Act.ANSWER, Act.AFFIRM, Act.DENY, Act.NOT_UNDERSTOOD})
"""Acts of somebody who may be telling a story a few words at a time."""
_SILENT: Final = frozenset({Say.NOT_IN_DOCUMENTS, Say.NOT_IN_DOCUMENTS_BUT_AID, Say.OFF_TOPIC, Say.NOT_UNDERSTOOD})
_MOST_BESIDE, _MOST_INSTEAD = 1, 3
"""How many are named who handle it as well, and how many where legal aid does not."""
_MOST_CARD, _MOST_TO_EMPLOYER = 2, 1
"""So often one card is shown in a row of answers; whoever employs has a single one, whatever the question."""
_COUNTS: Final = {2: "两", 3: "三"}
_NOBODY_SPECIAL: Final[Facts] = MappingProxyType({"applicant.special_group": "none"})
"""Until somebody tells that they are old, a child or disabled, a matter outside the list is spoken of as outside it."""


async def consult(turn: Turn, services: Services, /) -> Outcome:
    """Answer a question or a story."""
    if turn.state.asked is None and failing.is_beside_the_point(turn.text):
        return _beside_the_point(turn, services)
    turn = pieces.noted(await asyncio.to_thread(clarify.chosen, turn, services))
    asked_back = await asyncio.to_thread(clarify.asked_back, turn, services)
    if asked_back is not None:
        return asked_back
    named = matters.picked(turn.answers, services.title_of)
    found = await asyncio.to_thread(lookup.look_up, turn, services, named=named)
    whole = pieces.joined(turn) if pieces.is_one(turn, found) else None
    if whole is not None:
        turn, found = whole, await asyncio.to_thread(lookup.look_up, whole, services, named=named)
    state, replies = _answered(turn, _remembered(turn, found, services), found, services)
    state, replies = _told_first(turn, state, replies, found)
    state, replies = _told_once(state, kindness.safety_first(turn, replies, services))
    state, replies = kindness.acknowledged(turn, state, replies, services)
    region = found.region if turn.conversation.region is None else None
    return Outcome(state=state, replies=replies, region=region, looked_up=_looked_up(turn, found))


def _beside_the_point(turn: Turn, services: Services) -> Outcome:
    """Ask once what was really meant; whoever says so again is told what cannot be done here, and offered a person."""
    state = failing.objected(turn.state)
    if failing.is_enough(state) or clarify.has_just_asked(turn.state):
        covered = state.topic is not None and _covered(turn, state, state.topic, services)
        return Outcome(state=failing.explained(state), replies=(_limits(state, services, in_scope=covered),))
    reply = MenuReply(say=Say.ASK_AGAIN, choices=(*matters.go_on(state, services.title_of), HUMAN))
    return Outcome(state=clarify.noted(state), replies=(reply,))


def _answered(
    turn: Turn, state: DialogueState, found: Found, services: Services
) -> tuple[DialogueState, tuple[Reply, ...]]:
    """Return what is known after the turn, and what is said."""
    aside = _more_of_it(turn, state, found, services)
    aside = aside or _told_enough(turn, state, found, services) or _aside(turn, state, found, services)
    if aside is not None:
        return aside
    state = pieces.forgotten(state)
    heard, failed = found.heard, False
    lead = found.said[0].matter.code if found.said else state.topic
    in_scope = _may_be_in_scope(turn, state, found, services)
    no_law_of_ours = _under_another_law(turn, found)
    elsewhere = () if no_law_of_ours else _elsewhere(turn, state, lead, services, in_scope=in_scope)
    state = matters.told(state, lead) if lead is not None else state
    offers = _offers(state, services, in_scope=in_scope)
    match found.answer:
        case None:
            replies: tuple[Reply, ...] = (TextReply(say=Say.UNAVAILABLE, choices=(HUMAN,), matters=heard),)
        case Answer() as answer:
            state, replies = _told_rule(state, found, answer, offers=offers, elsewhere=elsewhere, in_scope=in_scope)
        case NoAnswer(because=because) if because:
            said = TextReply(say=Say.NO_SUCH_PROVISION, args={"because": because}, choices=offers, matters=heard)
            replies = (said,)
        case NoAnswer() if instead := _instead(state, found, lead, offers, services, in_scope=in_scope):
            state = lookup.note_answer(state, instead[-1].answer, asked=False)
            replies = (*instead[:-1], replace(instead[-1], handlers=() if found.proof is not None else elsewhere))
        case NoAnswer(reason=reason) if _says_nothing(turn, found) or (not heard and _is_foreign(turn, reason)):
            failed = True
            replies = (TextReply(say=Say.NOT_UNDERSTOOD, choices=(SCREEN, HUMAN)),)
        case NoAnswer():
            failed = True
            how = found.how_to_apply if in_scope else None
            how = how if how is not None and not lookup.times_told(state, how) else None
            state = state if how is None else lookup.note_answer(state, how)
            replies = _not_in_documents(found, how, offers, in_scope=in_scope)
    if found.answer is not None:  # what is broken says nothing about the question
        state = failing.noted(state, about=found.about, answered=not failed)
    if failed and turn.state.asked is None and failing.is_enough(state):
        limits = _limits(state, services, in_scope=in_scope)
        # Whoever has not been told of the right to apply is told now, for all that the question stays open.
        prompt = [replace(one, choices=()) for one in replies if isinstance(one, AnswerReply)]
        return failing.explained(state), (*(prompt if _RIGHT_TOLD not in state.extra else ()), limits)
    return state, (*_several(found, services), *replies)


def _told_rule(  # noqa: PLR0913 - a rule, and all that is told beside it
    state: DialogueState,
    found: Found,
    answer: Answer,
    *,
    offers: tuple[Choice, ...],
    elsewhere: tuple[Handler, ...],
    in_scope: bool,
) -> tuple[DialogueState, tuple[Reply, ...]]:
    """Tell a rule; where a follow-up only leads back to it, as its lead sentence."""
    lead = found.said[0].matter.code if found.said else state.topic
    state = _borne_out(lookup.note_answer(state, answer), answer, found)
    scope = in_scope and COMPANY not in answer.matters  # what is said of companies is said to no person
    told = AnswerReply(answer=answer, right_to_apply=scope, choices=offers, matters=found.heard)
    if found.told_before:
        return state, (TextReply(say=Say.AS_TOLD, matters=found.heard), simpler.in_short(told))
    return state, (replace(told, handlers=elsewhere if lead in answer.matters else ()),)


def _elsewhere(
    turn: Turn, state: DialogueState, code: str | None, services: Services, *, in_scope: bool
) -> tuple[Handler, ...]:
    """Return who else handles the matter, the first time it is answered: more of them where legal aid does not."""
    told = code is None or any(one.code == code and one.told for one in matters.held(state))
    if unasked.is_employer(state, code, services):
        return ()  # they are named to whoever has a claim
    if told or code is None or matters.is_service(code) or turn.state.asked is not None:
        return ()
    named = services.handlers_of(code)
    if code == BEATING or unasked.of(state, code, services).get(BEATEN) is True:
        # Nobody who was beaten is sent to settle it with whoever beats them.
        named = tuple(one for one in named if not one.mediates)
    return named[: _MOST_BESIDE if in_scope else _MOST_INSTEAD]


def _aside(
    turn: Turn, state: DialogueState, found: Found, services: Services
) -> tuple[DialogueState, tuple[Reply, ...]] | None:
    """Return what is said to a turn that only tells a feeling, may mean several matters, or has nothing to do with the law."""
    if kindness.only_felt(turn, found, services):
        return state, (TextReply(say=Say.TELL_SLOWLY, choices=(HUMAN,)),)
    if not isinstance(found.answer, NoAnswer) or found.answer.because:
        return None
    if clarify.is_unsure(turn, found):
        return clarify.noted(state), (clarify.which(found),)
    strange = not found.heard and found.proof is None and _is_foreign(turn, found.answer.reason)
    if pieces.is_one(turn, found) and turn.act in _TELLING and not (strange and pieces.orders(turn.text)):
        return _listening(turn, state, services)
    if strange and (turn.act in _ASKING or pieces.orders(turn.text)):
        return pieces.forgotten(state), (TextReply(say=Say.OFF_TOPIC, choices=(SCREEN, HUMAN)),)
    return None


def _more_of_it(
    turn: Turn, state: DialogueState, found: Found, services: Services
) -> tuple[DialogueState, tuple[Reply, ...]] | None:
    """Take in what is told of the matter at hand, where no rule is new to it: nobody is read a card for adding a fact."""
    if not lookup.tells_more(turn) or not lookup.is_of(turn.state, found):
        return None
    rule = found.answer if isinstance(found.answer, Answer) else found.general
    in_form, silent = turn.state.asked is not None, rule is None and isinstance(found.answer, NoAnswer)
    if silent and (found.proof is not None or (len(turn.text) <= lookup.SHORT_TALK) is in_form):
        return None  # in a form a few words that mean nothing were meant as an answer
    if rule is not None and not in_form:
        # What the words themselves bring is an answer to them, unless they only tell of whoever speaks.
        own = isinstance(found.answer, Answer) and not services.unasked.of(turn.text)
        if own or not lookup.times_told(state, rule):
            return None
    return _listening(turn, state, services) if rule is not None or silent else None


def _told_enough(
    turn: Turn, state: DialogueState, found: Found, services: Services
) -> tuple[DialogueState, tuple[Reply, ...]] | None:
    """Offer a person to whoever was shown the one card there is, and asks on: it says no more the third time."""
    most = _MOST_TO_EMPLOYER if found.employer else _MOST_CARD
    if not isinstance(found.answer, Answer) or lookup.times_answered(state, found.answer) < most:
        return None
    in_scope = _may_be_in_scope(turn, state, found, services)
    ways = (HUMAN, APPOINT, *((SCREEN,) if in_scope else ()), *matters.go_on(state, services.title_of))
    again = any(isinstance(one, MenuReply) and one.say is Say.NOTHING_MORE for one in remembered(turn.state))
    title = services.title_of(state.topic) if state.topic is not None else None
    more = MenuReply(say=Say.NOTHING_MORE, args={"matter": title or ""}, choices=ways, matters=found.heard)
    return state, (MenuReply(say=Say.LIMITS, choices=ways, matters=found.heard) if again else more,)


def _listening(turn: Turn, state: DialogueState, services: Services) -> tuple[DialogueState, tuple[Reply, ...]]:
    """Let a story go on that is told a few words at a time; once a matter is known, ask what is wanted of it."""
    if turn.state.asked is not None:
        return state, (TextReply(say=Say.TOLD_IN_FORM),)
    if state.topic is None:
        return turn.state, (TextReply(say=pieces.answer(turn), choices=(HUMAN,)),)  # a guess is no matter yet
    offers = _offers(state, services, in_scope=_covered(turn, state, state.topic, services))
    if not lookup.anything_told(state):
        return state, (TextReply(say=Say.TELL_WHAT, choices=offers),)
    noted = any(isinstance(one, MenuReply) and one.say is Say.STORY_NOTED for one in remembered(turn.state))
    return state, (MenuReply(say=Say.TELL_MORE if noted else Say.STORY_NOTED, choices=(*offers, APPOINT)),)


def _instead(  # noqa: PLR0913 - what was found, and all that is told beside it
    state: DialogueState,
    found: Found,
    lead: str | None,
    offers: tuple[Choice, ...],
    services: Services,
    *,
    in_scope: bool,
) -> tuple[TextReply, AnswerReply] | tuple[()]:
    """Return what can be told where the question itself has no answer: what to prove, what holds in such matters, if anything."""
    heard = found.heard
    if found.proof is not None:
        before, answer = TextReply(say=Say.CANNOT_FORETELL, matters=heard), found.proof
    elif found.general is not None:
        about = {"matter": _title(lead, services)}
        before, answer = TextReply(say=Say.GENERAL_RULES, args=about, matters=heard), found.general
        if lookup.times_told(state, answer):
            told = AnswerReply(answer=answer, right_to_apply=in_scope, choices=offers, matters=heard)
            return TextReply(say=Say.AS_TOLD, matters=heard), simpler.in_short(told)
    else:
        return ()
    return before, AnswerReply(answer=answer, right_to_apply=in_scope, choices=offers, matters=heard)


def _offers(state: DialogueState, services: Services, *, in_scope: bool) -> tuple[Choice, ...]:
    """Return what can be done next: the pre-screen, the other matters, a person."""
    waiting = matters.go_on(state, services.title_of)
    not_meant = (Choice(payload={matters.DROPPED: None}, wording="not_all_meant"),) if waiting else ()
    return (*((SCREEN,) if in_scope else ()), *waiting, *not_meant, HUMAN)


def _several(found: Found, services: Services) -> tuple[Reply, ...]:
    """Name the matters of a message that spoke of more than one, each on a line of its own."""
    titles = [_title(one.matter.code, services) for one in found.said]
    if len(titles) not in _COUNTS:
        return ()
    lines = "\n".join(f"· {title}" for title in titles)
    args = {"count": _COUNTS[len(titles)], "list": lines, "first": titles[0]}
    return (TextReply(say=Say.SEVERAL_MATTERS, args=args, matters=found.heard),)


def _title(code: str | None, services: Services) -> str:
    return (services.title_of(code) if code else None) or ""


def _told_first(
    turn: Turn, state: DialogueState, replies: tuple[Reply, ...], found: Found
) -> tuple[DialogueState, tuple[Reply, ...]]:
    """Tell once, and first, what comes before any answer: whom legal aid is for, and that a child who is held has a lawyer."""
    before = state.extra.get(_TOLD_FIRST) or []
    if found.first is None or found.who in before:
        return state, replies
    state = with_extra(state, **{_TOLD_FIRST: [*before, found.who]})
    choices = replies[-1].choices if replies else ()
    if found.who != COMPANY:
        # Who else is told of then depends on this, not on the question.
        scope = any(isinstance(one, AnswerReply) and one.right_to_apply for one in replies) or turn.state.asked is None
        scope = scope and not found.first.another_law
        return state, (AnswerReply(answer=found.first, right_to_apply=scope, choices=choices, matters=found.heard),)
    own = bool(found.said) and not matters.is_service(found.said[0].matter.code)
    # What is said to whoever asks for the aid itself would be said to a person.
    kept = [one for one in replies if own and not (isinstance(one, TextReply) and one.say in _SILENT)]
    said = [replace(one, choices=()) for one in kept]
    if not any(isinstance(one, AnswerReply) and one.answer.text == found.first.text for one in said):
        said = [AnswerReply(answer=found.first, matters=found.heard), *said]
    return state, (*said[:-1], replace(said[-1], choices=(*choices, unasked.OWN_MATTER)))


def _looked_up(turn: Turn, found: Found) -> LookedUp | None:
    """Return what goes on record of the look-up: the words as they were redacted for the dialogue."""
    heard = found.said[0].matter.code if found.said else None
    if found.answer is None:
        return None
    if (
        isinstance(found.answer, NoAnswer)
        and not heard
        and turn.act is Act.OFF_TOPIC
        and _is_foreign(turn, found.answer.reason)
    ):
        return None
    return LookedUp(words=found.query, found=found.answer, region=found.region or turn.region, matter=heard)


def _told_once(state: DialogueState, replies: tuple[Reply, ...]) -> tuple[DialogueState, tuple[Reply, ...]]:
    """Tell the right to apply in full once, and remind of it afterwards: nobody reads the same six lines at every turn."""
    if not any(isinstance(reply, AnswerReply) and reply.right_to_apply for reply in replies):
        return state, replies
    if _RIGHT_TOLD not in state.extra:
        return with_extra(state, **{_RIGHT_TOLD: True}), replies
    reminded = (replace(reply, told_before=True) if isinstance(reply, AnswerReply) else reply for reply in replies)
    return state, tuple(reminded)


def _remembered(turn: Turn, found: Found, services: Services) -> DialogueState:
    """Keep in mind what the turn is about, and what it tells of the pre-screen without being asked."""
    state = _about(turn, found)
    if not found.said:
        state = unasked.noted(state, turn.text, state.topic, services, beside=found.told)
    for one in found.said:
        state = unasked.noted(state, one.words, one.matter.code, services, beside=found.told)
    return unasked.placed(state, services)


def _about(turn: Turn, found: Found) -> DialogueState:
    """Keep the matters of the turn. A follow-up that names nothing leaves them as they were."""
    state = clarify.forgotten(lookup.note_words(turn.state, found))
    if not found.said:
        return state
    state, lead = matters.heard(state, found.said), found.said[0].matter
    sure = lead.confidence >= matters.SURE or len(found.said) > 1
    if sure:
        state = matters.taken_up(state, lead.code)
    elif len(turn.text) > lookup.SHORT_TALK:
        state = replace(state, topic=None)
    if turn.state.asked is not None:
        return state  # the open question keeps the choices that it has
    return screening.note_candidates(state, () if state.topic is not None else found.heard)


def _may_be_in_scope(turn: Turn, state: DialogueState, found: Found, services: Services) -> bool:
    """Tell whether legal aid may cover this: every doubt counts as yes (Legal Aid Law art. 23)."""
    if _under_another_law(turn, found):
        return False
    several = len(found.said) > 1
    codes = [found.said[0].matter.code] if several else [matter.code for matter in found.heard]
    if not codes and lookup.goes_on(turn) and state.topic is not None:
        codes = [state.topic]
    if not codes and isinstance(found.answer, Answer):
        codes = list(found.answer.matters)
    return any(_covered(turn, state, code, services) for code in codes)


def _covered(turn: Turn, state: DialogueState, code: str, services: Services) -> bool:
    try:
        told = {MATTER: code, **_NOBODY_SPECIAL, **unasked.of(state, code, services)}
        verdict = screening.judged(turn, told, services)
    except FactRefused:
        return True
    return verdict.basis is not Basis.OUT_OF_SCOPE and not verdict.another_law


def _under_another_law(turn: Turn, found: Found) -> bool:
    """Tell whether the place that is spoken of has a law of its own, where nothing of the mainland's can be had."""
    return (found.region or turn.region) in OWN_LAW


def _is_foreign(turn: Turn, reason: NoAnswerReason) -> bool:
    """Tell whether this plainly has nothing to do with the law, by what the documents are near to; a follow-up is of its matter."""
    return reason is NoAnswerReason.OFF_TOPIC and not lookup.goes_on(turn)


def _borne_out(state: DialogueState, answer: Answer, found: Found) -> DialogueState:
    """Take up the matter of an answer that was surely found, where what the words are about was only guessed."""
    if state.topic is not None or not found.heard or found.heard[0].confidence >= matters.SURE:
        return state
    own = [code for code in answer.matters if not matters.is_service(code)]
    code = next((one.code for one in found.heard if one.code in own), next(iter(own), None))
    return state if code is None else matters.taken_up(state, code)


def _says_nothing(turn: Turn, found: Found) -> bool:
    """Tell a few words that could be of anything where nothing was told before: «一分钱没给»."""
    faint = bool(found.said) and found.said[0].matter.confidence < lookup.FAINT
    return faint and turn.state.topic is None and len(turn.text) <= lookup.SHORT_TALK


def _not_in_documents(
    found: Found, how: Answer | None, offers: tuple[Choice, ...], *, in_scope: bool
) -> tuple[Reply, ...]:
    heard = found.heard
    silent = TextReply(say=Say.NOT_IN_DOCUMENTS, choices=() if in_scope else offers, matters=heard)
    if not in_scope:
        return (silent,)
    if how is not None:
        silent = replace(silent, say=Say.NOT_IN_DOCUMENTS_BUT_AID)
        return silent, AnswerReply(answer=how, right_to_apply=True, choices=offers, matters=heard)
    return silent, MenuReply(say=Say.SCREEN_OFFER, choices=offers, matters=heard)


def _limits(state: DialogueState, services: Services, *, in_scope: bool) -> MenuReply:
    """Say what this can and cannot do, and offer a person, here or by telephone."""
    waiting = matters.go_on(state, services.title_of)
    return MenuReply(say=Say.LIMITS, choices=(HUMAN, APPOINT, *((SCREEN,) if in_scope else ()), *waiting))
