"""Danger that nobody answers for: one person after another is called outside the console, until somebody takes the alert."""

import asyncio
import io
import json
from collections.abc import Sequence
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from api.config import DangerCall, Settings
from api.db.engine import Database
from api.pager import Webhooks
from api.services import conversations, tickets
from api.services.escalation import UNHEARD, CallFailed, Summons
from api.services.records import Job
from api.services.tickets import DELIVER
from api.services.wake import Wake
from api.worker import Worker, own_handlers
from knowledge_base.types import SafetyKind, Urgency
from tests.http.world import NOON, MovedClock, opened

pytestmark = pytest.mark.http

SUMMONS = Summons(
    person="值班主任",
    ticket="t1",
    kinds=("self_harm",),
    urgency=Urgency.S0,
    region="231000",
    raised_at=NOON,
    waited=timedelta(minutes=2, seconds=5),
)


class FakePager:
    """Remembers who was called; some cannot be reached."""

    def __init__(self, *people: str, away: Sequence[str] = ()) -> None:
        self.people = people
        self.away = away
        self.called: list[str] = []
        self.heard = asyncio.Event()

    async def call(self, summons: Summons, /) -> None:
        self.called.append(summons.person)
        self.heard.set()
        if summons.person in self.away:
            raise CallFailed


class Duty:
    """A worker over a database, whose clock a test moves."""

    def __init__(self, database: Database, pager: FakePager | None) -> None:
        self.database, self.clock, self.wake = database, MovedClock(), Wake()
        handlers = own_handlers(database, clock=self.clock, wake=self.wake, pager=pager)
        self.worker = Worker(database, handlers=handlers, clock=self.clock, wake=self.wake)

    async def danger(self, thread: str, *kinds: SafetyKind) -> None:
        async with self.database.unit_of_work() as uow:
            await conversations.raise_alert(
                uow, conversation_id=thread, kinds=kinds, urgency=Urgency.S0, now=self.clock()
            )
            await uow.commit()

    async def after(self, **time: float) -> None:
        self.clock.move(**time)
        while await self.worker.run_once():
            pass


class TestUnheard:
    async def test_calls_the_next_person_every_minute_and_begins_again(self, database: Database) -> None:
        pager = FakePager("甲", "乙")
        duty = Duty(database, pager)
        await duty.danger(await opened(database), SafetyKind.SELF_HARM)
        await duty.after(seconds=59)
        assert pager.called == [], "the desk has its minute"
        await duty.after(seconds=1)
        assert pager.called == ["甲"]
        await duty.after(seconds=59)
        assert pager.called == ["甲"]
        await duty.after(seconds=1)
        assert pager.called == ["甲", "乙"]
        await duty.after(seconds=60)
        await duty.after(seconds=60)
        assert pager.called == ["甲", "乙", "甲", "乙"]
        await duty.after(seconds=60)
        assert len(pager.called) == 4, "whoever has heard of it twice is called more rarely"
        await duty.after(seconds=60)
        assert len(pager.called) == 5
        for _ in range(200):
            await duty.after(minutes=1)
        assert 8 < len(pager.called) < 40

    async def test_ends_as_soon_as_somebody_answers(self, database: Database) -> None:
        pager = FakePager("甲", "乙")
        duty, thread = Duty(database, pager), await opened(database)
        await duty.danger(thread, SafetyKind.SELF_HARM)
        await duty.after(seconds=60)
        async with database.unit_of_work() as uow:
            await conversations.claim(uow, conversation_id=thread, staff="s1", now=duty.clock())
            await uow.commit()
        await duty.after(minutes=5)
        assert pager.called == ["甲"]
        async with database.reading() as uow:
            (ticket,) = await uow.tickets.open_ones(conversation_id=thread)
            lines = [line.entry for line in await uow.audit.of(f"ticket:{ticket.id}")]
        assert [(line.action, line.data) for line in lines] == [("alert.called", {"person": "甲", "reached": True})]

    async def test_begins_again_when_whoever_answered_has_gone_away(self, database: Database) -> None:
        pager = FakePager("甲", "乙")
        duty, thread = Duty(database, pager), await opened(database)
        await duty.danger(thread, SafetyKind.SELF_HARM)
        async with database.unit_of_work() as uow:
            await conversations.claim(uow, conversation_id=thread, staff="s1", now=duty.clock())
            await uow.commit()
        await duty.after(minutes=5)
        assert pager.called == []
        await duty.after(hours=3)
        assert pager.called == [], "the thread has only just come back, and the desk has its minute"
        await duty.after(seconds=60)
        assert pager.called == ["甲"]

    async def test_calls_nobody_where_the_alert_was_taken_at_once(self, database: Database) -> None:
        pager = FakePager("甲")
        duty, thread = Duty(database, pager), await opened(database)
        await duty.danger(thread, SafetyKind.SELF_HARM)
        async with database.unit_of_work() as uow:
            (ticket,) = await uow.tickets.open_ones(conversation_id=thread)
            await tickets.acknowledge(uow, ticket_id=ticket.id, staff="s1", outcome="called_police", now=NOON)
            await uow.commit()
        await duty.after(minutes=5)
        assert pager.called == []

    async def test_loses_no_minute_to_somebody_who_cannot_be_reached(self, database: Database) -> None:
        pager = FakePager("甲", "乙", away=["甲"])
        duty = Duty(database, pager)
        await duty.danger(await opened(database), SafetyKind.VIOLENCE_NOW)
        await duty.after(seconds=60)
        assert pager.called == ["甲", "乙"]

    async def test_calls_once_though_the_same_danger_is_told_again(self, database: Database) -> None:
        pager = FakePager("甲", "乙")
        duty, thread = Duty(database, pager), await opened(database)
        await duty.danger(thread, SafetyKind.SELF_HARM)
        await duty.danger(thread, SafetyKind.SELF_HARM)
        await duty.danger(thread, SafetyKind.CHILD_HARM)
        await duty.after(seconds=60)
        assert pager.called == ["甲"]

    async def test_calls_again_at_once_when_a_worker_died_over_it(self, database: Database) -> None:
        pager = FakePager("甲", "乙")
        duty = Duty(database, pager)
        await duty.danger(await opened(database), SafetyKind.SELF_HARM)
        await duty.after(seconds=1)
        async with database.unit_of_work() as uow:
            (taken,) = await uow.jobs.take(now=NOON + timedelta(seconds=60), lease=timedelta(seconds=90), limit=9)
            await uow.commit()
        assert taken.kind == UNHEARD
        await duty.after(seconds=150)
        assert pager.called == ["甲"], "the lease is over, and the call is made"

    async def test_waits_behind_no_platform_that_hangs(self, database: Database) -> None:
        pager = FakePager("甲")
        clock, wake, hangs = MovedClock(), Wake(), asyncio.Event()

        async def hang(_job: Job) -> None:
            hangs.set()
            await asyncio.Event().wait()

        handlers = {**own_handlers(database, clock=clock, wake=wake, pager=pager), DELIVER: hang}
        worker = Worker(database, handlers=handlers, clock=clock, wake=wake)
        async with database.unit_of_work() as uow:
            await uow.jobs.add(Job(kind=DELIVER, payload={"conversation": "x", "seq": 1}, run_at=NOON))
            await uow.commit()
        running = asyncio.create_task(worker.run())
        try:
            await asyncio.wait_for(hangs.wait(), 10)
            duty = Duty(database, None)
            await duty.danger(await opened(database), SafetyKind.SELF_HARM)
            clock.move(seconds=60)
            async with asyncio.timeout(20):
                await pager.heard.wait()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert pager.called == ["甲"]

    async def test_is_warned_of_where_nobody_is_named(self, database: Database, log: io.StringIO) -> None:
        duty = Duty(database, None)
        await duty.danger(await opened(database), SafetyKind.SELF_HARM)
        await duty.after(seconds=60)
        assert "danger unheard" in log.getvalue()
        async with database.reading() as uow:
            assert await uow.jobs.dead() == ()


