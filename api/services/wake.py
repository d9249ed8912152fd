"""Wakes whoever watches a conversation or the queue. The table is the truth; a wake-up is only a hint (实时提醒)."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

QUEUE: Final = "queue"
"""The topic of the staff queue; every other topic is a conversation's id."""


class Wake:
    """In-process hub: one event a watcher, set on every notice, so that none is lost and none piles up."""

    def __init__(self) -> None:
        self._watchers: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def subscribe(self, topic: str) -> Iterator[asyncio.Event]:
        """Watch a topic for as long as the block lasts. Clear the event, then read the table, then wait."""
        event = asyncio.Event()
        self._watchers.setdefault(topic, set()).add(event)
        try:
            yield event
        finally:
            watchers = self._watchers[topic]
            watchers.discard(event)
            if not watchers:
                del self._watchers[topic]

    def notify(self, *topics: str) -> None:
        """Wake everybody who watches these topics. Call it after the commit."""
        for topic in topics:
            for event in tuple(self._watchers.get(topic, ())):
                event.set()
