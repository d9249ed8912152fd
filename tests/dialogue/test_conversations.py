"""Plays the conversations of conversations/*.yml against a real Rasa server, with the actions, words and database as they ship.

A file that begins with `documents: cards` is played on our own cards and the trained triage; any other on the few words
of tests/dialogue/fakes.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dialogue.stage import Stage, Talk

pytestmark = pytest.mark.dialogue

FOLDER = Path(__file__).with_name("conversations")
NEVER = ("我是律师", "本律师", "保证能赢", "<pii", "{", "}")
"""What no citizen ever reads, in any conversation."""
DECIDES = ("批准", "拒绝")
"""What only an institution does. A quoted law may have others do it."""
RIGHTS = ("有权申请法律援助", "您都可以提出申请")
"""Legal Aid Law art. 23, as it is told beside an answer and beside a result."""
MOST_QUESTIONS = 12
WHOLE_TALKS, FEWEST, MOST = 120, 4, 15
"""How many talks are written of at least so many turns, and of no more."""
EXPECTED = {
    "says",
    "one_of",
    "offers",
    "cites",
    "verdict",
    "basis",
    "asks",
    "bot",
    "about",
    "matters",
    "remembers",
    "art23",
}
"""What a turn can require."""


@dataclass(frozen=True, slots=True)
class Play:
    """One conversation of a file."""

    file: str
    title: str
    region: str | None
    turns: tuple[Mapping[str, Any], ...]
    on_cards: bool
    gap: str | None
    """Why it does not go as written yet."""

    @property
    def is_whole(self) -> bool:
        return FEWEST <= len(self.turns) <= MOST

    @property
    def requires(self) -> bool:
        return any(turn.keys() & EXPECTED for turn in self.turns)

    @property
    def forbids(self) -> bool:
        return any("never" in turn for turn in self.turns)


def written() -> Iterator[Play]:
    for file in sorted(FOLDER.glob("*.yml")):
        read = yaml.safe_load(file.read_text(encoding="utf-8"))
        on_cards = not isinstance(read, list) and read["documents"] == "cards"
        for raw in read["conversations"] if on_cards else read:
            yield Play(
                file=file.stem,
                title=raw["title"],
                region=raw.get("region"),
                turns=tuple(raw["turns"]),
                on_cards=on_cards,
                gap=raw.get("known_gap"),
            )


def plays() -> Iterator[Any]:
    for play in written():
        # What the assistant does not do yet stays written as it must be; a lawyer reads why, and it fails when it works.
        marks = [pytest.mark.xfail(strict=True, reason=play.gap)] if play.gap else []
        yield pytest.param(play, id=f"{play.file}: {play.title}", marks=marks)


class TestTheFiles:
    """How much is written: a lawyer counts on it, and nobody counts by hand."""

    def test_hold_many_whole_talks_that_go_as_written(self) -> None:
        whole = [play for play in written() if play.is_whole and play.requires and play.forbids]
        assert len([play for play in whole if play.gap is None]) >= WHOLE_TALKS

    def test_say_of_every_whole_talk_what_must_and_what_must_not_be_said(self) -> None:
        whole = [play for play in written() if play.is_whole]
        assert [play.title for play in whole if not (play.requires and play.forbids)] == []

    def test_name_every_talk_once(self) -> None:
        titles = [play.title for play in written()]
        assert sorted(set(titles)) == sorted(titles)


class TestConversation:
    @pytest.mark.parametrize("play", list(plays()))
    def test_goes_as_written(self, stage: Stage, play: Play, request: pytest.FixtureRequest) -> None:
        stage.shelf.cards = request.getfixturevalue("cards") if play.on_cards else None
        try:
            self._plays(stage, play)
        finally:
            stage.shelf.cards = None

    def _plays(self, stage: Stage, play: Play) -> None:
        talk = stage.open(region=play.region)
        for number, turn in enumerate(play.turns, start=1):
            asked_before = talk.question
            act(talk, turn)
            check(talk, turn, asked_before, f"{play.title}, turn {number} {turn}")


def act(talk: Talk, turn: Mapping[str, Any]) -> None:
    match turn:
        case {"caller": text}:
            talk.say(text)
        case {"picks": title}:
            talk.tap_title(title)
        case {"payload": payload}:
            talk.tap(payload)
        case {"answers": known}:
            answer_all(talk, known)
        case _:
            msg = f"nobody does anything in {turn}"
            raise AssertionError(msg)


def answer_all(talk: Talk, known: Mapping[str, Any]) -> None:
    """Answer every question by its fact until none is asked; one a turn, none twice, and an end."""
    seen: list[str] = []
    while talk.question is not None:
        fact = talk.question["fact"]
        assert fact not in seen, f"{fact} was asked twice: {seen}"
        seen.append(fact)
        assert len(seen) <= MOST_QUESTIONS, seen
        assert sum("question" in message.body for message in talk.messages) == 1
        talk.tap({fact: known.get(fact)})


def check(talk: Talk, turn: Mapping[str, Any], before: Mapping[str, Any] | None, where: str) -> None:
    """Hold what came back against what the turn expects."""
    words = "\n".join(message.text for message in talk.messages)
    bodies = [message.body for message in talk.messages]
    assert talk.last is not None
    found = {
        "bot": [message.kind for message in talk.messages],
        "asks": talk.question and talk.question["fact"],
        "holder": talk.last.holder,
        "verdict": next((body["verdict"]["outcome"] for body in bodies if "verdict" in body), None),
        "basis": next((body["verdict"]["basis"] for body in bodies if "verdict" in body), None),
        "urgency": next((body["urgency"] for body in bodies if "urgency" in body), None),
        "about": talk.state.topic,
        "art23": any(right in words for right in RIGHTS),
        "applications": len(talk.applications),
    }
    context = f"{where}\n{found}\n{words}"
    expected = {key: turn[key] for key in found if key in turn}
    assert {key: found[key] for key in expected} == expected, context
    if turn.get("same_question"):
        assert before is not None, context
        assert before["fact"] == found["asks"], context
    assert asks_at_most_one_question(talk), context
    for code in turn.get("matters", ()):
        assert code in talk.state.matters, f"{talk.state.matters}\n{context}"
    one_of = turn.get("one_of", ())
    assert not one_of or any(said in words for said in one_of), f"none of {one_of} was said: {context}"
    for said in turn.get("says", ()):
        assert said in words, f"«{said}» was not said: {context}"
    for unsaid in (*turn.get("never", ()), *NEVER):
        assert unsaid not in words, f"«{unsaid}» was said: {context}"
    own = "".join(message.text for message in talk.messages if message.kind != "answer")
    assert not any(word in own for word in DECIDES), context
    offered = [choice["title"] for choice in talk.choices]
    assert set(turn.get("offers", ())) <= set(offered), f"{offered}\n{context}"
    cited = [f"{one['document']} {one['clause']}" for body in bodies for one in body.get("citations", ())]
    assert "cites" not in turn or any(turn["cites"] in source for source in cited), f"{cited}\n{context}"
    for fact, value in turn.get("remembers", {}).items():
        assert talk.state.facts.get(fact, "absent") == value, f"{talk.state.facts}\n{context}"


def asks_at_most_one_question(talk: Talk) -> bool:
    """Tell whether a turn leaves nobody with two questions to answer."""
    asked = [message for message in talk.messages if "question" in message.body]
    beside = [message.text for message in talk.messages if message not in asked]
    return len(asked) <= 1 and not (asked and any("？" in text for text in beside))
