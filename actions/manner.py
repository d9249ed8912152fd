"""How somebody can be talked with: whoever cannot hear or be rung is written to, and whoever contacts them knows (打字、不打电话)."""

import re
from dataclasses import replace
from typing import Final

from actions import asides
from actions.intake_questions import SAFE
from actions.services import Services
from actions.turn import APPOINT, DEAF, HUMAN, Outcome, Turn, with_extra
from actions.wire import Say, TextReply
from api.services.contact import SILENT
from api.services.records import Assistance, SafeToContact

_LONGEST: Final = 30
"""Whoever writes more tells something beside, and that is looked up."""
_CANNOT_HEAR: Final = re.compile(
    r"(?<![说嫌怪让骂])[我俺](?:是|本人是|从小|现在|自己|们|这?耳朵|的耳朵|就|有点|有些|两只耳朵|,|，){0,6}(?:个|一?名|位)?"
    r"(?:聋哑|聋(?!哑)|耳聋|哑巴|哑(?!巴)|听障|失聪|听力(?:障碍|残疾)|言语障碍|听不[见到清](?=$|[\s,，。.!！?？;；]|了|啊|的|电话|声音|话|您|你)|说不了话|不会说话|讲不了话|不能说话)"
    r"(?!.{0,4}(?:懂|明白))(?!人?的)"
)
_HARD_OF_HEARING: Final = re.compile(r"^(?:那|可)?[我俺]?.{0,4}(?:耳背|耳朵背|耳朵不好|听力不好|听力不行|耳朵有点)")
_NO_RINGING: Final = re.compile(r"(?:别|不要|甭|莫)(?:再|给我)?打(?:了|啊|呀|过来|给我)?")
"""Neither says anything alone: louder may do («大声点»), and a beaten wife pleads so as well."""
_NO_VOICE: Final = re.compile(
    r"(?:打|接|听|讲|用)不了电话|(?:不能|没法|没办法|无法|不会|不方便|别|不要|甭)(?:给我|再|跟我)?(?:打|接|听|讲|用)电话"
    r"|(?:只能|只会|能不能)(?:靠)?(?:打字|写字|发文字|发消息|发短信|发信息|文字)"
)
_ELSE_RINGS: Final = re.compile(r"老板|单位|公司|他|她|老公|丈夫|对方|法院|警察|催收|我(?:妈|爸|妻|媳妇|儿|女)")
"""«老板不让我接电话» tells of somebody else."""
_FILLING: Final = r"(?:那|我|你们?|您|们|请问|能|可以|能不能|可不可以|是不是|只|只能|就|都|直接|跟|和|给我?|用|通过|在这里?|这里|平时|也|还|只想|想|要|改|改成|换成|行不行|的话|下)*"
_BY_MESSAGE: Final = re.compile(
    rf"{_FILLING}(?:(?:发|回|用|写)?(?:个|条)?(?:短信|信息|消息|微信|文字)|打字|写字|发字|留言)(?:给我|联系我?|回我?|说|聊|沟通|交流|来|告诉我|通知我?)*"
    r"(?:可以|行|好|成|中|方便|可不可以|行不行)?(?:吗|么|嘛|不|吧|呢|啊)?"
)
_HOW: Final = re.compile(
    rf"{_FILLING}(?:工作人员|律师|人工|他们|值班的?人?|你们那边)?(?:会|要|到时候?|是|都|后面|之后|打算)*(?:怎么样?|咋样?|如何|用什么|通过什么|靠什么|拿什么|打什么)(?:方式|办法|东西)?"
    r"(?:来|去|跟|和|会)*(?:联系|找|通知|回复|回|答复|联络)(?:得?到|上)?(?:我|俺|人)?(?:们)?(?:呢|啊|呀|的)?"
    rf"|{_FILLING}(?:会|要)?(?:打我?电话|来电话|打给我|给我打电话|联系我)(?:吗|么|不)"
)
_SIGN: Final = re.compile(r"手语")
_NO_SIGN: Final = re.compile(
    r"(?:不会|不懂|看不懂|不用|不要|不需要|没学过?|别|甭)(?:请|找|安排|要|用|打)?手语|手语[^,，。\s]{0,3}(?:不会|不懂|不用|看不懂)"
)
_SIGN_WANTED: Final = re.compile(
    r"(?:请|安排|找|要|派|配|帮)[^,，。\s]{0,5}手语|手语(?:翻译|老师)[^,，。\s]{0,4}(?:安排|请)"
)
_COMPANY: Final = re.compile(
    r"陪同|陪(?:我|俺|着|护)|(?:带|领|叫|让)(?:上|着)?(?:个|一个|我|俺)?(?:家里?)?(?:人|妈|爸|姐|哥|妹|弟|儿子|女儿|闺女|媳妇|老公|老婆|丈夫|妻子|朋友|亲戚|邻居)[^,，。\s]{0,3}(?:陪|一起|一块|一道|跟)"
)
_NO_COMPANY: Final = re.compile(r"(?:没|不|别|甭)[^,，。\s]{0,3}陪")
_BREAKS: Final = re.compile(r"[\s,，.。!！?？;；~～、]+")
_MARKS: Final = re.compile(r"^(?:请问|你好|您好|喂|那|嗯|好的?|哦|对了)$")
_MOST_CAREFUL: Final = (*SILENT, SafeToContact.MESSAGE_ONLY)


