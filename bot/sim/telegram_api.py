"""A Telegram on this machine that keeps the Bot API's rules (https://core.telegram.org/bots/api): what breaks one is refused.

Whoever drives it makes updates (`text`, `press`, …) and brings them to the channel; what the channel sends is in `chats`.
"""

import asyncio
import itertools
import json
import re
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

Update: TypeAlias = dict[str, Any]
"""An update as Telegram sends it."""

LONGEST: Final = 4096
"""UTF-16 units of one message."""
_LONGEST_DATA: Final = 64
"""Bytes behind a button."""
_LONGEST_ALERT: Final = 200
_MOST_BUTTONS: Final = 100
_MOST_IN_A_ROW: Final = 8
_BURST: Final = 20
_WINDOW: Final = 20.0
"""Messages to one chat in so many seconds: one a second, in bursts."""
_JSON: Final = frozenset({"reply_markup", "link_preview_options", "allowed_updates", "commands"})
"""Fields that are JSON inside the form."""
_LARGEST_FILE: Final = 20 * 1024 * 1024
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
_COMMAND: Final = re.compile(r"[a-z0-9_]{1,32}")
_SHORT_POLL: Final = 0.02
_LONGEST_POLL: Final = 1.0
"""Long enough for whoever waits, short enough to stop in the middle of."""


class Refused(Exception):
    """What Telegram answers to a request that breaks a rule."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        """Keep what is told; `parameters` are the API's ResponseParameters."""
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One button under a message."""

    title: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message that was brought to a chat."""

    id: int
    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(slots=True, kw_only=True)
class Chat:
    """One user's chat with the bot, or a group that it is in."""

    id: int
    kind: str = "private"
    sent: list[Sent] = field(default_factory=list)
    blocked: bool = False
    """The user blocked the bot, or it has left the group."""
    quiet_until: float = 0.0
    """Before which nothing may be sent after a 429."""
    times: deque[float] = field(default_factory=deque)
    floods: deque[int] = field(default_factory=deque)
    """What the next messages are refused with, in seconds."""


