"""The sweep behind the line below which a question is none of our business."""

import json
from pathlib import Path

import pytest

from tests.evaluation.business import LINES, sweep

pytestmark = pytest.mark.unit
PROBABILITY = {"讨薪要交钱吗": 0.9, "电话": 0.01, "明天下雪不": 0.04, "签证怎么办": 0.0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = (
        {"query": "电话", "family": "contact"},
        {"query": "明天下雪不", "family": "off_topic"},
        {"query": "签证怎么办", "family": "other_subject"},
    )
    (tmp_path / "answerable.jsonl").write_text(json.dumps({"query": "讨薪要交钱吗"}), "utf-8")
    (tmp_path / "unanswerable.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return tmp_path


class TestTheSweep:
    def test_counts_who_is_turned_away_on_either_side_of_each_line(self, folder: Path) -> None:
        said = list(sweep(PROBABILITY.__getitem__, folder=folder))
        assert len(said) == len(LINES)
        assert said[0] == "below 0.02: turned away 1/2 who ask about law, 0/1 who do not"
        assert said[1] == "below 0.05: turned away 1/2 who ask about law, 1/1 who do not"

    def test_says_that_there_is_none_without_a_model(self, folder: Path) -> None:
        assert list(sweep(lambda _: None, folder=folder)) == [
            "no model of meaning here: by words alone there is no such line"
        ]
