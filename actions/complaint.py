"""A complaint about an answer, a lawyer or the staff: taken in the caller's words, without argument, apart from the matter (投诉)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from actions import asides, matters, private
from actions.acts import Act
from actions.asides import COMPLAINT, COMPLAINT_PHONE
from actions.services import Services
from actions.turn import HUMAN, Lodged, Outcome, Reached, Turn
from actions.wire import Choice, Say, TextReply
from api.services.records import TicketKind

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
    r"不用|不要|不需要|不必|不留|不想|不写|不方便|不给|没有|没电话|算了|不了|免了|别打|就这样|写在这|在这里(?:说|写|回)|no"
)
_MOST_DECLINING: Final = 14
_QUESTION: Final = re.compile(r"[?？]|(.)[不没]\1|吗|怎么|谁|哪")
_ASKS_WHERE: Final = re.compile(
    r"找谁|去哪|到哪|哪里|哪儿|上哪|哪个部门|什么部门|啥部门|(?:怎么|咋|如何|能不能|可以|能)(?:去)?(?:投诉|举报|告)"
)
_NO: Final = Choice(payload={COMPLAINT_PHONE.fact: None}, title="不用")


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
    if len(_WISH.sub("", turn.text)) >= _NEEDS_WORDS:
        return _told(turn)
    return asides.ask(turn.state, COMPLAINT, known={"kind": "complaint"}, lead=Say.COMPLAINT_ASKED, choices=(HUMAN,))


async def answered(turn: Turn, services: Services, known: Mapping[str, Any], /) -> Outcome | None:
    """Take the words, then how to be reached; None where the caller has turned to something else."""
    if turn.state.asked == COMPLAINT.fact:
        given = turn.answers.get(COMPLAINT.fact, turn.text)
        return _told(turn, str(given)) if given else None
    text = str(turn.answers.get(COMPLAINT_PHONE.fact, turn.text) or "")
    token = await private.phone_in(turn, services, text)
    if token is not None:
        reached = Reached(ticket=str(known.get("ticket")), contact=token)
        said = TextReply(say=Say.COMPLAINT_CALL_NOTED, choices=(HUMAN,))
        return replace(asides.back(turn, services, turn.state, said), reached=reached)
    if turn.answers or declines(turn):
        return asides.back(turn, services, turn.state, TextReply(say=Say.COMPLAINT_STAYS_HERE, choices=(HUMAN,)))
    return None


def declines(turn: Turn, /) -> bool:
    """Tell whether no telephone number is to be left."""
    if _QUESTION.search(turn.text):
        return False
    short = len(turn.text) <= _MOST_DECLINING
    return turn.act is Act.DENY or (short and _DECLINES.search(turn.text.lower()) is not None)


def _told(turn: Turn, words: str | None = None) -> Outcome:
    asking = asides.ask(turn.state, COMPLAINT_PHONE, known={"kind": "complaint"}, choices=(_NO,))
    return replace(asking, lodged=Lodged(kind=TicketKind.COMPLAINT, words=words or turn.text))