@dataclass(slots=True, kw_only=True)
class FakeTelegram:
    """The platform: its chats, its queue, and what it refused."""

    token: str
    chats: dict[int, Chat] = field(default_factory=dict)
    webhook: Mapping[str, Any] = field(default_factory=dict)
    commands: Sequence[Mapping[str, str]] = ()
    queue: list[Update] = field(default_factory=list)
    """What getUpdates has not yet been asked beyond."""
    polls: int = 0
    """How often getUpdates was asked."""
    queries: dict[str, str | None] = field(default_factory=dict)
    """Answered callback queries, and what was shown for them."""
    refused: list[str] = field(default_factory=list)
    ticks: Callable[[], float] = time.monotonic
    """Seconds since some moment: what floods are counted by."""
    files: dict[str, bytes] = field(default_factory=dict)
    """What users sent, by `file_id`."""
    link_lasts: float = 3600.0
    """Seconds for which a file is given under its path."""
    never_takes: tuple[str, ...] = ()
    """Words that no message may hold."""
    away: int = 0
    """So many requests fail with 502 before the platform is back."""
    app: FastAPI = field(init=False)
    _pressed: set[str] = field(default_factory=set)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _polling: bool = False
    _paths: dict[str, tuple[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Open the door."""
        self.app = FastAPI(openapi_url=None)
        self.app.post("/bot{token}/{method}")(self._serve)
        self.app.get("/file/bot{token}/{path:path}")(self._give)

    # ---- what users do

    def chat(self, user: int, kind: str = "private") -> Chat:
        """Return a chat; whoever wrote once has one."""
        return self.chats.setdefault(user, Chat(id=user, kind=kind))

    def message(self, user: int, *, id: int | None = None, kind: str = "private", **content: object) -> Update:  # noqa: A002
        """Have a user send something; the same id again is the same message, redelivered."""
        return self._update("message", self._message(user, content, id=id, kind=kind))

    def text(self, user: int, words: str, *, id: int | None = None) -> Update:  # noqa: A002
        """Have a user send words; a command is marked as Telegram marks it."""
        command = words.split(maxsplit=1)[0] if words.startswith("/") else ""
        marked = [{"type": "bot_command", "offset": 0, "length": len(command)}] if command else []
        return self.message(user, id=id, text=words, entities=marked)

    def edit(self, user: int, id: int, **content: object) -> Update:  # noqa: A002
        """Have a user change a message."""
        return self._update("edited_message", self._message(user, {"edit_date": int(time.time()), **content}, id=id))

    def press(self, user: int, title: str) -> Update:
        """Have a user press the newest button of this title. Raises KeyError."""
        for sent in reversed(self.chat(user).sent):
            for button in sent.buttons:
                if button.title.endswith(title):
                    return self.press_data(user, button.data, message=sent.id)
        raise KeyError(title)

    def press_data(self, user: int, data: str, *, message: int = 1) -> Update:
        """Have a user press a button by what is behind it."""
        query = str(next(self._ids))
        self._pressed.add(query)
        below = {"message_id": message, "date": int(time.time()), "chat": self._chat_json(user, "private")}
        return self._update(
            "callback_query",
            {"id": query, "from": self._user_json(user), "chat_instance": "1", "data": data, "message": below},
        )

    def membership(self, chat: int, *, kind: str, status: str = "member") -> Update:
        """Have the bot put into a group or channel, or blocked by a user (`kicked`)."""
        self.chat(chat, kind).blocked = status in {"left", "kicked"}
        member = {"user": {"id": 1, "is_bot": True, "first_name": "bot"}, "status": status}
        old = {**member, "status": "left"}
        return self._update(
            "my_chat_member",
            {
                "chat": self._chat_json(chat, kind),
                "from": self._user_json(7),
                "date": int(time.time()),
                "old_chat_member": old,
                "new_chat_member": member,
            },
        )

    def _message(
        self,
        user: int,
        content: Mapping[str, object],
        *,
        id: int | None = None,  # noqa: A002
        kind: str = "private",
    ) -> Update:
        self.chat(user, kind)
        return {
            "message_id": next(self._ids) if id is None else id,
            "date": int(time.time()),
            "chat": self._chat_json(user, kind),
            "from": self._user_json(abs(user)),
            **content,
        }

    def _update(self, kind: str, content: Mapping[str, object]) -> Update:
        return {"update_id": next(self._ids), kind: content}

    def _chat_json(self, chat: int, kind: str) -> dict[str, Any]:
        return {"id": chat, "type": kind, **({"first_name": "王"} if kind == "private" else {"title": "群"})}

    def _user_json(self, user: int) -> dict[str, Any]:
        return {"id": user, "is_bot": False, "first_name": "王", "language_code": "zh-hans"}

    # ---- what the bot does

    async def _serve(self, token: str, method: str, request: Request) -> JSONResponse:
        try:
            self._let_in(token)
            form = await request.form()
            result = await self._call(method.lower(), {key: _value(key, text) for key, text in form.items()})
        except Refused as refused:
            self.refused.append(refused.description)
            told = {"parameters": refused.parameters} if refused.parameters else {}
            body = {"ok": False, "error_code": refused.status, "description": refused.description, **told}
            return JSONResponse(body, refused.status)
        return JSONResponse({"ok": True, "result": result})

    def _let_in(self, token: str) -> None:
        if self.away:
            self.away -= 1
            raise Refused(502, "Bad Gateway")
        if token != self.token:
            raise Refused(401, "Unauthorized")

    async def _call(self, method: str, sent: Mapping[str, Any]) -> object:
        match method:
            case "sendmessage":
                return self._send(sent)
            case "answercallbackquery":
                return self._answer(sent)
            case "getfile":
                return self._file(str(sent["file_id"]))
            case "leavechat":
                self._reachable(sent).blocked = True
            case "getupdates":
                return await self._updates(sent)
            case "setwebhook":
                self._set_webhook(sent)
            case "deletewebhook":
                self.webhook = {}
            case "setmycommands":
                self._set_commands(sent)
            case _:
                raise Refused(404, "Not Found")
        return True

    def _file(self, name: str) -> dict[str, Any]:
        if name not in self.files:
            raise Refused(400, "Bad Request: invalid file_id")
        size = len(self.files[name])
        if size > _LARGEST_FILE:
            raise Refused(400, "Bad Request: file is too big")
        path = f"photos/file_{next(self._ids)}.jpg"
        self._paths[path] = (name, self.ticks() + self.link_lasts)
        return {"file_id": name, "file_unique_id": name[:16], "file_size": size, "file_path": path}

    async def _give(self, token: str, path: str) -> Response:
        """Give a file under the path that getFile told, for an hour."""
        name, until = self._paths.get(path, ("", 0.0))
        if token != self.token or name not in self.files or self.ticks() >= until:
            self.refused.append("Not Found")
            return JSONResponse({"ok": False, "error_code": 404, "description": "Not Found"}, 404)
        return Response(self.files[name], media_type="application/octet-stream")

    def _reachable(self, sent: Mapping[str, Any]) -> Chat:
        chat = self.chats.get(int(sent["chat_id"]))
        if chat is None:
            raise Refused(400, "Bad Request: chat not found")
        if chat.blocked:
            why = (
                "bot was blocked by the user"
                if chat.kind == "private"
                else f"bot is not a member of the {chat.kind} chat"
            )
            raise Refused(403, f"Forbidden: {why}")
        return chat

    def _send(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        chat, text = self._reachable(sent), str(sent.get("text", "")).strip()
        self._slowly(chat)
        if not text:
            raise Refused(400, "Bad Request: message text is empty")
        if any(words in text for words in self.never_takes):
            raise Refused(400, "Bad Request: can't parse entities")
        if len(text.encode("utf-16-le")) // 2 > LONGEST:
            raise Refused(400, "Bad Request: message is too long")
        message = Sent(id=next(self._ids), text=text, buttons=_buttons(sent.get("reply_markup", {})))
        chat.sent.append(message)
        return {
            "message_id": message.id,
            "date": int(time.time()),
            "chat": self._chat_json(chat.id, chat.kind),
            "text": text,
        }

    def _slowly(self, chat: Chat) -> None:
        now = self.ticks()
        if now < chat.quiet_until:
            # Telegram lengthens the wait of whoever does not wait; here it shows as a refusal of its own.
            raise Refused(
                429, "Too Many Requests: asked again too early", retry_after=round(chat.quiet_until - now) + 1
            )
        while chat.times and chat.times[0] < now - _WINDOW:
            chat.times.popleft()
        wait = chat.floods.popleft() if chat.floods else round(_WINDOW) if len(chat.times) >= _BURST else 0
        if wait:
            chat.quiet_until = now + wait
            raise Refused(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        chat.times.append(now)

    def _answer(self, sent: Mapping[str, Any]) -> bool:
        query = str(sent["callback_query_id"])
        if query not in self._pressed:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        if len(str(sent.get("text", ""))) > _LONGEST_ALERT:
            raise Refused(400, "Bad Request: MESSAGE_TOO_LONG")
        self._pressed.discard(query)
        self.queries[query] = sent.get("text")
        return True

    async def _updates(self, sent: Mapping[str, Any]) -> list[Update]:
        if self.webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
        if self._polling:
            raise Refused(409, "Conflict: terminated by other getUpdates request")
        self._polling = True
        self.polls += 1
        try:
            self.queue = [update for update in self.queue if update["update_id"] >= int(sent.get("offset", 0))]
            late = time.monotonic() + min(float(sent.get("timeout", 0)), _LONGEST_POLL)
            while not self.queue and time.monotonic() < late:  # noqa: ASYNC110 - whoever fills the queue tells nobody
                await asyncio.sleep(_SHORT_POLL)
            return self.queue[:100]
        finally:
            self._polling = False

    def _set_webhook(self, sent: Mapping[str, Any]) -> None:
        if not str(sent.get("url", "")).startswith("https://"):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if "secret_token" in sent and not _SECRET.fullmatch(str(sent["secret_token"])):
            raise Refused(400, "Bad Request: secret token contains unallowed characters")
        self.webhook = dict(sent)

    def _set_commands(self, sent: Mapping[str, Any]) -> None:
        for command in sent["commands"]:
            if not _COMMAND.fullmatch(command["command"]) or not command["description"]:
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
        self.commands = sent["commands"]


def _buttons(markup: Mapping[str, Any]) -> tuple[Button, ...]:
    rows = markup.get("inline_keyboard", [])
    if any(len(row) > _MOST_IN_A_ROW for row in rows) or sum(map(len, rows)) > _MOST_BUTTONS:
        raise Refused(400, "Bad Request: reply markup is too long")
    buttons = tuple(Button(title=one["text"], data=one["callback_data"]) for row in rows for one in row)
    if any(not one.title.strip() for one in buttons):
        raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")
    if any(not 1 <= len(one.data.encode()) <= _LONGEST_DATA for one in buttons):
        raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return buttons


def _value(key: str, text: object) -> Any:  # noqa: ANN401 - a form's value is a text, or JSON of anything
    return json.loads(text) if key in _JSON and isinstance(text, str) else text
