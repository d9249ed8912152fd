"""What is done beside the matter, each errand by its act; and who takes the answer while one waits for it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from actions import (
    abuse,
    amends,
    appointment,
    asides,
    complaint,
    dialect,
    intake_questions,
    kindness,
    languages,
    manner,
    offices,
    personal,
    preference,
    satisfaction,
    seen,
    sent,
    silence,
    simpler,
    status,
    talk,
    waiting,
)
from actions.acts import Act
from actions.consult import consult
from actions.services import Services
from actions.turn import APPOINT, HUMAN, STATUS, SURE, Outcome, Turn
from actions.wire import MenuReply, Say, TextReply
from knowledge_base.demands import asks

QUESTIONS: Final = (*intake_questions.QUESTIONS, offices.PLACE, *asides.QUESTIONS.values(), satisfaction.HOW)
"""Every question that the dialogue asks of itself, beside those of the rules."""
Handler: TypeAlias = Callable[[Turn, Services], Awaitable[Outcome]]
Answered: TypeAlias = Callable[[Turn, Services, Mapping[str, Any]], Awaitable[Outcome | None]]

ERRANDS: Final[Mapping[Act, Handler]] = {
    Act.STATUS: status.begin,
    Act.COMPLAIN: complaint.begin,
    Act.APPOINT: appointment.begin,
    Act.RATE: satisfaction.rated,
    Act.SIMPLER: simpler.say,
    Act.ABUSE: abuse.scolded,
}
"""Acts that are done wherever they come; each gives back the form it came in."""
_MEANT: Final[Mapping[Act, Callable[[Turn], bool]]] = {
    Act.STATUS: status.meant,
    Act.COMPLAIN: complaint.meant,
    Act.APPOINT: appointment.meant,
    Act.RATE: satisfaction.meant,
    Act.SIMPLER: simpler.meant,
    Act.ABUSE: abuse.meant,
}
_ANSWERED: Final[Mapping[str, Answered]] = {
    "status": status.answered,
    "complaint": complaint.answered,
    "appointment": appointment.answered,
    "dialect": dialect.answered,
    "document": sent.answered,
}
_BEGUN_BESIDE: Final = frozenset({Act.COMPLAIN, Act.APPOINT, Act.STATUS})
"""Errands of their own, begun in the middle of one that then goes on."""
_AGAIN: Final = frozenset({Act.REPEAT, Act.SIMPLER, Act.ASK_WHY})
_QUESTIONING: Final = frozenset({Act.ASK, Act.FOLLOW_UP, Act.CAPABILITIES, Act.BOT_CHALLENGE, Act.NOT_UNDERSTOOD})
_MARKS: Final = " 。.!！,，~"
_LEAVES: Final = re.compile(
    r"(?:算了|取消|不(?:投诉|约|查|问|弄|说|用)了?|退出|停|返回|回去|不要了|没事了)(?:吧|了|谢谢)*"
)
_WHETHER: Final = re.compile(
    r"(?:可不可以|行不行|好不好|成不成|(?:可以|行|好|有空|有时间|方便|成|中|能打?|合适)(?:吗|么|嘛|不)?)[?？。!！]*$"
)
"""«后天上午行吗» names a time and is civil about it."""
_MOST_MISSES: Final = 2
"""The second time a person is offered."""
_OPTIONAL: Final = frozenset({asides.COMPLAINT_PHONE.fact, asides.PAPER_DAYS.fact})
"""Nobody has to answer these: complaint and document stand already, and whoever speaks of something else has left the question."""
_LEFT_BY: Final = frozenset({Act.ASK, Act.FOLLOW_UP, Act.THANKS, Act.GOODBYE})
"""Acts that leave a question they do not answer: thanks are no time of day, and neither are unpaid wages."""
_PHONES: Final = frozenset({asides.COMPLAINT_PHONE.fact, asides.CALL.fact})
_DROPS: Final = re.compile(r"取消|不约|不投诉")
_NUMBER: Final = re.compile(
    r"(?:这是|我的?|电话|手机|号码|号|编号|是|就是|：|:|[\s,，。])*(?:(?:<pii:(?:phone|phone_tail):\d+>|[0-9]{5,}+|[A-Za-z]{0,2}[0-9]{2,}+(?:[\s\-—–][0-9A-Za-z]+)+)[\s,，。、]*)+"
)
"""A telephone or some reference, and nothing said of it."""
_MOST_NUMBER: Final = 40
_OWN_WORDS: Final = frozenset({asides.COMPLAINT.fact})
"""Questions whose answer may look like anything at all."""


async def first(turn: Turn, services: Services, /) -> tuple[Turn, Outcome | None]:
    """Settle what does not wait for Rasa's reading; the turn comes back without what it has left behind."""
    outcome = languages.heard(turn, services) or await silence.heard(turn, services) or kindness.alarmed(turn)
    if outcome is not None:
        return turn, outcome
    turn = silence.broken(turn)
    outcome = complaint.stands(turn, services) or await _once_more(turn, services)
    if simpler.asks_meaning(turn.text) and turn.state.asked is not None:
        turn = replace(turn, act=Act.ASK_WHY, confidence=1.0)
    if outcome is None and turn.state.asked in {None, *_OPTIONAL} and abuse.is_only_scolding(turn.text):
        # Scolding is no more of the complaint that it follows.
        turn = replace(turn, state=asides.over(turn.state))
        return turn, abuse.heard(turn, services)
    if outcome is None and asides.errand(turn.state):
        turn, outcome = await _taken(turn, services)
    outcome = (
        outcome
        or await appointment.told(turn, services)
        or await complaint.told(turn, services)
        or await personal.told(turn, services)
        or manner.told(turn, services)
        or preference.told(turn, services)
    )
    outcome = outcome or _who_sees(turn, services)
    outcome = outcome or satisfaction.told(turn, services) or offices.told(turn, services)
    if outcome is None and status.asks_on(turn):
        outcome = await status.begin(turn, services)
    outcome = outcome or await waiting.told(turn, services)
    outcome = outcome or talk.postponed(turn) or talk.beside(turn)
    outcome = outcome or (None if talk.is_asked(turn.state) else satisfaction.closed(turn))
    if outcome is None and status.names_one(turn) and not turn.state.asked_private:
        outcome = await status.begin(turn, services)
    outcome = outcome or await amends.told(turn, services)
    return turn, outcome or _bare_number(turn) or abuse.heard(turn, services)


