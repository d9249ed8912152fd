"""Time limits: never certain, never on a day of rest, and never the reason to send somebody home."""

from collections.abc import Mapping
from datetime import date

import pytest

from knowledge_base.assess import Assessor
from knowledge_base.types import FactValue, Verdict

pytestmark = pytest.mark.unit

ON = date(2026, 11, 21)
ASSESSOR = Assessor.load()


def assess(facts: Mapping[str, FactValue]) -> Verdict:
    return ASSESSOR.assess(facts, region=None, on=ON)


class TestDeadlines:
    def test_have_a_day_only_when_a_day_is_known_and_are_never_certain(self) -> None:
        (unknown,) = assess({"matter": "labour.work_injury"}).deadlines
        known, _ = assess({"matter": "labour.work_injury", "event.happened_on": "2026-02-28"}).deadlines
        assert (unknown.what, unknown.latest, unknown.certain) == ("work_injury_recognition", None, False)
        assert (known.latest, known.certain) == (date(2027, 3, 1), False)  # 28 February 2027 is a Sunday

    def test_name_no_day_for_arbitration_until_somebody_says_when_the_job_ended(self) -> None:
        (limit,) = assess({"matter": "labour.wages", "event.happened_on": "2020-02-28"}).deadlines
        assert (limit.what, limit.latest) == ("labour_arbitration", None)
        (limit,) = assess({"matter": "labour.wages", "employment.ended_on": "2026-03-04"}).deadlines
        assert (limit.what, limit.latest) == ("labour_arbitration", date(2027, 3, 4))

    @pytest.mark.parametrize(
        ("received", "last"),
        [
            ("2026-09-21", "2026-10-08"),  # the fifteenth day falls into the National Day holiday
            ("2026-09-25", "2026-10-10"),  # a Saturday that is worked in exchange
            ("2026-11-06", "2026-11-23"),  # a Saturday
        ],
    )
    def test_end_on_a_day_on_which_somebody_works(self, received: str, last: str) -> None:
        facts: dict[str, FactValue] = {"matter": "labour.wages", "document.received_on": received}
        days = {limit.what: limit.latest for limit in assess(facts).deadlines}
        assert days["suit_after_award"] == date.fromisoformat(last)

    @pytest.mark.parametrize(("day", "passed"), [("2026-11-06", False), ("2026-11-05", True), ("2015-01-01", True)])
    def test_say_when_the_day_seems_to_be_over(self, *, day: str, passed: bool) -> None:
        facts: dict[str, FactValue] = {"matter": "labour.wages", "document.received_on": day}
        (limit,) = (each for each in assess(facts).deadlines if each.what == "suit_after_award")
        assert (limit.passed, limit.certain) == (passed, False)

    def test_repeat_the_last_day_that_was_told(self) -> None:
        for day, passed in (("2026-11-20", True), ("2026-11-21", False), ("2026-11-28", False)):
            (limit,) = (
                each
                for each in assess({"matter": "labour.wages", "limitation.expires_on": day}).deadlines
                if each.what == "told_last_day"
            )
            assert (limit.latest, limit.passed) == (date.fromisoformat(day), passed)

    def test_are_not_moved_for_whoever_is_held(self) -> None:
        facts: dict[str, FactValue] = {"matter": "criminal.defence", "document.received_on": "2026-11-18"}
        (limit,) = assess(facts).deadlines
        assert limit.latest == date(2026, 11, 28)  # a Saturday

    @pytest.mark.parametrize("matter", ["labour.work_injury", "injury.traffic", "administrative.registration"])
    def test_never_tell_anybody_that_it_is_too_late(self, matter: str) -> None:
        limits = assess({"matter": matter, "event.happened_on": "2015-01-01"}).deadlines
        assert limits
        assert all("别放弃" in limit.title for limit in limits)

    def test_count_from_the_day_a_judgment_came(self) -> None:
        facts: dict[str, FactValue] = {"matter": "labour.wages", "document.received_on": date(2026, 11, 11)}
        days = {deadline.what: deadline.latest for deadline in assess(facts).deadlines}
        assert days["suit_after_award"] == date(2026, 11, 26)

    def test_end_with_the_month_where_the_day_does_not_exist(self) -> None:
        facts: dict[str, FactValue] = {"matter": "retrial", "document.received_on": date(2026, 8, 31)}
        days = {deadline.what: deadline.latest for deadline in assess(facts).deadlines}
        assert days["retrial"] == date(2027, 3, 1)  # counted to 28 February, a Sunday
