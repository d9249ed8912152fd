"""Settings of the telephone lines, and of the hours in which somebody is there to be put through to."""

import re
from pathlib import Path
from typing import Final, Self

from pydantic import Field, IPvAnyAddress, IPvAnyNetwork, SecretStr, TypeAdapter, ValidationError, model_validator

from api.config import Settings
from knowledge_base.directory.hours import Hours, HoursUnreadable

_NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}")
_SIP: Final = re.compile(r"sip:[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9.-]{1,253}(?::\d{1,5})?", re.ASCII)
_PORT: Final = 65_535
_QUEUE: Final = re.compile(r"queue:[A-Za-z0-9_-]{1,60}")


class PhoneSettings(Settings):
    """Read from the environment, `LEGAL_AID_…`."""

    public_url: str = Field(
        default="",
        pattern=r"^(https://[A-Za-z0-9.:\[\]-]+/?)?$",
        description="Where platforms reach the app from outside, https://… without a path.",
    )
    duty_hours: str = Field(
        default="工作日 08:30-11:30、13:30-17:30",
        description="When somebody takes over conversations and calls, in the words of docs/directory.md.",
    )
    twilio_auth_token: SecretStr = Field(
        default=SecretStr(""), description="Auth token of the Twilio account; the line is off when empty."
    )
    twilio_transfer: str = Field(
        default="", description="Where callers are put through: +86…, queue:NAME, or nowhere when empty."
    )
    twilio_caller_id: str = Field(default="", description="The number that is shown to whoever is called for a caller.")
    twilio_speech_language: str = Field(default="cmn-Hans-CN", description="Language of Twilio's recogniser.")
    twilio_say_language: str = Field(default="cmn-CN", description="Language of Twilio's voice.")
    twilio_voice: str = Field(default="Polly.Zhiyu", description="Twilio's voice.")

    sip_listen: str = Field(
        default="", description="Address and port of the self-hosted line, 192.0.2.7:5060; off when empty."
    )
    sip_advertised: str = Field(
        default="", description="The address that the exchange reaches the line at, where it is another."
    )
    sip_peers: tuple[IPvAnyNetwork, ...] = Field(
        default=(), description="Addresses of the exchange, as a JSON list; nobody else is heard."
    )
    sip_rtp_ports: str = Field(default="30000-30999", description="UDP ports of the sound, two a call.")
    sip_calls: int = Field(default=40, ge=1, le=400, description="Calls at once; more are told that the line is busy.")
    sip_transfer: str = Field(
        default="", description="Where callers are put through: sip:desk@pbx.example; nowhere when empty."
    )
    sip_registrar: str = Field(
        default="", description="Address and port to register at; empty, the exchange routes calls by itself."
    )
    sip_uri: str = Field(default="", description="The line's own address at the registrar, sip:12348@pbx.example.")
    sip_password: SecretStr = Field(default=SecretStr(""), description="The line's password at the registrar.")
    sip_voice: str = Field(
        default="espeak-ng -v cmn-latn-pinyin -s 170 --stdin --stdout",
        description="Program that says a sentence: text in, WAV out.",
    )
    sip_voice_slow: str = Field(
        default="espeak-ng -v cmn-latn-pinyin -s 120 --stdin --stdout", description="The same, slower."
    )
    sip_recordings: Path | None = Field(
        default=None, description="Folder of sentences that a person has spoken, one WAV each, named by the sentence."
    )
    sip_recogniser: str = Field(
        default="",
        description="Program that writes down what is said: WAV in, one line out; callers have keys when empty.",
    )

    sip_voice_model: Path | None = Field(
        default=None, description="Folder of a VITS model for sherpa-onnx, which says sentences instead of the program."
    )
    sip_recogniser_model: Path | None = Field(
        default=None, description="Folder of a SenseVoice model for sherpa-onnx, instead of the program."
    )

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if not self.sip_listen:
            return self
        first, _, last = self.sip_rtp_ports.partition("-")
        ports_fit = first.isdecimal() and last.isdecimal() and 1024 <= int(first) <= int(last) - 2 <= _PORT  # noqa: PLR2004 - not the system's
        wrong = {
            "LEGAL_AID_SIP_LISTEN is ADDRESS:PORT": not _endpoint(self.sip_listen),
            "LEGAL_AID_SIP_LISTEN is one address of this machine; one that the exchange reaches otherwise needs "
            "LEGAL_AID_SIP_ADVERTISED": self.sip_listen.startswith("0.0.0.0:") and not self.sip_advertised,
            "LEGAL_AID_SIP_ADVERTISED is an address": not _address(self.sip_advertised or "192.0.2.1"),
            "LEGAL_AID_SIP_PEERS names the exchange: a line that hears everybody is called by everybody": not self.sip_peers,
            "LEGAL_AID_SIP_RTP_PORTS is FIRST-LAST": not ports_fit,
            "LEGAL_AID_SIP_TRANSFER is an address like sip:desk@pbx.example": bool(self.sip_transfer)
            and not _SIP.fullmatch(self.sip_transfer),
            "LEGAL_AID_SIP_RECOGNISER or LEGAL_AID_SIP_RECOGNISER_MODEL: a line has one ear": bool(self.sip_recogniser)
            and self.sip_recogniser_model is not None,
            "LEGAL_AID_SIP_REGISTRAR is ADDRESS:PORT and needs LEGAL_AID_SIP_URI": bool(self.sip_registrar)
            and not (_endpoint(self.sip_registrar) and _SIP.fullmatch(self.sip_uri)),
        }
        for message, holds in wrong.items():
            if holds:
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _can_be_called(self) -> Self:
        try:
            Hours.parse(self.duty_hours)
        except HoursUnreadable as unreadable:
            msg = f"LEGAL_AID_DUTY_HOURS: {unreadable}"
            raise ValueError(msg) from unreadable
        if self.twilio_auth_token.get_secret_value() and not self.public_url:
            msg = "LEGAL_AID_TWILIO_AUTH_TOKEN needs LEGAL_AID_PUBLIC_URL: Twilio signs the address that it calls"
            raise ValueError(msg)
        if self.twilio_transfer and not (
            _NUMBER.fullmatch(self.twilio_transfer) or _QUEUE.fullmatch(self.twilio_transfer)
        ):
            msg = "LEGAL_AID_TWILIO_TRANSFER is a number like +8610…, or queue:NAME"
            raise ValueError(msg)
        return self


def _endpoint(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return _address(host) and port.isdecimal() and 0 < int(port) <= _PORT


def _address(text: str) -> bool:
    try:
        TypeAdapter(IPvAnyAddress).validate_python(text)
    except ValidationError:
        return False
    return True
