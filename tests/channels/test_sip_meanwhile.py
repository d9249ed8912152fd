"""What a caller says while a turn is thought about, on a line of our own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.channels.phone import call
from bot.channels.phone.flow import Flow
from bot.messages import AnswerReply
from tests.channels.sip_phone import ScriptedEar, line, phone, until
from tests.channels.test_call_flow import flow
from tests.fakes import answer
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http


class TestMeanwhile:
    @pytest.mark.parametrize(("words", "heard"), [("他拿刀在外面", "幺幺零"), ("嗯 好的", None)])
    async def test_a_cry_for_help_is_taken_and_the_rest_let_go(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, words: str, heard: str | None
    ) -> None:
        monkeypatch.setattr(call, "_PATIENCE", 0.3)
        monkeypatch.setattr(Flow, "_turn", _slow_once(Flow._turn))  # noqa: SLF001 - the one place where a turn takes its time
        stage.dialogue.enqueue(AnswerReply(answer=answer("每个星期三有人值班。")))
        ear = ScriptedEar()
        ear.words += ["哪天有律师", words]
        async with line(flow(stage), ear=ear) as served, phone() as caller:
            await caller.dial(served.port)
            await until(lambda: len(served.voice.said) == 4)
            await caller.speak(0.8)
            await until(lambda: "请稍等，马上就好。" in served.voice.said)
            await caller.speak(0.6)
            await until(lambda: (heard or "每个星期三有人值班。") in served.voice.text)
        assert len(stage.dialogue.asked) == 1


def _slow_once(turn: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    waits = [2.4]

    async def slow(*given: object, **named: object) -> object:
        await asyncio.sleep(waits.pop() if waits else 0)
        return await turn(*given, **named)

    return slow
