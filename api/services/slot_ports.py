"""The store of call-back slots, as services see it."""

from collections.abc import Mapping
from typing import Protocol

from api.domain.callback import Half


class Slots(Protocol):
    """How many call-backs an office takes for a half-day, and how many are booked."""

    async def booked(self, *, region: str | None) -> Mapping[str, int]:
        """Return how many open call-backs of a region are booked, by slot key."""

    async def capacity(self, *, region: str) -> Mapping[Half, int]:
        """Return what the office of a region has said it takes; a half-day it has not spoken of is left out."""

    async def set_capacity(self, *, region: str, half: Half, capacity: int) -> None:
        """Note what the office takes for such half-days."""
