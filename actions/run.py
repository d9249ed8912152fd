"""Runs one action: reads the turn, lets it be decided, stores what it comes to in one transaction, tells Rasa."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import (
    dialect,
    errands,
    hearing,
    intake,
    intake_words,
    lodging,
    manner,
    meanwhile,
    preference,
    screening,
    several,
    talk,
)
from actions.acts import Act, MetadataKey
from actions.forms import Handler
from actions.intake_questions import DELIVERY, NAME, PHONE, SAFE, SENSITIVE
from actions.services import Services
from actions.turn import MAX_TEXT, RECEIPT, WITHDRAWN, Form, Outcome, Turn, remember, remembered
from actions.wire import encode
from api.domain.application import EffectKind
from api.domain.audit import Actor, ActorKind
from api.domain.clocks import CHINA
from api.services import applications, conversations, lookups, vault
from api.services.drafts import DraftRefused
from api.services.ports import UnitOfWork
from api.services.records import (
    ApplicationDraft,
    Consent,
    ConsentKind,
    Contact,
    Delivery,
    DialogueState,
    SafeToContact,
    Sender,
    Ticket,
    TicketKind,
)
from knowledge_base.types import Urgency

_SYSTEM: Final = Actor(kind=ActorKind.SYSTEM, id="intake")
_MOST_DIGITS: Final = 9
_TOKEN: Final = re.compile(r"<pii:[a-z_]+:\d+>")
_MOST_WORDS: Final = 8000
_REQUESTED: Final = "requested_slot"
_ASKED: Final = "asked"
_ASKS: Final = "ask"
_ACTS: Final[Mapping[str, Act]] = {act.value: act for act in Act}
_PLACES: Final = ("place.handling_organ", "place.dispute_body", "place.event")


@dataclass(frozen=True, slots=True)
class Name:
    """An action as Rasa knows it, and the form it speaks for."""

    text: str
    form: Form | None = None


class DialogueAction(Action):  # type: ignore[misc]  # rasa-sdk ships no types
    """One action of bot/dialogue/domain.yml, its decision and its services handed in."""

    def __init__(self, name: Name, decide: Handler, services: Services) -> None:
        self._name = name
        self._decide = decide
        self._services = services

    def name(self) -> str:
        """Return the name in the domain."""
        return self._name.text

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: Mapping[str, Any],  # noqa: ARG002 (Rasa's protocol)
    ) -> list[EventType]:
        """Answer one call of Rasa's."""
        turn = hearing.borne_out(await read_turn(tracker, self._services))
        outcome = _replayed(turn)
        if outcome is None:
            turn, outcome = await errands.first(turn, self._services)
        outcome = outcome or await several.told(turn, self._services) or await self._decide(turn, self._services)
        outcome = dialect.settled(turn, preference.noted(turn, manner.noted(turn, outcome)), self._services)
        if outcome.form is not None and outcome.form is not self._name.form:
            # The other form speaks: Rasa calls it next, and nothing is settled before it has.
            return [ActiveLoop(outcome.form), *_open(outcome.state)]
        stored = await store(turn, outcome, self._services)
        for reply in stored.replies:
            dispatcher.utter_message(json_message=encode(reply))
        if stored.form is not None:
            return _open(stored.state)
        return _closed() if self._name.form is not None else []


async def read_turn(tracker: Tracker, services: Services, /) -> Turn:
    """Return the turn that Rasa's call is about. Everything in it may have been made up by somebody."""
    latest = tracker.latest_message
    metadata = _mapping(latest.get("metadata"))
    payload = _mapping(metadata.get(MetadataKey.PAYLOAD))
    intent = _mapping(latest.get("intent"))
    now, message = services.clock(), metadata.get(MetadataKey.MESSAGE)
    number = str(message) if isinstance(message, str | int) else None
    async with services.reading() as uow:
        conversation = await conversations.conversation(uow, conversation_id=tracker.sender_id, now=now)
        state = await conversations.load_state(uow, conversation_id=tracker.sender_id)
        state = await meanwhile.caught_up(uow, state, conversation, services, message=number)
    text, act, sure = latest.get("text"), _act(intent.get("name")), float(intent.get("confidence") or 0.0)
    if payload.keys() == {_ASKS}:
        # A choice that asks a question is as good as the question typed.
        text, payload, act, sure = payload[_ASKS], {}, Act.ASK, 1.0
    return Turn(
        conversation=conversation,
        act=act,
        confidence=sure,
        text="" if payload or not isinstance(text, str) else text[:MAX_TEXT].strip(),
        payload=payload,
        state=state,
        region=conversation.region or _place(state),
        now=now,
        on=now.astimezone(CHINA).date(),
        message=number,
    )


