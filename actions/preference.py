"""Whom the citizen would like to have as a lawyer: taken down where they bring it up, and promised by nobody (点援).

The institution assigns (Legal Aid Law art. 43). Only whom they mean is kept, not what they say of it: that may be what
they do not want to hand over.
"""

import re
from dataclasses import replace
from typing import Final

from actions import asides
from actions.services import Services
from actions.turn import HUMAN, RECEIPT, Outcome, Turn, with_extra
from actions.wire import Say, TextReply
from knowledge_base.demands import asks
from knowledge_base.surnames import NO_NAMES, SURNAMES

PREFERRED: Final = "preferred_provider"
"""Where the memory keeps it until it is handed in."""
_LONGEST: Final = 30
"""Whoever writes more tells something beside, and that is answered."""
_CLAUSES: Final = re.compile(r"[\s,，.。!！?？;；~～、]+")
_ELSE: Final = re.compile(
    r"投诉|告(?!诉)|举报|骗|收.{0,4}[钱费]|不要|不想|不用|别|退|对方|老板|公司|法院|检察|公安|看守所|前妻|前夫|[他她](?:请|找|要|想|的)|自己(?:请|找|花)|花钱|掏钱|委托|是不是|什么叫|了"
)
"""Of whom something else is told: a complaint, the other side's lawyer, one whom a court named, one paid for, what has happened."""
_WISHES: Final = r"(?:想|希望|要|让|请|派|指定|点名|安排|最好|能不能|能|可不可以|可以|还是|麻烦)"
_BETWEEN: Final = r"(?:想|要|让|请|派|指定|点名|安排|由|给|帮|我们?|俺|咱|你们?|您|能|可以|还是?|再|继续|是|有|来|就|一?[个位名]|那[个位]|(?:法律)?援助|法援|的){0,8}+"
_DOES: Final = r"(?:去|继续|再|还){0,3}+(?:帮|替|给我|为我|代理|承办|接|办|打官司|当|做我|辩护|负责|跟|来)"
_CIVIL: Final = r"(?:可以|可不可以|行|行不行|好|成|能){0,3}+(?:吗|么|嘛|不|吧|呢|啊)?$"
_NAMED: Final = re.compile(
    rf"{_WISHES}{_BETWEEN}(?:找{_BETWEEN}(?=[^律]{{1,3}}律师{_DOES}))?姓?"
    rf"(?P<name>(?!{NO_NAMES}|(?:[和向于时全应关费查申包万高明]|指定)律师)[{SURNAMES}][㐀-鿿]{{0,2}}?)律师(?={_DOES}|{_CIVIL})"
)
_KIND: Final = re.compile(
    rf"{_WISHES}{_BETWEEN}找?{_BETWEEN}(?P<kind>[女男])(?:的|性|同志)?律师"
    r"|律师(?:能不能|可不可以|可以|最好|希望|我?想|能|要){1,4}+(?:要|派|换成?|安排|是|找){0,3}+一?[个位名]?(?P<of>[女男])(?:的|性)(?!当事人)"
)
_SAME: Final = re.compile(
    rf"{_WISHES}{_BETWEEN}找?{_BETWEEN}(?:上次|上回|之前|原来|以前|先前)(?:帮|给|替|办|接|我|的|案子|那){{0,8}}+[个位]?的?律师(?={_DOES}|{_CIVIL})"
)


def wish(text: str, /) -> str | None:
    """Return whom a text wishes for: «李律师», «女律师», «上次那位律师»; None where it wishes for nobody."""
    for clause in _CLAUSES.split(text):
        if _ELSE.search(clause) is not None:
            continue
        if (named := _NAMED.search(clause)) is not None:
            return f"{named['name']}律师"
        if (kind := _KIND.search(clause)) is not None:
            return f"{kind['kind'] or kind['of']}律师"
        if _SAME.search(clause) is not None:
            return "上次那位律师"
    return None


def told(turn: Turn, services: Services, /) -> Outcome | None:
    """Take the wish down that is all a message says; None for everything else."""
    if turn.payload or turn.state.asked_private or len(turn.text) > _LONGEST or asks(turn.text):
        return None
    wished = wish(turn.text)
    if wished is None:
        return None
    return _kept(asides.resumed(turn, services, _said(turn, wished)), turn, wished)


def noted(turn: Turn, outcome: Outcome, /) -> Outcome:
    """Take down a wish that was said beside something else, and say so before what was said to that."""
    wished = None if turn.payload or turn.state.asked_private else wish(turn.text)
    if wished is None or outcome.state.extra.get(PREFERRED) == wished:
        return outcome
    return _kept(replace(outcome, replies=(_said(turn, wished), *outcome.replies)), turn, wished)


def _kept(outcome: Outcome, turn: Turn, wished: str) -> Outcome:
    state = with_extra(outcome.state, **{PREFERRED: wished})
    return replace(outcome, state=state, preferred=wished if RECEIPT in turn.state.extra else None)


def _said(turn: Turn, wished: str) -> TextReply:
    say = Say.PREFERENCE_ADDED if RECEIPT in turn.state.extra else Say.PREFERENCE_NOTED
    return TextReply(say=say, args={"wish": wished}, choices=() if turn.state.asked else (HUMAN,))