def _bare_number(turn: Turn) -> Outcome | None:
    """Ask what a number is for that came alone, where none was asked for: it is no question, and no failed answer."""
    if turn.payload or turn.state.asked is not None or len(turn.text) > _MOST_NUMBER:
        return None
    if _NUMBER.fullmatch(turn.text) is None:
        return None
    return Outcome(state=turn.state, replies=(MenuReply(say=Say.NUMBER_FOR_WHAT, choices=(STATUS, APPOINT, HUMAN)),))


async def _once_more(turn: Turn, services: Services) -> Outcome | None:
    """Say it again to whoever did not catch it, or wants to be rung: neither waits for Rasa's reading."""
    if turn.payload:
        return None
    if simpler.asks_again(turn.text):
        return await talk.repeat(turn, services)
    booked = appointment.BOOKED in turn.state.extra
    rung = appointment.wants_a_call(turn.text) or (manner.wants_sign(turn.text) and not booked)
    rung = rung and turn.state.asked is None
    return await appointment.begin(turn, services) if rung else None


async def handle(turn: Turn, services: Services, /) -> Outcome:
    """Do the errand that was asked for; what only sounded like one is looked up."""
    return await (ERRANDS[turn.act] if meant(turn) else consult)(turn, services)


def only_leaves(text: str, /) -> bool:
    """Tell the words of somebody who stops, and says nothing else."""
    return _LEAVES.fullmatch(text.strip(_MARKS)) is not None


def meant(turn: Turn, /) -> bool:
    """Tell whether the errand Rasa heard is in the words as well: a form must not lose an answer to a likeness."""
    return turn.act in ERRANDS and _MEANT.get(turn.act, bool)(turn)


