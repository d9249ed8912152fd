"""The app as a SIP endpoint that any exchange can route calls to (自建话务接入; RFC 3261, 3264, 3515, 3550, 4733).

The exchange (PBX, SBC) is trusted with who calls, and nobody else is heard: datagrams from any other address are dropped before they
are read. Sound goes where the exchange says, within the same addresses; `aiosipua` and `aiortp` keep the protocols.
"""

import asyncio
import contextlib
import logging
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog
from aiosipua import IncomingCall, SipRequest, SipResponse, SipUAC, SipUAS, UdpSipTransport
from aiosipua.auth import SipDigestAuth
from aiosipua.headers import parse_address
from aiosipua.message import SipMessage
from aiosipua.registration import Registration, RegistrationState
from aiosipua.sdp import SdpMessage, SdpNegotiationError, negotiate_sdp

from bot.channels.phone.call import Call, Speech
from bot.channels.phone.flow import Flow
from bot.channels.phone.media import Media, open_media
from bot.channels.phone.sip_account import Account
from bot.channels.platform import Background
from knowledge_base.types import Urgency

_CODECS: Final = (8, 0)
"""A-law before μ-law."""
_KEYS: Final = 101
_LARGEST: Final = 16_384
_T1: Final = 0.5
_T2: Final = 4.0
_REPEATS: Final = 32.0
"""How long a request is repeated without an answer: 64 times T1 (RFC 3261, 17.1.2.2)."""
_RING: Final = 40.0
"""How long a person's telephone rings."""
_OK: Final = 200
_BUSY: Final = 503
_NOT_ACCEPTABLE: Final = 488
_GONE: Final = 408
_AGAIN: Final = 30.0
_log = structlog.get_logger(__name__)


class _Door(UdpSipTransport):
    """Opens to the exchange alone, and to nothing that is too large to be SIP."""

    account: Account

    async def start(self) -> None:
        """Listen; the library's own receiver takes the sockets of Python 3.11 for none."""
        loop = asyncio.get_running_loop()
        self._udp_transport, _ = await loop.create_datagram_endpoint(
            lambda: _Receiver(self), local_addr=self.local_addr
        )

    def take(self, data: bytes, addr: tuple[str, int]) -> None:
        """Read one datagram, or leave it unread."""
        if self.account.knows(addr[0]) and len(data) <= _LARGEST:
            self._dispatch(data, addr)


class _Receiver(asyncio.DatagramProtocol):
    """Hands datagrams to the door."""

    def __init__(self, door: _Door) -> None:
        self._door = door

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._door.take(data, (addr[0], addr[1]))

    def error_received(self, exc: Exception) -> None:
        _log.info("sip.unreachable", error=type(exc).__name__)


@dataclass(slots=True, eq=False)
class _Ours:
    """A request of ours inside a call, repeated until it is answered: UDP loses datagrams."""

    answered: "asyncio.Future[int]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    async def sent(self, transport: UdpSipTransport, request: SipRequest, addr: tuple[str, int]) -> int:
        """Return the status of the answer, 408 where there is none."""
        pause, waited = _T1, 0.0
        while waited < _REPEATS:
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(self.answered), pause)
            waited, pause = waited + pause, min(2 * pause, _T2)
            transport.send(request, addr)
        return _GONE


@dataclass(slots=True, eq=False)
class _Leg:
    """The caller's end of one call."""

    line: "SipLine"
    call: IncomingCall
    progress: "asyncio.Queue[int]" = field(default_factory=asyncio.Queue)

    async def transfer(self, urgency: Urgency, /) -> bool:
        """Ask the exchange to put the caller through (REFER); it tells by NOTIFY how that went."""
        target = f"{self.line.account.transfer}?X-Urgency={urgency.value}"
        request = self.line.uac.send_refer(self.call.dialog, target, self.call.source_addr)
        if not _OK <= await self.line.request(request, self.call.source_addr) < 300:  # noqa: PLR2004 - success
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_RING):
                while (status := await self.progress.get()) < _OK:
                    continue
                return status < 300  # noqa: PLR2004 - success
        return False

    async def hang_up(self) -> None:
        """Say BYE; it is repeated in the background until the exchange has heard it."""
        request = self.call.hangup()
        if request is not None:
            self.line.background.keep(
                asyncio.ensure_future(self.line.request(request, self.call.source_addr)),
            )


