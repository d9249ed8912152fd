"""Opening hours: written as on the door, computed to the minute, and silent where nobody wrote them."""

from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.directory import files
from knowledge_base.directory.book import PLACES
from knowledge_base.directory.hours import CHINA, Hours, HoursUnreadable
from knowledge_base.directory.workdays import Workdays
from knowledge_base.offices import Openness
from knowledge_base.regions import Regions

pytestmark = pytest.mark.unit

_, WORKDAYS = files.read(PLACES, known=Regions.load())
NONE = Workdays()


def at(text: str, moment: str, workdays: Workdays = WORKDAYS) -> tuple[str, str | None]:
    """Return the state, and the moment or day it changes."""
    found = Hours.parse(text).at(datetime.fromisoformat(moment).replace(tzinfo=CHINA), workdays)
    when = found.closes_at or found.opens_at or found.opens_on
    return found.state.value, None if when is None else when.isoformat().removesuffix(":00+08:00")


OFFICE = "工作日 08:30-11:30、14:00-17:30"


class TestOfficeHours:
    @pytest.mark.parametrize(
        ("moment", "expected"),
        [
            ("2026-11-20T08:29", ("closed", "2026-11-20T08:30")),
            ("2026-11-20T08:30", ("open", "2026-11-20T11:30")),
            ("2026-11-20T11:30", ("closed", "2026-11-20T14:00")),
            ("2026-11-20T17:29", ("open", "2026-11-20T17:30")),
            ("2026-11-20T17:30", ("closed", "2026-11-23T08:30")),
            ("2026-02-14T09:00", ("open", "2026-02-14T11:30")),
            ("2026-02-14T18:00", ("closed", "2026-02-24T08:30")),
            ("2026-10-10T15:00", ("open", "2026-10-10T17:30")),
            ("2026-10-08T07:00", ("closed", "2026-10-08T08:30")),
        ],
        ids=["before", "opens", "lunch", "last minute", "weekend", "worked Saturday", "new year", "worked", "after"],
    )
    def test_keep_lunch_weekends_holidays_and_worked_saturdays(self, moment: str, expected: tuple[str, str]) -> None:
        assert at(OFFICE, moment) == expected

    def test_are_told_with_a_reservation_in_a_year_without_a_calendar(self) -> None:
        found = Hours.parse(OFFICE).at(datetime(2027, 2, 8, 9, tzinfo=CHINA), WORKDAYS)
        assert (found.state, found.sure_of_holidays) == (Openness.OPEN, False)
        new_year = Hours.parse(OFFICE).at(datetime(2026, 12, 31, 18, tzinfo=CHINA), WORKDAYS)
        assert (new_year.opens_at, new_year.sure_of_holidays) == (datetime(2027, 1, 1, 8, 30, tzinfo=CHINA), False)
        assert Hours.parse("24小时").at(datetime(2027, 2, 8, 9, tzinfo=CHINA), WORKDAYS).sure_of_holidays


class TestWeekdays:
    @pytest.mark.parametrize(
        ("text", "moment", "expected"),
        [
            ("周三 13:00-17:00", "2026-11-25T12:00", ("closed", "2026-11-25T13:00")),
            ("周三", "2026-11-22T10:00", ("closed", "2026-11-25")),
            ("周三", "2026-11-25T10:00", ("unknown", None)),
            ("周三 09:00-12:00", "2026-02-18T10:00", ("unknown", None)),
            ("周三 09:00-12:00；节假日 休息", "2026-02-18T10:00", ("closed", "2026-02-25T09:00")),
            ("周三 09:00-12:00；节假日 10:00-11:00", "2026-02-18T10:30", ("open", "2026-02-18T11:00")),
            ("周一至周五 09:00-17:00", "2026-02-14T10:00", ("unknown", None)),
            ("周三 09:00-12:00", "2026-02-14T10:00", ("closed", "2026-02-25T09:00")),
            ("周六 09:00-12:00；周日 休息", "2026-11-22T10:00", ("closed", "2026-11-28T09:00")),
        ],
        ids=[
            "today", "day alone", "that day", "a holiday", "closed on holidays", "holiday hours",
            "a worked Saturday", "a day a week", "closed on Sundays",
        ],
    )  # fmt: skip
    def test_say_no_more_than_they_know(self, text: str, moment: str, expected: tuple[str, str | None]) -> None:
        assert at(text, moment) == expected

    def test_skip_a_holiday_with_a_reservation(self) -> None:
        found = Hours.parse("周三").at(datetime(2026, 2, 14, 9, tzinfo=CHINA), WORKDAYS)
        assert (found.opens_on, found.sure_of_holidays) == (date(2026, 2, 25), False)


class TestCircuits:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("每月第二个周二 09:00-12:00", "2026-12-08T09:00"),
            ("每月第四个周日 14:00-15:00", "2026-11-22T14:00"),
            ("每月第五个周一 09:00-12:00", "2026-11-30T09:00"),
            ("每月最后一个周五", "2026-11-27"),
        ],
    )
    def test_come_on_the_counted_weekday(self, text: str, expected: str) -> None:
        assert at(text, "2026-11-22T10:00") == ("closed", expected)


