"""A telephone of the exchange's on loopback: real SIP and RTP on real sockets, and a voice whose sentences can be read."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

import numpy as np
from aiortp import RTPSession
from aiosipua import IncomingCall, OutgoingCall, SipUAC, SipUAS, UdpSipTransport
from aiosipua.refer import notify_refer
from aiosipua.sdp import build_sdp

from bot.channels.phone.call import Speech
from bot.channels.phone.flow import Flow
from bot.channels.phone.sip import SipLine
from bot.channels.phone.sip_account import Account
from bot.channels.phone.speech import RATE, SpeechFailed, loudness
from bot.channels.phone.steps import Heard
from bot.channels.platform import Background

LOOPBACK = "127.0.0.1"
FRAME = 320


def free_port(*, pair: bool = False) -> int:
    """Return a UDP port that nobody has, an even one with its neighbour where a pair is wanted."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
        ):
            one.bind((LOOPBACK, 0))
            port: int = one.getsockname()[1]
            if not pair:
                return port
            if port % 2:
                continue
            with contextlib.suppress(OSError):
                two.bind((LOOPBACK, port + 1))
                return port


def tone(seconds: float, *, loud: float = 0.3) -> bytes:
    """Return a steady tone."""
    times = np.arange(int(seconds * RATE)) / RATE
    return bytes((np.sin(2 * np.pi * 440 * times) * loud * 32767).astype("<i2").tobytes())


@dataclass
class ReadableVoice:
    """Beeps for every sentence and remembers it."""

    seconds: float = 0.05
    said: list[str] = field(default_factory=list)
    slow: int = 0
    mute: bool = False

    async def say(self, sentence: str, /, *, slow: bool) -> bytes:
        if self.mute:
            raise SpeechFailed("program_failed")
        self.said.append(sentence)
        self.slow += slow
        return tone(self.seconds)

    @property
    def text(self) -> str:
        return "".join(self.said)


@dataclass
class ScriptedEar:
    """Hears what the test says it hears, and keeps the sound."""

    words: list[str] = field(default_factory=list)
    sounds: list[bytes] = field(default_factory=list)

    async def hear(self, sound: bytes, /, *, hints: Sequence[str]) -> Heard:
        del hints
        self.sounds.append(sound)
        return Heard(text=self.words.pop(0), confidence=0.9)


@dataclass
class Phone:
    """One telephone behind the exchange."""

    port: int
    uac: SipUAC
    uas: SipUAS
    number: str = "13812345678"
    call: OutgoingCall | None = None
    sound: RTPSession | None = None
    rtp: int = 0
    """The port its sound is on, from the first call on."""
    heard: float = 0.0
    """Seconds of sound that was no silence."""
    packets: int = 0
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    referred: "asyncio.Future[str]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    refer_outcome: int | None = 200
    _at: int = 0

    async def dial(self, port: int) -> None:
        self.rtp = free_port(pair=True)
        offer = build_sdp(LOOPBACK, self.rtp, 8, "PCMA")
        self.call = self.uac.send_invite(
            f"sip:{self.number}@{LOOPBACK}", f"sip:12348@{LOOPBACK}:{port}", (LOOPBACK, port), offer
        )
        await self.call.wait_answered(5)
        assert self.call.sdp_answer is not None
        remote = self.call.sdp_answer.rtp_address
        assert remote is not None
        self.sound = await RTPSession.create((LOOPBACK, self.rtp), remote, 8, jitter_prefetch=0)
        self.sound.on_audio = self._hear

    def reinvite(self, port: int, *, direction: str) -> None:
        """Describe the sound anew: «sendonly» holds the call, «sendrecv» takes it up again (RFC 3264, 8.4)."""
        assert self.call is not None
        offer = build_sdp(LOOPBACK, self.rtp, 8, "PCMA")
        assert offer.audio is not None
        del offer.audio.attributes["sendrecv"]
        offer.audio.attributes[direction] = []
        self.uac.send_reinvite(self.call.dialog, offer, (LOOPBACK, port))

    def _hear(self, sound: bytes, _timestamp: int) -> None:
        self.packets += 1
        if loudness(sound) > 1000:
            self.heard += len(sound) / 2 / RATE

    def press(self, keys: str) -> None:
        assert self.sound is not None
        for key in keys:
            self._at += 1600
            self.sound.send_dtmf(key, 100, timestamp=self._at)

    async def speak(self, seconds: float) -> None:
        """Speak, then be silent long enough for it to be heard as ended."""
        await self.play(tone(seconds) + bytes(int(0.9 * RATE) * 2))

    async def play(self, sound: bytes) -> None:
        assert self.sound is not None
        for start in range(0, len(sound), FRAME):
            self.sound.send_audio_pcm(sound[start : start + FRAME], self._at)
            self._at += 160
            await asyncio.sleep(0.005)

    def hang_up(self) -> None:
        assert self.call is not None
        self.call.hangup(self.uac)

    def _refer(self, call: IncomingCall, target: str) -> None:
        self.referred.set_result(target)
        if self.refer_outcome is not None:
            notify_refer(call, 180, "Ringing")
            notify_refer(call, self.refer_outcome)

    async def close(self) -> None:
        if self.sound is not None:
            await self.sound.close()
        await self.uas.stop()


