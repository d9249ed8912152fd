"""A WeChat on this machine that keeps the platform's rules (https://developers.weixin.qq.com/doc/service/): what breaks one is refused.

Whoever drives it has users write (`text`, `event`, …); it calls the account's door as WeChat does, three times five
seconds, and what a user then reads is in `users`.
"""

import asyncio
import itertools
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from bot.channels.wechat.envelope import Envelope, Stamp, read_xml, sign, xml

LONGEST: Final = 2048
"""Bytes of one text."""
BROKEN: Final = "该公众号提供的服务出现故障，请稍后再试"
"""What a user reads where the account did not answer, or nothing that can be read."""
_TRIES: Final = 3
_TOKEN_LASTS: Final = timedelta(seconds=7200)
_BETWEEN_FORCES: Final = timedelta(seconds=30)
_TWO_DAYS: Final = timedelta(hours=48)
_MEDIA_LASTS: Final = timedelta(days=3)
_MINUTE: Final = timedelta(minutes=1)
_AFTER_A_MESSAGE: Final = 5
_AFTER_A_TAP: Final = 3
_MASS_A_MONTH: Final = 4
_NAME_KNOWN: Final = timedelta(hours=24)
"""For how long a `clientmsgid` is known."""
_FEWEST: Final = 2
_MOST: Final = 10_000
_BUTTONS: Final = 3
_SUB_BUTTONS: Final = 5
_TITLE: Final = 16
_SUB_TITLE: Final = 60
_KEY: Final = 128
_TAPS: Final = frozenset({"subscribe", "CLICK", "SCAN"})


class Seal(Protocol):
    """The platform's side of the envelope."""

    def seal(self, text: str, /, *, now: datetime) -> Mapping[str, str]:
        """Return Encrypt, MsgSignature, TimeStamp and Nonce of a message."""

    def open(self, reply: str, /, *, now: datetime) -> Mapping[str, str]:
        """Return the fields of a reply. Raises an error of its own for what cannot be opened."""


@dataclass(frozen=True, slots=True)
class OurSeal:
    """The envelope as the account itself has it; tests bring another's."""

    envelope: Envelope

    def seal(self, text: str, /, *, now: datetime) -> Mapping[str, str]:
        """Seal a message."""
        return read_xml(self.envelope.seal(text, now=now).encode())

    def open(self, reply: str, /, *, now: datetime) -> Mapping[str, str]:
        """Open a reply. Raises EnvelopeRefused, MessageUnreadable."""
        found = read_xml(reply.encode())
        time, nonce = found["TimeStamp"], found["Nonce"]
        stamp = Stamp(
            signature=sign(self.envelope.token, time, nonce),
            timestamp=time,
            nonce=nonce,
            msg_signature=found["MsgSignature"],
        )
        return self.envelope.open(stamp, reply.encode(), now=now)


class Refused(Exception):
    """What the API answers to a request that breaks a rule."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        """Keep what is told."""
        super().__init__(errmsg)
        self.errcode = errcode
        self.errmsg = errmsg


@dataclass(slots=True, kw_only=True)
class User:
    """Somebody who has talked with the account."""

    read: list[str] = field(default_factory=list)
    follows: bool = True
    left: int = 0
    """Customer-service messages that may still come."""
    until: datetime | None = None
    mass: int = 0
    """Broadcasts this month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How one message fared at the account's door: a status for each try, None where WeChat hung up."""

    tries: tuple[int | None, ...]
    reply: str | None


