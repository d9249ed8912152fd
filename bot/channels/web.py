"""The website channel: conversations over HTTP, and a stream of what is said in them (docs/contract, Conversation)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

from api.domain.audit import Actor, ActorKind
from api.http.limits import caller, within
from api.http.problems import ProblemError
from api.http.strict import StrictRoute
from api.observability import trace_id
from api.services import conversations, retention, signs
from api.services.attachment_ports import MediaType
from api.services.documents import DocumentUnusable
from api.services.ports import Clock, Database, RateLimits
from api.services.records import Conversation, StoredMessage
from api.services.sign_ports import Side
from api.services.wake import Wake
from bot.channels.message_json import message_json
from bot.gateway import Gateway, Outcome
from bot.messages import Inbound, InboundRefused, Media, read_payload
from bot.under_way import TurnUnderWay

CHANNEL: Final = "web"
_PREFIX: Final = "/api/v1/conversations"
_POLL: Final = 10.0
"""Seconds after which the table is asked even without a wake-up: another process may have written to it."""
_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class WebChannel:
    """What the routes need; built once by the composition root."""

    gateway: Gateway
    database: Database
    limits: RateLimits
    wake: Wake
    clock: Clock
    knows_region: Callable[[str], bool]
    closing: asyncio.Event


class OpenBody(BaseModel):
    """A new conversation."""

    model_config = ConfigDict(extra="forbid")

    channel: Literal["web"] = "web"
    region: str | None = Field(default=None, pattern=r"^[0-9]{6}$", description="GB/T 2260 code of the citizen's place")
    locale: str = Field(default="zh-CN", max_length=16, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")


_NAMED: Final = r"^[A-Za-z0-9._\-]{1,64}$"
"""No colon: the ids that the service itself gives have one."""
_ClientId = Annotated[
    str, Query(pattern=_NAMED, description="Names this document: sent again, it is answered as before")
]
_TAKEN: Final = ("image/jpeg", "image/png", "image/webp", "application/pdf")
_UNUSABLE: Final[Mapping[str, tuple[int, str]]] = {
    "document_empty": (422, "这个文件是空的，请再选一次。"),
    "document_too_large": (413, "这个文件太大了。照片请拍小一点，PDF 不要超过 10 MB。"),
    "document_unknown": (422, "这不是能收的照片或者 PDF。请拍成照片，或者存成 PDF 再发。"),
    "document_damaged": (422, "这个文件打不开，可能没有传完。请再发一次，或者重新拍一张。"),
}
"""What is answered to a document that is not kept, by its code."""


class MessageBody(BaseModel):
    """One message: typed text, the payload of a choice, or the kind of something that has no words; exactly one of them."""

    model_config = ConfigDict(extra="forbid")

    client_id: str = Field(
        pattern=_NAMED,
        description="Names this message: sent again, it is answered as before",
    )
    text: str | None = None
    payload: str | None = Field(default=None, description="JSON text of an answer or an act, as a choice carried it")
    media: Media | None = Field(
        default=None, description="What was sent without words; its content stays with the sender"
    )


class MessageOut(BaseModel):
    """One message as clients read it; what has nothing to say is absent."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    seq: int
    sender: Literal["bot", "person", "citizen", "system"] = Field(alias="from")
    kind: Literal["text", "answer", "question", "verdict", "menu", "receipt", "handover", "safety"]
    text: str


class SignBody(BaseModel):
    """A sign of life for the person who holds the thread."""

    model_config = ConfigDict(extra="forbid")

    read: int | None = Field(default=None, ge=0, le=2**31 - 1, description="The last message that was seen")
    typing: bool = Field(default=False, description="Whether something is being written")


class OpenedOut(BaseModel):
    """A fresh conversation; the token is told once."""

    id: str
    token: str
    messages: list[MessageOut]


class MessagesOut(BaseModel):
    """Messages, and who holds the conversation now."""

    messages: list[MessageOut]
    holder: Literal["bot", "waiting", "person", "closed"]


