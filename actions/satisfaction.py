"""How it was: asked once, when the talk comes to its end, and taken whenever somebody says it (满意度)."""

import re
from dataclasses import replace
from typing import Final

from actions import asides
from actions.services import Services
from actions.turn import COMPLAIN, HUMAN, Outcome, Turn, remembered, with_extra
from actions.wire import Choice, QuestionReply, Reply, Say, TextReply
from api.domain.conversation import Holder
from api.services.lodging import Satisfaction
from api.services.records import DialogueState
from knowledge_base.types import FactType, Option, Question, Urgency

HOW: Final = Question(
    fact="service.satisfaction",
    type=FactType.ENUM,
    text="这次帮到您了吗？点一个就行，不想评也没关系。",
    why="您的评价只用来改进服务，不影响您的事。",
    options=(
        Option(value=Satisfaction.SATISFIED.value, title="满意"),
        Option(value=Satisfaction.FAIR.value, title="还行"),
        Option(value=Satisfaction.DISSATISFIED.value, title="不满意"),
    ),
)
ASKED: Final = "satisfaction_asked"
_SERVED: Final = ("said", "receipt", "assessed")
"""What the memory holds once something was answered, handed in or assessed."""
_PLEASED: Final = r"满意|不错|挺好|很好|好评|有帮助|帮到了?我?|帮上忙|有用|管用|五星|可以的?|点赞|赞"
_FILLERS: Final = (
    r"(?:我|对你们?|对你的?|这次|今天|总体|感觉|觉得|还是|还|就|都|是|真|算|比较|挺|很|太|非常|十分|特别|蛮|相当)*"
)
_TAIL: Final = r"(?:的|了|吧|啊|呀|哦|嗯|服务|回答|答复|谢谢[你您啦]?)*"
_READINGS: Final = (
    (
        Satisfaction.DISSATISFIED,
        re.compile(
            rf"{_FILLERS}(?:不太?|不怎么|不是很|一点[也都]不|没那么)(?:{_PLEASED}){_TAIL}|{_FILLERS}差评?{_TAIL}"
            rf"|{_FILLERS}没(?:有|啥|什么)?(?:用|帮助|帮到|帮上)(?:我|忙)*{_TAIL}|不咋[样地的]|不行|不好|[一两]星|{_FILLERS}失望{_TAIL}"
        ),
    ),
    (
        Satisfaction.FAIR,
        re.compile(rf"{_FILLERS}(?:(?:还行|一般般?|凑合|还可以|马马虎虎|过得去|将就|中等|三星){_TAIL})+"),
    ),
    (Satisfaction.SATISFIED, re.compile(rf"{_FILLERS}(?:{_PLEASED}){_TAIL}")),
)
_PLAIN: Final = re.compile(r"满意|好评|差评|还行|一般|凑合")
"""Words that say how it was even where nobody asked."""
_BREAKS: Final = re.compile(r"[\W_]+")
_CLOSES: Final = re.compile(
    r"(?:[嗯哦噢好行的啊]|那|我|就|先|暂时|现在|目前|知道了|晓得了|明白了?)*"
    r"(?:没有?了|没[有啥]?(?:别的|其他的?|其它的?|什么)*(?:别的|其[他它]的?|事儿?|问题|要问的?|想问的?)(?:情)?了?|(?:就|只有)?这(?:样|些)(?:吧|了)?|不(?:用|问|麻烦)了)"
    r"(?:谢谢|多谢|感谢|麻烦|辛苦|[你您们了啊吧哈呢再见拜])*"
)
_THANKS: Final = re.compile(r"谢|辛苦")
_LEAVES: Final = re.compile(r"这样|再见|拜")


def told(turn: Turn, services: Services, /) -> Outcome | None:
    """Take how it was; None for everything that says something else."""
    if turn.state.asked is not None:
        return None
    asked = _waits(turn.state)
    found = _read(turn, asked=asked)
    return None if found is None else _noted(turn, services, found)


def meant(turn: Turn, /) -> bool:
    """Tell a rating from a decision of somebody else's that a caller is dissatisfied with."""
    return _read(turn, asked=True) is not None


async def rated(turn: Turn, services: Services, /) -> Outcome:
    """Take what Rasa heard as a rating."""
    return _noted(turn, services, _read(turn, asked=True) or Satisfaction.FAIR)


def offered(turn: Turn, said: tuple[Reply, ...], /) -> Outcome:
    """Take leave with these words, and ask once how it was, where something was done and nobody is in danger."""
    if not _due(turn):
        return Outcome(state=turn.state, replies=said)
    options = tuple(Choice(payload={HOW.fact: option.value}, title=option.title) for option in HOW.options)
    state = with_extra(turn.state, **{ASKED: True})
    return Outcome(state=state, replies=(*said, QuestionReply(question=HOW, choices=options)))


def closed(turn: Turn, /) -> Outcome | None:
    """Let go whoever says that there is nothing more, where something was done; None for everybody else."""
    if turn.payload or turn.state.asked is not None or not closes(turn.text):
        return None
    if not any(key in turn.state.extra for key in _SERVED):
        return None
    leaves = Say.GOODBYE if _LEAVES.search(turn.text) else Say.ALL_RIGHT
    return offered(turn, (TextReply(say=Say.THANKS if _THANKS.search(turn.text) else leaves),))


def closes(text: str, /) -> bool:
    """Tell the words of somebody who has nothing more to ask, and says nothing else."""
    plain = _BREAKS.sub("", text)
    thanked = re.match(r"(?:谢谢|多谢|感谢|麻烦|辛苦)(?:[你您们了啊])*", plain)
    return _CLOSES.fullmatch(plain[thanked.end() :] if thanked else plain) is not None


def _due(turn: Turn) -> bool:
    state, thread = turn.state, turn.conversation
    done = any(key in state.extra for key in _SERVED)
    waits = thread.holder is not Holder.BOT and "receipt" not in state.extra
    free = state.asked is None and ASKED not in state.extra and not waits
    return done and free and thread.urgency is Urgency.S2


def _waits(state: DialogueState) -> bool:
    said = remembered(state)
    return bool(said) and isinstance(said[-1], QuestionReply) and said[-1].question.fact == HOW.fact


def _read(turn: Turn, *, asked: bool) -> Satisfaction | None:
    if turn.answers.keys() == {HOW.fact}:
        value = turn.answers[HOW.fact]
        return next((one for one in Satisfaction if one.value == value), None)
    return reading(turn.text) if asked or _PLAIN.search(turn.text) else None


def reading(text: str, /) -> Satisfaction | None:
    """Return how it was, where a message says that and nothing else."""
    plain = _BREAKS.sub("", text)
    return next((kind for kind, words in _READINGS if words.fullmatch(plain)), None)


def _noted(turn: Turn, services: Services, found: Satisfaction) -> Outcome:
    say = {
        Satisfaction.SATISFIED: Say.RATED_SATISFIED,
        Satisfaction.FAIR: Say.RATED_FAIR,
        Satisfaction.DISSATISFIED: Say.RATED_DISSATISFIED,
    }[found]
    offers = (COMPLAIN, HUMAN) if found is Satisfaction.DISSATISFIED else ()
    state = with_extra(turn.state, **{ASKED: True})
    outcome = asides.resumed(replace(turn, state=state), services, TextReply(say=say, choices=offers))
    return replace(outcome, satisfaction=found)
