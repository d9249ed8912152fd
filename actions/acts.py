"""Names what a turn can be, so that Rasa's domain, the conversation edge and the actions mean the same by it.

A choice carries a payload: an act of the public contract, or answers by fact. Rasa gets only the command it stands
for; the payload itself travels as metadata, where no text that a citizen types can reach.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Act(StrEnum):
    """What kind of turn it is. The values are the intents of bot/dialogue/domain.yml; a test holds the two equal."""

    GREET = "greet"
    GOODBYE = "goodbye"
    THANKS = "thanks"
    BOT_CHALLENGE = "bot_challenge"
    CAPABILITIES = "capabilities"
    INSTRUCT = "instruct"
    STATUS = "status"
    OFF_TOPIC = "off_topic"
    ASK = "ask"
    FOLLOW_UP = "follow_up"
    ASK_WHY = "ask_why"
    AFFIRM = "affirm"
    DENY = "deny"
    DONT_KNOW = "dont_know"
    ANSWER = "answer"
    CORRECT = "correct"
    GO_BACK = "go_back"
    START_SCREEN = "start_screen"
    APPLY = "apply"
    CONSENT = "consent"
    HUMAN = "human"
    CANCEL = "cancel"
    START_OVER = "start_over"
    REPEAT = "repeat"
    WITHDRAW = "withdraw"
    """Takes consent or an application back, or asks what is kept."""
    COMPLAIN = "complain"
    """Is dissatisfied with an answer, a lawyer or the staff."""
    APPOINT = "appoint"
    """Wants a person at an agreed time."""
    RATE = "rate"
    """Says how it was."""
    SIMPLER = "simpler"
    """Did not follow: slower, shorter, in plain words."""
    ABUSE = "abuse"
    """Only scolds. Whoever scolds and tells something tells something."""
    MEDIA = "media"
    """A picture, a voice, a place or a silence: something without words. Never typed."""
    NOT_UNDERSTOOD = "nlu_fallback"


PAYLOAD_ACTS: Final[Mapping[str, Act]] = {
    "screen": Act.START_SCREEN,
    "handoff": Act.APPLY,
    "human": Act.HUMAN,
    "consent": Act.CONSENT,
    "cancel": Act.CANCEL,
    "back": Act.GO_BACK,
    "restart": Act.START_OVER,
    "status": Act.STATUS,
    "complain": Act.COMPLAIN,
    "appoint": Act.APPOINT,
    "media": Act.MEDIA,
}
"""The acts of the public contract, and what each is inside."""


class MetadataKey(StrEnum):
    """What the conversation edge sends beside the text, in the REST channel's `metadata`."""

    PAYLOAD = "payload"
    """The object a choice carried, absent for typed text."""
    REGION = "region"
    MESSAGE = "message"
    """The id of the citizen's message: a turn that runs again after a crash is answered as it was."""
    TRACE = "trace"


def command(payload: Mapping[str, object], /) -> str:
    """Return what Rasa is told in place of a payload: the intent alone, never a value."""
    act = payload.get("act")
    return f"/{PAYLOAD_ACTS[act] if isinstance(act, str) and act in PAYLOAD_ACTS else Act.ANSWER}"