def build_routers(web: WebChannel) -> tuple[APIRouter, ...]:  # noqa: C901, PLR0915 - a list of routes
    """Return the conversation routes."""
    router = APIRouter(prefix=_PREFIX, tags=["conversation"], route_class=StrictRoute)
    thread = APIRouter(prefix=_PREFIX + "/{conversation_id}", tags=["conversation"], route_class=StrictRoute)

    async def authorised(conversation_id: str, authorization: Annotated[str | None, Header()] = None) -> Conversation:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise ProblemError(401, "token_required", "缺少这次对话的凭证。", headers={"WWW-Authenticate": "Bearer"})
        async with web.database.reading() as uow:
            return await conversations.authenticate(
                uow, conversation_id=conversation_id, token=token.strip().encode("ascii", "replace").decode()
            )

    Authorised = Annotated[Conversation, Depends(authorised)]  # noqa: N806 - a type

    @router.post("", status_code=201, response_model=OpenedOut)
    async def open_conversation(body: OpenBody, request: Request) -> JSONResponse:
        """Open a conversation; the answer greets."""
        await within(web.limits, "conversation.open", who=caller(request))
        if body.region is not None and not web.knows_region(body.region):
            raise ProblemError(422, "region_unknown", "没有这个地区代码，请用六位行政区划代码。", field="region")
        greeted = await web.gateway.open(channel=CHANNEL, region=body.region, locale=body.locale)
        content = {"id": greeted.id, "token": greeted.token, "messages": _messages(greeted.messages)}
        return JSONResponse(content, 201, headers=_PRIVATE)

    @thread.post("/messages", response_model=MessagesOut)
    async def send_message(body: MessageBody, conversation: Authorised, request: Request) -> JSONResponse:
        """Say something; the answer holds every reply of this turn."""
        # The narrowest first: what one caller sends too much must not use up what all share.
        await within(web.limits, "conversation.message", who=conversation.id)
        await within(web.limits, "conversation.message.address", who=caller(request))
        await within(web.limits, "channel.web", who=CHANNEL)
        outcome = await _taken(web, _inbound(body, conversation, now=web.clock))
        return JSONResponse({"messages": _messages(outcome.messages), "holder": outcome.holder.value}, headers=_PRIVATE)

    @thread.post(
        "/attachments",
        response_model=MessagesOut,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in _TAKEN},
            }
        },
    )
    async def attach(conversation: Authorised, request: Request, client_id: _ClientId) -> JSONResponse:
        """Hand in a photograph or a PDF, its bytes as the body; whatever it is called, its own bytes say what it is.

        It is kept sealed with the conversation, seen by staff alone and on record, and destroyed with the conversation.
        The answer holds every reply of this turn; the same `client_id` hands in once.
        """
        await within(web.limits, "conversation.attachment", who=conversation.id)
        await within(web.limits, "conversation.message.address", who=caller(request))
        await within(web.limits, "channel.web", who=CHANNEL)
        try:
            document = await web.gateway.look_at(await request.body())
        except DocumentUnusable as unusable:
            status, detail = _UNUSABLE[unusable.code]
            raise ProblemError(status, unusable.code, detail) from None
        photograph = document.media_type is MediaType.PHOTOGRAPH
        inbound = Inbound(
            channel=CHANNEL,
            conversation_id=conversation.id,
            external_id=client_id,
            media=Media.IMAGE if photograph else Media.FILE,
            document=document,
            locale=conversation.locale,
            trace=trace_id.get(),
            received_at=web.clock(),
        )
        outcome = await _taken(web, inbound)
        return JSONResponse({"messages": _messages(outcome.messages), "holder": outcome.holder.value}, headers=_PRIVATE)

    @thread.get("/messages", response_model=MessagesOut)
    async def read_messages(
        conversation: Authorised, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0
    ) -> JSONResponse:
        """Read what was said after a sequence number: the twin of the stream."""
        found = await _after(web, conversation.id, after)
        return JSONResponse({"messages": _messages(found), "holder": conversation.holder.value}, headers=_PRIVATE)

    @thread.post("/signs", status_code=204)
    async def give_sign(body: SignBody, conversation: Authorised) -> Response:
        """Tell the person who holds the thread what was read, and that something is being written."""
        await within(web.limits, "conversation.sign", who=conversation.id)
        async with web.database.unit_of_work() as uow:
            await signs.by_citizen(uow, conversation=conversation, read=body.read, typing=body.typing, now=web.clock())
            await uow.commit()
        return Response(status_code=204)

    @thread.delete("", status_code=204)
    async def erase_conversation(conversation: Authorised) -> Response:
        """Destroy what was said; what an office needs, an application above all, is kept (Personal Information Law art. 47)."""
        async with web.database.unit_of_work() as uow:
            by = Actor(kind=ActorKind.CITIZEN, id=CHANNEL)
            await retention.erase(uow, conversation_id=conversation.id, by=by, now=web.clock())
            await uow.commit()
        web.wake.notify(conversation.id)
        return Response(status_code=204)

    @thread.get("/events", response_class=EventSourceResponse)
    async def stream_events(
        conversation: Authorised, last_event_id: Annotated[str | None, Header()] = None
    ) -> AsyncIterator[ServerSentEvent]:
        """Stream every message once; `id` is its sequence number, and `Last-Event-ID` resumes after it.

        Events named `signs` tell what the person who holds the thread has read, and that they write; they have no id.
        """
        given: dict[str, Any] = {}
        seq = int(last_event_id) if last_event_id and last_event_id.isdecimal() and len(last_event_id) < 10 else 0  # noqa: PLR2004
        yield ServerSentEvent(comment="open")
        with web.wake.subscribe(conversation.id) as woken:
            while not web.closing.is_set():
                woken.clear()
                for message in await _after(web, conversation.id, seq):
                    seq = message.seq
                    yield ServerSentEvent(id=str(seq), data=message_json(message))
                if (sign := await _sign(web, conversation.id)) != given:
                    given = sign
                    yield ServerSentEvent(event="signs", data=sign)
                await _first_of(woken, web.closing)

    return router, thread