async def _taken(turn: Turn, services: Services) -> tuple[Turn, Outcome | None]:
    """Take a turn while an errand waits: a way out, something in between, or its answer."""
    asked, known = turn.state.asked or "", asides.errand(turn.state)
    freed = replace(turn, state=asides.over(turn.state))
    outcome = await _left(turn, services, known)
    if outcome is not None:
        return turn, outcome
    sure = turn.confidence >= SURE and not turn.payload and asked not in _OWN_WORDS
    elsewhere = sure and turn.act in asides.ELSEWHERE - _of(known)
    if elsewhere or (turn.payload and asked not in turn.answers):
        return (turn if turn.act in _BEGUN_BESIDE else freed), None
    if not turn.payload and asked not in _OWN_WORDS:
        between = await _between(turn, services, sure=sure)
        if between is not None:
            return (freed, None) if asked in _OPTIONAL else (turn, between)
    outcome = await _ANSWERED[known["kind"]](turn, services, known)
    if outcome is None and (asked in _OPTIONAL or (asked == asides.WHEN.fact and turn.act in _LEFT_BY)):
        return freed, None
    return turn, outcome or _missed(turn, services, known)


async def _left(turn: Turn, services: Services, known: Mapping[str, Any]) -> Outcome | None:
    """Leave the errand when told to; of a question for a number «never mind» only declines the number."""
    if turn.payload.get("act") != "cancel" and not only_leaves(turn.text):
        return None
    asked = turn.state.asked or ""
    if asked in _PHONES and not _DROPS.search(turn.text):
        return await _ANSWERED[known["kind"]](replace(turn, payload={asked: None}), services, known)
    return asides.back(turn, services, known["kind"], TextReply(say=Say.ERRAND_LEFT, choices=(HUMAN,)))


def _of(known: Mapping[str, Any]) -> frozenset[Act]:
    """Return the act that the errand itself is, if it is one: said again it is no other."""
    acts = {"status": Act.STATUS, "complaint": Act.COMPLAIN, "appointment": Act.APPOINT, "dialect": Act.APPLY}
    return frozenset({acts[known["kind"]]} if known["kind"] in acts else ())


async def _between(turn: Turn, services: Services, *, sure: bool) -> Outcome | None:
    """Say it again, say why it is asked, or answer a question that came instead; None where an answer came."""
    asked = asides.QUESTIONS[turn.state.asked or ""]
    if sure and turn.act in _AGAIN:
        why = TextReply(say=Say.QUESTION_EXPLAINED, args={"why": asked.why})
        return asides.resumed(turn, services, *((why,) if turn.act is Act.ASK_WHY else ()))
    if turn.act not in _QUESTIONING or not asks(_WHETHER.sub("", turn.text)):
        return None
    said = await consult(turn, services)
    bare = tuple(replace(one, choices=()) for one in said.replies)
    return asides.resumed(replace(turn, state=said.state), services, *bare)


def _who_sees(turn: Turn, services: Services) -> Outcome | None:
    """Say who sees what is written here, and how to leave quickly; None for everything else."""
    if turn.payload or turn.state.asked_private or not seen.asks(turn.text):
        return None
    thread = turn.conversation
    return asides.resumed(turn, services, *seen.replies(channel=thread.channel, child=thread.care.child))


def _missed(turn: Turn, services: Services, known: Mapping[str, Any]) -> Outcome:
    if known["kind"] == "status":
        return status.missed(turn, services, known)
    misses = int(known.get("failures", 0)) + 1
    if misses >= _MOST_MISSES and known["kind"] == "appointment" and known.get("when"):
        # The wished time was told: it stands, and is answered in the thread.
        return appointment.booked(turn, services, {**known, "contact": None})
    if misses >= _MOST_MISSES:
        return asides.back(turn, services, known["kind"], TextReply(say=Say.ERRAND_WITH_PERSON, choices=(HUMAN,)))
    question = asides.QUESTIONS[turn.state.asked or ""]
    noted = {**known, "failures": misses}
    return asides.ask(turn.state, question, known=noted, lead=Say.ANSWER_NOT_UNDERSTOOD, choices=(HUMAN,))
