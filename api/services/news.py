"""Law education for those who asked for it (普法订阅): consent is theirs to give and to take back, and each step is on record."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.clocks import CHINA
from api.services import contact, conversations
from api.services.ports import UnitOfWork
from api.services.records import SafeToContact

_CITIZEN: Final = Actor(kind=ActorKind.CITIZEN, id="citizen")
_OPERATOR: Final = Actor(kind=ActorKind.SYSTEM, id="operator")
_AGREED: Final = "news.agreed"
_WITHDRAWN: Final = "news.withdrawn"
_SENT: Final = "news.sent"
_MAY_BE_SENT: Final = frozenset({SafeToContact.YES, None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """订阅人: a thread, and its citizen's id on the platform."""

    conversation_id: str
    user: str = field(repr=False)


async def agree(uow: UnitOfWork, *, conversation_id: str, now: datetime) -> None:
    """Note that a citizen wants it; once is enough. Raises ConversationNotFound."""
    await conversations.conversation(uow, conversation_id=conversation_id, now=now)
    if await uow.subscriptions.since(conversation_id) is None:
        await uow.subscriptions.put(conversation_id, now=now)
        _record(uow, _AGREED, conversation_id, now=now)


async def withdraw(uow: UnitOfWork, *, conversation_id: str, now: datetime) -> None:
    """Note that a citizen wants it no more, or never did. Raises ConversationNotFound."""
    await conversations.conversation(uow, conversation_id=conversation_id, now=now)
    if await uow.subscriptions.since(conversation_id) is not None:
        await uow.subscriptions.end(conversation_id)
        _record(uow, _WITHDRAWN, conversation_id, now=now)


async def readers(uow: UnitOfWork, *, channel: str) -> tuple[Reader, ...]:
    """Return who is sent the next: whoever agreed, but nobody whose telephone somebody else may be looking at."""
    threads = await uow.subscriptions.threads(channel=channel)
    found = [(thread.id, await user_of(uow, conversation_id=thread.id)) for thread in threads]
    return tuple(Reader(conversation_id=thread, user=user) for thread, user in found if user is not None)


async def user_of(uow: UnitOfWork, *, conversation_id: str) -> str | None:
    """Return the citizen's id on the platform, None for whoever wants it no more, or may be endangered by it."""
    if await uow.subscriptions.since(conversation_id) is None:
        return None
    thread = await uow.conversations.get(conversation_id, lock=False)
    if thread is None or await contact.answered(uow, conversation=thread) not in _MAY_BE_SENT:
        return None
    return await uow.conversations.external_user(conversation_id)


async def sent_this_month(uow: UnitOfWork, *, channel: str, now: datetime) -> int:
    """Return how often something was sent on a channel in the calendar month of China that `now` is in."""
    this = _month(now)
    sent = await uow.audit.acted(_SENT)
    return sum(each.entry.subject == _subject(channel) and _month(each.entry.at) == this for each in sent)


def record_sent(uow: UnitOfWork, *, channel: str, cards: Sequence[str], readers: int, now: datetime) -> None:
    """Put on record what was sent, and to how many."""
    data: dict[str, str | int | bool | None] = {"cards": ",".join(cards), "readers": readers}
    uow.audit.record(AuditEntry(at=now, actor=_OPERATOR, action=_SENT, subject=_subject(channel), data=data))


def _month(moment: datetime) -> tuple[int, int]:
    local = moment.astimezone(CHINA)
    return local.year, local.month


def _subject(channel: str) -> str:
    return f"channel:{channel}"


def _record(uow: UnitOfWork, action: str, conversation_id: str, *, now: datetime) -> None:
    uow.audit.record(AuditEntry(at=now, actor=_CITIZEN, action=action, subject=f"conversation:{conversation_id}"))
