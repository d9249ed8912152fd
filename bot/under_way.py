"""A number or a bare yes typed while the turn before it is still under way answers nothing: nobody has read yet what to.

To wait and then answer would be worse: what comes may ask for a consent. Other words wait their turn; they choose nothing.
"""

import re
from typing import Final

from api.services.ports import Database
from bot.messages import Inbound, InboundRefused

_NUMBER: Final = re.compile(r"[ \t\r\n\u3000]*[0-9０-９]{1,2}[ \t\r\n\u3000.。!！、,，)）]*")
"""No menu has a hundred lines, and no telephone number two digits."""
_YES: Final = re.compile(
    r"(?:是|对|好|行|可以|同意|愿意|嗯|成|中|要|ok|yes|y)(?:的|啊|呀|吧|了|嘞|哒)?|(?:我|都)?(?:同意|愿意)(?:的|了)?|没问题|没错",
    re.IGNORECASE,
)
_SIGNS: Final = re.compile(r"[\W_]+")
_MOST: Final = 12


class TurnUnderWay(InboundRefused):
    """A choice that came before there was anything to choose from; nothing of it is taken."""

    code = "turn_under_way"

    def __init__(self) -> None:
        """Say what to do; the same words on every channel that is read."""
        super().__init__(self.code, "稍等，上一条我还在办，这一条先没有收。看到回复再选、再答。有危险，马上打 110。")


async def refuse_choice(database: Database, inbound: Inbound, /) -> None:
    """Raise TurnUnderWay for a bare number or yes while another message of this thread is being answered."""
    if inbound.text is None or not _answers(inbound.text):
        return
    async with database.reading() as uow:
        waits = await uow.conversations.unanswered(inbound.conversation_id, besides=inbound.external_id)
    # What a process that died left unanswered is not under way.
    if waits and await database.turn_under_way(inbound.conversation_id):
        raise TurnUnderWay


def _answers(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None or (
        len(text) <= _MOST and _YES.fullmatch(_SIGNS.sub("", text)) is not None
    )
