"""Composes the whole: settings, then adapters, then the gateway, then one ASGI app with everything mounted in it."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Protocol

import httpx
import structlog
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from actions.errands import QUESTIONS
from actions.languages import language_of
from actions.router import PATH as ACTIONS_PATH
from actions.router import SECRET_HEADER
from actions.router import build_router as action_router
from actions.services import Services
from api.app import include_api, open_database, running, start_database
from api.config import Environment
from api.console.demo_staff import ensure_demo_staff
from api.console.router import console_router
from api.db.engine import Database
from api.db.passwords import Argon2Passwords
from api.domain.clocks import CHINA
from api.http.deps import ApiDeps, Check
from api.http.limits import LIMITS, Limiter
from api.http.staff import staff_router
from api.librarian import BuildApart, Librarian, publisher
from api.observability import Metrics, configure_logging
from api.services.curation import PUBLISH
from api.services.curation_ports import Library
from api.services.desk import StaffDesk
from api.services.ports import Vector
from api.services.wake import Wake
from api.worker import Worker, own_handlers
from bot.channels import page, web
from bot.channels.phrases import Phrases
from bot.channels.render import Renderer
from bot.danger import Danger
from bot.gateway import Gateway
from bot.knowledge import OpenedKnowledge, without_dialogue
from bot.rasa_client import RasaDialogue
from bot.redact import without_tokens
from bot.safe_contact import CONTACT
from bot.settings import BotSettings, load_action_secret
from knowledge_base import curated
from knowledge_base.assess import PLACES, Assessor
from knowledge_base.build import needs_build
from knowledge_base.clarifications import Clarifications
from knowledge_base.danger import DangerGate
from knowledge_base.directory.asking import Asking
from knowledge_base.directory.book import Directory
from knowledge_base.embedding import DEFAULT_SPEC, Reading, hears_danger
from knowledge_base.engines.choice import Engines
from knowledge_base.feelings import Feelings
from knowledge_base.folding import Folder
from knowledge_base.handlers import Handlers
from knowledge_base.regions import Regions
from knowledge_base.short import ShortQuestions
from knowledge_base.taxonomy import Taxonomy, UnknownMatter
from knowledge_base.triage import Classifier
from knowledge_base.types import KnowledgeUnavailable, SafetyFinding, Triage
from knowledge_base.unasked import Unasked
from knowledge_base.workbench import ROOT, Workbench, build_command

_log = structlog.get_logger(__name__)


class PartDown(Exception):
    """A part of the service does not answer; /readyz names it."""

    def __init__(self, code: str) -> None:
        """Keep the stable code."""
        super().__init__(code)
        self.code = code


class Classifies(Protocol):
    """What a message is about, from its words and its vector."""

    def classify(self, text: str, /, *, vector: Vector | None, on: date) -> Triage:
        """Triage one message that came on a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that is built once; tests replace what thinks slowly."""

    settings: BotSettings
    database: Database
    knowledge: OpenedKnowledge
    assessor: Assessor
    directory: Directory
    asking: Asking
    regions: Regions
    taxonomy: Taxonomy
    safety: DangerGate
    classifier: Classifies
    dialogue: RasaDialogue
    metrics: Metrics = field(default_factory=Metrics)
    wake: Wake = field(default_factory=Wake)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def triage(self, text: str, /, *, region: str | None) -> Triage:
        """Say what a message is about, by words alone where the model of meaning is missing."""
        read = self._read(text)
        found = self.classify(text, vector=read.meaning if read else None)
        danger = self.safety.check(text, heard=read.heard if read else None)
        return replace(
            found,
            urgency=min(found.urgency, danger.urgency),
            safety=danger.kinds or found.safety,
            region=found.region or self.region_in(text) or region,
        )

    def classify(self, text: str, /, *, vector: Vector | None) -> Triage:
        """Say what a redacted message is about."""
        return self.classifier.classify(without_tokens(text), vector=vector, on=now().astimezone(CHINA).date())

    def check_safety(self, text: str, /) -> SafetyFinding:
        """Look for danger before any topic."""
        try:
            read = self._read(text)
        except Exception:  # noqa: BLE001 - whatever befalls the model of meaning, danger is looked for without it
            _log.exception("safety.without_meaning")
            read = None
        return self.safety.check(text, heard=read.heard if read else None)

    def _read(self, text: str) -> Reading | None:
        """Return what the model makes of the turn, None where it is missing: words alone must do then."""
        try:
            return self.knowledge.read(text) if text else None
        except KnowledgeUnavailable:
            return None

    def title_of(self, code: str) -> str | None:
        """Return a matter's title, None for an unknown code."""
        try:
            return self.taxonomy.get(code).title
        except UnknownMatter:
            return None

    def region_in(self, text: str) -> str | None:
        """Return the code of the place a text names."""
        return self.regions.place_in(text)

    def region_name(self, code: str) -> str:
        """Return a place's name."""
        found = self.regions.get(code)
        return found.name if found else code


