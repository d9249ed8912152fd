"""Plain text: numbers for menus, and cuts at sentence ends."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.services.records import Sender, StoredMessage
from bot.channels import plain
from bot.channels.phrases import Phrases

pytestmark = pytest.mark.unit
WORDS = Phrases.load().menu


def message(seq: int, *titles: str, question: str | None = None, text: str = "您在哪里？") -> StoredMessage:
    choices = [{"title": title, "payload": json.dumps({"fact": title}, ensure_ascii=False)} for title in titles]
    body = {"choices": choices} | ({"question": {"type": question}} if question else {})
    return StoredMessage(
        sender=Sender.BOT, kind="menu", text=text, body=body, seq=seq, created_at=datetime(2026, 11, 23, tzinfo=UTC)
    )


class TestMenu:
    def test_numbers_the_choices_of_a_turn_through(self) -> None:
        choices = plain.offered([message(2, "是", "否"), message(3, "转人工")])
        assert [one.number for one in choices] == [1, 2, 3]
        assert plain.written(message(3, "转人工"), choices, WORDS) == "您在哪里？\n回复数字就行：\n3 转人工"

    def test_a_number_that_may_be_the_answer_chooses_nothing(self) -> None:
        choices = plain.offered([message(2, "不知道", "不想说", question="int")])
        assert plain.chosen("1", choices) is None
        assert plain.chosen("不知道", choices) == {"fact": "不知道"}
        assert plain.written(message(2, "不知道", "不想说"), choices, WORDS).endswith("也可以回复“不知道”“不想说”。")

    @pytest.mark.parametrize("said", ["2", " ２。", "2.", "否", "否。"])
    def test_takes_numbers_and_titles(self, said: str) -> None:
        assert plain.chosen(said, plain.offered([message(2, "是", "否")])) == {"fact": "否"}

    @pytest.mark.parametrize("said", ["", "0", "3", "12", "否认", "两个"])
    def test_leaves_the_citizens_own_words_alone(self, said: str) -> None:
        assert plain.chosen(said, plain.offered([message(2, "是", "否")])) is None

    def test_a_button_of_an_earlier_turn_is_no_longer_offered(self) -> None:
        choices = plain.offered([message(7, "是", "否")])
        assert plain.payload_of(choices, seq=7, index=1) == {"fact": "否"}
        assert plain.payload_of(choices, seq=6, index=1) is None
        assert plain.payload_of(choices, seq=7, index=2) is None

    def test_says_that_a_person_speaks(self) -> None:
        written = replace(message(4, text="您好，我姓王。"), sender=Sender.PERSON)
        assert plain.written(written, (), WORDS) == "工作人员：您好，我姓王。"


class TestSplit:
    def test_cuts_where_a_sentence_ends(self) -> None:
        assert plain.split("先打电话。再去窗口！带身份证。", limit=10) == ("先打电话。再去窗口！", "带身份证。")

    def test_cuts_in_a_sentence_only_where_it_is_too_long(self) -> None:
        assert plain.split("短。" + "长" * 12, limit=10) == ("短。", "长" * 10, "长长")

    @given(st.text(max_size=300), st.integers(4, 40), st.sampled_from([len, plain.utf8, plain.utf16]))
    def test_loses_nothing_and_keeps_the_limit(self, text: str, limit: int, measure: object) -> None:
        assert callable(measure)
        parts = plain.split(text, limit=limit, measure=measure)
        assert all(measure(part) <= limit for part in parts)
        assert "".join("".join(parts).split()) == "".join(text.split())