async def store(turn: Turn, outcome: Outcome, services: Services, /) -> Outcome:
    """Keep what a turn comes to, all of it or nothing; hand the application in if it is complete."""
    if _seen(turn):
        return outcome
    async with services.unit_of_work() as uow:
        if await _late(uow, turn):
            return outcome  # too late: the citizen was answered without us, and may have gone on since
        sealed = await _sealed(uow, turn, outcome, services)
        if sealed.handover is not None:
            sealed = await _handed_in(uow, turn, sealed, services)
        sealed = await lodging.settled(uow, turn, sealed, works=services.works)
        state = remember(sealed.state, sealed.replies, message=turn.message, form=sealed.form)
        await conversations.save_state(uow, conversation_id=turn.conversation.id, state=state)
        if sealed.looked_up is not None:
            await lookups.note(uow, looked_up=sealed.looked_up, conversation_id=turn.conversation.id, now=turn.now)
        if sealed.region is not None:
            await conversations.set_region(
                uow, conversation_id=turn.conversation.id, region=sealed.region, now=turn.now
            )
        if sealed.person is not None:
            await conversations.request_person(
                uow, conversation_id=turn.conversation.id, reason=sealed.person, now=turn.now
            )
            await _left_as_task(uow, turn, sealed)
        await uow.commit()
    return replace(sealed, state=state)


async def _late(uow: UnitOfWork, turn: Turn) -> bool:
    number = turn.message or ""
    if not number.isdecimal() or len(number) > _MOST_DIGITS:
        return False
    return await conversations.answered(uow, conversation_id=turn.conversation.id, seq=int(number))


async def _left_as_task(uow: UnitOfWork, turn: Turn, outcome: Outcome) -> None:
    """Leave a withdrawal with its application: a call for a person that waits already would hide it."""
    receipt = turn.state.extra.get(RECEIPT)
    if outcome.person != WITHDRAWN or receipt is None:
        return
    reference, reason = receipt["reference"], f"{EffectKind.TELL_STAFF}:{WITHDRAWN}"
    waiting = await uow.tickets.open_ones(reference=reference)
    if any(ticket.reason == reason for ticket in waiting):
        return
    record = await applications.find(uow, reference=reference)
    task = Ticket(
        id=uuid.uuid4().hex,
        kind=TicketKind.TASK,
        reason=reason,
        urgency=Urgency.S1,
        region=record.region,
        opened_at=turn.now,
        reference=reference,
        owner=record.owner,
    )
    await uow.tickets.add(task)


async def _sealed(uow: UnitOfWork, turn: Turn, outcome: Outcome, services: Services) -> Outcome:
    """Put contact details that came bare behind tokens, and look whether a phone can be one."""
    given = outcome.state.intake if outcome.handover is None else outcome.handover.intake
    fresh = {fact: value for fact, value in given.items() if turn.state.intake.get(fact) != value}
    tokens: dict[str, str] = {}
    for fact in (NAME.fact, PHONE.fact):
        value = fresh.get(fact)
        if not isinstance(value, str):
            continue
        plain = value
        if _TOKEN.fullmatch(value):
            plain = await _revealed(uow, turn, value, purpose="check the shape of an answer")
        else:
            kind = fact.rpartition(".")[2]
            tokens[fact] = await vault.put(
                uow, conversation_id=turn.conversation.id, kind=kind, value=value, now=turn.now
            )
        if fact == NAME.fact and intake_words.withdraws(plain):
            # Where a name is awaited the edge hides the whole message, and such words with it.
            return await talk.withdraw(turn, services)
        if fact == NAME.fact and intake_words.is_no_name(plain):
            return intake.refused(NAME, replace(turn, state=replace(outcome.state, intake=given)), services)
        if fact == PHONE.fact and not intake.plausible_phone(plain):
            return intake.refused(PHONE, replace(turn, state=replace(outcome.state, intake=given)), services)
    if not tokens:
        return outcome
    kept = {**given, **tokens}
    handover = None if outcome.handover is None else replace(outcome.handover, intake=kept)
    return replace(outcome, state=replace(outcome.state, intake=kept), handover=handover)


