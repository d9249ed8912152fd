"""Whoever only scolds is warned, warned again, and then taken leave of; whoever scolds and tells something is answered (辱骂).

A safety word and a call for a person come before this, in the gateway and in what Rasa hears. The count is forgotten with
the leave: whoever writes again begins afresh, and no ticket is touched.
"""

import re
from dataclasses import replace
from typing import Final

from actions import asides, complaint
from actions.acts import Act
from actions.services import Services
from actions.turn import COMPLAIN, HUMAN, SURE, Outcome, Turn, with_extra
from actions.wire import MenuReply, Say, TextReply
from knowledge_base.types import Urgency

COUNT: Final = "scolded"
_MOST: Final = 3
"""The time at which the talk is ended, after two warnings."""
_FOUL: Final = re.compile(
    r"(?:我?[操草艹肏日干曰]|cao|kao|fuck)\s*(?:你|尼|泥|ni|you|u\b)\s*(?:妈|吗|马|麻|ma|大爷|祖宗|全家|娘|奶奶|老母|八辈祖宗)?(?:的|个?[逼比币b])?"
    r"|[你您他她](?:妈|吗|马|娘)(?:的|了个?[逼比币b]?)|妈了?[个]?[逼比币b]的?|特么的?|tmd|nmsl|nmb|cnm|wcnm|mlgb|(?<![a-z])sb(?![a-z])|傻\s*[逼比叉缺子币b屌]|煞笔|沙比|傻帽|二百五"
    r"|[狗臭贱烂]\s*(?:东西|日的|杂种|逼|比|屎)|王八(?:蛋|羔子)?|龟(?:儿子|孙子?)|混蛋|浑蛋|杂种|畜生|畜牲|人渣|败类|流氓|骗子|废物|垃圾|饭桶|脑残|脑子有病|神经病|有病吧?"
    r"|白痴|蠢(?:货|猪|驴|蛋)|猪脑子?|笨蛋|弱智|智障|滚(?:蛋|开|犊子|远点)?|去死|死全家|全家死光|不得好死|吃屎|吃干饭的?|放(?:屁|狗屁)|狗屁|屁用没?有?|扑街|仆街|冚家铲|丢雷(?:老母)?|丢你老母|瓜皮|哈(?:批|麻批)|哈儿|锤子|龟儿"
    r"|不要脸|臭不要脸|丧良心|没良心|黑心",
    re.IGNORECASE,
)
_BARE: Final = re.compile(r"[操草艹靠肏]+|我[操草艹靠肏]|卧槽")
_AIMED: Final = re.compile(
    r"你们?|您|这些?|那些?|帮|群|伙|个|就|都|是|全|真|什么|啥|破|机器人?|系统|东西|政府|国家|养|的|了|吧|啊|吗|呀|呢|玩意儿?|一|和|只会|会|光|太|很|热线|12348|[\W_a-z0-9]",
    re.IGNORECASE,
)
_OTHERS: Final = re.compile(r"[他她它]|对方|那人|那个人|这人")
_DOUBTED: Final = re.compile(r"是不是骗子|骗子(?:吗|吧|么)|不会是骗子|[是当]骗子[?？]")
_TELLS: Final = 3
"""Characters beside the scolding from which somebody tells something."""
_STILL_MEANT: Final = frozenset(
    {Act.HUMAN, Act.COMPLAIN, Act.WITHDRAW, Act.CANCEL, Act.STATUS, Act.APPLY, Act.GOODBYE, Act.INSTRUCT}
)
_SURE: Final = 0.5
_MOST_SCOLDING: Final = 8


def heard(turn: Turn, services: Services, /) -> Outcome | None:
    """Answer a message that is nothing but scolding; None for every other, and for whoever was heard to be in danger."""
    if turn.payload or turn.state.asked_private or not is_only_scolding(turn.text):
        return None
    if turn.act in _STILL_MEANT and turn.confidence >= _SURE:
        return None
    # Somebody in danger may scold as much as they like.
    return _answered(turn, services) if turn.conversation.urgency is Urgency.S2 else None


def meant(turn: Turn, /) -> bool:
    """Tell scolding that Rasa heard from a story told in anger, and from the anger of somebody in danger."""
    short = len(turn.text) <= _MOST_SCOLDING and complaint.is_ours(turn.text) and turn.confidence >= SURE
    short = short and _DOUBTED.search(turn.text) is None and _OTHERS.search(_FOUL.sub("", turn.text)) is None
    return turn.conversation.urgency is Urgency.S2 and (short or is_only_scolding(turn.text))


async def scolded(turn: Turn, services: Services, /) -> Outcome:
    """Answer what Rasa heard as scolding."""
    return _answered(turn, services)


def is_only_scolding(text: str, /) -> bool:
    """Tell foul words aimed at nobody's matter from a story told in anger: «他妈的老板不给钱» is a story."""
    if _BARE.fullmatch(text.strip(" !！。.，,")):
        return True
    rest = _FOUL.sub("", text)
    # «那他是骗子喽», «你们是不是骗子»: somebody else is meant, or somebody really asks.
    asked = _DOUBTED.search(text) is not None or _OTHERS.search(rest) is not None
    foul = rest != text and complaint.is_ours(text)
    return foul and not asked and len(_AIMED.sub("", rest)) < _TELLS


def _answered(turn: Turn, services: Services) -> Outcome:
    count = int(turn.state.extra.get(COUNT, 0)) + 1
    if count >= _MOST:
        state = asides.dropped(turn.state)
        leave = TextReply(say=Say.ABUSE_LEAVE, choices=(HUMAN,))
        return Outcome(state=with_extra(state, **{COUNT: None}), replies=(leave,), signs_off=True)
    say = Say.ABUSE_FIRST if count == 1 else Say.ABUSE_SECOND
    warned = replace(turn, state=with_extra(turn.state, **{COUNT: count}))
    return asides.resumed(warned, services, MenuReply(say=say, choices=(HUMAN, COMPLAIN)))