_PRIVATE: Final = {"Cache-Control": "no-store"}


def _inbound(body: MessageBody, conversation: Conversation, *, now: Clock) -> Inbound:
    try:
        return Inbound(
            channel=CHANNEL,
            conversation_id=conversation.id,
            external_id=body.client_id,
            text=body.text,
            payload=None if body.payload is None else read_payload(body.payload),
            media=body.media,
            locale=conversation.locale,
            trace=trace_id.get(),
            received_at=now(),
        )
    except InboundRefused as refused:
        field = "payload" if refused.code.startswith(("payload", "act")) else "text"
        raise ProblemError(422, refused.code, refused.detail, field=field) from None


async def _taken(web: WebChannel, inbound: Inbound) -> Outcome:
    try:
        return await web.gateway.receive(inbound)
    except TurnUnderWay as early:
        raise ProblemError(409, early.code, early.detail, field="text") from None


async def _after(web: WebChannel, conversation_id: str, seq: int) -> tuple[StoredMessage, ...]:
    async with web.database.reading() as uow:
        return await conversations.messages_after(uow, conversation_id=conversation_id, seq=seq, limit=_PAGE)


async def _sign(web: WebChannel, conversation_id: str) -> dict[str, Any]:
    """Return what is to be told of the person who holds the thread, nothing where they gave no sign yet."""
    async with web.database.reading() as uow:
        sign = await uow.signs.get(conversation_id=conversation_id, side=Side.STAFF)
    typing = sign.typing(now=web.clock())
    return {"read": sign.read, "typing": typing} if sign.read or typing else {}


async def _first_of(*events: asyncio.Event) -> None:
    """Wait until one of the events is set, or it is time to look anyway."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=_POLL, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()


def _messages(messages: tuple[StoredMessage, ...]) -> list[dict[str, Any]]:
    return [message_json(message) for message in messages]
