"""Who holds a conversation: the bot, nobody yet, or a person, so that a caller is never spoken to by two at once.

The bot gives a thread away and gets it back only from the person who held it, or from a citizen who no longer waits: no timer returns it (会话交接).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

LEASE: Final = timedelta(minutes=15)
"""How long a claim holds without a sign of life; every staff message renews it."""


class Holder(StrEnum):
    """由谁接待: whose words the citizen will read next."""

    BOT = "bot"
    WAITING = "waiting"
    PERSON = "person"
    CLOSED = "closed"


class HolderEvent(StrEnum):
    """What moves a conversation from one holder to another."""

    REQUEST_PERSON = "request_person"
    CLAIM = "claim"
    RENEW = "renew"
    HAND_OVER = "hand_over"
    """Whoever holds the thread passes it on to a colleague."""
    RELEASE = "release"
    CLOSE = "close"
    LEASE_EXPIRED = "lease_expired"
    CITIZEN_WROTE = "citizen_wrote"
    WITHDRAW = "withdraw"
    """The citizen no longer waits; nobody had come."""
    SIGN_OFF = "sign_off"
    """The bot takes its leave; whoever waits for a person keeps waiting."""


class ContactOutcome(StrEnum):
    """接待结果: what a contact came to; whoever gives a thread back says so."""

    ANSWERED = "answered"
    APPLIED = "applied"
    REFERRED = "referred"
    CALL_BACK = "call_back"
    NO_REPLY = "no_reply"
    OUT_OF_SCOPE = "out_of_scope"


class HolderRefused(Exception):
    """The thread cannot move like that; `code` says why."""

    def __init__(self, code: str) -> None:
        """Keep the stable code; the sentence stays free of names."""
        super().__init__(f"conversation does not allow this move: {code}")
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One moment of the holder machine."""

    holder: Holder = Holder.BOT
    staff: str | None = None
    lease_until: datetime | None = None

    def expired(self, *, now: datetime) -> bool:
        """Tell whether the person who claimed the thread has gone away."""
        return self.holder is Holder.PERSON and (self.lease_until is None or self.lease_until <= now)


def move(  # noqa: C901, PLR0911, PLR0912 - one arm an event
    hold: Hold, event: HolderEvent, *, staff: str | None = None, to: str | None = None, now: datetime
) -> Hold:
    """Return the hold after one event, or raise HolderRefused."""
    if hold.expired(now=now) and event is not HolderEvent.LEASE_EXPIRED:
        hold = _waiting()
    match event:
        case HolderEvent.REQUEST_PERSON:
            return hold if hold.holder is Holder.PERSON else _waiting()
        case HolderEvent.CLAIM:
            return _claimed(hold, staff=_named(staff), now=now)
        case HolderEvent.RENEW:
            _require_holder(hold, staff=_named(staff))
            return replace(hold, lease_until=now + LEASE)
        case HolderEvent.HAND_OVER:
            _require_holder(hold, staff=_named(staff))
            return Hold(holder=Holder.PERSON, staff=_named(to), lease_until=now + LEASE)
        case HolderEvent.RELEASE:
            _require_holder(hold, staff=_named(staff))
            return Hold(holder=Holder.BOT)
        case HolderEvent.CLOSE:
            _require_holder(hold, staff=_named(staff))
            return Hold(holder=Holder.CLOSED)
        case HolderEvent.LEASE_EXPIRED:
            if not hold.expired(now=now):
                raise HolderRefused("lease_running")
            return _waiting()
        case HolderEvent.CITIZEN_WROTE:
            return Hold(holder=Holder.BOT) if hold.holder is Holder.CLOSED else hold
        case HolderEvent.WITHDRAW:
            return Hold(holder=Holder.BOT) if hold.holder is Holder.WAITING else hold
        case HolderEvent.SIGN_OFF:
            return Hold(holder=Holder.CLOSED) if hold.holder is Holder.BOT else hold
        case _:
            assert_never(event)


def _claimed(hold: Hold, *, staff: str, now: datetime) -> Hold:
    if hold.holder is Holder.CLOSED:
        raise HolderRefused("conversation_closed")
    if hold.holder is Holder.PERSON and hold.staff != staff:
        raise HolderRefused("held_by_another")
    return Hold(holder=Holder.PERSON, staff=staff, lease_until=now + LEASE)


def _require_holder(hold: Hold, *, staff: str) -> None:
    if hold.holder is not Holder.PERSON or hold.staff != staff:
        raise HolderRefused("not_the_holder")


def _named(staff: str | None) -> str:
    if not staff:
        raise HolderRefused("staff_required")
    return staff


def _waiting() -> Hold:
    return Hold(holder=Holder.WAITING)
