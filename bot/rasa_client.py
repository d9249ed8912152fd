"""The dialogue engine behind the gateway: Rasa's REST channel on loopback, with none of its syntax let in or out."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final

import httpx
from pydantic import ValidationError

from actions.acts import MetadataKey, command
from bot.gateway import DialogueUnavailable
from bot.messages import Payload, Reply, Say, TextReply, decode

_COMMAND: Final = re.compile(r"^(?:[\s/／]|EXTERNAL:)+")
"""What Rasa would obey at the start of a message: `/intent{"slot": "value"}`, `/restart`, `EXTERNAL: `."""

_CONNECT: Final = 1.0
_READ: Final = 30.0  # a ceiling only: the gateway's budget ends a turn long before
_PROBE: Final = 0.7


class RasaDialogue:
    """Dialogue over `POST /webhooks/rest/webhook`; whatever is not a whole, readable answer is DialogueUnavailable.

    A refused connection costs nothing, so every turn simply tries, and the first turn after Rasa's return is served. Only
    after a turn that hung is Rasa asked for a sign of life first, so that a stuck server costs each citizen less than a
    second instead of the whole budget.
    """

    def __init__(self, *, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Prepare; nothing is sent before the first turn."""
        self._stuck = False
        self._client = httpx.AsyncClient(
            base_url=base_url,
            timeout=httpx.Timeout(_READ, connect=_CONNECT),
            trust_env=False,
            transport=transport,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def alive(self) -> bool:
        """Tell whether the server answers at all."""
        try:
            response = await self._client.get("/", timeout=_PROBE)
        except httpx.HTTPError:
            return False
        return response.is_success

    async def turn(
        self, *, conversation_id: str, text: str | None, payload: Payload | None, metadata: Mapping[str, Any]
    ) -> tuple[Reply, ...]:
        """Answer one turn."""
        if self._stuck and not await self.alive():
            raise DialogueUnavailable(reason="stuck")
        message = command(payload) if payload is not None else _COMMAND.sub("", text or "")
        if not message:
            return (TextReply(say=Say.NOT_UNDERSTOOD),)
        beside = dict(metadata)
        if payload is not None:
            beside[MetadataKey.PAYLOAD] = payload
        body = {"sender": conversation_id, "message": message, "metadata": beside}
        try:
            response = await self._client.post("/webhooks/rest/webhook", json=body)
        except asyncio.CancelledError:
            self._stuck = True
            raise
        except httpx.ConnectError:
            raise DialogueUnavailable(reason="refused") from None
        except httpx.TimeoutException:
            self._stuck = True
            raise DialogueUnavailable(reason="late") from None
        except httpx.HTTPError:
            raise DialogueUnavailable(reason="broken") from None
        self._stuck = False
        if not response.is_success:
            raise DialogueUnavailable(reason=f"status_{response.status_code}")
        return _replies(response)


def _replies(response: httpx.Response) -> tuple[Reply, ...]:
    """Read what the actions returned. An empty list is how Rasa reports an action server that is down."""
    try:
        items = response.json()
        replies = tuple(decode(item["custom"]) for item in items)
    except (ValidationError, ValueError, KeyError, TypeError):
        raise DialogueUnavailable(reason="unreadable") from None
    if not replies:
        raise DialogueUnavailable(reason="empty")
    return replies
