"""Whoever handed an application in asks here what is kept of them, or that it is put right: a task for staff (查阅、更正个人信息)."""

import re
from typing import Final

from actions import asides
from actions.services import Services
from actions.turn import HUMAN, RECEIPT, Outcome, Turn
from actions.wire import Say, TextReply
from api.domain.clocks import last_day
from api.domain.personal import DataRequest
from api.services import personal

_MOST: Final = 40
_ANOTHERS: Final = re.compile(r"老板|公司|单位|厂|对方|法院|仲裁|房东|他|她|怎么办")
"""Whose telephone or record it is, where it is not the caller's own."""
_SEES: Final = re.compile(
    r"(?:存|留|记|收集|保存)了?我(?:的)?(?:什么|哪些|啥)"
    r"|(?:看看|看一下|查看|查阅|查一下|复制|导出|要一份|给我一份|打印).{0,6}我.{0,6}(?:个人信息|信息|资料|记录|数据)"
    r"|我.{0,4}(?:个人信息|资料|数据).{0,6}(?:给我一份|复制一份|打印一份|看看|看一下)"
)
_CORRECTS: Final = re.compile(
    r"(?:登记|留|填|写|报|记)的?.{0,4}(?:电话|号码|手机号?|姓名|名字|信息|资料).{0,8}(?:错|不对|改|换|更正)"
    r"|(?:更正|改一下|修改|改改|换一下).{0,6}(?:登记的|个人信息|我的?(?:信息|资料|电话|手机号?|号码|姓名|名字))"
    r"|我的?(?:电话|手机号?|号码)(?:换|变|改)(?:了|成)"
)


def asks(text: str, /) -> DataRequest | None:
    """Return what somebody asks of their own data in plain words (Personal Information Protection Law arts 45, 46)."""
    if len(text) > _MOST or _ANOTHERS.search(text) is not None:
        return None
    if _SEES.search(text) is not None:
        return DataRequest.COPY
    return DataRequest.CORRECT if _CORRECTS.search(text) is not None else None


async def told(turn: Turn, services: Services, /) -> Outcome | None:
    """Leave it to staff, who make sure of the person first; None where nothing was handed in, or something is being asked."""
    receipt = turn.state.extra.get(RECEIPT)
    kind = None if turn.payload or turn.state.asked is not None or receipt is None else asks(turn.text)
    if kind is None or receipt is None:
        return None
    async with services.unit_of_work() as uow:
        asked = await personal.request_here(
            uow, reference=str(receipt["reference"]), kind=kind, words=turn.text, now=turn.now
        )
        await uow.commit()
    due = last_day(asked.due)
    reply = TextReply(say=Say.DATA_ASKED, args={"due": f"{due.month} 月 {due.day} 日"}, choices=(HUMAN,))
    return asides.resumed(turn, services, reply)
