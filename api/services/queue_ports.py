"""The order of the staff queue, as services ask for it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from api.services.records import Viewer


class Show(StrEnum):
    """Which lines of the queue are asked for."""

    ALL = "all"
    MINE = "mine"
    FREE = "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The figures of the whole queue, in lines: one line a person."""

    all: int
    danger: int
    today: int
    due: int
    """Whose time is up, or nearly."""
    unowned: int
    mine: int

    def of(self, show: Show) -> int:
        """Return how many lines a filter lets through."""
        return {Show.ALL: self.all, Show.MINE: self.mine, Show.FREE: self.unowned}[show]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One thing on a page of the queue: a ticket's id, or the reference of an application."""

    id: str
    ticket: bool
    line: str
    """The same of all that belongs to one person: a line of the queue is one person."""


class Queue(Protocol):
    """What waits, put in order by the database; `domain/priority.py` says what the order is."""

    async def page(
        self, *, viewer: Viewer, now: datetime, show: Show, page: int, size: int
    ) -> tuple[Tally, tuple[Place, ...]]:
        """Return the figures, and what the lines of one page (from 1) consist of, in order."""

    async def mark(self) -> str:
        """Return a text that differs whenever something that the queue shows has changed."""
