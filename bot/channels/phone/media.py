"""The sound of one call, both ways: what is said goes out on a clock, keys and sound come in from one address (RTP, RFC 3550 and 4733)."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, cast

import structlog
from aiortp import RTPSession
from aiortp.clock import MediaClock

_FRAME: Final = 0.02
_SAMPLES: Final = 160
_KEYS: Final = frozenset("0123456789*#")
_LARGEST: Final = 1500
_log = structlog.get_logger(__name__)


class _FromOne(RTPSession):
    """A session that hears one address alone: whoever guesses the port is not the caller."""

    heard_from: str = ""

    def _handle_rtp(self, data: bytes, addr: tuple[str, int]) -> None:
        if addr[0] == self.heard_from and len(data) <= _LARGEST:
            try:
                super()._handle_rtp(data, addr)
            except ValueError:  # an event of less than four bytes
                _log.info("sip.rtp_malformed")

    def _handle_rtcp(self, data: bytes, addr: tuple[str, int]) -> None:
        if addr[0] == self.heard_from and len(data) <= _LARGEST:
            try:
                super()._handle_rtcp(data, addr)
            except ValueError:
                _log.info("sip.rtcp_malformed")


class Media:
    """One call's sound. `on_key` gets each key once, `on_sound` 20 ms at a time."""

    def __init__(self, session: _FromOne) -> None:
        """Take a session that is bound; `open_media` makes one."""
        self._session = session
        self._waiting: deque[bytes] = deque()
        self._played = asyncio.Event()
        self._played.set()
        self._timestamp = 0
        self._held = False
        codec = session.codec
        if codec is None:
            msg = "a call needs a codec"
            raise ValueError(msg)
        self._encode = codec.encode
        self._silence = codec.encode(bytes(2 * _SAMPLES))
        self._clock = MediaClock(_FRAME, self._tick)
        self.on_key: Callable[[str], None] = lambda _key: None
        self.on_sound: Callable[[bytes], None] = lambda _sound: None
        session.on_dtmf = self._pressed
        session.on_audio = lambda sound, _timestamp: self.on_sound(sound)

    def start(self) -> None:
        """Send from now on, silence where nothing is said: a line without packets is taken for dead."""
        self._clock.start()

    def play(self, sound: bytes) -> None:
        """Say this after what is being said."""
        payload = self._encode(sound)
        for start in range(0, len(payload), _SAMPLES):
            frame = payload[start : start + _SAMPLES]
            self._waiting.append(frame + self._silence[: _SAMPLES - len(frame)])
        if self._waiting:
            self._played.clear()

    def hush(self) -> None:
        """Stop in the middle of it."""
        self._waiting.clear()
        self._played.set()

    async def played(self) -> None:
        """Wait until everything was said."""
        await self._played.wait()

    def move(self, address: tuple[str, int] | None) -> None:
        """Send elsewhere, or nowhere while the exchange holds the call."""
        self._held = address is None
        if address is not None:
            self._session.heard_from = address[0]
            self._session.update_remote(address)

    async def close(self) -> None:
        """Let go of the ports."""
        await self._clock.stop()
        await self._session.close()

    def _tick(self) -> None:
        frame = self._waiting.popleft() if self._waiting else self._silence
        if not self._held:
            self._session.send_audio(frame, self._timestamp)
        self._timestamp = (self._timestamp + _SAMPLES) & 0xFFFFFFFF
        if not self._waiting:
            self._played.set()

    def _pressed(self, key: str, _duration: int) -> None:
        if key in _KEYS:
            self.on_key(key)


async def open_media(
    *, host: str, port: int, remote: tuple[str, int], payload_type: int, keys_payload_type: int
) -> Media:
    """Bind a pair of ports, `port` and the next. Raises OSError where they are taken."""
    bound = await _FromOne.create(
        local_addr=(host, port),
        remote_addr=remote,
        payload_type=payload_type,
        dtmf_payload_type=keys_payload_type,
        jitter_prefetch=2,
    )
    session = cast("_FromOne", bound)  # create() makes what it is called on
    session.heard_from = remote[0]
    return Media(session)