@dataclass(slots=True, eq=False)
class _Live:
    """One call under way."""

    leg: _Leg
    port: int
    media: Media | None = None
    task: "asyncio.Task[None] | None" = None


class SipLine:
    """One line; `run` serves it until cancelled."""

    def __init__(self, *, account: Account, flow: Flow, speech: Speech, background: Background) -> None:
        """Bind nothing yet."""
        self.account, self.background = account, background
        self._flow, self._speech = flow, speech
        transport = _Door(local_addr=(account.host, account.port))
        transport.account = account
        self._transport = transport
        advertised = (account.advertised, account.port)
        self.uac = SipUAC(transport, advertised_addr=advertised)
        self._uas = SipUAS(transport, uac=self.uac, advertised_addr=advertised, session_expires=account.session_seconds)
        self._uas.on_invite = self._invited
        self._uas.on_reinvite = self._moved
        self._uas.on_bye = lambda call, _request: self._gone(call.call_id)
        self._uas.on_cancel = lambda request, _addr: self._gone(request.call_id or "")
        self._uas.on_ack_timeout = lambda call: self._gone(call.call_id)
        self._uas.on_session_expired = lambda call: self._gone(call.call_id)
        self._uas.on_transfer_progress = self._told
        self._live: dict[str, _Live] = {}
        self._ours: dict[str, _Ours] = {}
        self._ports = list(range(account.rtp_ports[0], account.rtp_ports[1], 2))
        self.ready = asyncio.Event()

    @property
    def calls(self) -> int:
        """Return how many calls are under way."""
        return len(self._live)

    async def run(self) -> None:
        """Answer calls until cancelled, then end those that are under way."""
        # The libraries log what they cannot read, numbers of callers included; what matters is logged here without.
        for library in ("aiosipua", "aiortp"):
            logging.getLogger(library).setLevel(logging.CRITICAL + 1)
        await self._uas.start()
        self._transport.on_message = self._message
        registration = None
        try:
            registration = await self._register()
            self.ready.set()
            _log.info("sip.listening", port=self.account.port)
            while True:
                await asyncio.sleep(_AGAIN)
                # A REGISTER that was lost or refused is sent anew: until then nobody reaches the line.
                if registration is not None and registration.state is not RegistrationState.REGISTERED:
                    _log.warning("sip.not_registered", state=registration.state.value)
                    registration.register()
        finally:
            if registration is not None:
                registration.unregister()
            await self._close()

    async def request(self, request: SipRequest, addr: tuple[str, int]) -> int:
        """Have a request that was sent answered, and return the status."""
        branch = request.via[0].branch or ""
        ours = self._ours[branch] = _Ours()
        try:
            return await ours.sent(self._transport, request, addr)
        finally:
            del self._ours[branch]

    def _message(self, message: SipRequest | SipResponse, addr: tuple[str, int]) -> None:
        """Take what the exchange sends; an INVITE that is repeated begins no second call."""
        if isinstance(message, SipResponse):
            via = message.via
            ours = self._ours.get(via[0].branch or "") if via else None
            if ours is not None and message.status_code >= _OK and not ours.answered.done():
                ours.answered.set_result(message.status_code)
        elif message.method == "INVITE" and message.call_id in self._live and ";tag=" not in _to(message):
            return
        self._uas._on_message(message, addr)  # noqa: SLF001 - what start() has put here

    def _invited(self, call: IncomingCall) -> None:
        if len(self._live) >= self.account.most_calls or not self._ports:
            _log.warning("sip.full", calls=len(self._live))
            call.reject(_BUSY)
            return
        remote = _address(call.sdp_offer)
        if remote is None or not self.account.knows(remote[0]):
            _log.warning("sip.no_offer")
            call.reject(_NOT_ACCEPTABLE)
            return
        live = _Live(leg=_Leg(line=self, call=call), port=self._ports.pop(0))
        self._live[call.call_id] = live
        live.task = asyncio.ensure_future(self._answer(live, remote))
        live.task.add_done_callback(partial(self._ended, call.call_id))

    async def _answer(self, live: _Live, remote: tuple[str, int]) -> None:
        call = live.leg.call
        keys = _keys(call.sdp_offer)
        try:
            answer, codec = self._negotiated(call, live.port, keys)
            media = await open_media(
                host=self.account.host, port=live.port, remote=remote, payload_type=codec, keys_payload_type=keys
            )
        except (SdpNegotiationError, OSError) as impossible:
            _log.warning("sip.refused", error=type(impossible).__name__)
            call.reject(_NOT_ACCEPTABLE)
            return
        live.media = media
        call.accept(answer)
        await Call(
            id=uuid.uuid4().hex,
            flow=self._flow,
            speech=self._speech,
            media=media,
            leg=live.leg,
            background=self.background,
            caller=parse_address(call.invite.get_header("from") or "").uri.user,
        ).run()

    def _negotiated(self, call: IncomingCall, port: int, keys: int) -> tuple[SdpMessage, int]:
        if call.sdp_offer is None:
            msg = "no offer"
            raise SdpNegotiationError(msg)
        return negotiate_sdp(
            call.sdp_offer,
            local_ip=self.account.advertised,
            rtp_port=port,
            supported_codecs=list(_CODECS),
            dtmf_payload_type=keys,
        )

    def _moved(self, call: IncomingCall) -> None:
        """Answer an exchange that holds or moves a call (re-INVITE)."""
        live = self._live.get(call.call_id)
        if live is None or live.media is None:
            call.reject(481)
            return
        if call.sdp_offer is None:
            call.accept(call.sdp_answer)
            return
        remote = None if _held(call.sdp_offer) else _address(call.sdp_offer)
        try:
            answer, _ = self._negotiated(call, live.port, _keys(call.sdp_offer))
        except SdpNegotiationError:
            answer = None
        if answer is None or (remote is not None and not self.account.knows(remote[0])):
            # A refused re-INVITE changes nothing (RFC 3261, 14.2).
            call._send_response(_NOT_ACCEPTABLE, "Not Acceptable Here")  # noqa: SLF001 - reject() would end the call
            return
        live.media.move(remote)
        call.accept(answer)

    def _told(self, call_id: str, status: int, _reason: str) -> None:
        live = self._live.get(call_id)
        if live is not None:
            live.leg.progress.put_nowait(status)

    def _gone(self, call_id: str) -> None:
        live = self._live.get(call_id)
        if live is not None and live.task is not None:
            live.task.cancel()

    def _ended(self, call_id: str, task: "asyncio.Task[None]") -> None:
        live = self._live.pop(call_id)
        self._ports.append(live.port)
        self.background.keep(asyncio.ensure_future(live.leg.hang_up()))
        # The library forgets calls that the other side ends; those that we end are forgotten here.
        self._uas._calls.pop(call_id, None)  # noqa: SLF001 - it offers no other way
        live.leg.call._stop_retransmissions()  # noqa: SLF001 - nor to let go of a 200 that nobody acknowledged
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("sip.call_failed", error=type(error).__name__)

    async def _register(self) -> Registration | None:
        """Tell the exchange where the line is, where it wants to be told; the library refreshes it."""
        account = self.account
        if account.registrar is None:
            return None
        registration = Registration(
            self.uac,
            account.uri,
            account.registrar,
            auth=SipDigestAuth(account.uri.removeprefix("sip:").partition("@")[0], account.password),
        )
        registration.on_registered = lambda _done: _log.info("sip.registered")
        registration.register()
        return registration

    async def _close(self) -> None:
        tasks = [live.task for live in self._live.values() if live.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)
        # What was asked of the exchange has been sent; nobody is there any more to repeat it.
        for ours in self._ours.values():
            if not ours.answered.done():
                ours.answered.set_result(_GONE)
        await self._uas.stop()


def _to(message: SipMessage) -> str:
    return message.headers.get_first("to") or ""


def _address(offer: SdpMessage | None) -> tuple[str, int] | None:
    address = None if offer is None else offer.rtp_address
    return address if address is not None and 0 < address[1] < 65_536 else None  # noqa: PLR2004 - ports


def _held(offer: SdpMessage) -> bool:
    """Tell whether the exchange holds the call: it wants nothing sent to it."""
    address, audio = offer.rtp_address, offer.audio
    return audio is not None and (audio.direction in ("sendonly", "inactive") or (address or "")[0] == "0.0.0.0")  # noqa: S104 - compared, not bound


def _keys(offer: SdpMessage | None) -> int:
    """Return under which payload type the exchange sends keys."""
    audio = None if offer is None else offer.audio
    codecs = () if audio is None else audio.codecs
    return next((each.payload_type for each in codecs if each.encoding_name.lower() == "telephone-event"), _KEYS)
