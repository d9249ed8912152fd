"""Plays conversations/*.yml through the gateway: the safety gate, numbers and words as they ship, real database, no dialogue engine."""

import json
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.languages import language_of
from api.db.engine import Database
from api.services.records import DialogueState, Sender, StoredMessage, Ticket, TicketKind
from bot.channels.phrases import Phrases
from bot.channels.render import Renderer
from bot.danger import Danger
from bot.gateway import Gateway
from bot.messages import AnswerReply
from bot.safe_contact import CONTACT
from knowledge_base.danger import DangerGate
from knowledge_base.directory.book import Directory
from knowledge_base.types import Answer, Urgency
from tests.fakes import PLAN
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http

FILES = sorted(Path(__file__).with_name("conversations").glob("*.yml"))
NEVER = ("批准", "拒绝", "我是律师", "{", "}", "[", "]", "！", "!")
MOST_LINES = 4
"""Of one reply to danger."""
SAID = AnswerReply(answer=Answer(text="回答", citations=(PLAN,), score=0.9))


def plays() -> Iterator[Any]:
    for file in FILES:
        for raw in yaml.safe_load(file.read_text(encoding="utf-8")):
            yield pytest.param(raw, id=f"{file.stem}: {raw['title']}")


@pytest.fixture(scope="module")
def gate() -> DangerGate:
    return DangerGate.load()


@pytest.fixture
async def stage(migrated: Path, tmp_path: Path, gate: DangerGate) -> AsyncIterator[Stage]:
    path = tmp_path / "test.db"
    shutil.copy(migrated, path)
    database = Database(f"sqlite:///{path}", master_key=bytes(range(32)))
    await database.start()
    stage, directory = Stage(database=database), Directory.load()
    stage.gateway = Gateway(
        database=database,
        dialogue=stage.dialogue,
        danger=Danger.load(gate.check, language_of=language_of, find_offices=directory.find),
        answers=stage.answers,
        compose=Renderer(phrases=Phrases.load(), numbers=directory.numbers, questions=(CONTACT,)),
        notify=stage.wake.notify,
        clock=stage.clock,
    )
    yield stage
    await database.close()


class TestConversation:
    @pytest.mark.parametrize("play", list(plays()))
    async def test_goes_as_written(self, stage: Stage, play: Mapping[str, Any]) -> None:
        await stage.open(region=play.get("region"))
        if "asked" in play:
            await stage.remember(DialogueState(asked=play["asked"], screening=True))
        before: tuple[StoredMessage, ...] = ()
        for number, turn in enumerate(play["turns"], start=1):
            if turn.get("person"):
                await stage.claim()
                continue
            if turn.get("back"):
                await stage.release()
                continue
            stage.dialogue.queue.clear()
            stage.dialogue.enqueue(SAID)
            outcome = await (stage.tap(picked(before, turn["picks"])) if "picks" in turn else stage.say(turn["caller"]))
            where = f"turn {number} {turn}\n" + "\n".join(message.text for message in outcome.messages)
            hold_words(turn, outcome.messages, before, where)
            assert outcome.holder == turn.get("holder", outcome.holder), where
            await hold_staff_side(stage, turn, where)
            before = outcome.messages


def picked(messages: tuple[StoredMessage, ...], title: str) -> dict[str, Any]:
    choices = [choice for message in messages for choice in message.body.get("choices", [])]
    payload: dict[str, Any] = json.loads(next(one["payload"] for one in choices if one["title"] == title))
    return payload


def hold_words(
    turn: Mapping[str, Any], messages: tuple[StoredMessage, ...], before: tuple[StoredMessage, ...], where: str
) -> None:
    words = "\n".join(message.text for message in messages)
    if "bot" in turn:
        kinds = ["text" if message.kind == "answer" else message.kind for message in messages]
        assert kinds == turn["bot"], where
    for said in turn.get("says", ()):
        assert str(said) in words, f"«{said}» was not said: {where}"
    for unsaid in turn.get("never", ()):
        assert str(unsaid) not in words, f"«{unsaid}» was said: {where}"
    for message in messages:
        if message.kind != "safety":
            continue
        assert [word for word in NEVER if word in message.text] == [], where
        assert len(message.text.splitlines()) <= MOST_LINES, where
        assert all(one["phone"] in message.text for one in message.body.get("numbers", ())), where
        assert message.body["stage"] == turn.get("stage", message.body["stage"]), where
    if "first" in turn:
        assert turn["first"] in messages[0].text.splitlines()[0], where
    if "numbers" in turn:
        assert sorted(one["phone"] for one in messages[0].body["numbers"]) == sorted(turn["numbers"]), where
        assert all(one["source"] for one in messages[0].body["numbers"]), where
    offered = {choice["title"] for message in messages for choice in message.body.get("choices", [])}
    assert set(turn.get("offers", ())) <= offered, f"{offered} {where}"
    assert sum("question" in message.body for message in messages) <= 1, where
    if turn.get("differs"):
        assert words != "\n".join(message.text for message in before), where


async def hold_staff_side(stage: Stage, turn: Mapping[str, Any], where: str) -> None:
    async with stage.database.reading() as uow:
        tickets = await uow.tickets.open_ones(conversation_id=stage.opened.id)
        thread = await uow.conversations.get(stage.opened.id, lock=False)
    alerts = [ticket for ticket in tickets if ticket.kind is TicketKind.ALERT]
    if "alerts" in turn:
        assert told(alerts) == {urgency: set(kinds) for urgency, kinds in turn["alerts"].items()}, where
    if "times" in turn:
        assert [alert.times for alert in alerts] == [turn["times"]], where
    if turn.get("report") == "due":
        assert [alert.report_raised_at for alert in alerts if alert.report_due] == [stage.clock()], where
    if turn.get("urgent"):
        assert {ticket.urgency for ticket in tickets} == {Urgency.S0}, where
    if "contact" in turn:
        assert thread is not None
        assert thread.care.safe_to_contact == turn["contact"], where
    if "marked" in turn:
        said = [message for message in await stage.thread() if message.sender is Sender.CITIZEN]
        assert said[-1].body["safety"] == turn["marked"], where
    if "asked" in turn:
        assert (await stage.state()).asked == turn["asked"], where


def told(alerts: list[Ticket]) -> dict[str, set[str]]:
    return {alert.urgency.value: set(alert.reason.split(",")) for alert in alerts}
