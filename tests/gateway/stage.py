"""A conversation on a stage: the gateway over a real database, with fakes for everything that thinks."""

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import datetime

from actions.languages import language_of
from api.db.engine import Database
from api.services import conversations
from api.services.records import DialogueState, SafeToContact, StoredMessage, Ticket, TicketKind
from api.services.wake import Wake
from bot.channels.phrases import Phrases
from bot.channels.render import Renderer
from bot.danger import Danger
from bot.gateway import Gateway, Greeted, Outcome
from bot.messages import Inbound, Payload
from bot.safe_contact import CONTACT
from knowledge_base.offices import Directions, OfficeKind
from knowledge_base.types import Urgency
from tests.fakes import FakeAnswers, FakeClock, FakeDialogue, check_safety, numbers

CARRIED = ("wechat", "telegram")


def nowhere(*, kind: OfficeKind, region: str | None, now: datetime, **_more: object) -> Directions:
    """Know of no office."""
    return Directions(kind=kind, region=region, at=now)


@dataclass(slots=True)
class Stage:
    """The gateway and everything a test wants to look at."""

    database: Database
    clock: FakeClock = field(default_factory=FakeClock)
    dialogue: FakeDialogue = field(default_factory=FakeDialogue)
    answers: FakeAnswers = field(default_factory=FakeAnswers)
    wake: Wake = field(default_factory=Wake)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    gateway: Gateway = field(init=False)
    opened: Greeted = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = Gateway(
            database=self.database,
            dialogue=self.dialogue,
            danger=Danger.load(check_safety, language_of=language_of, find_offices=nowhere),
            answers=self.answers,
            compose=Renderer(phrases=Phrases.load(), numbers=numbers, questions=(CONTACT,)),
            notify=self.wake.notify,
            clock=self.clock,
            budgets=dict.fromkeys(("web", *CARRIED, "voice"), 0.3),
            carried=CARRIED,
        )

    async def open(self, *, region: str | None = "231000") -> Greeted:
        self.opened = await self.gateway.open(channel="web", region=region, locale="zh-CN")
        return self.opened

    async def say(self, text: str, *, external_id: str | None = None) -> Outcome:
        return await self.receive(external_id or uuid.uuid4().hex, text=text)

    async def tap(self, payload: Payload) -> Outcome:
        return await self.receive(uuid.uuid4().hex, payload=payload)

    async def receive(self, external_id: str, *, text: str | None = None, payload: Payload | None = None) -> Outcome:
        inbound = Inbound(
            channel="web",
            conversation_id=self.opened.id,
            external_id=external_id,
            text=text,
            payload=payload,
            received_at=self.clock(),
        )
        return await self.gateway.receive(inbound)

    async def thread(self) -> tuple[StoredMessage, ...]:
        async with self.database.reading() as uow:
            return await conversations.messages_after(uow, conversation_id=self.opened.id, seq=0)

    async def tickets(self) -> dict[TicketKind, Urgency]:
        async with self.database.reading() as uow:
            open_ones = await uow.tickets.open_ones(conversation_id=self.opened.id)
        return {one.kind: one.urgency for one in open_ones}

    async def alerts(self) -> list[Ticket]:
        async with self.database.reading() as uow:
            found = await uow.tickets.open_ones(conversation_id=self.opened.id)
        return [ticket for ticket in found if ticket.kind is TicketKind.ALERT]

    async def safe_to_contact(self) -> SafeToContact | None:
        async with self.database.reading() as uow:
            found = await conversations.conversation(uow, conversation_id=self.opened.id, now=self.clock())
        return found.care.safe_to_contact

    async def state(self) -> DialogueState:
        async with self.database.reading() as uow:
            return await conversations.load_state(uow, conversation_id=self.opened.id)

    async def remember(self, state: DialogueState) -> None:
        async with self.database.unit_of_work() as uow:
            await conversations.save_state(uow, conversation_id=self.opened.id, state=state)
            await uow.commit()

    async def expect_name(self) -> None:
        await self.remember(DialogueState(asked="contact.name", asked_private=True, intake={"step": "contact"}))

    async def claim(self) -> None:
        async with self.database.unit_of_work() as uow:
            await conversations.claim(uow, conversation_id=self.opened.id, staff="staff-1", now=self.clock())
            await uow.commit()

    async def release(self) -> None:
        async with self.database.unit_of_work() as uow:
            await conversations.release(uow, conversation_id=self.opened.id, staff="staff-1", now=self.clock())
            await uow.commit()