class TestNight:
    @pytest.mark.parametrize(
        ("moment", "expected"),
        [
            ("2026-11-22T01:59", ("open", "2026-11-22T02:00")),
            ("2026-11-22T02:00", ("closed", "2026-11-22T20:00")),
            ("2026-11-22T23:00", ("open", "2026-11-23T02:00")),
        ],
    )
    def test_runs_past_midnight(self, moment: str, expected: tuple[str, str]) -> None:
        assert at("每天 20:00-02:00", moment) == expected

    def test_ends_in_the_morning_after_the_last_night(self) -> None:
        assert at("周五 22:00-06:00", "2026-11-21T05:00") == ("open", "2026-11-21T06:00")
        assert at("周五 22:00-06:00", "2026-11-22T05:00") == ("closed", "2026-11-27T22:00")

    def test_never_closes_around_the_clock(self) -> None:
        assert at("24小时", "2026-02-18T03:00") == ("open", None)


class TestAppointment:
    def test_is_no_opening_time(self) -> None:
        assert at("预约", "2026-11-22T10:00") == ("by_appointment", None)
        assert at("工作日 预约", "2026-11-22T10:00") == ("closed", "2026-11-23")


class TestWriting:
    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            ("工作日　8:30—11:30".replace("—", "-"), "工作日 08:30-11:30"),
            ("工作日 08：30-11：30，14:00至17:30", "工作日 08:30-11:30、14:00-17:30"),
            ("星期一到星期五 9:00-17:00;礼拜天 休息", "周一至周五 09:00-17:00；周日 休息"),
            ("每周三", "周三"),
            ("周末 9:00-12:00", "周六、周日 09:00-12:00"),
            ("全天", "24小时"),
            ("每天24小时", "24小时"),
        ],
    )
    def test_may_be_full_width_and_colloquial(self, written: str, kept: str) -> None:
        assert str(Hours.parse(written)) == kept

    @pytest.mark.parametrize(
        "text",
        ["", "；", "上班时间", "工作日 8点半", "工作日 25:00-26:00", "工作日 08:61-09:00", "周五至周一 09:00-10:00",
         "周三 09:00-09:00", "周三 14:00-17:00、09:00-11:00", "周八", "每月第六个周二", "工作日 24:00-02:00"],
    )  # fmt: skip
    def test_is_refused_where_it_cannot_be_computed_with(self, text: str) -> None:
        with pytest.raises(HoursUnreadable):
            Hours.parse(text)


@st.composite
def spans(draw: st.DrawFn) -> str:
    marks = sorted(draw(st.sets(st.integers(0, 1439), min_size=2, max_size=6)))
    pairs = list(zip(marks[::2], marks[1::2], strict=False))
    return "、".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in pairs)


DAYS = st.sampled_from(
    ["每天", "工作日", "节假日", "周三", "周一至周五", "周六、周日", "每月第一个周四", "每月最后一个周日"]
)
HOURS = st.lists(
    st.tuples(DAYS, st.one_of(spans(), st.sampled_from(["", "休息", "预约", "全天", "22:30-05:00"]))),
    min_size=1,
    max_size=3,
).map(lambda parts: "；".join(f"{days} {times}".strip() for days, times in parts))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001


class TestAnyHours:
    @given(HOURS)
    def test_are_written_as_they_are_read(self, text: str) -> None:
        assert Hours.parse(str(Hours.parse(text))) == Hours.parse(text)

    @given(HOURS, MOMENTS, st.sampled_from([WORKDAYS, NONE]))
    def test_change_when_they_say_and_not_before(self, text: str, moment: datetime, workdays: Workdays) -> None:
        hours = Hours.parse(text)
        found = hours.at(moment, workdays)
        if found.closes_at is not None:
            assert found.closes_at > moment
            assert hours.at(found.closes_at - timedelta(minutes=1), workdays).state is Openness.OPEN
            assert hours.at(found.closes_at, workdays).state is not Openness.OPEN
            halfway = moment + (found.closes_at - moment) / 2
            assert hours.at(halfway, workdays).closes_at == found.closes_at
        if found.opens_at is not None:
            assert found.opens_at > moment
            assert hours.at(found.opens_at, workdays).state is Openness.OPEN
            assert hours.at(found.opens_at - timedelta(minutes=1), workdays).state is not Openness.OPEN

    @given(HOURS, MOMENTS)
    def test_read_the_clock_of_china_wherever_the_question_comes_from(self, text: str, moment: datetime) -> None:
        hours = Hours.parse(text)
        assert hours.at(moment, WORKDAYS) == hours.at(moment.astimezone(CHINA), WORKDAYS)

    @given(MOMENTS)
    def test_of_an_office_follow_the_calendar(self, moment: datetime) -> None:
        day = moment.astimezone(CHINA).date()
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=CHINA)
        is_open = Hours.parse("工作日 09:00-17:00").at(noon, WORKDAYS).state is Openness.OPEN
        assert is_open == WORKDAYS.is_workday(day)


class TestCalendar:
    def test_of_2026_is_the_one_a_maintained_library_keeps_day_by_day(self) -> None:
        """Two hands copied the State Council's notice: a slip of either shows as a day."""
        library = holidays.country_holidays("CN", years=2026)
        days = [date(2026, 1, 1) + timedelta(days=ahead) for ahead in range(365)]
        assert [day for day in days if WORKDAYS.is_workday(day) != library.is_working_day(day)] == []

    def test_of_2026_has_33_days_off_and_6_weekend_days_worked(self) -> None:
        year = WORKDAYS.years[2026]
        assert (len(year.off), len(year.worked)) == (33, 6)
        assert all(day.weekday() >= 5 for day in year.worked)
        assert not year.off & year.worked
