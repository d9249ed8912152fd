"""Composes the whole: settings, then adapters, then the gateway, then one ASGI app with everything mounted in it."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, timedelta
from functools import partial
from typing import Final

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
from api.app import include_api, running, start_database
from api.config import Environment
from api.console.demo_staff import ensure_demo_staff
from api.console.router import console_router
from api.db.passwords import Argon2Passwords
from api.domain.clocks import CHINA
from api.http.deps import ApiDeps, Check
from api.http.limits import LIMITS, Limiter
from api.http.staff import staff_router
from api.librarian import BuildApart, Librarian, publisher
from api.observability import configure_logging
from api.pager import Webhooks
from api.services.call_ports import Ear
from api.services.curation import PUBLISH
from api.services.curation_ports import Library
from api.services.desk import StaffDesk
from api.services.records import Job
from api.services.retention import FORGET
from api.services.tickets import DELIVER
from api.worker import Worker, own_handlers
from bot import lines, rasa_server
from bot.channels import page, web
from bot.channels.phrases import Phrases
from bot.channels.platform import delivering
from bot.channels.render import Renderer
from bot.channels.wechat.inbox import place_in
from bot.danger import Danger
from bot.gateway import Gateway
from bot.knowledge import without_dialogue
from bot.lines import Lines
from bot.parts import PartDown, Parts, load_parts, now
from bot.redact import find
from bot.safe_contact import CONTACT
from bot.settings import BotSettings, load_action_secret
from knowledge_base import curated
from knowledge_base.account import account_with
from knowledge_base.build import needs_build
from knowledge_base.clarifications import Clarifications
from knowledge_base.dialect import Dialect
from knowledge_base.directory.hours import Hours
from knowledge_base.engines.choice import Engines
from knowledge_base.feelings import Feelings
from knowledge_base.folding import Folder
from knowledge_base.handlers import Handlers
from knowledge_base.short import ShortQuestions
from knowledge_base.types import Facts, KnowledgeUnavailable
from knowledge_base.unasked import Unasked
from knowledge_base.workbench import ROOT, Workbench, build_command

_BETWEEN_FORGETTING: Final = 3600.0
_log = structlog.get_logger(__name__)


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
        lets_measure=settings.lets_measure,
    )
    library = _library(parts)
    phrases = Phrases.load()
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
        knows_region=parts.regions.__contains__,
        knows_matter=lambda code: parts.title_of(code) is not None,
        examine=parts.assessor.examine,
        second_factor=settings.environment is not Environment.DEVELOPMENT,
        cites=parts.assessor.cites,
        read_account=account_with(services.unasked, place_in=parts.region_in),
        unverified_language=phrases.unverified,
        library=library,
        works=parts.directory.works,
        ear=_ear(parts, services),
        closing=parts.closing,
    )
    gateway = _gateway(parts, services, phrases)
    channels = lines.build(
        lines.Needs(
            settings=settings,
            gateway=gateway,
            database=parts.database,
            limits=limits,
            clock=now,
            phrases=phrases,
            on_duty=partial(parts.directory.opening, Hours.parse(settings.duty_hours)),
            place=place_in(parts.regions),
        )
    )
    channel = web.WebChannel(
        gateway=gateway,
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
        lifespan=lambda _app: _lifespan(parts, desk, library, channels),
        default_response_class=JSONResponse,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    own = (
        *web.build_routers(channel),
        *channels.routers,
        staff_router(desk),
        console_router(desk),
        page.build_router(),
    )
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


def _ear(parts: Parts, services: Services) -> Ear:
    unasked = services.unasked

    def told(text: str, /, *, matter: str | None, on: date) -> Facts:
        heard = unasked.of(text, on=on)
        return {fact: value for fact, value in heard.items() if unasked.fits(fact, value, matter)}

    return Ear(
        knowledge=parts.knowledge,
        classify=services.triaged,
        safety=parts.check_safety,
        screener=parts.assessor,
        told=told,
        topics=parts.taxonomy.all,
        hide=find,
        place_in=parts.region_in,
    )


def _library(parts: Parts) -> Workbench:
    return Workbench(
        home=parts.settings.knowledge,
        using=parts.knowledge.using,
        knows_region=parts.regions.__contains__,
        knows_matter=lambda code: parts.title_of(code) is not None,
    )


async def _forget(job: Job) -> None:
    conversation = str(job.payload["conversation"])
    await asyncio.to_thread(rasa_server.forget, ROOT / rasa_server.TRACKER, conversation=conversation)


def _forgetful(kept: timedelta) -> Callable[[], Awaitable[None]]:
    """Return what lets Rasa forget, once an hour, what was said longer ago; a failure is logged and tried again."""

    async def run() -> None:
        while True:
            try:
                await asyncio.to_thread(rasa_server.forget, ROOT / rasa_server.TRACKER, before=now() - kept)
            except sqlite3.Error as failed:
                _log.warning("rasa keeps its memory", cause=type(failed).__name__)
            await asyncio.sleep(_BETWEEN_FORGETTING)

    return run


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


def _gateway(parts: Parts, services: Services, phrases: Phrases) -> Gateway:
    questions = (*parts.assessor.facts(), *QUESTIONS, CONTACT)
    return Gateway(
        database=parts.database,
        dialogue=parts.dialogue,
        danger=Danger.load(parts.check_safety, language_of=language_of, find_offices=parts.directory.find),
        answers=without_dialogue(parts.knowledge, services),
        compose=Renderer(phrases=phrases, numbers=parts.directory.numbers, questions=questions),
        notify=parts.wake.notify,
        clock=now,
        budgets={web.CHANNEL: parts.settings.turn_seconds, **lines.BUDGETS},
        carried=lines.CARRIED,
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
        works=parts.directory.works,
        sought_in=parts.asking.wanted,
        place_in=parts.asking.place,
        clarifications=Clarifications.load(),
        feelings=Feelings.load(),
        dialect=Dialect.load(),
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
async def _lifespan(parts: Parts, desk: StaffDesk, library: Library, channels: Lines) -> AsyncIterator[None]:
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
        outside = await stack.enter_async_context(httpx.AsyncClient())
        handlers = {
            **own_handlers(database, clock=now, wake=parts.wake, pager=Webhooks(settings.danger_calls, client=outside)),
            DELIVER: delivering(database, platforms=channels.platforms, wake=parts.wake.notify),
            PUBLISH: publisher(database, library=library),
            FORGET: _forget,
        }
        kept = timedelta(days=settings.retention_days)
        worker = Worker(
            database,
            handlers=handlers,
            clock=now,
            wake=parts.wake,
            metrics=parts.metrics,
            kept=kept,
            works=parts.directory.works,
        )
        keep_current = partial(parts.knowledge.keep_current, parts.metrics)
        for close in channels.closes:
            stack.push_async_callback(close)
        runs: list[Callable[[], Awaitable[None]]]
        runs = [worker.run, _forgetful(kept), keep_current, _librarian(parts, library).run, *channels.runs]
        await stack.enter_async_context(running(runs))
        stack.push_async_callback(channels.background.finish)
        yield
        parts.closing.set()
