"""Calls WeChat's API with the account's access token, which all processes share: the platform keeps it.

`stable_token` gives every caller the same token for as long as that is good, so nobody's request ends anybody else's;
one that was revoked is asked for anew, by one process at a time (https://developers.weixin.qq.com/doc/service/api/base/).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import structlog

from api.services import documents
from api.services.documents import DocumentUnusable
from api.services.ports import Clock
from bot.channels.platform import NotFetched, Undeliverable, Unreachable
from bot.channels.wechat.account import Account

Lock = Callable[[str], AbstractAsyncContextManager[None]]
"""Holds a name for one process at a time."""

_SECONDS: Final = 5.0
_MARGIN: Final = timedelta(seconds=60)
"""A token about to end is not used: in the last five minutes the platform gives a new one while both are good."""
_OK: Final = 0
_TOKEN_GONE: Final = frozenset({40001, 40014, 42001})
_UNREACHABLE: Final[Mapping[int, str]] = {
    40003: "unknown_user",
    43004: "not_following",
    43019: "blocked",
    45015: "out_of_time",
    45047: "out_of_messages",
    48001: "not_permitted",
    48002: "declined",
    50002: "user_limited",
}
"""What asking again cannot change: no message within 48 hours, five told since the last, no such right of the account."""
_SENT_BEFORE: Final = 45065
_LATER: Final = frozenset({45009, 45011, 48004, 50001})
"""Too many requests, or an account that may not do this now: it says nothing of the message."""
_NO_SUCH_CODE: Final = -2
_MEDIA: Final = "/cgi-bin/media/get"
_log = structlog.get_logger(__name__)


class WeChatAway(Exception):
    """WeChat does not answer, or not now: to be tried again."""

    code = "wechat_away"


class WeChatRefused(Exception):
    """WeChat refuses a request for a reason that is in it or in the account; `errcode` is the platform's."""

    code = "wechat_refused"

    def __init__(self, errcode: int) -> None:
        """Keep the platform's number for it."""
        super().__init__(str(errcode))
        self.errcode = errcode


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    value: str = field(repr=False)
    until: datetime