def load_parts(settings: BotSettings) -> Parts:
    """Build everything that is read once; the database is opened, and knowledge loaded, when the app starts.

    Raises RulebookInvalid, DirectoryInvalid, SafetyRulesInvalid, DangerUnreadable, TriageUnavailable, SecretMissing, SecretUnfit.
    """
    regions, taxonomy = Regions.load(), Taxonomy.load()
    safety = DangerGate.load()
    if not hears_danger(settings.embedder):
        _log.warning("safety.by_characters", model=settings.embedder, hears=DEFAULT_SPEC)
    directory = Directory.load(PLACES, regions, own=settings.own_places)
    return Parts(
        settings=settings,
        database=open_database(settings),
        knowledge=OpenedKnowledge(settings=settings),
        assessor=Assessor.load(own=settings.own_places, regions=regions, directory=directory),
        directory=directory,
        asking=Asking.load(regions),
        regions=regions,
        taxonomy=taxonomy,
        safety=safety,
        classifier=Classifier.load(settings.triage, taxonomy),
        dialogue=RasaDialogue(base_url=settings.rasa_url),
    )


class Doors:
    """The whole as one ASGI app: Rasa's own door, and the front door with its limits, headers and problem shape."""

    def __init__(self, *, front: FastAPI, actions: ASGIApp, closing: asyncio.Event) -> None:
        self.front = front
        self._actions = actions
        self.closing = closing
        """Set it when the server begins to stop: open streams then end by themselves."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        rasa = scope["type"] == "http" and scope["path"] == ACTIONS_PATH
        await (self._actions if rasa else self.front)(scope, receive, send)


def create_app(settings: BotSettings | None = None) -> Doors:
    """Return everything, ready for `uvicorn bot.app:create_app --factory`."""
    settings = settings or BotSettings()
    configure_logging(level=settings.log_level)
    return assemble(load_parts(settings))


def assemble(parts: Parts) -> Doors:
    """Join the parts."""
    settings = parts.settings
    limits = Limiter(storage=settings.limits_storage, limits=_limits(settings))
    services = _services(parts, limits)
    actions = _actions_app(parts, services)
    api = ApiDeps(
        database=parts.database,
        knowledge=parts.knowledge,
        triage=parts.triage,
        topics=parts.taxonomy.all,
        assess=parts.assessor.assess,
        examine=parts.assessor.examine,
        facts=parts.assessor.facts,
        offices=parts.directory.find,
        clock=now,
        limits=limits,
        checks=_checks(parts, actions),
        metrics=parts.metrics,
    )
    library = _library(parts)
    desk = StaffDesk(
        database=parts.database,
        clock=now,
        passwords=Argon2Passwords(),
        limits=limits,
        notify=parts.wake.notify,
        secure=settings.secure_cookies,
        describe_facts=parts.assessor.facts,
        matter_title=lambda code: parts.title_of(code) or code,
        region_name=parts.region_name,
        cites=parts.assessor.cites,
        library=library,
        closing=parts.closing,
    )
    channel = web.WebChannel(
        gateway=_gateway(parts, services),
        database=parts.database,
        limits=limits,
        wake=parts.wake,
        clock=now,
        knows_region=parts.regions.__contains__,
        closing=parts.closing,
    )
    app = FastAPI(
        title="法律援助助手",
        version="1",
        lifespan=lambda _app: _lifespan(parts, desk, library),
        default_response_class=JSONResponse,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    own = (*web.build_routers(channel), staff_router(desk), console_router(desk), page.build_router())
    include_api(app, api, largest_body=settings.largest_body, more=own)
    app.mount("/widget", page.widget_files())
    app.add_middleware(page.SecurityHeaders)
    if settings.widget_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.widget_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        )
    return Doors(front=app, actions=actions, closing=parts.closing)


def now() -> datetime:
    """Return the present; the only clock, handed to whoever needs one."""
    return datetime.now(UTC)


def _library(parts: Parts) -> Workbench:
    return Workbench(
        home=parts.settings.knowledge,
        using=parts.knowledge.using,
        knows_region=parts.regions.__contains__,
        knows_matter=lambda code: parts.title_of(code) is not None,
    )


def _librarian(parts: Parts, library: Library) -> Librarian:
    settings = parts.settings
    home, spec, vectors = settings.knowledge, settings.embedder, settings.vectors_engine
    # By the environment: an address may hold a password, and anybody may list the arguments of processes.
    environment = {**os.environ, "LEGAL_AID_VECTORS": vectors}
    return Librarian(
        parts.database,
        library=library,
        stamp=partial(curated.stamp, home),
        stale=partial(needs_build, home, embedder_spec=spec, engines=Engines(vectors)),
        build=BuildApart(build_command(home, embedder_spec=spec), folder=ROOT, environment=environment),
        clock=now,
    )


def _gateway(parts: Parts, services: Services) -> Gateway:
    questions = (*parts.assessor.facts(), *QUESTIONS, CONTACT)
    return Gateway(
        database=parts.database,
        dialogue=parts.dialogue,
        danger=Danger.load(parts.check_safety, language_of=language_of, find_offices=parts.directory.find),
        answers=without_dialogue(parts.knowledge, services),
        compose=Renderer(phrases=Phrases.load(), numbers=parts.directory.numbers, questions=questions),
        notify=parts.wake.notify,
        clock=now,
        budgets={web.CHANNEL: parts.settings.turn_seconds},
    )


def _services(parts: Parts, limits: Limiter) -> Services:
    return Services(
        unit_of_work=parts.database.unit_of_work,
        reading=parts.database.reading,
        clock=now,
        limits=limits,
        knowledge=parts.knowledge,
        classify=parts.classify,
        screener=parts.assessor,
        title_of=parts.title_of,
        region_in=parts.region_in,
        find_offices=parts.directory.find,
        sought_in=parts.asking.wanted,
        place_in=parts.asking.place,
        clarifications=Clarifications.load(),
        feelings=Feelings.load(),
        unasked=Unasked.load(),
        handlers_of=Handlers.load(parts.taxonomy).of,
        short=ShortQuestions.load(),
        spelt=Folder.load().spelt,
    )


def _actions_app(parts: Parts, services: Services) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.include_router(action_router(services, secret=load_action_secret(parts.settings)))
    return app


def _limits(settings: BotSettings) -> Mapping[str, str]:
    return {
        **LIMITS,
        "conversation.open": settings.open_rate,
        "conversation.message": settings.message_rate,
        "conversation.message.address": settings.address_rate,
        "channel.web": settings.channel_rate,
    }


def _checks(parts: Parts, actions: FastAPI) -> Mapping[str, Check]:
    async def rasa() -> None:
        if not await parts.dialogue.alive():
            raise PartDown("rasa_unreachable")

    async def action_server() -> None:
        """Call it as Rasa does, for an action that does not exist: a 404 means door, lock and executor work."""
        transport = httpx.ASGITransport(app=actions)
        async with httpx.AsyncClient(transport=transport, base_url="http://actions") as client:
            call = {"next_action": "none", "tracker": {"sender_id": "readyz", "latest_message": {}}}
            headers = {SECRET_HEADER: load_action_secret(parts.settings)}
            answer = await client.post(ACTIONS_PATH, json=call, headers=headers)
        if answer.status_code != httpx.codes.NOT_FOUND:
            raise PartDown("actions_refuse")

    return {"rasa": rasa, "database": parts.database.check, "index": parts.knowledge.check, "actions": action_server}


@asynccontextmanager
async def _lifespan(parts: Parts, desk: StaffDesk, library: Library) -> AsyncIterator[None]:
    settings, database = parts.settings, parts.database
    async with AsyncExitStack() as stack:
        await start_database(database, settings=settings)
        stack.push_async_callback(database.close)
        stack.push_async_callback(parts.dialogue.aclose)
        stack.push_async_callback(parts.knowledge.close)
        if settings.environment is Environment.DEVELOPMENT:
            await ensure_demo_staff(
                database, passwords=desk.passwords, path=settings.staff_file, development=True, clock=now
            )
        try:
            await parts.knowledge.load()
        except KnowledgeUnavailable as broken:
            _log.error("knowledge.unavailable", cause=str(broken))
        await asyncio.to_thread(parts.assessor.warm, on=now().astimezone(CHINA).date())
        handlers = {
            **own_handlers(database, clock=now, wake=parts.wake),
            PUBLISH: publisher(database, library=library),
        }
        worker = Worker(database, handlers=handlers, clock=now, wake=parts.wake, metrics=parts.metrics)
        keep_current = partial(parts.knowledge.keep_current, parts.metrics)
        await stack.enter_async_context(running([worker.run, keep_current, _librarian(parts, library).run]))
        yield
        parts.closing.set()
