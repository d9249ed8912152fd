"""What is said to whoever waits for a person: what is known of the wait, and no law (等人接).

Whether somebody waits is asked here and nowhere else.
"""

import re
from datetime import datetime
from typing import Final

from actions import asides, satisfaction, status
from actions.acts import Act
from actions.services import Services
from actions.turn import RECEIPT, SURE, Outcome, Turn, remembered
from actions.wire import Say, TextReply
from api.domain.clocks import CHINA
from api.domain.conversation import Holder
from api.services.records import TicketKind

_MOST_ASKING: Final = 20
_IS_ANYBODY: Final = re.compile(
    r"^(?:喂|你好|您好|请问|那|你们?|您|机器人|,|，| )*(?:还)?在(?:不在?|吗|么|嘛|线)|有(?:没有?)?(?:人|活人|真人)(?:吗|么|在|不|没|理|管|接|回)|(?:人|工作人员|律师|人工|客服|真人)(?:呢|去哪|在哪|怎么还|咋还)"
    r"|(?:怎么|咋|为什么|为啥)(?:还|都|一直)?(?:没|不)(?:有)?(?:人|来|回|理|接|动静|反应)|没人(?:理|回|接|应|管)?(?:我|吗|啊|呀)?$|(?:等|半天)(?:了)?(?:半天|好久|很久|这么久|老久|一个?(?:多)?小时)"
    r"|说话(?:呀|啊|呢)|回(?:我)?(?:一下|句话|话)|快(?:点|来)|^喂+|(?:还|到底)(?:来|接|管)不(?:来|接|管)"
)
_HOW_LONG: Final = re.compile(
    r"(?:还|大概|一般|得|要|需要)*(?:等)?(?:多久|多长时间|多会儿?|几分钟|几个?小时|几天)|(?:什么时候|啥时候|几点|多咱|何时).{0,6}(?:来|到|回|有人|接|联系|轮到|理我|打给我|给我打)"
    r"|(?:前面|前头)(?:还)?(?:有)?(?:几个|多少)人|排(?:到|队|第几|几号)|轮到我"
)
_OF_LAW: Final = re.compile(r"仲裁|起诉|判|开庭|赔|批|审|援助|申请|时效|工资|离婚|立案|执行|鉴定|拘留|关")
_TAKES_NOTE: Final = frozenset({Act.THANKS, Act.AFFIRM, Act.GOODBYE})
_NOTES: Final = re.compile(
    r"(?:[嗯哦噢好行的吧嘞滴呢啊]|知道了|晓得了|明白了?|收到|ok|我?等着?|那我等|谢谢您?你?|[\W_])+",
    re.IGNORECASE,
)


def is_awaited(turn: Turn, /) -> bool:
    """Tell whether a person was called for this thread and nobody has come yet."""
    return turn.conversation.holder is Holder.WAITING


async def told(turn: Turn, services: Services, /) -> Outcome | None:
    """Say what is known of the wait to whoever asks, and a word to whoever says thanks; None for everything else."""
    if not is_awaited(turn) or turn.payload or turn.state.asked is not None:
        return None
    if asks(turn):
        # Whoever handed an application in here waits for that, and its progress tells how long.
        filed = RECEIPT in turn.state.extra and _HOW_LONG.search(turn.text) is not None
        return await (status.begin if filed else known)(turn, services)
    if len(turn.text) > _MOST_ASKING:
        return None
    takes_note = _NOTES.fullmatch(turn.text) or satisfaction.closes(turn.text)
    if not takes_note and not (turn.act in _TAKES_NOTE and turn.confidence >= SURE):
        return None
    ends = turn.act in {Act.THANKS, Act.GOODBYE} or satisfaction.closes(turn.text)
    noted = TextReply(say=Say.AWAITED_THANKS)
    if any(isinstance(one, TextReply) and one.say is Say.AWAITED_THANKS for one in remembered(turn.state)):
        # The same line helps nobody the second time.
        if not ends:
            return await known(turn, services)
        noted = TextReply(say=Say.THANKS)
    return satisfaction.offered(turn, (noted,)) if ends else Outcome(state=turn.state, replies=(noted,))


def asks(turn: Turn, /) -> bool:
    """Tell a question about the wait from one about the law."""
    if len(turn.text) > _MOST_ASKING or _OF_LAW.search(turn.text):
        return False
    greets = turn.act is Act.GREET and turn.confidence >= SURE
    return greets or _HOW_LONG.search(turn.text) is not None or _IS_ANYBODY.search(turn.text) is not None


async def known(turn: Turn, services: Services, /) -> Outcome:
    """Return what is known: since when a person was called, and that nobody has come; how long it takes nobody knows."""
    since = await _since(turn, services)
    args = {} if since is None else {"since": moment(since, now=turn.now)}
    say = Say.AWAITED if args else Say.AWAITED_ANYHOW
    return asides.resumed(turn, services, TextReply(say=say, args=args))


def moment(at: datetime, /, *, now: datetime) -> str:
    """Return the hour of today, and any other with its day."""
    local = at.astimezone(CHINA)
    day = "" if local.date() == now.astimezone(CHINA).date() else f"{local.month} 月 {local.day} 日 "
    return f"{day}{local:%H:%M}"


async def _since(turn: Turn, services: Services) -> datetime | None:
    async with services.reading() as uow:
        calls = await uow.tickets.open_ones(conversation_id=turn.conversation.id)
    return next((one.opened_at for one in calls if one.kind is TicketKind.PERSON_REQUEST), None)