class Client:
    """One account's way to the API."""

    def __init__(self, account: Account, *, lock: Lock, clock: Clock) -> None:
        """Prepare; nothing is asked yet."""
        self._account = account
        self._lock = lock
        self._clock = clock
        self._http = httpx.AsyncClient(base_url=account.base_url, timeout=_SECONDS)
        self._held: _Token | None = None

    async def send(self, user: str, text: str, /) -> None:
        """Send one customer-service message (客服消息). Raises Unreachable, Undeliverable, WeChatAway."""
        body = {"touser": user, "msgtype": "text", "text": {"content": text}}
        try:
            await self._call("/cgi-bin/message/custom/send", body)
        except WeChatRefused as refused:
            if refused.errcode in _UNREACHABLE:
                raise Unreachable(_UNREACHABLE[refused.errcode]) from None
            raise (WeChatAway if refused.errcode in _LATER else Undeliverable) from None

    async def broadcast(self, users: Sequence[str], text: str, /, *, name: str) -> None:
        """Send to many at once (根据OpenID列表群发); under the same `name` it goes out once. Raises WeChatRefused, WeChatAway."""
        body = {"touser": list(users), "msgtype": "text", "text": {"content": text}, "clientmsgid": name}
        try:
            await self._call("/cgi-bin/message/mass/send", body)
        except WeChatRefused as refused:
            if refused.errcode != _SENT_BEFORE:
                raise

    async def fetch(self, media: str, /) -> bytes:
        """Return a picture that a user sent (获取临时素材); the platform keeps it three days. Raises NotFetched, DocumentUnusable."""
        try:
            token = await self._token()
            found = await self._get(media, token=token)
            if isinstance(found, int) and found in _TOKEN_GONE:
                found = await self._get(media, token=await self._token(refused=token))
        except WeChatAway:
            raise NotFetched from None
        if isinstance(found, int):
            _log.warning("wechat.refused", path=_MEDIA, errcode=found)
            raise NotFetched
        return found

    async def set_menu(self, buttons: Sequence[Mapping[str, Any]], /) -> None:
        """Replace the account's menu. Raises WeChatRefused, WeChatAway."""
        await self._call("/cgi-bin/menu/create", {"button": list(buttons)})

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _call(self, path: str, body: Mapping[str, Any]) -> None:
        """Call with a token that is good. Raises WeChatRefused, WeChatAway."""
        token = await self._token()
        errcode = _errcode(await self._post(path, body, token=token))
        if errcode in _TOKEN_GONE:
            errcode = _errcode(await self._post(path, body, token=await self._token(refused=token)))
        if errcode == _OK:
            return
        if errcode not in _UNREACHABLE and errcode != _SENT_BEFORE:
            _log.warning("wechat.refused", path=path, errcode=errcode)
        if errcode in _TOKEN_GONE or errcode < _OK:
            raise WeChatAway
        raise WeChatRefused(errcode)

    async def _get(self, media: str, *, token: str) -> bytes | int:
        """Return what is kept under an id, or the platform's number for why it is not. Raises WeChatAway, DocumentUnusable."""
        content = bytearray()
        try:
            params = {"access_token": token, "media_id": media}
            async with self._http.stream("GET", _MEDIA, params=params) as answer:
                answer.raise_for_status()
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > documents.LARGEST:
                        raise DocumentUnusable("document_too_large")
        except httpx.HTTPError as error:
            _log.warning("wechat.away", path=_MEDIA, error=type(error).__name__)
            raise WeChatAway from None
        # A refusal comes with the same status as a picture; only its shape tells.
        if not content.startswith(b"{"):
            return bytes(content)
        try:
            return _errcode(json.loads(content))
        except (ValueError, AttributeError):
            return _NO_SUCH_CODE

    async def _token(self, *, refused: str | None = None) -> str:
        """Return a token that has not been refused. Raises WeChatAway."""
        if (held := self._usable(refused)) is not None:
            return held
        async with self._lock("wechat.token"):
            if (held := self._usable(refused)) is not None:  # somebody here asked while this one waited
                return held
            fresh = await self._ask(force=False)
            if fresh.value == refused:
                # Refused though it should be good: it was revoked, and only force gives another.
                fresh = await self._ask(force=True)
            if fresh.value == refused:  # too soon after the last time for force: the platform asks for 30 seconds
                raise WeChatAway
            self._held = fresh
            return fresh.value

    def _usable(self, refused: str | None) -> str | None:
        held = self._held
        return None if held is None or held.value == refused or self._clock() >= held.until else held.value

    async def _ask(self, *, force: bool) -> _Token:
        asked = {
            "grant_type": "client_credential",
            "appid": self._account.app_id,
            "secret": self._account.secret,
            "force_refresh": force,
        }
        answer = await self._post("/cgi-bin/stable_token", asked)
        value, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not isinstance(seconds, int):
            _log.error("wechat.no_token", errcode=_errcode(answer))
            raise WeChatAway
        return _Token(value=value, until=self._clock() + timedelta(seconds=seconds) - _MARGIN)

    async def _post(self, path: str, body: Mapping[str, Any], *, token: str | None = None) -> Mapping[str, Any]:
        # WeChat shows escapes as they stand: 您, not \u60a8.
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        try:
            answer = await self._http.post(
                path,
                content=content,
                params={} if token is None else {"access_token": token},
                headers={"Content-Type": "application/json; charset=utf-8"},
            )
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            # Its request holds the token.
            _log.warning("wechat.away", path=path, error=type(error).__name__)
            raise WeChatAway from None
        if not isinstance(found, dict):
            _log.warning("wechat.away", path=path, error="no object")
            raise WeChatAway
        return found


def _errcode(answer: Mapping[str, Any]) -> int:
    """Return the platform's number; an answer without one went well."""
    found = answer.get("errcode", _OK)
    return found if isinstance(found, int) else _NO_SUCH_CODE
