"""An office to test the console in: the real pages over a real database, five members of staff, and people who wait."""

import asyncio
import re
import uuid
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from api.console.router import console_router
from api.db.engine import Database
from api.db.passwords import Argon2Passwords
from api.domain.staff import Role
from api.http.problems import install
from api.http.staff import staff_router
from api.services import applications, attachments, conversations, notices, staff
from api.services.attachment_ports import Document
from api.services.curation_ports import Library
from api.services.desk import StaffDesk
from api.services.records import (
    ApplicationDraft,
    Consent,
    ConsentKind,
    Contact,
    Delivery,
    DialogueState,
    Job,
    JsonObject,
    NewMessage,
    SafeToContact,
    Sender,
    StoredMessage,
)
from api.services.verdicts import PIVOT, verdict_json
from knowledge_base.account import account_with
from knowledge_base.assess import Assessor
from knowledge_base.types import (
    Conflict,
    Facts,
    SafetyKind,
    Urgency,
)
from knowledge_base.unasked import Unasked
from tests.console.listener import REGIONS, ear, place_in
from tests.console.screen import LAW, assessed, questions
from tests.fakes import FakeClock

PASSWORD = "right-horse-battery"
SITE = "http://console.test"
_TOKEN = re.compile(r'name="form_token" value="([^"]*)"')
TITLES = {"labour.wages": "拖欠劳动报酬", "family.maintenance": "赡养费", "criminal.defence": "刑事辩护"}
LAWS = frozenset({"法律援助法", "中华人民共和国法律援助法"})


@dataclass(slots=True)
class FakeLimits:
    """Lets everybody try until told not to."""

    open: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def allow(self, action: str, *, who: str) -> bool:
        self.asked.append((action, who))
        return self.open


@dataclass(slots=True)
class Browser:
    """A member of staff at a browser without JavaScript: follows nothing by itself, keeps cookies, reads forms."""

    http: httpx.AsyncClient

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path)

    async def form_token(self, path: str = "/staff") -> str:
        found = _TOKEN.search((await self.http.get(path)).text)
        assert found, f"no form on {path}"
        return unescape(found[1])

    async def post(self, path: str, *, page: str = "/staff", **fields: str) -> httpx.Response:
        token = await self.form_token(page)
        return await self.http.post(path, data={"form_token": token, **fields})

    async def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return await self.post("/staff/sign-in", page="/staff/sign-in", name=name, password=password)


