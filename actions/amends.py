"""Takes back what was told earlier, wherever that was: after the result, or in the story itself (改口)."""

import asyncio
import re
from dataclasses import replace
from typing import Final

from actions import matters, screening, talk
from actions.acts import Act
from actions.consult import consult
from actions.services import Services
from actions.turn import HUMAN, SCREEN, Outcome, Turn
from actions.wire import MenuReply, Say, TextReply

_TAKES_BACK: Final = re.compile(
    r"(?:[\s,，。、；;：:]*(?:哎呀?|哦|呃|额|啊|等(?:一下|等|下)|(?:我|刚才|刚刚|前面|上面|之前|那个|这个)*(?:说|讲|答|填|选|点|打|写|记|弄|搞)(?:错(?:字)?了?|反了|多了|少了)|口误|不是[^\s,，。、；;：:]{1,8}[\s,，。、；;：:]+(?=是|应该)"
    r"|不对(?![劲付头等称外])|不是(?=[\s,，。、；;：:])|更正(?:一下)?|改(?:一下|成|为)))+[\s，,。、；;：:]*"
)
"""Opens a message that corrects an earlier one; «不是» only where something follows it by itself."""
_WRONG: Final = re.compile(r"错|不对|不是|更正|改|口误|[反多少]了")
_NUMBER: Final = r"[0-9０-９零一二两俩三仨四五六七八九十百千万半几]++"
_FIGURE: Final = re.compile(
    rf"(?:应该|其实|是|我|他|她|欠|一?共|总共|大概|只有|才|就|有|在)*(?:{_NUMBER}多?个?半?(?:月|年|天|日|号|块|元|毛|人|岁|周|星期|礼拜|小时|户|口|次)?"
    r"|(?:上上?|这|本|前|去|今|昨|大前)个?(?:年|月|天|周|星期|礼拜)[一二三四五六日天末]?)++(?:多|半|左右|钱|工资|了|的|前|以前|啊|吧|才对)*"
)
"""A sum, a time, a number of people: a detail of the story, which changes no rule that was told."""
_MOST_DETAIL: Final = 24


async def told(turn: Turn, services: Services, /) -> Outcome | None:
    """Correct an answer and judge anew, turn to the matter that was meant, or note a detail; None for everything else."""
    if turn.payload or turn.state.asked is not None:
        return None
    said = meant(turn.text)
    amended = screening.reopened(turn, services)
    if amended is None and said and turn.state.facts.get(matters.MATTER):
        amended = screening.amended(turn, services)
    if amended is not None:
        lead = () if amended.form is not None else (TextReply(say=Say.ANSWER_CORRECTED),)
        return replace(amended, replies=(*lead, *amended.replies))
    topic = turn.state.topic
    if topic is None or not said:
        return None
    if len(said) <= _MOST_DETAIL and _FIGURE.fullmatch(said.strip(" ,，。.!！?？")):
        screen = (SCREEN,) if talk.offers_screen(turn.state) else ()
        ways = (*screen, *matters.go_on(turn.state, services.title_of), HUMAN)
        return Outcome(state=turn.state, replies=(MenuReply(say=Say.STORY_CORRECTED, choices=ways),))
    found = await asyncio.to_thread(services.classify, said, vector=None)
    best = next(iter(found.matters), None)
    if best is None or best.confidence < matters.SURE or matters.is_service(best.code):
        return None
    akin = best.code.partition(".")[0] == topic.partition(".")[0]
    state = turn.state if akin else matters.dropped(turn.state, topic)
    return await consult(replace(turn, state=state, text=said, act=Act.ASK, confidence=1.0), services)


def meant(text: str, /) -> str | None:
    """Return what is put in place of an earlier word; None where nothing is taken back."""
    found = _TAKES_BACK.match(text)
    return text[found.end() :] if found is not None and _WRONG.search(found[0]) else None
