"""The self-hosted line: what the settings say of it."""

import ipaddress
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.channels.phone.call import Speech
from bot.channels.phone.sherpa import SherpaEar, SherpaVoice
from bot.channels.phone.speech import (
    ProgramEar,
    ProgramVoice,
    Recognizer,
    RecordedVoice,
    RememberedVoice,
    Synthesizer,
)
from bot.settings import BotSettings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class VoiceMissing(Exception):
    """The line has no voice: the program that the settings name is not installed."""

    code = "sip_voice_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where the line listens, and the exchange that it listens to."""

    host: str
    port: int
    advertised: str
    peers: tuple[Network, ...]
    """The exchange's addresses; nobody else is heard."""
    rtp_ports: tuple[int, int]
    most_calls: int
    session_seconds: int = 1800
    """After so long without a sign of the exchange a call is dead (RFC 4028)."""
    transfer: str = ""
    """The SIP address of whoever answers for people; empty, callers leave a message."""
    registrar: tuple[str, int] | None = None
    uri: str = ""
    password: str = field(default="", repr=False)

    def knows(self, address: str) -> bool:
        """Tell whether an address is the exchange's."""
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self.peers)


def account(settings: BotSettings) -> Account | None:
    """Return the line, None where it is off."""
    if not settings.sip_listen:
        return None
    host, _, port = settings.sip_listen.rpartition(":")
    first, _, last = settings.sip_rtp_ports.partition("-")
    registrar, _, registrar_port = settings.sip_registrar.rpartition(":")
    return Account(
        host=host,
        port=int(port),
        advertised=settings.sip_advertised or host,
        peers=settings.sip_peers,
        rtp_ports=(int(first), int(last)),
        most_calls=settings.sip_calls,
        transfer=settings.sip_transfer,
        registrar=(registrar, int(registrar_port)) if registrar else None,
        uri=settings.sip_uri,
        password=settings.sip_password.get_secret_value(),
    )


def speech(settings: BotSettings, *, common: Sequence[str]) -> Speech:
    """Return how the line speaks and hears; `common` is said in every call. Raises VoiceMissing, ModelUnfit, SpeechFailed."""
    voice = _voice(settings)
    if settings.sip_recordings is not None:
        voice = RecordedVoice.of(settings.sip_recordings, voice)
    return Speech(voice=RememberedVoice(voice=voice, common=frozenset(common)), ear=_ear(settings))


def _voice(settings: BotSettings) -> Synthesizer:
    if settings.sip_voice_model is not None:
        return SherpaVoice.of(settings.sip_voice_model)
    for command in (settings.sip_voice, settings.sip_voice_slow):
        program = next(iter(shlex.split(command)), "")
        if shutil.which(program) is None:
            raise VoiceMissing(program)
    return ProgramVoice(command=settings.sip_voice, slow=settings.sip_voice_slow)


def _ear(settings: BotSettings) -> Recognizer | None:
    if settings.sip_recogniser_model is not None:
        return SherpaEar.of(settings.sip_recogniser_model)
    return ProgramEar(command=settings.sip_recogniser) if settings.sip_recogniser else None
