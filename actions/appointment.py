"""A person at an agreed time, for hard questions: what the directory knows first, then a call-back for the wished time (预约)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from actions import asides, complaint, halves, intake_words, manner, offices, private
from actions.asides import ASSISTANCE, CALL, CALL_SAFE, WHEN
from actions.services import Services
from actions.turn import HUMAN, Lodged, Outcome, Turn
from actions.wire import Choice, Say, TextReply
from api.domain.callback import slot_of
from api.services.records import Assistance, SafeToContact, TicketKind
from api.services.wording import half_day
from knowledge_base.unasked import OF_DEFENDANT

_TIME: Final = re.compile(
    r"周[一二三四五六日天末1-6]|星期[一二三四五六日天]|礼拜[一二三四五六日天]|[今明后](?:天|儿|个儿?)|大后(?:天|儿)|[今明][早晚]|过[一两二三几0-9]天|晌午|[前后]晌|头晌|早晨|夜里|上午|下午|中午|晚上|早上|傍晚"
    r"|[0-9一二两三四五六七八九十]+(?:月|[号日]|点|[:：][0-9]{2})|下个?(?:周|星期|礼拜|月)|这(?:周|星期|个?礼拜)|月[初底末]"
)
_CUE: Final = re.compile(r"约|面谈|见面|见一面|当面|回个?电|打给我|给我打|打电话|挂个?号|安排|抽空|专家|上门|时间")
_SEES: Final = re.compile(r"见(?:一|个|上|到)?(?:面|人)")
_WITH_US: Final = re.compile(r"你们|律师|工作人员|面谈|当面|预约|约")
_NO_CALLS: Final = re.compile(
    r"(?:不|没法|没办法|无法|别|莫|甭)(?:能|会|方便|敢|好|想|用|要|太|可以|给我)*(?:打|接|听|讲|回)(?:不了)?电话"
)
_WHENEVER: Final = re.compile(
    r"随时|都行|都可以|都有空|随便|越快|尽快|马上|现在|立刻|哪天|任何|周末|工作日|下班|午休|你们定|你定"
)
_HOW_IT_STANDS: Final = re.compile(
    r"约(?:上|好|到|成|下来|着|妥)(?:了|的)?(?:没有?|吗|么|不|没约上)|约.{0,6}(?:成功|怎么样|咋样)(?:了|没|吗|$)|(?:算|就)约(?:上|好)|(?:记|登记)(?:上|下来?|好)了?(?:没有?|吗|么|不)(?:啊|呀)?$"
)
_CHANGES: Final = re.compile(
    r"改(?:成|到|为|约|个|一?下|时间|期|天)|换(?:成|到|个|一?下|时间|天)|(?:推|延|挪|提前)(?:后|迟|到|一天|两天|几天)|来不了|去不了|没空|不行了"
)
"""«换成大后天行不行» of a time that is agreed on already."""
_OTHERS: Final = re.compile("[他她]|老板|公司|单位|厂|对方|法院|仲裁|警|公安|开庭|工资|房东|学校")
"""Of whom it may be told that they put something off: «老板改到下周发工资»."""
BOOKED: Final = "booked"
"""Where the memory keeps the ticket, the number and the promised day of a lodged wish."""
_GOES_ON: Final = "goes_on"
_MOST_WORDS: Final = 200
_ANY_TIME: Final = "没有说定时间"
_DECLINES: Final = re.compile(r"不用|不要|不需要|没人|没有人|没有|不会手语|自己(?:去|来)|一个人")
_NO: Final = Choice(payload={CALL.fact: None}, title="不用")


_SELF: Final = r"(?![的家妈爸老单公妻媳孩父母婆儿女])"
_RING: Final = re.compile(
    rf"(?:给|帮)(?:我|俺|咱)(?:回|打|来)(?:个|一个)?电话|(?:打|回)(?:个|一个)?电话给(?:我|俺|咱){_SELF}|打给(?:我|俺|咱){_SELF}|(?:给|跟)(?:我|俺|咱)(?:打过来|回电|回个电)"
)
_NOT_OURS: Final = re.compile(
    r"[他她]|老板|公司|单位|对方|法院|警|公安|骗|催收|客服|银行|别|不|谁|昨|刚|天天|一直|老是|说"
)
_MOST_CALLING: Final = 24
_MOST_CHANGING: Final = 30


def wants_a_call(text: str, /) -> bool:
    """Tell the wish to be rung by us from a call that was made, or is feared."""
    asked = re.sub(r"([行中能成好会])不\1|可不可以|[中行成]不?$|不会弄", "", text.strip(" ?？。！!"))
    return len(text) <= _MOST_CALLING and _RING.search(asked) is not None and _NOT_OURS.search(asked) is None


def meant(turn: Turn, /) -> bool:
    """Tell a wish for an agreed time from whatever else Rasa may have taken for one: «能不能见面» of somebody held is none."""
    held = (turn.state.topic or "").startswith(OF_DEFENDANT) and _WITH_US.search(turn.text) is None
    words = _SEES.sub("", turn.text) if held else turn.text
    return bool(turn.payload) or _CUE.search(_NO_CALLS.sub("", words)) is not None


async def begin(turn: Turn, services: Services, /) -> Outcome:
    """Say who is there and when, as far as it is on file, and take the wish; a time that was told is not asked again."""
    if _TIME.search(turn.text):
        return _timed(turn, services, turn.text, {"kind": "appointment"})
    listed = offices.legal_aid(turn, services)
    wished = () if turn.payload else manner.assistance(turn.text)
    known = {"kind": "appointment", **({"assistance": list(wished)} if wished else {})}
    return asides.ask(turn.state, WHEN, listed, known=known, lead=Say.APPOINTMENT_ASKED, choices=(HUMAN,))


async def answered(turn: Turn, services: Services, known: Mapping[str, Any], /) -> Outcome | None:
    """Take the time, the number, and whether it is safe to call; None where the caller has turned to something else."""
    given = turn.answers.get(turn.state.asked or "", turn.text)
    text = given if isinstance(given, str) else ""
    match turn.state.asked:
        case WHEN.fact:
            when = text or (_ANY_TIME if turn.answers else "")
            return _timed(turn, services, when, known) if turn.answers or _tells_when(when) else None
        case ASSISTANCE.fact:
            wished = _assisted(turn, text)
            return None if wished is None else _reached(turn, services, {**known, "assistance": wished})
        case CALL.fact:
            token = await private.phone_in(turn, services, text)
            if token is not None:
                return asides.ask(turn.state, CALL_SAFE, known={**known, "contact": token})
            writes = SafeToContact.MESSAGE_ONLY if manner.needs_writing(turn.text) else None
            declined = writes is not None or turn.answers or complaint.declines(turn)
            return booked(turn, services, known, safe=writes) if declined else None
        case CALL_SAFE.fact:
            safe = _safe(turn, text)
            return None if safe is None else booked(turn, services, known, safe=safe)
        case _:
            return None


async def told(turn: Turn, services: Services, /) -> Outcome | None:
    """Say how a wish stands that was lodged in this thread, or change its time; None for whoever asks for nothing of the kind."""
    kept = turn.state.extra.get(BOOKED)
    if kept is None or turn.payload:
        return None
    if _changes(turn):
        known = {"kind": "appointment", _GOES_ON: str(kept["ticket"])}
        return (
            _timed(turn, services, turn.text, known)
            if _TIME.search(turn.text)
            else asides.ask(turn.state, WHEN, known=known)
        )
    if (more := _brings(turn)) is not None:
        return booked(
            turn, services, {"kind": "appointment", "when": turn.text, "assistance": more, _GOES_ON: kept["ticket"]}
        )
    return None if _HOW_IT_STANDS.search(turn.text) is None else await _stands(turn, services, kept)


async def _stands(turn: Turn, services: Services, kept: Mapping[str, str]) -> Outcome | None:
    """Say what is on file, not what was said: staff may have agreed on another half-day since. None where it is done with."""
    async with services.reading() as uow:
        ticket = await uow.tickets.get(str(kept["ticket"]))
    if ticket is None or ticket.closed_at is not None:
        return None
    slot = slot_of(ticket.slot or "")
    if slot is None:
        args = {name: kept[name] for name in ("number", "due")}
        return asides.resumed(turn, services, TextReply(say=Say.APPOINTMENT_STANDS, args=args, choices=(HUMAN,)))
    args = {"number": kept["number"], "when": half_day(slot)}
    return asides.resumed(turn, services, TextReply(say=Say.APPOINTMENT_KEPT, args=args, choices=(HUMAN,)))


def _changes(turn: Turn) -> bool:
    """Tell a new time for a wish that is lodged: «改到周六», «后天我没空 大后天吧», or a half-day that was offered."""
    if halves.is_choice(turn.text):
        return True
    if turn.state.asked is not None or len(turn.text) > _MOST_CHANGING or _OTHERS.search(turn.text):
        return False
    return _CHANGES.search(turn.text) is not None and (_TIME.search(turn.text) or _CUE.search(turn.text)) is not None


def names_a_time(text: str, /) -> bool:
    """Tell whether words name a day or an hour."""
    return _TIME.search(text) is not None


def _brings(turn: Turn) -> list[Assistance] | None:
    """Return what is wished for at a time that is lodged already: «还要个手语翻译», «我姐陪我来»; None for anything else."""
    if turn.state.asked is not None or len(turn.text) > _MOST_CHANGING:
        return None
    return list(manner.assistance(turn.text)) or None


def _assisted(turn: Turn, text: str) -> list[Assistance] | None:
    """Return what was answered, nothing for «都不用»; None where it is no answer."""
    if turn.answers:
        chosen = {"both": list(Assistance), "none": [], **{each.value: [each] for each in Assistance}}
        return chosen.get(text)
    if re.search(r"都要|两样|两个都", text):
        return list(Assistance)
    return list(manner.assistance(text)) or ([] if _DECLINES.search(text) else None)


def _tells_when(text: str) -> bool:
    return names_a_time(text) or _WHENEVER.search(text) is not None


def _timed(turn: Turn, services: Services, when: str, known: Mapping[str, Any]) -> Outcome:
    """Take the time; who cannot hear is asked whom they bring, before anybody asks for a number."""
    told = [] if turn.payload else list(manner.assistance(turn.text))
    wished = list(dict.fromkeys([*known.get("assistance", ()), *told]))
    known = {**known, "when": when[:_MOST_WORDS], **({"assistance": wished} if wished else {})}
    if _GOES_ON in known:
        return booked(turn, services, known)
    if manner.is_deaf(turn) and not wished:
        return asides.ask(turn.state, ASSISTANCE, known=known)
    return _reached(turn, services, known)


def _reached(turn: Turn, services: Services, known: Mapping[str, Any]) -> Outcome:
    """Ask whom to ring, where anybody can be rung."""
    if turn.conversation.care.safe_to_contact is SafeToContact.MESSAGE_ONLY:
        return booked(turn, services, known, safe=SafeToContact.MESSAGE_ONLY)
    return asides.ask(turn.state, CALL, known=known, choices=(_NO,))


def booked(
    turn: Turn, services: Services, known: Mapping[str, Any], /, *, safe: SafeToContact | None = None
) -> Outcome:
    """Put the wish before the staff. Whom a call endangers is written to in the thread, and the number is not kept for it."""
    contact = None if safe in {SafeToContact.NO, SafeToContact.MESSAGE_ONLY} else known.get("contact")
    lodged = Lodged(
        kind=TicketKind.CALL_BACK,
        words=str(known.get("when", "")),
        contact=None if contact is None else str(contact),
        safe_to_contact=safe,
        assistance=tuple(Assistance(each) for each in known.get("assistance", ())),
        goes_on=known.get(_GOES_ON),
    )
    if lodged.goes_on is not None:
        # The ticket keeps both times, in the caller's words: somebody may have rung for the first by now.
        return replace(asides.back(turn, services, "appointment"), lodged=lodged)
    said = (TextReply(say=Say.APPOINTMENT_WRITTEN),) if contact is None else ()
    if turn.state.topic is None and safe is not SafeToContact.NO:  # nobody is asked to type beside whom they fear
        said = (*said, TextReply(say=Say.APPOINTMENT_ABOUT))
    return replace(asides.back(turn, services, "appointment", *said), lodged=lodged)


def _safe(turn: Turn, text: str) -> SafeToContact | None:
    if turn.answers:
        known = {one.value: one for one in SafeToContact}
        return known.get(text) if any(text == option.value for option in CALL_SAFE.options) else None
    return intake_words.safe_to_contact(text)