@dataclass(slots=True, kw_only=True)
class FakeWeChat:
    """The platform: its users, its tokens, and what it refused."""

    app_id: str
    secret: str
    token: str
    original_id: str
    clock: Callable[[], datetime]
    door: httpx.AsyncClient
    """Reaches the account; the path is `path`."""
    path: str
    seal: Seal | None = None
    """None in plain mode (明文模式)."""
    both: bool = False
    """Compatible mode (兼容模式): the text stands beside what is sealed."""
    patience: float = 5.0
    verified: bool = True
    """Whether the account may use the API at all (认证)."""
    users: dict[str, User] = field(default_factory=dict)
    tokens: dict[str, datetime] = field(default_factory=dict)
    current: str = ""
    asked: list[bool] = field(default_factory=list)
    """Requests for a token, and whether each forced a new one."""
    refused: list[int] = field(default_factory=list)
    menu: list[Mapping[str, Any]] = field(default_factory=list)
    media: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    """What users sent, by `MediaId`, and when."""
    never_takes: tuple[str, ...] = ()
    """Words that no message may hold."""
    away: int = 0
    """So many requests fail with 502 before the API is back."""
    lost: int = 0
    """So many replies come too late on their way."""
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it did not get its answer in time."""
    app: FastAPI = field(init=False)
    _answered: set[str] = field(default_factory=set)
    _names: dict[str, datetime] = field(default_factory=dict)
    _revoked: set[str] = field(default_factory=set)
    _forced: datetime | None = None
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(24_000_000_000_000_001))

    def __post_init__(self) -> None:
        """Open the API."""
        self.app = FastAPI(openapi_url=None)
        self.app.post("/cgi-bin/{path:path}")(self._serve)
        self.app.get("/cgi-bin/media/get")(self._give)

    # ---- what users do

    def user(self, name: str) -> User:
        """Return a user; whoever does something is one."""
        return self.users.setdefault(name, User())

    async def say(self, user: str, *, id: str | None = None, **content: str) -> Delivery:  # noqa: A002
        """Have a user send a message, `MsgType` and the rest; the same id again is the same message."""
        self._allow(user, _AFTER_A_MESSAGE, _TWO_DAYS)
        return await self._deliver(user, {**content, "MsgId": id or str(next(self._ids))}, key=id)

    async def text(self, user: str, words: str, *, id: str | None = None) -> Delivery:  # noqa: A002
        """Have a user write."""
        return await self.say(user, id=id, MsgType="text", Content=words)

    async def event(self, user: str, event: str, **content: str) -> Delivery:
        """Have a user follow (`subscribe`), leave (`unsubscribe`), tap a button (`CLICK` with its `EventKey`)."""
        if event in _TAPS:
            self._allow(user, _AFTER_A_TAP, _MINUTE)
        self.user(user).follows = event != "unsubscribe"
        return await self._deliver(user, {"MsgType": "event", "Event": event, **content})

    def stamp(self, *, at: datetime | None = None) -> dict[str, str]:
        """Return what stands in the address of every request."""
        timestamp, nonce = str(int((at or self.clock()).timestamp())), secrets.token_hex(5)
        return {"signature": sign(self.token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}

    def request(self, user: str, content: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
        """Return query and body of one try."""
        fields = {
            "ToUserName": self.original_id,
            "FromUserName": user,
            "CreateTime": str(int(self.clock().timestamp())),
            **content,
        }
        query = {**self.stamp(), "openid": user}
        if self.seal is None:
            return query, xml(**fields).encode()
        sealed = self.seal.seal(xml(**fields), now=self.clock())
        query |= {
            "timestamp": sealed["TimeStamp"],
            "nonce": sealed["Nonce"],
            "signature": sign(self.token, sealed["TimeStamp"], sealed["Nonce"]),
            "encrypt_type": "aes",
            "msg_signature": sealed["MsgSignature"],
        }
        beside = fields if self.both else {"ToUserName": self.original_id}
        return query, xml(**beside, Encrypt=sealed["Encrypt"]).encode()

    async def _deliver(self, user: str, content: Mapping[str, str], *, key: str | None = None) -> Delivery:
        """Call the door until it answers in time, three times at most; the user reads the reply, or that it is broken."""
        tries: list[int | None] = []
        created = {"CreateTime": str(int(self.clock().timestamp())), **content}
        for _ in range(_TRIES):
            query, body = self.request(user, created)
            try:
                headers = {"Content-Type": "text/xml"}
                answer = await self.door.post(
                    self.path, params=query, content=body, headers=headers, timeout=self.patience
                )
            except httpx.TimeoutException:
                tries.append(None)
                self.hung_up.set()
                continue
            if self.lost:
                self.lost -= 1
                tries.append(None)
                continue
            tries.append(answer.status_code)
            reply = self._reply(user, answer)
            # A message has one reply; who sends it again of itself gets no second one shown.
            if reply is not None and (key is None or key not in self._answered):
                self.user(user).read.append(reply)
            self._answered |= {key} if key is not None else set()
            return Delivery(tries=tuple(tries), reply=reply)
        self.user(user).read.append(BROKEN)
        return Delivery(tries=tuple(tries), reply=None)

    def _reply(self, user: str, answer: httpx.Response) -> str | None:
        if answer.status_code != httpx.codes.OK:
            return BROKEN
        if answer.text in {"", "success"}:
            return None
        try:
            fields = read_xml(answer.content) if self.seal is None else self.seal.open(answer.text, now=self.clock())
            whole = (fields["ToUserName"], fields["FromUserName"], fields["MsgType"]) == (
                user,
                self.original_id,
                "text",
            )
            words = fields["Content"]
        except Exception:  # noqa: BLE001 - whatever is wrong with a reply, the user is told the same
            return BROKEN
        fits = 0 < len(words.encode()) <= LONGEST and int(fields["CreateTime"]) > 0
        return words if whole and fits else BROKEN

    def _allow(self, user: str, messages: int, time: timedelta) -> None:
        """Give the account its messages to a user: not added up, the greater number and the later end count."""
        found, now = self.user(user), self.clock()
        found.left = max(found.left if found.until is not None and now < found.until else 0, messages)
        found.until = max(now + time, found.until or now)

    # ---- the API

    async def _serve(self, path: str, request: Request) -> dict[str, Any]:
        try:
            return await self._answer(path, request)
        except Refused as refused:
            self.refused.append(refused.errcode)
            return {"errcode": refused.errcode, "errmsg": refused.errmsg}

    async def _answer(self, path: str, request: Request) -> dict[str, Any]:
        if self.away:
            self.away -= 1
            raise Refused(-1, "system error")
        raw = (await request.body()).decode()
        try:
            body = json.loads(raw)
        except ValueError:
            raise Refused(47001, "data format error") from None
        if path == "stable_token":
            return self._give_token(body)
        self._let_in(request.query_params.get("access_token", ""))
        match path:
            case "message/custom/send":
                if "\\u" in raw:
                    raise Refused(47001, "the user would read escapes")
                self._send(body)
            case "message/mass/send":
                return self._broadcast(body)
            case "menu/create":
                self._set_menu(body["button"])
            case _:
                raise Refused(40066, "invalid url")
        return {"errcode": 0, "errmsg": "ok"}

    def _give_token(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if body.get("appid") != self.app_id:
            raise Refused(40013, "invalid appid")
        if body.get("secret") != self.secret:
            raise Refused(40125, "invalid appsecret")
        force, now = bool(body.get("force_refresh", False)), self.clock()
        self.asked.append(force)
        early = self._forced is not None and now - self._forced < _BETWEEN_FORCES
        if (force and not early) or self.tokens.get(self.current, now) <= now:
            self._forced = now if force else self._forced
            self.tokens.pop(self.current, None)
            self.current = secrets.token_urlsafe(96)
            self.tokens[self.current] = now + _TOKEN_LASTS
        return {"access_token": self.current, "expires_in": int((self.tokens[self.current] - now).total_seconds())}

    def keep(self, content: bytes) -> str:
        """Keep what a user sends; return its `MediaId`."""
        name = secrets.token_urlsafe(48)
        self.media[name] = (content, self.clock())
        return name

    async def _give(self, request: Request) -> Response:
        """Give what a user sent, for three days; a refusal has the status of a picture."""
        try:
            return Response(self._kept(request.query_params), media_type="image/jpeg")
        except Refused as refused:
            self.refused.append(refused.errcode)
            return JSONResponse({"errcode": refused.errcode, "errmsg": refused.errmsg})

    def _kept(self, asked: Mapping[str, str]) -> bytes:
        if self.away:
            self.away -= 1
            raise Refused(-1, "system error")
        self._let_in(asked.get("access_token", ""))
        content, at = self.media.get(asked.get("media_id", ""), (b"", self.clock() - _MEDIA_LASTS))
        if self.clock() >= at + _MEDIA_LASTS:
            raise Refused(40007, "invalid media_id")
        return content

    def revoke(self) -> None:
        """End the token before its time; asking goes on giving it until somebody forces another."""
        self._revoked.add(self.current)

    def _let_in(self, token: str) -> None:
        if not self.verified:
            raise Refused(48001, "api unauthorized")
        if token not in self.tokens or token in self._revoked:
            raise Refused(40001, "invalid credential, access_token is invalid or not latest")
        if self.tokens[token] <= self.clock():
            raise Refused(42001, "access_token expired")

    def _send(self, body: Mapping[str, Any]) -> None:
        user, text = self.users.get(body["touser"]), body["text"]["content"]
        if user is None:
            raise Refused(40003, "invalid openid")
        if not user.follows or user.until is None or self.clock() >= user.until:
            raise Refused(45015, "response out of time limit or subscription is canceled")
        if len(text.encode()) > LONGEST:
            raise Refused(45002, "content size out of limit")
        if not text:
            raise Refused(44004, "empty content")
        if any(words in text for words in self.never_takes):
            raise Refused(87014, "risky content")
        if not user.left:
            raise Refused(45047, "out of response count limit")
        user.left -= 1
        user.read.append(text)

    def _broadcast(self, body: Mapping[str, Any]) -> dict[str, Any]:
        users, text = body["touser"], body["text"]["content"]
        name = str(body.get("clientmsgid", next(self._ids)))
        if not _FEWEST <= len(users) <= _MOST:
            raise Refused(40130, "invalid openid list size, at least two openid")
        if name in self._names and self.clock() < self._names[name] + _NAME_KNOWN:
            raise Refused(45065, "clientmsgid exist")
        self._names[name] = self.clock()
        for found in (self.users.get(each) for each in users):
            if found is not None and found.follows and found.mass < _MASS_A_MONTH:
                found.mass += 1
                found.read.append(text)
        return {"errcode": 0, "errmsg": "send job submission success", "msg_id": next(self._ids)}

    def _set_menu(self, buttons: list[Mapping[str, Any]]) -> None:
        if not 1 <= len(buttons) <= _BUTTONS:
            raise Refused(40016, "invalid button size")
        for button in buttons:
            below = button.get("sub_button", [])
            if len(below) > _SUB_BUTTONS:
                raise Refused(40023, "invalid sub button size")
            if len(button["name"].encode()) > _TITLE or any(len(one["name"].encode()) > _SUB_TITLE for one in below):
                raise Refused(40018, "invalid button name size")
            for one in below or [button]:
                if one.get("type") != "click" or not 0 < len(one["key"].encode()) <= _KEY:
                    raise Refused(40019, "invalid button key size")
        self.menu = buttons
