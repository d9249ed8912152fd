"""A number typed while the turn before it is still under way chooses nothing: nobody has read yet what it would choose from.

To wait and then choose would be worse: the menu that comes may ask for a consent. Words are no choice; they wait their turn.
"""

import re
from typing import Final

from api.services.ports import Database
from bot.messages import Inbound, InboundRefused

_NUMBER: Final = re.compile(r"[ \t\r\n\u3000]*[0-9０-９]{1,2}[ \t\r\n\u3000.。!！、,，)）]*")
"""No menu has a hundred lines, and no telephone number two digits."""


class TurnUnderWay(InboundRefused):
    """A choice that came before there was anything to choose from; nothing of it is taken."""

    code = "turn_under_way"

    def __init__(self) -> None:
        """Say what to do; the same words on every channel that is read."""
        super().__init__(self.code, "稍等，上一条我还在办，这个数字先没有收。看到回复再选。有危险，马上打 110。")


async def refuse_choice(database: Database, inbound: Inbound, /) -> None:
    """Raise TurnUnderWay for a bare number while another message of this thread is being answered."""
    if inbound.text is None or _NUMBER.fullmatch(inbound.text) is None:
        return
    async with database.reading() as uow:
        waits = await uow.conversations.unanswered(inbound.conversation_id, besides=inbound.external_id)
    # What a process that died left unanswered is not under way.
    if waits and await database.turn_under_way(inbound.conversation_id):
        raise TurnUnderWay
