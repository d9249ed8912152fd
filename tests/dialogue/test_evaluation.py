"""The figures of `make eval` that Rasa itself gives: what is said to it is what it understands."""

from pathlib import Path

import numpy as np
import pytest

from tests.evaluation import acts
from tests.evaluation.diet import Diet

pytestmark = pytest.mark.dialogue


class TestDiet:
    def test_learns_from_us_and_answers_with_every_class(self, rasa_environment: Path, tmp_path: Path) -> None:
        diet = Diet(root=rasa_environment, keep=tmp_path / "kept", say=lambda _: None)
        said = {
            "debt": ["借条上的钱不还", "朋友借钱不还", "欠条怎么要", "借款到期不还", "打了借条没还"],
            "labour.wages": ["老板拖欠工资", "干活不给工钱", "工资没发", "欠薪三个月", "工地不发工资"],
            "none": ["今天天气好", "讲个笑话", "你好", "晚饭吃什么", "[微笑][玫瑰]"],
        }
        lesson = "nlu:\n" + "".join(
            f"- intent: {code}\n  examples: |\n" + "".join(f"    - {text}\n" for text in texts)
            for code, texts in said.items()
        )
        found = diet.taught(f'version: "3.1"\n{lesson}', ["工资不发", "欠条", "讲笑话"], tuple(said))
        assert found.sure.argmax(axis=1).tolist() == [1, 0, 2]
        assert found.sure.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-3)


class TestActs:
    def test_are_counted_and_drawn(self, model: Path, rasa_environment: Path, tmp_path: Path) -> None:
        assert model.exists()
        first, *_, matrix, histogram = acts.lines(rasa_environment, tmp_path / "acts")
        assert "macro-F1" in first
        for name, line in (("intent_confusion_matrix.png", matrix), ("intent_histogram.png", histogram)):
            drawn = tmp_path / "acts" / name
            assert line == f"drawn: {drawn}"
            assert drawn.read_bytes().startswith(b"\x89PNG")
