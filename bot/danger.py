"""The safety path of a turn: what is said, kept and put before the staff because of what was heard (listening.py).

Danger is answered at once, whoever holds the thread and whatever form is open; the law comes when the caller is safe.
Nobody is asked anything about contact while the danger lasts, and until they have answered nothing goes out to them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from actions import seen
from api.domain.conversation import Holder
from api.services import contact, conversations
from api.services.directions import FindOffices
from api.services.ports import UnitOfWork
from api.services.records import Care, Conversation, SafeToContact, StoredMessage
from api.services.thinking_ports import CheckSafety
from bot import safe_contact
from bot.heard import OUTLIVES, Heard, Met
from bot.listening import Listening
from bot.messages import (
    Choice,
    Inbound,
    MenuReply,
    QuestionReply,
    Reply,
    SafetyReply,
    SafetyStage,
    Say,
    TextReply,
    asks_for_person,
)
from knowledge_base.caller import Bearing, Remark
from knowledge_base.offices import OfficeKind, Openness
from knowledge_base.types import SafetyKind, Scene, Urgency

PERSON: Final = Choice(payload={"act": "human"})
SCREEN: Final = Choice(payload={"act": "screen"})
_APPOINT: Final = Choice(payload={"act": "appoint"})
_HANDOFF: Final = Choice(payload={"act": "handoff"})
_STAYS: Final = 3
"""Turns in which somebody who answers in a word is stayed with; then they are answered like anybody else, lest it never end."""
_COMPANY: Final = frozenset({SafetyStage.ALONE, SafetyStage.COMPANY})
_STAGES: Final[Mapping[Remark, SafetyStage]] = {
    Remark.ALONE: SafetyStage.ALONE,
    Remark.COMPANY: SafetyStage.COMPANY,
    Remark.PERSON: SafetyStage.CALLED,
    Remark.AWAITS: SafetyStage.AWAITED,
    Remark.LULLED: SafetyStage.LULLED,
}
"""What is said to a remark while danger was told of just before."""
_GAGGED: Final = re.compile(
    r"(?:他们?|她|对方|那边|那人|警官|民警|客服|领导|说是?|让我|叫我|要我)[^。？?]{0,10}"
    r"(?:(?:不能|不让|不许|别|不准|不要|不可以)[^，。,]{0,4}(?:挂|告诉|说|报警|声张)|保密|机密)"
)
"""«他说不能挂 也不能告诉别人»: what a swindler forbids (反诈)."""
_ADVICE_LINE: Final = "96110"
_THEY: Final = "对方"
_LATER: Final = frozenset({SafetyKind.DEADLINE, SafetyKind.DETENTION})
"""Where somebody is in danger now, these wait."""


class Danger:
    """Hears danger and distress, and answers for both."""

    def __init__(self, *, listening: Listening, find_offices: FindOffices) -> None:
        self._listening = listening
        self._find_offices = find_offices

    @classmethod
    def load(
        cls, check: CheckSafety, *, language_of: Callable[[str], str | None], find_offices: FindOffices
    ) -> "Danger":
        """Read the words on file; `language_of` names what a message is written in, None for Chinese."""
        return cls(listening=Listening.load(check, language_of=language_of), find_offices=find_offices)

    def hear(self, inbound: Inbound) -> Heard:
        """Listen to everything the citizen wrote, before anything is hidden from it. Takes tens of milliseconds."""
        return self._listening.hear(inbound)

    async def meet(  # noqa: C901 - one arm for each thing that may be said
        self, uow: UnitOfWork, inbound: Inbound, admission: conversations.Admission, heard: Heard, *, now: datetime
    ) -> Met:
        """Alert the staff, keep what was told, and say what has to be said; part of the transaction that stored it."""
        conversation, seq = admission.conversation, admission.message.seq
        # «他走了», «他被带走了»: right after danger that is its end, and nobody else's arrest.
        denies = heard.denies(conversation.care)
        short = heard.safe or denies or (heard.bearing is not Bearing.MOVED_ON and not heard.urgent)
        answers = conversation.care.close and short and conversation.holder is not Holder.PERSON
        urgent = heard.urgent and not answers
        presses = heard.finding.urgency is Urgency.S1 and bool(heard.for_staff) and not answers
        if urgent or presses:
            conversation = await _alerted(uow, conversation, heard, now=now)
        care = conversation.care
        # A child says how old it is when it begins, and what is done to it later.
        child = care.child or heard.caller.child
        awaited, care = care.awaiting_contact, replace(care, awaiting_contact=False, child=child)
        answer = safe_contact.told(
            inbound, care=conversation.care, awaited=awaited, no_call=heard.remark is Remark.NO_CALL
        )
        met = Met()
        if conversation.holder is Holder.PERSON:
            told = replace(care, close=False)
            met, care = Met(at_once=()), _guarded(replace(told, told_seq=seq), heard) if urgent else told
        elif urgent and _asks_on(conversation.care, heard):
            # Told of before, and asked about now: the law comes, one line of safety before it.
            met, care = Met(first=(_then(care, conversation),)), replace(care, times=care.times + 1, close=False)
        elif urgent:
            met, care = _in_danger(care, heard, conversation, seq=seq)
            await pause(uow, conversation_id=conversation.id)
        elif answer is not None:
            care = replace(care, safe_to_contact=answer, contact_asked=True, close=False)
            met = Met(at_once=(TextReply(say=safe_contact.KEPT[answer], choices=(PERSON, SCREEN)),))
        elif presses:
            met, care = _time_presses(care, heard, conversation, opens_on=self._opens_on(conversation.region, now))
        elif heard.remark is Remark.STOPS and await conversations.withdraw_request(
            uow, conversation_id=conversation.id, now=now
        ):
            met = Met(at_once=(TextReply(say=Say.REQUEST_WITHDRAWN, choices=(PERSON,)),))
        elif _is_cheated(care) and (line := _of_the_swindler(inbound.text or "")) is not None:
            met = Met(at_once=(TextReply(say=line, choices=(PERSON,)),))
        elif care.close and not asks_for_person(text=inbound.text, payload=inbound.payload):
            met, care = _after_danger(care, heard, conversation, inbound.text or "")
        if heard.distressed and met.at_once is None and not care.distress_told:
            care = replace(care, distress_told=True)
            met = Met(first=(*met.first, TextReply(say=Say.DISTRESS, choices=(PERSON, _APPOINT))))
        if care != conversation.care:
            await conversations.take_care(uow, conversation_id=conversation.id, care=care, now=now)
        return met

    def _opens_on(self, region: str | None, now: datetime) -> date | None:
        """Return the day legal aid opens again, where it is known to be shut today."""
        found = self._find_offices(kind=OfficeKind.LEGAL_AID, region=region, now=now).offices
        opening = found[0].opening if found else None
        return opening.opens_on if opening is not None and opening.state is Openness.CLOSED else None

    async def ask_about_contact(
        self,
        uow: UnitOfWork,
        conversation: Conversation,
        message: StoredMessage,
        replies: Sequence[Reply],
        *,
        now: datetime,
    ) -> tuple[Reply, ...]:
        """Return the question about contact where it is due and no other question stands in this turn."""
        care = conversation.care
        due = care.safe_to_contact is SafeToContact.UNKNOWN and not care.contact_asked and care.language is None
        if not due or not replies or care.told_seq >= message.seq or any(_stands_alone(reply) for reply in replies):
            return ()
        asked = replace(care, contact_asked=True, awaiting_contact=True)
        await conversations.take_care(uow, conversation_id=conversation.id, care=asked, now=now)
        return (safe_contact.asked(child=care.child),)


async def _alerted(uow: UnitOfWork, conversation: Conversation, heard: Heard, *, now: datetime) -> Conversation:
    return await conversations.raise_alert(
        uow, conversation_id=conversation.id, kinds=heard.for_staff, urgency=heard.finding.urgency, now=now
    )


async def pause(uow: UnitOfWork, *, conversation_id: str) -> None:
    """Stop asking: in danger nobody is held to a form. The answers given so far are kept."""
    state = await conversations.load_state(uow, conversation_id=conversation_id)
    paused = replace(state, asked=None, asked_private=False, screening=False)
    await conversations.save_state(uow, conversation_id=conversation_id, state=paused)


def _in_danger(care: Care, heard: Heard, conversation: Conversation, *, seq: int) -> tuple[Met, Care]:
    kinds = tuple(kind for kind in heard.kinds if kind not in _LATER)
    child = care.child or heard.caller.child
    if SafetyKind.CHILD_HARM in kinds[1:] and not (heard.minor or child):
        # Grown people strike each other as far as anybody said: the staff hear of a child, the caller is told of none.
        kinds = tuple(kind for kind in kinds if kind is not SafetyKind.CHILD_HARM)
    new = tuple(kind for kind in kinds if kind not in care.heard)
    silent = heard.caller.quiet and not care.stayed
    unheard = bool(new) or silent or heard.scene not in {None, care.scene}
    gone = heard.remark is Remark.UNREACHABLE
    stage = SafetyStage.UNREACHABLE if gone else SafetyStage.DANGER if unheard else SafetyStage.AGAIN
    reply = SafetyReply(
        kinds=new or kinds,
        scene=heard.scene,
        stage=stage,
        time=care.times,
        urgency=Urgency.S0,
        region=conversation.region,
        child=child,
        about=_THEY if gone else heard.caller.about,
        reports=heard.caller.reports,
        quiet=heard.caller.quiet,
        language=heard.language,
        choices=(PERSON,),
    )
    told = replace(
        care,
        heard=(*care.heard, *new),
        times=care.times + 1,
        told_seq=seq,
        close=True,
        stayed=1 if heard.caller.quiet else 0,
        child=child,
        language=heard.language,
        scene=heard.scene,
        others=gone or heard.caller.about is not None,
    )
    return Met(at_once=(reply,)), _guarded(told, heard)


def _guarded(care: Care, heard: Heard) -> Care:
    """Let nothing go out to whoever tells of violence, until they say that it may.

    Whoever asked to be written to, before anybody spoke of violence, has not said so.
    """
    if heard.caller.quiet and care.safe_to_contact is None:
        care = replace(care, safe_to_contact=SafeToContact.MESSAGE_ONLY)
    if SafetyKind.VIOLENCE_NOW not in heard.kinds or care.contact_asked:
        return care
    return replace(care, safe_to_contact=contact.strictest(care.safe_to_contact, SafeToContact.UNKNOWN))


def _time_presses(care: Care, heard: Heard, conversation: Conversation, *, opens_on: date | None) -> tuple[Met, Care]:
    """Say that a person is needed today; the matter itself is answered in the same turn."""
    kinds = heard.finding.kinds
    new = tuple(kind for kind in kinds if kind not in care.heard)
    reply = SafetyReply(
        kinds=new or kinds,
        stage=SafetyStage.DANGER if new else SafetyStage.AGAIN,
        time=care.times,
        urgency=Urgency.S1,
        opens_on=opens_on,
        region=conversation.region,
        child=care.child or heard.caller.child,
        language=heard.language,
        choices=(_HANDOFF, PERSON),
    )
    return Met(first=(reply,)), replace(care, heard=(*care.heard, *new), times=care.times + 1, close=False)


def _after_danger(care: Care, heard: Heard, conversation: Conversation, text: str) -> tuple[Met, Care]:  # noqa: PLR0911 - one arm a bearing
    """Stay with whoever answers in a word; let go of whoever is safe, or has another matter."""
    if seen.asks(text):
        # «别告诉我妈行吗», «他会看到吗»: asked in fear, and answered before anything else is said.
        return Met(at_once=seen.replies(channel=conversation.channel, child=care.child)), care
    reply = _of(care, conversation)
    if heard.caller.quiet and not care.stayed:
        # «不方便说话»: said after a number to ring, it asks for one that makes no sound.
        silent = replace(reply, stage=SafetyStage.DANGER, quiet=True, urgency=Urgency.S0)
        return Met(at_once=(silent,)), _guarded(replace(care, stayed=1), heard)
    answered = _remarked(care, heard, conversation, reply)
    if answered is not None:
        return answered, care
    match heard.bearing:
        case Bearing.SAFE | Bearing.DENIED:
            stage = SafetyStage.OVER if heard.bearing is Bearing.SAFE else SafetyStage.DENIED
            over = replace(reply, stage=stage, choices=(PERSON, SCREEN))
            return Met(at_once=(over,)), replace(care, close=False)
        case Bearing.AGAIN:
            once_more = replace(reply, stage=SafetyStage.DANGER, urgency=Urgency.S0)
            return Met(at_once=(once_more,)), care
        case Bearing.SHORT if care.stayed < _STAYS:
            stage = SafetyStage.STAYING if care.stayed else SafetyStage.AFTER
            return (
                Met(
                    at_once=(
                        replace(
                            reply,
                            stage=stage,
                            time=care.stayed,
                            about=_THEY if care.others else None,
                            urgency=Urgency.S0,
                        ),
                    )
                ),
                replace(care, stayed=care.stayed + 1),
            )
        case Bearing.SHORT | Bearing.MOVED_ON:
            asks = heard.bearing is Bearing.MOVED_ON and not heard.eased
            first = (_then(care, conversation),) if asks else ()
            return Met(first=first), replace(care, close=False)


def _is_cheated(care: Care) -> bool:
    return care.scene is Scene.LURED or SafetyKind.LIVE_FRAUD in care.heard


def _of_the_swindler(text: str) -> Say | None:
    """Return what is said to whoever tells what the swindler forbids, or asks which number is the right one."""
    if _GAGGED.search(text):
        return Say.SCAM_GAGGED
    return Say.SCAM_LINE if _ADVICE_LINE in text else None


def _remarked(care: Care, heard: Heard, conversation: Conversation, reply: SafetyReply) -> Met | None:
    """Return the fitting line to what was asked last, or to who wants a person; None where nothing of it was said."""
    stage = _STAGES.get(heard.remark) if heard.remark is not None else None
    if stage is None or (stage in _COMPANY and not _was_asked_who_is_near(care)):
        return None
    # Whoever has waited, and whom nobody was called for yet, has a person called now.
    unasked = stage is SafetyStage.AWAITED and conversation.holder is not Holder.WAITING
    said = replace(reply, stage=stage, about=_THEY if care.others else None, urgency=Urgency.S0)
    return Met(at_once=(said,), person=unasked or stage is SafetyStage.CALLED)


def _was_asked_who_is_near(care: Care) -> bool:
    """Tell the threads in which the first answer to danger asked «您身边现在有人吗？»."""
    return SafetyKind.SELF_HARM in care.heard or care.scene is Scene.THREATENS


def _asks_on(care: Care, heard: Heard) -> bool:
    """Tell a question of law about a danger told of before from the danger itself: «他打我 我能申请保护令吗»."""
    known = heard.scene is None and set(heard.kinds) <= {*care.heard, *_LATER}
    return known and heard.law and not OUTLIVES.intersection(heard.kinds)


def _of(care: Care, conversation: Conversation) -> SafetyReply:
    """Return the beginning of whatever is said about a danger told of before."""
    return SafetyReply(
        kinds=tuple(kind for kind in care.heard if kind not in _LATER),
        scene=care.scene,
        region=conversation.region,
        child=care.child,
        language=care.language,
        choices=(PERSON,),
    )


def _then(care: Care, conversation: Conversation) -> SafetyReply:
    """Return the one line that stands before the law."""
    return replace(_of(care, conversation), stage=SafetyStage.THEN, choices=())


def _stands_alone(reply: Reply) -> bool:
    """Tell what no question is asked beside: another question, and the numbers of danger."""
    numbers = isinstance(reply, SafetyReply) and reply.stage is SafetyStage.DANGER and reply.urgency is Urgency.S0
    denied = isinstance(reply, SafetyReply) and reply.stage is SafetyStage.DENIED
    return numbers or denied or isinstance(reply, QuestionReply | MenuReply)
