"""A newcomer's call in the terminal goes through the real webhooks."""

from collections.abc import AsyncIterator

import pytest

from bot.channels.phone.account import Account
from bot.messages import AnswerReply
from bot.processes import StartRefused
from bot.sim.phone import HELP, Simulator
from bot.sim.serving import served
from tests.channels.test_call_flow import flow
from tests.channels.test_twilio import PUBLIC, TOKEN, app
from tests.fakes import answer
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http


async def lines(*typed: str) -> AsyncIterator[str]:
    for line in typed:
        yield line + "\n"


def simulator(address: str, heard: list[str], told: list[str], *, token: str = TOKEN) -> Simulator:
    account = Account(public_url=PUBLIC, auth_token=token, transfer="")
    return Simulator(account=account, address=address, show=heard.append, tell=told.append)


async def test_a_call_is_spoken_keyed_and_put_through(stage: Stage) -> None:
    stage.dialogue.enqueue(AnswerReply(answer=answer("每个星期三有人值班。")))
    heard: list[str] = []
    told: list[str] = []
    async with served(app(flow(stage)), port=0) as address:
        await simulator(address, heard, told).run(
            lines("哪天有律师", "?", ":mumble", ">0", ":busy", ":left", ":talk", "谢谢")
        )
    assert "每个星期三有人值班。" in heard
    assert HELP in told
    assert any("没有接通" in one for one in heard)
    assert any("留言收到了" in one for one in heard)
    assert stage.dialogue.asked[-1].text == "谢谢"


async def test_says_what_is_missing(stage: Stage) -> None:
    with pytest.raises(StartRefused, match="make run"):
        await simulator("http://127.0.0.1:9", [], []).run(lines())
    async with served(app(flow(stage)), port=0) as address:
        with pytest.raises(StartRefused, match="takes no calls"):
            await simulator(address, [], [], token="another").run(lines())
