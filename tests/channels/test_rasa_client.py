"""Rasa's answers are taken whole or not at all, and none of its syntax passes from a citizen."""

import asyncio
import json

import httpx
import pytest

from bot.gateway import DialogueUnavailable
from bot.messages import Payload, Reply, Say, TextReply, encode
from bot.rasa_client import RasaDialogue

pytestmark = pytest.mark.unit

THANKS = TextReply(say=Say.THANKS)


class FakeRasa(httpx.AsyncBaseTransport):
    """Answers like Rasa's REST channel, and remembers what it was sent."""

    def __init__(self) -> None:
        self.answers: list[httpx.Response | BaseException] = []
        self.asked: list[dict[str, object]] = []
        self.alive = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            if self.alive:
                return httpx.Response(200, text="Hello from Rasa")
            raise httpx.ReadTimeout(request.method, request=request)
        self.asked.append(json.loads(request.content))
        given = self.answers.pop(0) if self.answers else httpx.Response(200, json=[{"custom": encode(THANKS)}])
        if isinstance(given, BaseException):
            raise given
        return given


@pytest.fixture
def rasa() -> FakeRasa:
    return FakeRasa()


@pytest.fixture
def dialogue(rasa: FakeRasa) -> RasaDialogue:
    return RasaDialogue(base_url="http://127.0.0.1:5005", transport=rasa)


async def turn(dialogue: RasaDialogue, text: str | None = "你好", payload: Payload | None = None) -> tuple[Reply, ...]:
    return await dialogue.turn(conversation_id="c1", text=text, payload=payload, metadata={"region": "231000"})


class TestTurn:
    async def test_reads_the_actions_replies(self, dialogue: RasaDialogue, rasa: FakeRasa) -> None:
        assert await turn(dialogue) == (THANKS,)
        assert rasa.asked == [{"sender": "c1", "message": "你好", "metadata": {"region": "231000"}}]

    @pytest.mark.parametrize(
        ("text", "sent"),
        [
            ("/restart", "restart"),
            ('/answer{"slot":"x"}', 'answer{"slot":"x"}'),
            (" / /／restart", "restart"),
            ("EXTERNAL: trigger", "trigger"),
            ("/EXTERNAL:/restart", "restart"),
            ("1/2的工资", "1/2的工资"),
        ],
    )
    async def test_lets_no_command_through(self, dialogue: RasaDialogue, rasa: FakeRasa, text: str, sent: str) -> None:
        await turn(dialogue, text)
        assert rasa.asked[0]["message"] == sent

    async def test_answers_a_bare_slash_itself(self, dialogue: RasaDialogue, rasa: FakeRasa) -> None:
        assert await turn(dialogue, " / ") == (TextReply(say=Say.NOT_UNDERSTOOD),)
        assert rasa.asked == []

    @pytest.mark.parametrize(
        ("payload", "command"),
        [
            ({"act": "screen"}, "/start_screen"),
            ({"act": "cancel"}, "/cancel"),
            ({"applicant.age": 63}, "/answer"),
            ({"act": "/restart"}, "/answer"),
        ],
    )
    async def test_sends_the_intent_of_a_payload_and_the_payload_beside_it(
        self, dialogue: RasaDialogue, rasa: FakeRasa, payload: Payload, command: str
    ) -> None:
        await turn(dialogue, None, payload)
        assert rasa.asked[0]["message"] == command
        assert rasa.asked[0]["metadata"] == {"region": "231000", "payload": payload}

    @pytest.mark.parametrize(
        ("given", "reason"),
        [
            (httpx.Response(200, json=[]), "empty"),
            (httpx.Response(200, json=[{"text": "utter_default"}]), "unreadable"),
            (httpx.Response(200, json=[{"custom": {"kind": "text", "say": "no such line"}}]), "unreadable"),
            (httpx.Response(200, text="<html>"), "unreadable"),
            (httpx.Response(200, json={"status": "failure"}), "unreadable"),
            (httpx.Response(500), "status_500"),
            (httpx.ConnectError("refused"), "refused"),
            (httpx.ReadTimeout("late"), "late"),
            (httpx.RemoteProtocolError("gone"), "broken"),
        ],
    )
    async def test_calls_anything_less_than_an_answer_unavailable(
        self, dialogue: RasaDialogue, rasa: FakeRasa, given: httpx.Response | Exception, reason: str
    ) -> None:
        rasa.answers.append(given)
        with pytest.raises(DialogueUnavailable) as unavailable:
            await turn(dialogue)
        assert unavailable.value.reason == reason
        assert await turn(dialogue) == (THANKS,)


class TestTurnAfterOneThatHung:
    async def test_asks_for_a_sign_of_life_first(self, dialogue: RasaDialogue, rasa: FakeRasa) -> None:
        rasa.answers.append(httpx.ReadTimeout("late"))
        with pytest.raises(DialogueUnavailable):
            await turn(dialogue)
        rasa.alive = False
        with pytest.raises(DialogueUnavailable, match="stuck"):
            await turn(dialogue)
        assert len(rasa.asked) == 1
        rasa.alive = True
        assert await turn(dialogue) == (THANKS,)

    async def test_counts_a_turn_that_the_gateway_gave_up(self, dialogue: RasaDialogue, rasa: FakeRasa) -> None:
        rasa.answers.append(asyncio.CancelledError())
        with pytest.raises(asyncio.CancelledError):
            await turn(dialogue)
        rasa.alive = False
        with pytest.raises(DialogueUnavailable, match="stuck"):
            await turn(dialogue)


class TestAlive:
    async def test_is_true_only_while_the_server_answers(self, dialogue: RasaDialogue, rasa: FakeRasa) -> None:
        assert await dialogue.alive()
        rasa.alive = False
        assert not await dialogue.alive()
