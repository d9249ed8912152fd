"""Typing and read marks, both ways, as long as a person holds the thread: two people who see that the other is there (正在输入与已读)."""

from datetime import datetime, timedelta
from typing import Final

from api.domain.conversation import Holder
from api.domain.staff import Permission
from api.services.desk import peek_thread
from api.services.ports import UnitOfWork
from api.services.records import Conversation
from api.services.sign_ports import Side, Sign
from api.services.staff import StaffMember, require

TYPING_FOR: Final = timedelta(seconds=6)
"""How long one key counts; whoever goes on typing says so again before."""


async def by_citizen(
    uow: UnitOfWork, *, conversation: Conversation, read: int | None, typing: bool, now: datetime
) -> bool:
    """Note a sign of the citizen's; False where nobody is there to see it."""
    if conversation.holder is not Holder.PERSON:
        return False
    await _noted(uow, conversation_id=conversation.id, side=Side.CITIZEN, read=read, typing=typing, now=now)
    return True


async def by_staff(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, *, member: StaffMember, conversation_id: str, read: int | None, typing: bool, now: datetime
) -> bool:
    """Note a sign of whoever holds the thread; of anybody else's looking on nothing is told. Raises ConversationNotFound."""
    require(member, Permission.TALK)
    found = await peek_thread(uow, member=member, conversation_id=conversation_id)
    if found.holder is not Holder.PERSON or found.hold.staff != member.id:
        return False
    await _noted(uow, conversation_id=found.id, side=Side.STAFF, read=read, typing=typing, now=now)
    return True


async def _noted(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, *, conversation_id: str, side: Side, read: int | None, typing: bool, now: datetime
) -> None:
    # Two signs at once would both find no row: the thread's own row, which the edge may not have locked, orders them.
    await uow.conversations.get(conversation_id)
    before = await uow.signs.get(conversation_id=conversation_id, side=side)
    seen = before.read
    if read is not None and read > seen:
        # Nobody has read what was not said.
        said = await uow.conversations.after(conversation_id=conversation_id, seq=read - 1, limit=1)
        seen = read if said and said[0].seq == read else seen
    sign = Sign(read=seen, typing_until=now + TYPING_FOR if typing else None)
    await uow.signs.put(conversation_id=conversation_id, side=side, sign=sign)