@dataclass(slots=True)
class TheOffice:
    """The app under test and everything a test wants to look at or bring about."""

    database: Database
    clock: FakeClock = field(default_factory=FakeClock)
    woken: list[str] = field(default_factory=list)
    limits: FakeLimits = field(default_factory=FakeLimits)
    secure: bool = False
    second_factor: bool = False
    passwords: Argon2Passwords = field(
        default_factory=lambda: Argon2Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    )
    regions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    library: Library | None = None
    law: Assessor | None = None
    """The real pre-screen, for whoever listens to a call; without it there are no pages of calls."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _app: FastAPI | None = None

    def desk(self) -> StaffDesk:
        return StaffDesk(
            database=self.database,
            clock=self.clock,
            passwords=self.passwords,
            limits=self.limits,
            notify=self.woken.append,
            secure=self.secure,
            describe_facts=self.law.facts if self.law else questions,
            matter_title=lambda code: TITLES.get(code, code),
            region_name=lambda code: REGIONS.get(code, code),
            knows_region=REGIONS.__contains__,
            knows_matter=TITLES.__contains__,
            examine=self.law.examine if self.law else assessed(flags=()),
            second_factor=self.second_factor,
            cites=LAWS.__contains__,
            read_account=account_with(Unasked.load(), place_in=place_in),
            unverified_language={"ug"}.__contains__,
            library=self.library,
            ear=ear(self.law) if self.law else None,
            closing=self.closing,
        )

    def app(self) -> FastAPI:
        """Return the app of this office, built on first use: putting routes together is slower than any request."""
        if self._app is None:
            desk = self.desk()
            self._app = FastAPI()
            install(self._app)
            self._app.include_router(console_router(desk))
            self._app.include_router(staff_router(desk))
        return self._app

    def browser(self) -> Browser:
        transport = httpx.ASGITransport(app=self.app())
        return Browser(http=httpx.AsyncClient(transport=transport, base_url=SITE))

    async def hire(self) -> None:
        digest = await self.passwords.digest(PASSWORD)
        async with self.database.unit_of_work() as uow:
            for role in Role:
                await staff.add_staff(
                    uow,
                    name=role,
                    display_name=f"{role}同志",
                    role=role,
                    password_hash=digest,
                    new_id=lambda role=role: f"id{role.replace('_', '')}",  # type: ignore[misc]
                    now=self.clock(),
                    regions=self.regions.get(role, ()),
                )
            await uow.commit()

    async def signed_in(self, role: Role) -> Browser:
        browser = self.browser()
        answer = await browser.sign_in(role)
        assert answer.status_code == 303, answer.text
        return browser

    async def conversation(self, *, region: str | None = "231000", words: str = "老板不给钱 仨月了") -> str:
        async with self.database.unit_of_work() as uow:
            opened = await conversations.open_conversation(
                uow, channel="web", region=region, locale="zh-CN", now=self.clock()
            )
            await uow.commit()
        await self.says(opened.id, words)
        return opened.id

    async def says(self, conversation_id: str, words: str) -> None:
        async with self.database.unit_of_work() as uow:
            admitted = await conversations.admit(
                uow,
                conversation_id=conversation_id,
                external_id=uuid.uuid4().hex,
                text=words,
                payload=None,
                now=self.clock(),
            )
            if admitted.conversation.holder.value == "bot":
                citation = {"document": LAW, "clause": "第二十三条", "standing": "in_force", "source_id": "law"}
                reply = NewMessage(
                    sender=Sender.BOT,
                    kind="answer",
                    text="听起来是拖欠劳动报酬。您有权申请法律援助。",
                    body={"citations": [citation]},
                )
                await conversations.record_replies(
                    uow,
                    conversation_id=conversation_id,
                    in_reply_to=admitted.message.seq,
                    messages=[reply],
                    now=self.clock(),
                )
            await uow.commit()

    async def is_told_a_verdict(
        self, conversation_id: str, *, turning_on: JsonObject | None = None, conflicts: tuple[Conflict, ...] = ()
    ) -> None:
        verdict = replace(assessed(flags=())({}, region="231000", on=self.clock().date()), conflicts=conflicts)
        told = NewMessage(sender=Sender.BOT, kind="verdict", text="可能符合。", body={"verdict": verdict_json(verdict)})
        async with self.database.unit_of_work() as uow:
            await uow.conversations.append(conversation_id, told, now=self.clock())
            state = DialogueState(
                facts={"matter": "labour.wages"}, extra={} if turning_on is None else {PIVOT: turning_on}
            )
            await conversations.save_state(uow, conversation_id=conversation_id, state=state)
            await uow.commit()

    async def hands_in(self, thread: str, document: Document, *, seq: int = 1) -> str:
        async with self.database.unit_of_work() as uow:
            kept = await attachments.keep(uow, conversation_id=thread, seq=seq, document=document, now=self.clock())
            await uow.commit()
        return kept.id

    async def asks_for_a_person(self, conversation_id: str) -> None:
        async with self.database.unit_of_work() as uow:
            await conversations.request_person(uow, conversation_id=conversation_id, reason="asked", now=self.clock())
            await uow.commit()

    async def in_danger(self, conversation_id: str, *kinds: SafetyKind) -> None:
        async with self.database.unit_of_work() as uow:
            await conversations.raise_alert(
                uow, conversation_id=conversation_id, kinds=kinds or (SafetyKind.SELF_HARM,), now=self.clock()
            )
            await uow.commit()

    async def application(  # noqa: PLR0913 - keyword-only
        self,
        *,
        conversation_id: str | None = None,
        issue: str = "labour.wages",
        urgency: Urgency = Urgency.S2,
        flags: tuple[str, ...] = (),
        region: str = "231000",
        safe: SafeToContact = SafeToContact.YES,
        phone: str = "13812345678",
        words: str = "我在工地干活老板不给钱，一共两万四，家里老人等着买药。",
        facts: Facts | None = None,
        name: str = "王大山",
        opponents: tuple[str, ...] = (),
    ) -> str:
        draft = ApplicationDraft(
            consents=(
                Consent(kind=ConsentKind.HANDOVER, version="2026-11"),
                Consent(kind=ConsentKind.SENSITIVE, version="2026-11"),
            ),
            issues=(issue,),
            words=words,
            facts=facts or {"applicant.migrant_worker": True, "applicant.age": 52, "claim.amount": None},
            contact=Contact(name=name, phone=phone),
            opponents=opponents,
            safe_to_contact=safe,
            delivery=Delivery.PHONE,
            urgency=urgency,
            region=region,
            conversation_id=conversation_id,
            channel="web" if conversation_id else "api",
        )
        async with self.database.unit_of_work() as uow:
            submitted = await applications.submit(
                uow,
                idempotency_key=uuid.uuid4().hex,
                draft=draft,
                assess=assessed(flags=flags),
                now=self.clock(),
            )
            await uow.commit()
        return submitted.reference

    async def run_jobs(self) -> None:
        """Carry out every notice that is due, as the worker would."""
        async with self.database.unit_of_work() as uow:
            for job in await uow.jobs.take(now=self.clock(), lease=timedelta(minutes=1), limit=100):
                if job.kind == applications.NOTICE:
                    await notices.deliver(uow, job=job, now=self.clock())
                await uow.jobs.done(job.id)
            await uow.commit()

    async def gives_up(self, kind: str, *, error: str, **payload: str) -> int:
        """Bury a job as the worker does when it has failed too often; return its number."""
        async with self.database.unit_of_work() as uow:
            await uow.jobs.add(Job(kind=kind, payload=payload, run_at=self.clock()))
            job = (await uow.jobs.take(now=self.clock(), lease=timedelta(minutes=1), limit=100))[-1]
            await uow.jobs.bury(job.id, now=self.clock(), error=error)
            await uow.commit()
        return job.id

    async def transcript(self, conversation_id: str) -> tuple[StoredMessage, ...]:
        async with self.database.reading() as uow:
            return await conversations.messages_after(uow, conversation_id=conversation_id, seq=0)

    async def audit(self, action: str) -> list[dict[str, object]]:
        async with self.database.reading() as uow:
            entries = await uow.audit.entries()
        return [
            {"by": chained.entry.actor.id, "subject": chained.entry.subject, **chained.entry.data}
            for chained in entries
            if chained.entry.action == action
        ]

    def later(self, **span: float) -> None:
        self.clock.pass_(timedelta(**span))