async def _handed_in(uow: UnitOfWork, turn: Turn, outcome: Outcome, services: Services) -> Outcome:
    """Submit the application, once per key, and ask for a person to take it up."""
    if outcome.handover is None:
        return outcome
    draft = await _draft(uow, turn, outcome.state, outcome.handover.intake)
    try:
        submitted = await applications.submit(
            uow,
            idempotency_key=outcome.handover.key,
            draft=draft,
            assess=services.screener.examine,
            now=turn.now,
        )
    except DraftRefused as error:
        if error.field != PHONE.fact:
            raise
        return intake.refused(PHONE, turn, services)
    done = intake.handed_in(outcome.state, reference=submitted.reference, missing_documents=submitted.missing_documents)
    return replace(done, person="application")


async def _draft(uow: UnitOfWork, turn: Turn, state: DialogueState, given: Mapping[str, Any]) -> ApplicationDraft:
    version = str(given["consent.version"])
    # Without consent to sensitive facts neither they nor the story they stand in leave the conversation (art. 29).
    whole = given[SENSITIVE.fact] is True
    kinds = (ConsentKind.HANDOVER, ConsentKind.CONTACT, *((ConsentKind.SENSITIVE,) if whole else ()))
    matter = state.facts.get(screening.MATTER)
    issues = tuple(dict.fromkeys([*([str(matter)] if matter else []), *state.matters]))
    purpose = "hand the application in"
    return ApplicationDraft(
        consents=tuple(Consent(kind=kind, version=version) for kind in kinds),
        issues=issues,
        words=await _words(uow, turn) if whole else "",
        facts=state.facts if whole else {},
        contact=Contact(
            name=await _revealed(uow, turn, str(given[NAME.fact]), purpose=purpose),
            phone=await _revealed(uow, turn, str(given[PHONE.fact]), purpose=purpose),
        ),
        safe_to_contact=SafeToContact(given[SAFE.fact]),
        delivery=Delivery(given[DELIVERY.fact]),
        urgency=turn.conversation.urgency,
        region=turn.region,
        preference=state.extra.get(preference.PREFERRED) or "",
        conversation_id=turn.conversation.id,
        channel=turn.conversation.channel,
    )


async def _words(uow: UnitOfWork, turn: Turn) -> str:
    """Return what the citizen wrote in their own words, as it stands in the thread."""
    messages = await conversations.messages_after(uow, conversation_id=turn.conversation.id, seq=0)
    typed = [one.text for one in messages if one.sender is Sender.CITIZEN and one.payload is None]
    return "\n".join(typed)[:_MOST_WORDS]


async def _revealed(uow: UnitOfWork, turn: Turn, token: str, *, purpose: str) -> str:
    return await vault.reveal(
        uow, conversation_id=turn.conversation.id, token=token, purpose=purpose, by=_SYSTEM, now=turn.now
    )


def _replayed(turn: Turn) -> Outcome | None:
    """Return what this very message was answered before a crash kept the answer from arriving."""
    if not _seen(turn):
        return None
    form = (turn.state.last_reply or {}).get("form")
    return Outcome(state=turn.state, replies=remembered(turn.state), form=Form(form) if form else None)


def _seen(turn: Turn) -> bool:
    return turn.message is not None and (turn.state.last_reply or {}).get("message") == turn.message


def _open(state: DialogueState) -> list[EventType]:
    """Keep the form open. Rasa asks nothing by itself: there is no response and no action that asks for this slot."""
    return [SlotSet(_ASKED, state.asked), SlotSet(_REQUESTED, _ASKED)]


def _closed() -> list[EventType]:
    return [SlotSet(_ASKED, None), SlotSet(_REQUESTED, None)]


def _act(name: object) -> Act:
    return _ACTS.get(name, Act.NOT_UNDERSTOOD) if isinstance(name, str) else Act.NOT_UNDERSTOOD


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _place(state: DialogueState) -> str | None:
    """Return where the matter lies by the citizen's own answers."""
    return next((str(state.facts[fact]) for fact in _PLACES if state.facts.get(fact)), None)
