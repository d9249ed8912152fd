"""Which half-day the words of a caller name: one alone is promised, everything else is only offered."""

from datetime import date

import pytest

from actions import halves
from api.domain.callback import Half, Slot
from api.services.wording import half_day

pytestmark = pytest.mark.unit
WEDNESDAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "day", "half"),
    [
        ("明天上午", date(2026, 11, 26), Half.AM),
        ("想约周四下午跟律师谈谈", date(2026, 11, 26), Half.PM),
        ("下周三上午", date(2026, 12, 2), Half.AM),
        ("下周周一下午三点", date(2026, 11, 30), Half.PM),
        ("下下个礼拜二早上", date(2026, 12, 8), Half.AM),
        ("大后天后晌", date(2026, 11, 28), Half.PM),
        ("11月27号上午", date(2026, 11, 27), Half.AM),
        ("一月五号10点", date(2027, 1, 5), Half.AM),
        ("3号下午", date(2026, 12, 3), Half.PM),
        ("换成后天上午行不行", date(2026, 11, 27), Half.AM),
        ("周三不行 周四下午吧", date(2026, 11, 26), Half.PM),
        ("改约到 11 月 30 日下午", date(2026, 11, 30), Half.PM),
    ],
)
def test_is_the_one_that_was_named(text: str, day: date, half: Half) -> None:
    assert halves.wished(text, on=WEDNESDAY).one == Slot(day=day, half=half)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "随时都行",
        "后天",
        "下午",
        "明天晚上",
        "周四中午",
        "明天下午五点以后",
        "周四或者周五上午",
        "明天上午下午都行",
        "明天上午12点",
        "一周三天上午",
        "周四上午不行",
        "2月30日上午",
        "99月99日上午",
        "没有说定时间",
    ],
)
def test_is_none_where_more_or_less_was_named(text: str) -> None:
    assert halves.wished(text, on=WEDNESDAY).one is None


def test_prefers_what_was_named_in_part() -> None:
    wish = halves.wished("后天", on=WEDNESDAY)
    assert [half for half in Half if wish.takes(Slot(day=date(2026, 11, 27), half=half))] == list(Half)
    assert not wish.takes(Slot(day=date(2026, 11, 26), half=Half.AM))


@pytest.mark.parametrize("half", Half)
def test_says_in_a_button_what_it_reads_again(half: Half) -> None:
    slot = Slot(day=date(2026, 12, 1), half=half)
    said = halves.choosing(slot)
    assert halves.is_choice(said)
    assert halves.wished(said, on=WEDNESDAY).one == slot
    assert half_day(slot).startswith("12 月 1 日（周二）")
