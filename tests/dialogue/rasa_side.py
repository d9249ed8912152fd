"""Runs in Rasa's own environment: what its process does with our one component and with utterances it never saw.

    .venv-rasa/bin/python tests/dialogue/rasa_side.py MODEL HELD_OUT

Prints one JSON object.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator

import yaml
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent

RESULTS = [
    {"events": [], "responses": []},
    {"events": [{"event": "slot", "name": "asked", "value": None, "timestamp": None}], "responses": [{"text": None}]},
    {"events": [{"event": "active_loop", "name": "screen_form", "timestamp": None}], "responses": []},
    {"events": [{"event": "no_such_event"}], "responses": []},
    {"events": [{"event": "slot"}], "responses": []},
    {"events": "none", "responses": []},
    {"events": [], "responses": ["words"]},
    [],
]
TIMED = 40


def judgements(action: RemoteAction) -> list[bool]:
    """Return what the check says of every result, True or False."""
    found = []
    for result in RESULTS:
        try:
            found.append(bool(action._validate_action_result(result)))  # noqa: SLF001 (what our component replaces)
        except ValidationError:
            found.append(False)
    return found


def timed(action: RemoteAction) -> float:
    """Return the CPU milliseconds of one check."""
    start = time.process_time()
    for _ in range(TIMED):
        action._validate_action_result(RESULTS[1])  # noqa: SLF001
    return (time.process_time() - start) * 1000 / TIMED


def utterances(path: str) -> Iterator[tuple[str, str]]:
    """Return (intent, text) of every example in a file of Rasa's training format."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 (plain Python 3.10)
        for block in yaml.safe_load(file)["nlu"]:
            for line in block["examples"].splitlines():
                yield block["intent"], line[2:]


async def main(model: str, held_out: str) -> None:
    """Print everything."""
    action = RemoteAction("action_consult", None)
    before, slow = judgements(action), timed(action)
    agent = Agent.load(model)
    after, quick = judgements(action), timed(action)
    heard = []
    for intent, text in utterances(held_out):
        parsed = await agent.parse_message(text)
        heard.append([intent, parsed["intent"]["name"], parsed["intent"]["confidence"], text])
    print(json.dumps({"before": before, "after": after, "ms_before": slow, "ms_after": quick, "heard": heard}))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
