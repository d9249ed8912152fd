"""Who else is named beside an answer: nobody who was beaten is sent to settle it with whoever beats them."""

from dataclasses import replace
from typing import Any

import pytest

from actions.wire import AnswerReply
from knowledge_base.types import Answer, NoAnswer
from tests.dialogue.desk import Desk
from tests.dialogue.fakes import FakeKnowledge

pytestmark = pytest.mark.unit


class OfDivorce(FakeKnowledge):
    """Answers that are of divorce, as a card or a law says of itself."""

    def ask(self, query: str, /, **about: Any) -> Answer | NoAnswer:  # noqa: ANN401 (whatever the base takes)
        found = super().ask(query, **about)
        return replace(found, matters=("family.divorce",)) if isinstance(found, Answer) else found


def named(desk: Desk, text: str) -> list[str]:
    return [one.name for reply in desk.say(text) if isinstance(reply, AnswerReply) for one in reply.handlers]


def test_mediation_is_named_where_nothing_of_beating_is_told() -> None:
    assert named(Desk(knowledge=OfDivorce()), "我要跟老公离婚") == ["人民调解委员会、司法所"]


def test_mediation_is_not_named_to_whoever_told_of_a_beating() -> None:
    desk = Desk(knowledge=OfDivorce())
    desk.say("老公打我 我要离婚")
    assert named(desk, "我要跟老公离婚") == ["妇联"]
