"""One message from start to end: recorded once, searched for danger, answered by a person or by the dialogue, never by silence.

Three short transactions at most, none open across a network call; whatever needs no dialogue engine (danger, asking for
a person, a thread that a person holds) is finished inside the first.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol, assert_never

import structlog

from actions.turn import remembered
from api.domain.conversation import Holder
from api.services import attachments, conversations, delivery, documents, tickets, vault
from api.services.attachment_ports import Document
from api.services.ports import Clock, Database, UnitOfWork
from api.services.records import Conversation, NewMessage, StoredMessage
from bot.danger import PERSON, SCREEN, Danger, pause
from bot.heard import Heard
from bot.in_thread import in_thread
from bot.messages import (
    MEDIA,
    AnswerReply,
    Choice,
    DirectionsReply,
    HandoverReply,
    Inbound,
    MenuReply,
    Payload,
    Reply,
    SafetyReply,
    SafetyStage,
    Say,
    TextReply,
    asks_for_person,
    clean,
)
from bot.redact import Found, find, found_in_value, placeholder, swap, without_tokens
from bot.under_way import refuse_choice
from knowledge_base.offices import Directions
from knowledge_base.types import Answer, KnowledgeUnavailable, NoAnswer, NoAnswerReason

DEFAULT_BUDGET: Final = 8.0
"""Seconds the dialogue engine has for a turn before the citizen is answered without it."""

_ANSWER_BUDGET: Final = 5.0
_MOST_LOOKED_AT: Final = 2
"""Documents that are looked at at once: one large photograph is hundreds of megabytes before it is drawn small."""
_log = structlog.get_logger(__name__)


class DialogueUnavailable(Exception):
    """The dialogue engine gave no usable answer; `reason` is one word for logs and metrics."""

    code = "dialogue_unavailable"

    def __init__(self, *, reason: str) -> None:
        """Keep the reason free of what was said."""
        super().__init__(reason)
        self.reason = reason


class Dialogue(Protocol):
    """Decides what kind of turn a message is, and answers it."""

    async def turn(
        self, *, conversation_id: str, text: str | None, payload: Payload | None, metadata: Mapping[str, Any]
    ) -> tuple[Reply, ...]:
        """Answer one turn. Raises DialogueUnavailable; an empty answer counts as the same."""


class DegradedAnswers(Protocol):
    """Sourced answers without any dialogue."""

    async def __call__(self, query: str, *, region: str | None, now: datetime) -> Directions | Answer | NoAnswer:
        """Answer from directory or documents, or say that they do not. Raises KnowledgeUnavailable."""


class Compose(Protocol):
    """Finds the words."""

    def message(self, reply: Reply, /, *, channel: str, region: str | None = None, child: bool = False) -> NewMessage:
        """Return what the citizen will read; a child is spoken to as one."""

    def label(self, payload: Payload, /) -> str:
        """Return in words what the citizen chose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one turn came to."""

    messages: tuple[StoredMessage, ...]
    holder: Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeted:
    """A fresh conversation and its first words."""

    id: str
    token: str = field(repr=False)
    messages: tuple[StoredMessage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Admitted:
    """A message that still needs the dialogue."""

    message: StoredMessage
    conversation: Conversation
    first: tuple[Reply, ...] = ()
    """What must be said before the dialogue's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """What is said to a message, and whether the dialogue engine had no part in it."""

    replies: tuple[Reply, ...]
    away: bool = False


