"""Leads from one matter of a conversation to the next, and takes one away that was not meant (几件事之间)."""

import asyncio
import re
from dataclasses import replace
from typing import Final

from actions import asides, failing, matters
from actions.acts import Act
from actions.consult import consult
from actions.matters import DROPPED, GO_ON, MATTER
from actions.services import Services
from actions.turn import HUMAN, SCREEN, Outcome, Turn, remembered
from actions.wire import Choice, MenuReply, Say, TextReply
from api.services.records import DialogueState

_NEXT: Final = re.compile(
    r"(?:那|好的?|嗯|行|再|接着|往下|(?:说|讲)(?!下一))*(?:接着说|往下说|(?:说|讲|问)?(?:下一|另外?一|还有一|剩下的?那?)(?:件|个)|第[二三](?:件|个)|另外那(?:件|个)|剩下的)"
    r"(?:事|的|呢|吧|怎么办|咋办|怎么说)*"
)
_FIRST: Final = re.compile(
    r"(?:那|就|还是|我|咱|要不)*先(?:说|讲|问|谈|聊|办|弄|看)(?:说|一?下)?(?P<which>.{1,10}?)(?:那一?[件个]|这一?[件个]|的?(?:那|这)?(?:个|件)?事情?|吧|呢|先)*"
    r"|(?P<thing>.{1,8}?)(?:那一?[件个]|这一?[件个]|的?(?:那|这)?(?:个|件)?事情?)?先(?:说|讲|问|谈|聊|办|弄|看)(?:说|一?下|吧|呢)*"
)
"""«先说单位那个», «我爸的事先说», of several matters."""
_WHOSE: Final = re.compile(r"^(?:我们?|俺)(?=.{2})|的$")
_ON: Final = re.compile(r"(?:那|好的?|嗯|行)*(?:继续|接着|往下)(?:说|讲|吧|来)*")
_NOT_MEANT: Final = re.compile(
    r"^(?:我)?(?:可|都)?(?:没|没有)(?:说|提|讲|问)(?:过|到)?|^(?:我)?(?:说的|问的)?不(?:是|算|包括)(?:说|问)?"
)
_NOT_US: Final = re.compile(r"项目|工程|政策|方案|活动|计划|文件|群体|援助(?:是)?帮")
"""«这个项目帮哪些人» asks about something on file, not what this assistant is for."""
_TELLS: Final = re.compile(r"还是|再|(?:说|讲|谈|聊)+(?:一下|下)?|回到?")
"""What asks to be told of a matter, beside its name."""
_LONGEST: Final = 16
_MANNERS: Final = frozenset({Act.GREET, Act.GOODBYE, Act.THANKS, Act.BOT_CHALLENGE, Act.CAPABILITIES})
_ONCE_MORE: Final = frozenset({Act.REPEAT, Act.SIMPLER, Act.GO_BACK})
_REPLIES: Final = frozenset({Act.DENY, Act.CORRECT, Act.ASK_WHY, Act.CANCEL, Act.DONT_KNOW, Act.ANSWER})
_PUNCTUATION: Final = re.compile(r"[\s,.;:!?，。；：！？]+")


async def told(turn: Turn, services: Services, /) -> Outcome | None:
    """Take a word about the list of matters itself, or one that only sounds like manners; None for everything else."""
    if turn.answers.keys() == {DROPPED}:
        return await _not_meant(turn, turn.answers[DROPPED], services)
    if turn.state.asked is not None or not turn.text:
        return None
    if turn.act in _ONCE_MORE:
        other = await asyncio.to_thread(_other_matter, turn, services)
        if other is not None:
            return await consult(other, services)
    elif _is_misheard(turn, services):
        return await consult(replace(turn, act=Act.ASK), services)
    return await _of_the_list(turn, services) if len(turn.text) <= _LONGEST else None


async def _of_the_list(turn: Turn, services: Services) -> Outcome | None:
    plain = _PUNCTUATION.sub("", turn.text)
    if _NEXT.fullmatch(plain) and matters.held(turn.state):
        return await _next(turn, services)
    # A pre-screen that was begun is what «继续» goes on with.
    begun = turn.state.screening or MATTER in turn.state.facts
    if _ON.fullmatch(plain) and matters.untold(turn.state) and not begun:
        return await _next(turn, services)
    first = _FIRST.fullmatch(plain)
    if first is not None and matters.held(turn.state):
        return await _taken_first(turn, first["which"] or first["thing"], services)
    if _NOT_MEANT.search(plain) and _listed(turn.state):
        found = (await asyncio.to_thread(services.classify, turn.text, vector=None)).matters
        if found and any(one.code == found[0].code for one in matters.held(turn.state)):
            return await _not_meant(turn, found[0].code, services)
    return None


