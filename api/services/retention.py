"""Destroys what nobody needs any longer: the talk of whoever only asked (保存期限届满销毁).

Personal Information Protection Law art. 19 (no longer than the purpose needs) and art. 47 (deleted when the time is up, or when
the person asks). What was handed in as an application is the office's case file, and what somebody still works on is needed:
neither is touched. The audit chain keeps that something was destroyed, and nothing of what it was.
"""

from datetime import datetime, timedelta
from typing import Final

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.services.ports import Database, UnitOfWork
from api.services.records import Job

BATCH: Final = 50
FORGET: Final = "dialogue.forget"
"""The job that empties the dialogue engine's own memory of a conversation."""
_ITSELF: Final = Actor(kind=ActorKind.SYSTEM, id="retention")


class StillNeeded(Exception):
    """An application came out of this conversation, somebody holds it, or something of it is still open."""

    code = "still_needed"


async def sweep(database: Database, *, now: datetime, kept: timedelta) -> int:
    """Destroy up to `BATCH` talks that have lain for `kept`, each in a transaction of its own; return how many."""
    before = now - kept
    async with database.reading() as uow:
        found = await uow.retention.idle(before=before, limit=BATCH)
    destroyed = 0
    for conversation_id in found:
        async with database.unit_of_work() as uow:
            # Whoever writes holds the conversation: held, it is looked at once more.
            await uow.conversations.get(conversation_id)
            if await uow.retention.needed(conversation_id) or not await uow.retention.quiet(
                conversation_id, before=before
            ):
                continue
            await _empty(uow, conversation_id, by=_ITSELF, why="period", now=now)
            await uow.commit()
        destroyed += 1
    return destroyed


async def erase(uow: UnitOfWork, *, conversation_id: str, by: Actor, now: datetime) -> None:
    """Destroy a conversation because the person asks. Raises StillNeeded: a case file is kept by the office that has it."""
    if await uow.conversations.get(conversation_id) is None or await uow.retention.needed(conversation_id):
        raise StillNeeded
    await _empty(uow, conversation_id, by=by, why="asked", now=now)


async def _empty(uow: UnitOfWork, conversation_id: str, *, by: Actor, why: str, now: datetime) -> None:
    messages = await uow.retention.empty(conversation_id)
    await uow.jobs.add(Job(kind=FORGET, payload={"conversation": conversation_id}, run_at=now))
    uow.audit.record(
        AuditEntry(
            at=now,
            actor=by,
            action="conversation.destroyed",
            subject=f"conversation:{conversation_id}",
            data={"why": why, "messages": messages},
        )
    )