class Gateway:
    """The conversation edge, whatever the channel."""

    def __init__(  # noqa: PLR0913 - ports, each named
        self,
        *,
        database: Database,
        dialogue: Dialogue,
        danger: Danger,
        answers: DegradedAnswers,
        compose: Compose,
        notify: Callable[[str], None],
        clock: Clock,
        budgets: Mapping[str, float] | None = None,
        carried: Collection[str] = (),
    ) -> None:
        self._database = database
        self._dialogue = dialogue
        self._danger = danger
        self._answers = answers
        self._compose = compose
        self._notify = notify
        self._clock = clock
        self._budgets = budgets or {}
        self._looking = asyncio.Semaphore(_MOST_LOOKED_AT)
        self._carried = carried
        """Channels whose citizens read only what is brought to them."""

    async def open(self, *, channel: str, region: str | None, locale: str, external_user: str | None = None) -> Greeted:
        """Start a conversation with the greeting that the law asks of an automated assistant."""
        now = self._clock()
        greeting = MenuReply(say=Say.GREETING, choices=(SCREEN, PERSON))
        async with self._database.unit_of_work() as uow:
            opened = await conversations.open_conversation(
                uow, channel=channel, region=region, locale=locale, external_user=external_user, now=now
            )
            messages = await conversations.record_replies(
                uow,
                conversation_id=opened.id,
                in_reply_to=None,
                messages=[self._compose.message(greeting, channel=channel, region=region)],
                now=now,
            )
            await self._promise(uow, channel=channel, conversation_id=opened.id, said=messages, now=now)
            await uow.commit()
        return Greeted(id=opened.id, token=opened.token, messages=messages)

    async def receive(self, inbound: Inbound) -> Outcome:
        """Take one message through its turn; the same message again gets the same answer and no second turn.

        Raises TurnUnderWay for a number or a yes typed before there is anything to answer.
        """
        # Danger is looked for before any transaction is open, and beside the event loop: meaning takes its time.
        heard = await asyncio.to_thread(self._danger.hear, inbound)
        admitted: Outcome | _Admitted | None = None
        if heard.urgent or asks_for_person(text=inbound.text, payload=inbound.payload):
            # Neither danger nor a call for a person queues behind a turn that may be hanging.
            admitted = await self._admit(inbound, heard)
            if isinstance(admitted, Outcome):
                self._notify(inbound.conversation_id)
                return admitted
        if admitted is None:
            await refuse_choice(self._database, inbound)
        async with self._database.conversation_lock(inbound.conversation_id):
            admitted = admitted or await self._admit(inbound, heard)
            if isinstance(admitted, Outcome):
                self._notify(inbound.conversation_id)
                return admitted
            self._notify(inbound.conversation_id)
            outcome = await self._record(admitted, await self._answer(inbound, admitted))
        self._notify(inbound.conversation_id)
        return outcome

    async def look_at(self, raw: bytes, /) -> Document:
        """Return what somebody sent, made harmless, for a message to bring. Raises DocumentUnusable."""
        async with self._looking:
            return await asyncio.to_thread(documents.read, raw)

    async def hears_danger(self, text: str, /) -> bool:
        """Tell whether words speak of danger now: a channel that would not take them as a turn takes them all the same."""
        inbound = Inbound(channel="", conversation_id="", external_id="", text=text, received_at=self._clock())
        return (await asyncio.to_thread(self._danger.hear, inbound)).urgent

    async def _admit(self, inbound: Inbound, heard: Heard) -> Outcome | _Admitted:
        """Record the message, and finish the turn at once where no dialogue is needed."""
        now = self._clock()
        async with self._database.unit_of_work() as uow:
            before = await conversations.conversation(uow, conversation_id=inbound.conversation_id, now=now)
            heard = in_thread(before.care, before.holder, heard)
            text, payload = await self._redacted(uow, inbound, before, now=now)
            keeps = inbound.document
            if keeps is not None and not await attachments.has_room(uow, conversation_id=before.id):
                keeps, payload = None, {"act": MEDIA, "kind": str(inbound.media), "refused": "document_too_many"}
            admission = await conversations.admit(
                uow,
                conversation_id=inbound.conversation_id,
                external_id=inbound.external_id,
                text=text,
                payload=payload,
                marks=heard.marks(before.care) | ({"recognised": True} if inbound.recognised else {}),
                now=now,
            )
            if admission.replay is not None:  # nothing of this transaction is needed: leave without commit
                return Outcome(messages=admission.replay, holder=admission.conversation.holder)
            if keeps is not None:
                seq = admission.message.seq
                await attachments.keep(uow, conversation_id=before.id, seq=seq, document=keeps, now=now)
            met = await self._danger.meet(uow, inbound, admission, heard, now=now)
            replies: Sequence[Reply] | None = met.at_once
            asked = replies is None and asks_for_person(text=inbound.text, payload=inbound.payload)
            if asked or met.person:
                await conversations.request_person(
                    uow, conversation_id=inbound.conversation_id, reason=tickets.ASKED, now=now
                )
                replies = (*met.first, *(replies or ()), HandoverReply(choices=(Choice(payload={"act": "handoff"}),)))
            if replies is not None:
                outcome = await self._store(uow, admission.message, inbound.conversation_id, replies, now=now)
                await uow.commit()
                return outcome
            await uow.commit()
        return _Admitted(message=admission.message, conversation=admission.conversation, first=met.first)

    async def _redacted(
        self, uow: UnitOfWork, inbound: Inbound, conversation: Conversation, *, now: datetime
    ) -> tuple[str, dict[str, Any] | None]:
        """Return what may be stored in the thread and sent to the dialogue: tokens where a person was named."""

        async def hide(text: str, found: Sequence[Found]) -> str:
            tokens = [
                await vault.put(uow, conversation_id=conversation.id, kind=one.kind, value=one.value, now=now)
                if one.keep
                else placeholder(one.kind)
                for one in found
            ]
            return swap(text, found, tokens)

        expecting = conversation.expecting if conversation.expecting_private else None
        if inbound.text is not None:
            text = clean(inbound.text)
            return await hide(text, find(text, expecting=expecting)), None
        payload: dict[str, Any] = {}
        for key, value in (inbound.payload or {}).items():
            items = value if isinstance(value, list) else [value]
            hidden = []
            for item in items:
                found = found_in_value(key, item, expecting=expecting)
                plain = clean(item) if isinstance(item, str) else item
                hidden.append(await hide(clean(str(item)), found) if found else plain)
            payload[clean(key)] = hidden if isinstance(value, list) else hidden[0]
        return self._compose.label(payload), payload

    async def _answer(self, inbound: Inbound, admitted: _Admitted) -> _Answered:
        conversation = admitted.conversation
        payload = admitted.message.payload
        text = None if payload is not None else admitted.message.text
        metadata = {
            "region": conversation.region,
            "locale": inbound.locale,
            "channel": inbound.channel,
            "message": str(admitted.message.seq),
            "trace": inbound.trace,
        }
        reason = "empty"
        try:
            async with asyncio.timeout(self._budgets.get(inbound.channel, DEFAULT_BUDGET)):
                replies = await self._dialogue.turn(
                    conversation_id=conversation.id, text=text, payload=payload, metadata=metadata
                )
            if replies:
                return _Answered(replies=admitted.first + replies)
        except DialogueUnavailable as error:
            reason = error.reason
        except TimeoutError:
            reason = "late"
        _log.warning("turn.degraded", conversation=conversation.id, reason=reason, trace=inbound.trace)
        decided = await self._decided(admitted)
        if decided:
            return _Answered(replies=admitted.first + decided)
        return _Answered(replies=admitted.first + await self._degraded(text, conversation), away=True)

    async def _decided(self, admitted: _Admitted) -> tuple[Reply, ...]:
        """Return what the action had decided and stored before the way back broke: a receipt above all."""
        async with self._database.reading() as uow:
            state = await conversations.load_state(uow, conversation_id=admitted.conversation.id)
        decided = (state.last_reply or {}).get("message") == str(admitted.message.seq)
        return remembered(state) if decided else ()

    async def _degraded(self, text: str | None, conversation: Conversation) -> tuple[Reply, ...]:
        """Answer from directory and documents directly, and offer a person; that the engine is away is said once."""
        offer = MenuReply(say=Say.DEGRADED, choices=(PERSON,))
        query = without_tokens(text or "")
        if not query:
            return (offer,)
        try:
            async with asyncio.timeout(_ANSWER_BUDGET):
                found = await self._answers(query, region=conversation.region, now=self._clock())
        except (KnowledgeUnavailable, TimeoutError):
            return (TextReply(say=Say.UNAVAILABLE, choices=(PERSON,)),)
        except Exception:  # noqa: BLE001 - the last line before the citizen: a bug here may cost the answer, never the reply
            _log.exception("degraded.failed", conversation=conversation.id)
            return (TextReply(say=Say.UNAVAILABLE, choices=(PERSON,)),)
        told = _told(found)
        return (replace(told, choices=(PERSON,)),) if conversation.care.engine_away else (told, offer)

    async def _record(self, admitted: _Admitted, answered: _Answered) -> Outcome:
        now, replies = self._clock(), answered.replies
        async with self._database.unit_of_work() as uow:
            current = await conversations.conversation(uow, conversation_id=admitted.conversation.id, now=now)
            if current.care.told_seq > admitted.message.seq:
                # Danger was told while this turn was under way: its question is not asked after the crisis reply.
                await pause(uow, conversation_id=current.id)
                replies = tuple(one for one in admitted.first if not _leads_to_law(one))
            if current.care.engine_away != answered.away:
                care = replace(current.care, engine_away=answered.away)
                await conversations.take_care(uow, conversation_id=current.id, care=care, now=now)
            outcome = await self._store(uow, admitted.message, admitted.conversation.id, replies, now=now)
            await uow.commit()
        return outcome

    async def _store(
        self, uow: UnitOfWork, message: StoredMessage, conversation_id: str, replies: Sequence[Reply], *, now: datetime
    ) -> Outcome:
        current = await conversations.conversation(uow, conversation_id=conversation_id, now=now)
        if current.holder is Holder.PERSON:  # somebody claimed the thread meanwhile: theirs are the next words
            replies = ()
        replies = (*replies, *await self._danger.ask_about_contact(uow, current, message, replies, now=now))
        stored = await conversations.record_replies(
            uow,
            conversation_id=conversation_id,
            in_reply_to=message.seq,
            messages=[
                self._compose.message(reply, channel=current.channel, region=current.region, child=current.care.child)
                for reply in replies
            ],
            now=now,
        )
        await self._promise(uow, channel=current.channel, conversation_id=conversation_id, said=stored, now=now)
        return Outcome(messages=stored, holder=current.holder)

    async def _promise(
        self, uow: UnitOfWork, *, channel: str, conversation_id: str, said: Sequence[StoredMessage], now: datetime
    ) -> None:
        """Have the outbox carry what the turn itself, should it die here, will not."""
        if said and channel in self._carried:
            due = now + delivery.GRACE
            await uow.jobs.add(tickets.delivery(conversation_id=conversation_id, seq=said[-1].seq, now=due))


def _leads_to_law(reply: Reply) -> bool:
    """Tell the line that only stands before an answer."""
    return isinstance(reply, SafetyReply) and reply.stage is SafetyStage.THEN


def _told(found: Directions | Answer | NoAnswer) -> Reply:
    match found:
        case Directions():
            return DirectionsReply(directions=found)
        case Answer():
            return AnswerReply(answer=found, right_to_apply=bool(found.matters) and not found.another_law)
        case NoAnswer(reason=NoAnswerReason.OFF_TOPIC):
            return TextReply(say=Say.OFF_TOPIC)
        case NoAnswer(because=because) if because:
            return TextReply(say=Say.NO_SUCH_PROVISION, args={"because": because})
        case NoAnswer():
            return TextReply(say=Say.NOT_IN_DOCUMENTS)
        case _:
            assert_never(found)
