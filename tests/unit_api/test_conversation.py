"""Who holds a conversation."""

from datetime import UTC, datetime, timedelta

import pytest

from api.domain.conversation import LEASE, Hold, Holder, HolderEvent, HolderRefused, move

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
BOT = Hold()
WAITING = Hold(holder=Holder.WAITING)
MINE = Hold(holder=Holder.PERSON, staff="a", lease_until=NOW + LEASE)
CLOSED = Hold(holder=Holder.CLOSED)


class TestEveryMove:
    @pytest.mark.parametrize(
        ("hold", "event", "after"),
        [
            (BOT, HolderEvent.REQUEST_PERSON, WAITING),
            (WAITING, HolderEvent.REQUEST_PERSON, WAITING),
            (MINE, HolderEvent.REQUEST_PERSON, MINE),
            (CLOSED, HolderEvent.REQUEST_PERSON, WAITING),
            (BOT, HolderEvent.CLAIM, MINE),
            (WAITING, HolderEvent.CLAIM, MINE),
            (MINE, HolderEvent.CLAIM, MINE),
            (CLOSED, HolderEvent.CLAIM, "conversation_closed"),
            (BOT, HolderEvent.RENEW, "not_the_holder"),
            (WAITING, HolderEvent.RENEW, "not_the_holder"),
            (MINE, HolderEvent.RENEW, MINE),
            (CLOSED, HolderEvent.RENEW, "not_the_holder"),
            (BOT, HolderEvent.HAND_OVER, "not_the_holder"),
            (WAITING, HolderEvent.HAND_OVER, "not_the_holder"),
            (MINE, HolderEvent.HAND_OVER, Hold(holder=Holder.PERSON, staff="b", lease_until=NOW + LEASE)),
            (CLOSED, HolderEvent.HAND_OVER, "not_the_holder"),
            (BOT, HolderEvent.RELEASE, "not_the_holder"),
            (WAITING, HolderEvent.RELEASE, "not_the_holder"),
            (MINE, HolderEvent.RELEASE, BOT),
            (CLOSED, HolderEvent.RELEASE, "not_the_holder"),
            (BOT, HolderEvent.CLOSE, "not_the_holder"),
            (WAITING, HolderEvent.CLOSE, "not_the_holder"),
            (MINE, HolderEvent.CLOSE, CLOSED),
            (CLOSED, HolderEvent.CLOSE, "not_the_holder"),
            (BOT, HolderEvent.LEASE_EXPIRED, "lease_running"),
            (WAITING, HolderEvent.LEASE_EXPIRED, "lease_running"),
            (MINE, HolderEvent.LEASE_EXPIRED, "lease_running"),
            (CLOSED, HolderEvent.LEASE_EXPIRED, "lease_running"),
            (BOT, HolderEvent.WITHDRAW, BOT),
            (WAITING, HolderEvent.WITHDRAW, BOT),
            (MINE, HolderEvent.WITHDRAW, MINE),
            (CLOSED, HolderEvent.WITHDRAW, CLOSED),
            (BOT, HolderEvent.CITIZEN_WROTE, BOT),
            (WAITING, HolderEvent.CITIZEN_WROTE, WAITING),
            (MINE, HolderEvent.CITIZEN_WROTE, MINE),
            (CLOSED, HolderEvent.CITIZEN_WROTE, BOT),
        ],
    )
    def test_leads_on_or_is_refused(self, hold: Hold, event: HolderEvent, after: Hold | str) -> None:
        if isinstance(after, str):
            with pytest.raises(HolderRefused) as refused:
                move(hold, event, staff="a", to="b", now=NOW)
            assert refused.value.code == after
        else:
            assert move(hold, event, staff="a", to="b", now=NOW) == after


class TestLease:
    def test_keeps_colleagues_out_while_it_runs(self) -> None:
        with pytest.raises(HolderRefused) as refused:
            move(MINE, HolderEvent.CLAIM, staff="b", now=NOW + LEASE - timedelta(seconds=1))
        assert refused.value.code == "held_by_another"

    def test_lets_a_colleague_in_when_it_has_run_out(self) -> None:
        assert move(MINE, HolderEvent.CLAIM, staff="b", now=NOW + LEASE).staff == "b"

    def test_returns_the_thread_to_the_queue_and_never_to_the_bot(self) -> None:
        assert move(MINE, HolderEvent.LEASE_EXPIRED, now=NOW + LEASE) == WAITING
        assert move(MINE, HolderEvent.CITIZEN_WROTE, now=NOW + timedelta(days=3)) == WAITING

    def test_of_a_colleague_begins_when_the_thread_is_handed_over(self) -> None:
        late = NOW + LEASE - timedelta(seconds=1)
        handed = move(MINE, HolderEvent.HAND_OVER, staff="a", to="b", now=late)
        assert not handed.expired(now=NOW + LEASE)
        assert move(handed, HolderEvent.LEASE_EXPIRED, now=late + LEASE) == WAITING

    @pytest.mark.parametrize("staff", ["b", None])
    def test_can_be_handed_over_only_by_its_holder(self, staff: str | None) -> None:
        with pytest.raises(HolderRefused):
            move(MINE, HolderEvent.HAND_OVER, staff=staff, to="c", now=NOW)

    def test_needs_somebody_to_be_handed_to(self) -> None:
        with pytest.raises(HolderRefused):
            move(MINE, HolderEvent.HAND_OVER, staff="a", now=NOW)

    def test_is_renewed_by_a_sign_of_life(self) -> None:
        later = NOW + timedelta(minutes=10)
        assert move(MINE, HolderEvent.RENEW, staff="a", now=later).lease_until == later + LEASE

    def test_needs_somebody_to_hold_it(self) -> None:
        with pytest.raises(HolderRefused):
            move(WAITING, HolderEvent.CLAIM, now=NOW)