@asynccontextmanager
async def phone(*, host: str = LOOPBACK) -> AsyncIterator[Phone]:
    """Plug a telephone in."""
    port = free_port()
    transport = UdpSipTransport(local_addr=(host, port))
    uac = SipUAC(transport)
    uas = SipUAS(transport, uac=uac)
    plugged = Phone(port=port, uac=uac, uas=uas)
    uas.on_bye = lambda _call, _request: plugged.hung_up.set()
    uas.on_refer = plugged._refer  # noqa: SLF001
    await uas.start()
    try:
        yield plugged
    finally:
        await plugged.close()


@dataclass
class Line:
    """The line under test, and what it was told to say."""

    sip: SipLine
    voice: ReadableVoice
    ear: ScriptedEar | None
    background: Background
    flow: Flow

    @property
    def port(self) -> int:
        return self.sip.account.port


@asynccontextmanager
async def line(flow: Flow, *, ear: ScriptedEar | None = None, **settings: Any) -> AsyncIterator[Line]:  # noqa: ANN401
    """Serve one line on loopback."""
    background, voice = Background(), ReadableVoice()
    first = free_port(pair=True)
    account = Account(
        **{
            "host": LOOPBACK,
            "port": free_port(),
            "advertised": LOOPBACK,
            "peers": (ip_network("127.0.0.1/32"),),
            "rtp_ports": (first, first + 200),
            "most_calls": 40,
            "transfer": "sip:desk@pbx.example",
            **settings,
        }
    )
    served = SipLine(account=account, flow=flow, speech=Speech(voice=voice, ear=ear), background=background)
    task = asyncio.ensure_future(served.run())
    await asyncio.wait_for(served.ready.wait(), 5)
    try:
        yield Line(sip=served, voice=voice, ear=ear, background=background, flow=flow)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await background.finish()


async def until(holds: Callable[[], bool], *, seconds: float = 8.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - sockets set no event of ours
            await asyncio.sleep(0.02)


async def eventually(holds: Callable[[], Awaitable[bool]], *, seconds: float = 8.0) -> None:
    """Wait until something that must be asked for holds."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - nor does the database
            await asyncio.sleep(0.05)


class Registrar(asyncio.DatagramProtocol):
    """Challenges once, then takes every registration."""

    def __init__(self) -> None:
        self.requests: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        request = data.decode()
        self.requests.append(request)
        head = {"via", "from", "to", "call-id", "cseq", "contact"}
        copied = [each for each in request.split("\r\n") if each.partition(":")[0].lower() in head]
        known = "Authorization:" in request
        status = "200 OK" if known else "401 Unauthorized"
        own = (
            "Expires: 300"
            if known
            else 'WWW-Authenticate: Digest realm="pbx.example", nonce="n1", algorithm=MD5, qop="auth"'
        )
        answer = "\r\n".join([f"SIP/2.0 {status}", *copied, own, "Content-Length: 0", "", ""])
        self._transport.sendto(answer.encode(), addr)


@asynccontextmanager
async def registrar() -> AsyncIterator[tuple[Registrar, int]]:
    """Serve a registrar on loopback."""
    port = free_port()
    transport, served = await asyncio.get_running_loop().create_datagram_endpoint(
        Registrar, local_addr=(LOOPBACK, port)
    )
    try:
        yield served, port
    finally:
        transport.close()