class TestWebhooks:
    def pager(self, answer: httpx.Response | Exception) -> tuple[Webhooks, list[httpx.Request]]:
        seen: list[httpx.Request] = []

        def handle(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            if isinstance(answer, Exception):
                raise answer
            return answer

        client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
        call = DangerCall(name="值班主任", url=SecretStr("https://robot.example/send?key=geheim"))
        return Webhooks([call], client=client), seen

    async def test_tell_of_the_alert_and_nothing_of_the_caller(self) -> None:
        pager, seen = self.pager(httpx.Response(200, json={"errcode": 0}))
        await pager.call(SUMMONS)
        (request,) = seen
        body = json.loads(request.content)
        assert body["msgtype"] == "text"
        assert "等了 2 分钟" in body["text"]["content"]
        assert body["alert"] == {
            "ticket": "t1",
            "kinds": ["self_harm"],
            "urgency": "s0",
            "region": "231000",
            "raised_at": "2026-11-20T04:00:00+00:00",
            "waited_seconds": 125,
        }

    @pytest.mark.parametrize(
        "answer",
        [
            httpx.Response(500),
            httpx.Response(302, headers={"Location": "https://elsewhere.example"}),
            httpx.Response(200, json={"errcode": 93000, "errmsg": "invalid webhook url"}),
            httpx.ConnectError("geheim"),
            httpx.ReadTimeout("geheim"),
        ],
    )
    async def test_say_so_where_nobody_was_reached_and_keep_the_address(
        self, answer: httpx.Response | Exception
    ) -> None:
        pager, _ = self.pager(answer)
        with pytest.raises(CallFailed) as failed:
            await pager.call(SUMMONS)
        assert "geheim" not in repr(failed.value)
        assert failed.value.__cause__ is None

    async def test_reach_a_real_server(self) -> None:
        received: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            received.append(await reader.readexactly(length))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, httpx.AsyncClient() as client:
            call = DangerCall(name="值班主任", url=SecretStr(f"http://127.0.0.1:{port}/"))
            await Webhooks([call], client=client).call(SUMMONS)
        assert json.loads(received[0])["alert"]["ticket"] == "t1"


class TestSettings:
    def test_take_people_in_their_order(self) -> None:
        text = '[{"name":"甲","url":"https://a.example/x?key=1"},{"name":"乙","url":"http://127.0.0.1:9/"}]'
        settings = Settings(danger_calls=json.loads(text), _env_file=None)
        assert [call.name for call in settings.danger_calls] == ["甲", "乙"]
        assert "key=1" not in repr(settings)

    @pytest.mark.parametrize(
        "calls",
        [
            [{"name": "甲", "url": "robot.example"}],
            [{"name": "甲", "url": "file:///etc/passwd"}],
            [{"name": "", "url": "https://a.example/geheim"}],
            [{"name": "甲", "url": "https://a.example/geheim"}] * 2,
        ],
    )
    def test_refuse_what_reaches_nobody(self, calls: list[dict[str, str]]) -> None:
        with pytest.raises(ValidationError) as refused:
            Settings(danger_calls=calls, _env_file=None)  # type: ignore[arg-type] # what the environment holds
        assert "geheim" not in str(refused.value)
