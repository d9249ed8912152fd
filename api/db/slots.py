"""Call-back slots in tables."""

from collections.abc import Mapping

from sqlalchemy import delete, func, insert, select

from api.db.session import Session
from api.db.tables import slot_capacities, tickets
from api.domain.callback import Half


class SqlSlots:
    """Adapter of the `Slots` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def booked(self, *, region: str | None) -> Mapping[str, int]:
        """Return how many open call-backs are booked, by slot key."""
        here = tickets.c.region.is_(None) if region is None else tickets.c.region == region
        query = (
            select(tickets.c.slot, func.count().label("booked"))
            .where(here, tickets.c.slot.is_not(None), tickets.c.closed_at.is_(None))
            .group_by(tickets.c.slot)
        )
        rows = (await self._session.connection.execute(query)).all()
        return {row.slot: row.booked for row in rows}

    async def capacity(self, *, region: str) -> Mapping[Half, int]:
        """Return what the office has said it takes."""
        query = select(slot_capacities.c.half, slot_capacities.c.capacity).where(slot_capacities.c.region == region)
        return {Half(half): capacity for half, capacity in (await self._session.connection.execute(query)).all()}

    async def set_capacity(self, *, region: str, half: Half, capacity: int) -> None:
        """Note what the office takes."""
        same = (slot_capacities.c.region == region, slot_capacities.c.half == half.value)
        await self._session.connection.execute(delete(slot_capacities).where(*same))
        row = {"region": region, "half": half.value, "capacity": capacity}
        await self._session.connection.execute(insert(slot_capacities).values(**row))
