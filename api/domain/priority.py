"""Order of the staff queue: danger, then a time limit of the law, then same-day service, then whoever waits longest."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum

from api.domain.clocks import Clock, end_of_day, last_day, midnight_after
from knowledge_base.types import Urgency


class Rank(IntEnum):
    """Tiers of the queue; smaller comes first."""

    DANGER = 0
    STATUTORY_CLOCK = 1
    SAME_DAY = 2
    OLDEST = 3


def rank(*, urgency: Urgency, clocks: Sequence[Clock], same_day: bool, now: datetime) -> Rank:
    """Return the tier of one item. A person needed today (s1) counts as same-day service."""
    if urgency is Urgency.S0:
        return Rank.DANGER
    if any(clock.pressing(now=now) for clock in clocks):
        return Rank.STATUTORY_CLOCK
    return Rank.SAME_DAY if same_day or urgency is Urgency.S1 else Rank.OLDEST


def sort_key(
    *, urgency: Urgency, clocks: Sequence[Clock], same_day: bool, opened_at: datetime, now: datetime
) -> tuple[Rank, datetime, datetime]:
    """Return what the queue sorts by: the tier, within the clocks' tier the nearest limit, then age."""
    tier = rank(urgency=urgency, clocks=clocks, same_day=same_day, now=now)
    limit = min((clock.due for clock in clocks), default=opened_at) if tier is Rank.STATUTORY_CLOCK else opened_at
    return tier, limit, opened_at


def promised_from(*, due: datetime | None, next_at: datetime | None) -> datetime | None:
    """Return the moment from which something promised stands with what is due the same day; None if nothing was.

    That is the day before the last one; what is booked for a day of its own waits for that day.
    """
    if due is None:
        return None
    if next_at is not None:
        return end_of_day(next_at, days=-1)
    return midnight_after(last_day(due) - timedelta(days=2))