def told(turn: Turn, services: Services, /) -> Outcome | None:
    """Answer whoever says that a telephone is no use to them, or asks how they are reached; None for everything else."""
    if turn.payload or turn.state.asked_private or _answers_already(turn):
        return None
    if needs_writing(turn.text):
        return asides.resumed(turn, services, TextReply(say=Say.IN_WRITING, choices=(HUMAN,)))
    if not asks_how(turn.text):
        return None
    written = turn.conversation.care.safe_to_contact
    say = Say.REACHED_SILENTLY if written is SafeToContact.NO else Say.REACHED_HERE
    say = Say.REACHED_IN_WRITING if written is SafeToContact.MESSAGE_ONLY else say
    return asides.resumed(turn, services, TextReply(say=say, choices=(HUMAN, APPOINT)))


def noted(turn: Turn, outcome: Outcome, /) -> Outcome:
    """Keep for whoever contacts the caller that only writing reaches them, also where a story said so beside."""
    if not turn.payload and says_deaf(turn.text):
        outcome = replace(outcome, state=with_extra(outcome.state, **{DEAF: True}))
    known = turn.conversation.care.safe_to_contact in _MOST_CAREFUL
    if turn.payload or known or _answers_already(turn) or not (says_deaf(turn.text) or needs_writing(turn.text)):
        return outcome
    answered = any(isinstance(one, TextReply) and one.say is Say.IN_WRITING for one in outcome.replies)
    lead = () if answered else (TextReply(say=Say.WRITES_NOTED),)
    return replace(outcome, writes_only=True, replies=(*lead, *outcome.replies))


def needs_writing(text: str, /) -> bool:
    """Tell the words of somebody who can only write, or wants to, and says nothing else."""
    if len(text) > _LONGEST or _ELSE_RINGS.search(text) is not None:
        return False
    clauses = [one for one in _clauses(text) if not (_HARD_OF_HEARING.search(one) or _NO_RINGING.fullmatch(one))]
    return bool(clauses) and all(
        says_deaf(one) or _NO_VOICE.search(one) or _BY_MESSAGE.fullmatch(one) for one in clauses
    )


def says_deaf(text: str, /) -> bool:
    """Tell the words of somebody who cannot hear or speak."""
    return _CANNOT_HEAR.search(text) is not None


def is_deaf(turn: Turn, /) -> bool:
    """Tell whether the caller has said, now or before, that they cannot hear or speak."""
    return bool(turn.state.extra.get(DEAF)) or (not turn.payload and says_deaf(turn.text))


def assistance(text: str, /) -> tuple[Assistance, ...]:
    """Return what is wished for at an agreed time, by the caller's words."""
    sign = _SIGN.search(text) is not None and _NO_SIGN.search(text) is None
    company = _COMPANY.search(text) is not None and _NO_COMPANY.search(text) is None
    return (Assistance.SIGN_INTERPRETER,) * sign + (Assistance.COMPANION,) * company


def wants_sign(text: str, /) -> bool:
    """Tell the wish that a sign interpreter be brought, and little else, from a question who speaks sign."""
    return len(text) <= _LONGEST and _SIGN_WANTED.search(text) is not None and _NO_SIGN.search(text) is None


def asks_how(text: str, /) -> bool:
    """Tell a question how the caller will be reached, and nothing else."""
    clauses = _clauses(text)
    return len(text) <= _LONGEST and bool(clauses) and all(_HOW.fullmatch(one) for one in clauses)


def _clauses(text: str) -> list[str]:
    """Return the parts of a message, greetings left out."""
    return [one for one in _BREAKS.split(text) if one and _MARKS.match(one) is None]


def _answers_already(turn: Turn) -> bool:
    """Tell whether the open question asks just that: there the words are its answer."""
    return turn.state.asked in {SAFE.fact, asides.CALL_SAFE.fact}
