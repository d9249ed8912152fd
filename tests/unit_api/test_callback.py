"""Ringing back: which half-days come, when to ring again, and when to stop."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.callback import MOST, CallOutcome, Half, Slot, coming, next_attempt, slot_of

pytestmark = pytest.mark.unit

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # nine in the morning in China


def works(day: date) -> bool:
    return day.weekday() < 5


class TestHalfDays:
    def test_are_those_of_working_days_that_are_not_over(self) -> None:
        friday_noon = datetime(2026, 11, 27, 5, 0, tzinfo=UTC)
        found = coming(now=friday_noon, works=works, most=3)
        assert [slot.key for slot in found] == ["2026-11-27.pm", "2026-11-30.am", "2026-11-30.pm"]

    def test_leave_out_a_holiday(self) -> None:
        found = coming(now=MONDAY, works=lambda day: works(day) and day != date(2026, 11, 23), most=1)
        assert found[0].key == "2026-11-24.am"

    @pytest.mark.parametrize("key", ["", "2026-11-24", "2026-11-24.noon", "2026-13-01.am", "x.am", "2026-11-24.am.am"])
    def test_are_nothing_else(self, key: str) -> None:
        assert slot_of(key) is None

    @given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(Half))
    def test_are_read_as_they_were_written(self, day: date, half: Half) -> None:
        assert slot_of(Slot(day=day, half=half).key) == Slot(day=day, half=half)


class TestTheNextAttempt:
    def test_of_an_engaged_line_is_soon(self) -> None:
        at = next_attempt([CallOutcome.ENGAGED], now=MONDAY, works=works)
        assert at == MONDAY + timedelta(minutes=30)

    def test_of_a_line_that_nobody_took_is_in_another_half_day(self) -> None:
        at = next_attempt([CallOutcome.NO_ANSWER], now=MONDAY, works=works)
        assert at == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)

    def test_waits_for_the_next_working_day(self) -> None:
        friday_evening = datetime(2026, 11, 27, 8, 50, tzinfo=UTC)
        at = next_attempt([CallOutcome.ENGAGED], now=friday_evening, works=works)
        assert at == datetime(2026, 11, 30, 1, 0, tzinfo=UTC)

    @pytest.mark.parametrize("outcome", [CallOutcome.REACHED, CallOutcome.WRONG_NUMBER, CallOutcome.NOT_SAFE])
    def test_is_none_where_ringing_again_is_no_use(self, outcome: CallOutcome) -> None:
        assert next_attempt([outcome], now=MONDAY, works=works) is None

    @given(st.lists(st.sampled_from([CallOutcome.NO_ANSWER, CallOutcome.ENGAGED]), min_size=MOST, max_size=9))
    def test_is_none_after_three(self, tried: list[CallOutcome]) -> None:
        assert next_attempt(tried, now=MONDAY, works=works) is None
