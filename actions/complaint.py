"""A complaint about an answer, a lawyer or the staff: taken in the caller's words, without argument, apart from the matter (投诉)."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from actions import asides, matters, private
from actions.acts import Act
from actions.asides import COMPLAINT, COMPLAINT_PHONE
from actions.lookup import NAMES_ANOTHER
from actions.services import Services
from actions.turn import HUMAN, SURE, Lodged, Outcome, Reached, Turn, remembered
from actions.wire import Choice, Say, TextReply
from api.services.records import TicketKind
from knowledge_base.demands import asks

_OURS: Final = re.compile(
    r"你们|你这|这个?机器|机器人|工作人员|坐席|客服|接线|接电话|热线|答复|回答|回复|服务|态度|援助|法援|值班|律师|12348|司法[局所]|窗口|平台助手|助手"
)
_THEIRS: Final = re.compile(
    r"老板|单位|公司|工厂|厂[里子方]|包工头|工头|物业|房东|中介|商[家店场]|店[家里]|网店|卖家|平台|外卖|快递|医院|医生|学校|老师|幼儿园"
    r"|警察|派出所|公安|交警|城管|村[里委长支]|镇政府|邻居|楼上|银行|保险|开发商|施工|判决|裁决|法院|法官|仲裁|12315|12345|12333|消协|市场监管|监察|信访"
)
_CUE: Final = re.compile(
    r"投诉|举报|反映|反应一下|意见|不满|不服|态度|告你们|告他|不像话|太差|很差|推来推去|爱搭不理|爱答不理|不耐烦|刁难|不作为|凶我|骂我|挂我|挂了我|不接"
    r"|不管我|不理我|不回|没回|不负责|不上心|收了?我.{0,4}钱|私下|一伙|找谁(?:说|反映)|说理|处理你们|追究|没人管|答非所问|乱答|答得不对|是错的|难听|很冲|冲我"
)
"""Without one of these nobody complains, however much it sounds like it: «only to you, not to others» answers a question."""
_WISH: Final = re.compile(
    r"我|要|想|就是|得|必须|给我|帮我|请|投诉|举报|反映|告状|不满意?|意见|有|很|太|非常|十分|怎么|去哪里?|哪里|在哪|可以|能|吗|呢|呀|啊|了|的"
    r"|你们这里|你们|你|对|一下|个|问题|说|[\W_]"
)
_NEEDS_WORDS: Final = 5
_DECLINES: Final = re.compile(
    r"(?:(?:那|就|我|俺|先|还是|也|暂时|嗯|呃|哦|电话|号码|手机|[\W_])*"
    r"(?:不用|不要|不需要|不必|不留|不想|不写|不方便|不给|没(?:有)?(?:手机|电话)?号?码?|算了|不了|免了|别打|就这样|就这些|说完了|完了|写在这|在这里?(?:说|写|回)|no)"
    r"(?:留|写|说|给|打|电话|号码|手机|里|回|可以|就?行|就?好|谢谢|你们?|您|我|了|吧|的|啊|呢|[\W_])*)+"
)
_MOST_DECLINING: Final = 20
LODGED: Final = "complaint"
"""Where the memory keeps the ticket, the number and the promised day of a complaint on file."""
_WHEN_HEARD: Final = re.compile(
    r"(?:什么时候|啥时候|多久|几天|几点|多长时间|哪天|何时|多会儿).{0,8}(?:回|答复|结果|处理|联系|消息|打给|给我|查|信儿?)"
    r"|(?:回复?|答复|处理|结果|联系).{0,6}(?:多久|几天|什么时候|啥时候|多长时间|哪天)|(?:记上|记下|收到|登记)(?:来)?了?(?:没有?|吗|么|不)"
    r"|(?:投诉|意见).{0,8}(?:怎么样|咋样|到哪|处理|结果|进度|编号|有人(?:管|看|理))"
)
_NAMED: Final = re.compile(r"投诉|意见|举报|反映")
_LAST_SAID: Final = frozenset(
    {
        Say.COMPLAINT_NOTED,
        Say.COMPLAINT_ADDED,
        Say.COMPLAINT_CALL_NOTED,
        Say.COMPLAINT_STAYS_HERE,
        Say.COMPLAINT_STANDS,
    }
)
_OTHERWISE: Final = frozenset(
    {Act.THANKS, Act.GOODBYE, Act.GREET, Act.AFFIRM, Act.DENY, Act.RATE, Act.REPEAT, Act.SIMPLER, Act.INSTRUCT}
)
"""Acts that tell no more of it."""
_ORDERS: Final = (asides.ELSEWHERE | {Act.CANCEL}) - {Act.COMPLAIN}
_LIKELY: Final = 0.5
_ASKS_WHERE: Final = re.compile(
    r"找谁|去哪|到哪|哪里|哪儿|上哪|哪个部门|什么部门|啥部门|(?:怎么|咋|如何|能不能|可以|能)(?:去)?(?:投诉|举报|告)"
)
_NO: Final = Choice(payload={COMPLAINT_PHONE.fact: None}, title="不用")


def stands(turn: Turn, services: Services, /) -> Outcome | None:
    """Say how a complaint of this thread stands to whoever asks; None for everything else."""
    kept = turn.state.extra.get(LODGED)
    asked = turn.state.asked == COMPLAINT_PHONE.fact or _just_said(turn) or _NAMED.search(turn.text) is not None
    if kept is None or turn.payload or not asked or _WHEN_HEARD.search(turn.text) is None:
        return None
    args = {name: kept[name] for name in ("number", "due")}
    return asides.resumed(turn, services, TextReply(say=Say.COMPLAINT_STANDS, args=args, choices=(HUMAN,)))


async def told(turn: Turn, services: Services, /) -> Outcome | None:
    """Take what is told of a complaint right after it; None for everything else."""
    kept = turn.state.extra.get(LODGED)
    if kept is None or turn.payload or turn.state.asked is not None or not _just_said(turn):
        return None
    if declines(turn):
        return Outcome(state=turn.state, replies=(TextReply(say=Say.ALL_RIGHT),))
    return _more(turn, kept) if await _goes_on(turn, services) else None


def is_ours(text: str, /) -> bool:
    """Tell a complaint about the service from a grievance against somebody else, which is a matter to be answered."""
    return _THEIRS.search(text) is None or _OURS.search(text) is not None


def meant(turn: Turn, /) -> bool:
    """Tell a complaint about the service from whatever else Rasa may have taken for one."""
    if turn.payload:
        return True
    # «该找谁投诉», said about a shop, asks where such a matter goes.
    of_the_matter = turn.state.topic is not None and not matters.is_service(turn.state.topic)
    asks_where = of_the_matter and _ASKS_WHERE.search(turn.text) is not None and _OURS.search(turn.text) is None
    return not asks_where and _CUE.search(turn.text) is not None and is_ours(turn.text)


async def begin(turn: Turn, services: Services, /) -> Outcome:
    """Take a complaint that was told already, or ask for it in the caller's own words."""
    del services
    kept = turn.state.extra.get(LODGED)
    if kept is not None and len(_WISH.sub("", turn.text)) >= _NEEDS_WORDS:
        return _more(turn, kept)
    if len(_WISH.sub("", turn.text)) >= _NEEDS_WORDS:
        return _told(turn)
    return asides.ask(turn.state, COMPLAINT, known={"kind": "complaint"}, lead=Say.COMPLAINT_ASKED, choices=(HUMAN,))


