"""Days are read as people say them; what is vague stays as wide as it is, and what cannot be known is left as words."""

from datetime import date
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.spoken_dates import read_date, spoken_dates

pytestmark = pytest.mark.unit

ON: Final = date(2026, 11, 22)
"""A Sunday."""


def meant(said: str, on: date | None = ON) -> list[tuple[str, str | None, str | None]]:
    return [
        (said[one.start : one.end], *((str(one.period.first), str(one.period.end)) if one.period else (None, None)))
        for one in spoken_dates(said, on=on)
    ]


class TestAStretchOfTime:
    @pytest.mark.parametrize(
        ("said", "words", "first", "end"),
        [
            ("裁决书我上礼拜三收到的", "上礼拜三", "2026-11-11", "2026-11-12"),
            ("上上周", "上上周", "2026-11-02", "2026-11-09"),
            ("上周末打的", "上周末", "2026-11-14", "2026-11-16"),
            ("大前天", "大前天", "2026-11-19", "2026-11-20"),
            ("昨晚他又来", "昨晚", "2026-11-21", "2026-11-22"),
            ("刚才", "刚才", "2026-11-22", "2026-11-23"),
            ("上个月底", "上个月底", "2026-10-21", "2026-11-01"),
            ("下个月3号到期", "下个月3号", "2026-12-03", "2026-12-04"),
            ("月初", "月初", "2026-11-01", "2026-11-11"),
            ("说月中给", "月中", "2026-11-11", "2026-11-21"),
            ("月底还", "月底", "2026-11-21", "2026-12-01"),
            ("今年三月份", "今年三月份", "2026-03-01", "2026-04-01"),
            ("3月进厂", "3月", "2026-03-01", "2026-04-01"),
            ("二零二五年十月", "二零二五年十月", "2025-10-01", "2025-11-01"),
            ("2023年底", "2023年底", "2023-11-01", "2024-01-01"),
            ("去年夏天", "去年夏天", "2025-06-01", "2025-09-01"),
            ("前年", "前年", "2024-01-01", "2025-01-01"),
            ("去年腊月", "去年腊月", "2026-01-18", "2026-02-17"),
            ("腊月二十九", "腊月二十九", "2027-02-04", "2027-02-06"),
            ("腊月二十三给他干完活", "腊月二十三", "2026-02-09", "2026-02-11"),
            ("中秋节那天打起来的", "中秋节", "2026-09-25", "2026-09-26"),
            ("今年端午", "今年端午", "2026-06-19", "2026-06-20"),
            ("一审判决书十三号下来的", "十三号", "2026-11-13", "2026-11-14"),
            ("三十号之前要交上诉费", "三十号", "2026-11-30", "2026-12-01"),
            ("今年正月十五", "今年正月十五", "2026-03-03", "2026-03-04"),
            ("国庆前", "国庆前", "2026-09-01", "2026-10-01"),
            ("过年那会儿", "过年那会儿", "2026-02-09", "2026-03-04"),
            ("老板说年前给", "年前", "2027-01-07", "2027-02-06"),
            ("五一那几天", "五一那几天", "2026-05-01", "2026-05-06"),
            ("半个月前", "半个月前", "2026-11-02", "2026-11-13"),
            ("三个多月前", "三个多月前", "2026-07-25", "2026-08-25"),
            ("两年前", "两年前", "2024-05-23", "2025-05-25"),
            ("半年前", "半年前", "2026-03-24", "2026-07-25"),
            ("三天后开庭", "三天后", "2026-11-25", "2026-11-26"),
            ("还有5天", "还有5天", "2026-11-27", "2026-11-28"),
            ("前几天", "前几天", "2026-11-15", "2026-11-22"),
        ],
    )
    def test_is_read(self, said: str, words: str, first: str, end: str) -> None:
        assert meant(said) == [(words, first, end)]

    @pytest.mark.parametrize("said", ["十一月初八", "农历八月十五", "上月初十", "2月30号"])
    def test_is_left_as_words_where_no_day_on_file_settles_it(self, said: str) -> None:
        assert meant(said) == [(said, None, None)]

    @pytest.mark.parametrize(
        "said",
        [
            "干了三个月",
            "欠我3月工资",
            "每周三",
            "每月底",
            "一周五天",
            "工作日",
            "今年都80了",
            "三年前夫",
            "第三天",
            "上班",
            "三楼",
            "",
        ],
    )
    def test_is_not_seen_where_there_is_none(self, said: str) -> None:
        assert meant(said) == []

    def test_needs_a_day_to_lean_on_unless_it_names_its_year(self) -> None:
        assert meant("2025年3月进厂 上个月辞的", None) == [
            ("2025年3月", "2025-03-01", "2025-04-01"),
            ("上个月", None, None),
        ]

    def test_of_the_lunar_calendar_is_left_as_words_beyond_the_years_on_file(self) -> None:
        assert meant("腊月", date(2060, 5, 1)) == [("腊月", None, None)]

    @given(st.text(alphabet="上下前后个月周礼拜星期天年半初底十二三0123号日 大今明昨去腊正国庆过的,"), st.dates())
    def test_is_never_empty_nor_overlaps_the_next(self, said: str, on: date) -> None:
        done = 0
        for one in spoken_dates(said, on=on):
            assert done <= one.start < one.end
            done = one.end
            assert one.period is None or one.period.first < one.period.end


class TestOneDay:
    @pytest.mark.parametrize(
        "said", ["上个月", "半个月前", "12月1号和12月5号", "十一月初八", "不知道", "我的邻居和朋友说明天"]
    )
    def test_is_not_read_out_of_more_or_less_than_one(self, said: str) -> None:
        assert read_date(said, on=ON) is None

    def test_is_counted_in_days_and_weeks(self) -> None:
        assert read_date("5天", on=ON) == date(2026, 11, 27)
        assert read_date("两周后", on=ON) == date(2026, 12, 6)
        assert read_date("5天", on=None) is None
