"""Settings of the telephone lines, and of the hours in which somebody is there to be put through to."""

import re
from typing import Final, Self

from pydantic import Field, SecretStr, model_validator

from api.config import Settings
from knowledge_base.directory.hours import Hours, HoursUnreadable

_NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}")
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