async def answered(turn: Turn, services: Services, known: Mapping[str, Any], /) -> Outcome | None:
    """Take the words, then how to be reached; None where the caller has turned to something else."""
    del known
    if turn.state.asked == COMPLAINT.fact:
        given = turn.answers.get(COMPLAINT.fact, turn.text)
        return _told(turn, str(given)) if given else None
    kept = turn.state.extra.get(LODGED) or {}
    text = str(turn.answers.get(COMPLAINT_PHONE.fact, turn.text) or "")
    token = await private.phone_in(turn, services, text)
    if token is not None:
        reached = Reached(ticket=str(kept.get("ticket")), contact=token)
        said = TextReply(say=Say.COMPLAINT_CALL_NOTED, choices=(HUMAN,))
        return replace(asides.back(turn, services, "complaint", said), reached=reached)
    if turn.answers or declines(turn):
        return asides.back(turn, services, "complaint", TextReply(say=Say.COMPLAINT_STAYS_HERE, choices=(HUMAN,)))
    return _more(turn, kept) if kept and await _goes_on(turn, services) else None


def declines(turn: Turn, /) -> bool:
    """Tell whether no telephone number is to be left."""
    if asks(turn.text):
        return False
    short = len(turn.text) <= _MOST_DECLINING
    return turn.act is Act.DENY or (short and _DECLINES.fullmatch(turn.text.lower()) is not None)


async def _goes_on(turn: Turn, services: Services) -> bool:
    """Tell more of what is complained of from a question, from manners, and from another matter."""
    if asks(turn.text) or (turn.act in _OTHERWISE and turn.confidence >= _LIKELY):
        return False
    if turn.act in _ORDERS and turn.confidence >= SURE:
        return False  # «我要撤回同意» is done, and not filed
    found = await asyncio.to_thread(services.classify, turn.text, vector=None)
    best = next(iter(found.matters), None)
    another = best is not None and best.confidence >= NAMES_ANOTHER and not matters.is_service(best.code)
    return _OURS.search(turn.text) is not None or (not another and _THEIRS.search(turn.text) is None)


def _just_said(turn: Turn) -> bool:
    return any(isinstance(one, TextReply) and one.say in _LAST_SAID for one in remembered(turn.state))


def _more(turn: Turn, kept: Mapping[str, Any]) -> Outcome:
    """Add these words to the complaint on file: one number, and one promised day."""
    lodged = Lodged(kind=TicketKind.COMPLAINT, words=turn.text, goes_on=str(kept["ticket"]))
    return Outcome(state=turn.state, form=asides.form_of(turn.state), lodged=lodged)


def _told(turn: Turn, words: str | None = None) -> Outcome:
    asking = asides.ask(turn.state, COMPLAINT_PHONE, known={"kind": "complaint"}, choices=(_NO,))
    goes_on = (turn.state.extra.get(LODGED) or {}).get("ticket")
    lodged = Lodged(kind=TicketKind.COMPLAINT, words=words or turn.text, goes_on=goes_on)
    return replace(asking, lodged=lodged)