async def _taken_first(turn: Turn, which: str, services: Services) -> Outcome | None:
    """Go to the one matter of the list that a few words can mean; None where they mean none, or several."""
    found = (await asyncio.to_thread(services.classify, which, vector=None)).matters
    listed = [one.code for one in matters.held(turn.state)]
    kinds = {one.code.partition(".")[0] for one in found[:1]}
    exact = [one.code for one in found if one.code in listed]
    meant = exact[:1] or _put_so(turn.state, which) or [code for code in listed if code.partition(".")[0] in kinds]
    if len(meant) != 1:
        return None
    if meant[0] != turn.state.topic:
        return await consult(_about(turn, meant[0], turn.state), services)
    title = services.title_of(meant[0]) or meant[0]
    choices = (SCREEN, *matters.go_on(turn.state, services.title_of), HUMAN)
    return Outcome(
        state=turn.state, replies=(MenuReply(say=Say.MATTER_FIRST, args={"matter": title}, choices=choices),)
    )


def _put_so(state: DialogueState, which: str) -> list[str]:
    """Return the matters that the caller put in these very words: «单位那个» of «单位把我辞了»."""
    plain = _PUNCTUATION.sub("", _WHOSE.sub("", which))
    return [one.code for one in matters.held(state) if plain and plain in one.words]


async def _next(turn: Turn, services: Services) -> Outcome:
    """Go on to what was heard and not told yet."""
    waiting = matters.untold(turn.state)
    if not waiting:
        return Outcome(state=turn.state, replies=(TextReply(say=Say.NO_OTHER_MATTER, choices=(HUMAN,)),))
    return await consult(_about(turn, waiting[0].code, turn.state), services)


async def _not_meant(turn: Turn, code: object, services: Services) -> Outcome:
    """Take the matter away, and go on with what was meant."""
    listed = matters.held(turn.state)
    if not any(one.code == code for one in listed):
        titles = ((one.code, services.title_of(one.code)) for one in listed)
        which = (Choice(payload={DROPPED: one}, title=title, wording="not_meant") for one, title in titles if title)
        reply = MenuReply(say=Say.WHICH_NOT_MEANT, choices=(*which, HUMAN))
        return asides.resumed(turn, services, reply)
    title = services.title_of(str(code)) or str(code)
    away = TextReply(say=Say.MATTER_DROPPED, args={"matter": title})
    was_told = turn.state.topic == code
    state = matters.dropped(turn.state, str(code))
    waiting = matters.untold(state)
    if was_told and waiting and state.asked is None:
        outcome = await consult(_about(turn, waiting[0].code, state), services)
        return replace(outcome, replies=(away, *outcome.replies))
    choices = (SCREEN, *matters.go_on(state, services.title_of), HUMAN)
    return asides.resumed(replace(turn, state=state), services, replace(away, choices=choices))


def _other_matter(turn: Turn, services: Services) -> Turn | None:
    """Return the turn as it was meant that looks like a repetition: «再说说工资那件事» goes back, «还是说说房东的事» goes on."""
    found = services.classify(_TELLS.sub("", turn.text), vector=None).matters
    if not found or found[0].code == turn.state.topic:
        return None
    if any(one.code == found[0].code for one in matters.held(turn.state)):
        return _about(turn, found[0].code, turn.state)
    return replace(turn, act=Act.ASK) if found[0].confidence >= matters.SURE else None


def _is_misheard(turn: Turn, services: Services) -> bool:
    """Tell «我好害怕», which looks like 你好, and «不是这个意思», like a no."""
    if turn.act in _MANNERS:
        return services.feelings.heard_in(turn.text) is not None or _NOT_US.search(turn.text) is not None
    return turn.act in _REPLIES and failing.is_beside_the_point(turn.text)


def _about(turn: Turn, code: str, state: DialogueState) -> Turn:
    """Return the turn as if the matter had been chosen."""
    return replace(turn, state=state, text="", payload={GO_ON: code})


def _listed(state: DialogueState) -> bool:
    """Tell whether the last words named several matters, of which one may not be meant."""
    return any(DROPPED in choice.payload for reply in remembered(state) for choice in reply.choices)
