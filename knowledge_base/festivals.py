"""Days of the Chinese calendar that people count from: 春节, 端午, 中秋. What is not on file is left as words."""

from collections.abc import Mapping
from datetime import date
from typing import Final

SPRING_FESTIVALS: Final[Mapping[int, date]] = {
    day.year: day
    for day in map(
        date.fromisoformat,
        [
            "2015-02-19",
            "2016-02-08",
            "2017-01-28",
            "2018-02-16",
            "2019-02-05",
            "2020-01-25",
            "2021-02-12",
            "2022-02-01",
            "2023-01-22",
            "2024-02-10",
            "2025-01-29",
            "2026-02-17",
            "2027-02-06",
            "2028-01-26",
            "2029-02-13",
            "2030-02-03",
            "2031-01-23",
            "2032-02-11",
            "2033-01-31",
            "2034-02-19",
            "2035-02-08",
        ],
    )
}
"""春节, as GB/T 33661-2017 computes the lunar calendar."""
_YEARS: Final = range(2018, 2029)
DRAGON_BOATS: Final[Mapping[int, date]] = {
    year: date(year, *day)
    for year, day in zip(
        _YEARS,
        [(6, 18), (6, 7), (6, 25), (6, 14), (6, 3), (6, 22), (6, 10), (5, 31), (6, 19), (6, 9), (5, 28)],
        strict=True,
    )
}
"""端午, the fifth day of the fifth lunar month."""
MID_AUTUMNS: Final[Mapping[int, date]] = {
    year: date(year, *day)
    for year, day in zip(
        _YEARS,
        [(9, 24), (9, 13), (10, 1), (9, 21), (9, 10), (9, 29), (9, 17), (10, 6), (9, 25), (9, 15), (10, 3)],
        strict=True,
    )
}
"""中秋, the fifteenth day of the eighth lunar month."""
