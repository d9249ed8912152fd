"""Errands beside the matter: they ask a question of their own, anywhere, and then give back what was open before (小事).

A form keeps its open question in the dialogue's memory; an errand lays it aside, asks, and puts it back. Rasa never
learns of it: the form it holds stays the form it holds.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from actions import intake, screening
from actions.acts import Act
from actions.intake_questions import BY_FACT
from actions.services import Services
from actions.turn import Form, Outcome, Turn, with_extra
from actions.wire import Choice, QuestionReply, Reply, Say, TextReply
from api.services.records import Assistance, DialogueState, SafeToContact
from knowledge_base.types import FactType, Option, Question

_YES: Final = re.compile(
    r"(?:对+|是的?|没错|正确|嗯+|好的?|就是|是这个意思|对的|行|yes)(?:吧|啊|呀|了|的)*", re.IGNORECASE
)
_SIGNS: Final = re.compile(r"[\W_]+")
_LAID: Final = "laid_aside"
_ERRAND: Final = "errand"
ELSEWHERE: Final = frozenset(
    {Act.HUMAN, Act.START_OVER, Act.WITHDRAW, Act.COMPLAIN, Act.APPOINT, Act.STATUS, Act.START_SCREEN, Act.APPLY}
)
"""Acts that lead out of whatever is being asked."""

REFERENCE: Final = Question(
    fact="status.reference",
    type=FactType.TEXT,
    text="请告诉我申请编号，LA 开头的那个。",
    why="凭编号才能找到您的申请。",
)
TAIL: Final = Question(
    fact="status.phone_tail",
    type=FactType.TEXT,
    text="登记的电话，后四位是多少？只说四个数字就行。",
    why="核对了电话后四位，才能说申请办到哪了：别人的进度谁也查不到。",
    private=True,
)
PHRASE: Final = Question(
    fact="status.pass_phrase",
    type=FactType.TEXT,
    text="这件申请有人代为联系。约定的暗语是什么？",
    why="对上暗语，才能说申请办到哪了：别人拿着电话也问不到。",
    private=True,
)
COMPLAINT: Final = Question(
    fact="complaint.words",
    type=FactType.TEXT,
    text="您对哪件事、哪个答复、哪位人员不满意？用您自己的话说，我原样记下来。",
    why="记下您的原话，好让人去查。不用写姓名。",
)
COMPLAINT_PHONE: Final = Question(
    fact="complaint.phone",
    type=FactType.TEXT,
    text="要是想让人打电话告诉您结果，请写一个您接着安全的号码；不想留就说“不用”，结果会写在这里。",
    why="只用来告诉您这件投诉的结果，不做别的。不留也一样处理。",
    private=True,
)
WHEN: Final = Question(
    fact="appointment.when",
    type=FactType.TEXT,
    text="您想约哪一天，上午还是下午？",
    why="好让工作人员看那个时间行不行。",
)
CALL: Final = Question(
    fact="appointment.phone",
    type=FactType.TEXT,
    text="到时候打哪个号码？不想留电话就说“不用”，工作人员会在这里写给您。",
    why="只用来给您回这个电话，不做别的。",
    private=True,
)
CALL_SAFE: Final = Question(
    fact="appointment.safe",
    type=FactType.ENUM,
    text="打这个电话，您方便吗？要是被身边的人知道会让您有危险，就选“不方便”。",
    why="有的人身边有人看着手机。您说不方便，我们就不打。",
    options=(
        Option(value=SafeToContact.YES.value, title="方便，可以打"),
        Option(value=SafeToContact.NEUTRAL_ONLY.value, title="可以打，但别提是什么事"),
        Option(value=SafeToContact.NO.value, title="不方便，别打"),
    ),
)
ASSISTANCE: Final = Question(
    fact="appointment.assistance",
    type=FactType.ENUM,
    text="见面的时候，要不要请手语翻译？有人陪您来也可以。",
    why="好让工作人员先去请手语翻译。请不请得到，他们会回复您。",
    options=(
        Option(value=Assistance.SIGN_INTERPRETER.value, title="要手语翻译"),
        Option(value=Assistance.COMPANION.value, title="有人陪我来"),
        Option(value="both", title="要手语翻译，也有人陪"),
        Option(value="none", title="都不用"),
    ),
)
MEANT: Final = Question(
    fact="words.meant",
    type=FactType.ENUM,
    text="交材料以前核对一下：您说的{said}，对吗？",
    why="家乡话各地说法不一样，听错了，申请就写错了。",
    options=(Option(value="yes", title="对"), Option(value="no", title="不是这个意思")),
)
PAPER_DAYS: Final = Question(
    fact="document.days",
    type=FactType.ENUM,
    text="文件收到了，只有办这件事的工作人员能打开看。我从里面读到：{days}。对吗？",
    why="机器会读错。日子错了，期限就算错了，所以请您看一眼原件。",
    options=(Option(value="yes", title="对"), Option(value="no", title="不对"), Option(value="unsure", title="说不准")),
)
WORDED: Final = "worded"
"""Under what an errand keeps its question, where the words of it depend on what was said."""
QUESTIONS: Final[Mapping[str, Question]] = {
    one.fact: one
    for one in (
        REFERENCE,
        TAIL,
        PHRASE,
        COMPLAINT,
        COMPLAINT_PHONE,
        WHEN,
        CALL,
        CALL_SAFE,
        ASSISTANCE,
        MEANT,
        PAPER_DAYS,
    )
}


def agreed(turn: Turn, question: Question, /) -> bool:
    """Tell whether what was read back is right: a yes in any words, or the choice."""
    if turn.answers:
        return turn.answers.get(question.fact) == "yes"
    return _YES.fullmatch(_SIGNS.sub("", turn.text)) is not None


def form_of(state: DialogueState, /) -> Form | None:
    """Return the form the open question belongs to, also while an errand is run. The database decides; Rasa may have forgotten."""
    asked = state.asked
    laid = _laid(state)
    while asked in QUESTIONS:
        asked, laid = laid.get("asked"), laid.get(_LAID) or {}
    if asked is None:
        return None
    return Form.INTAKE if asked in BY_FACT else Form.SCREEN


def opened(state: DialogueState, /) -> Question | None:
    """Return the errand's open question as it was asked."""
    question = QUESTIONS.get(state.asked or "")
    worded = errand(state).get(WORDED)
    return question if question is None or worded is None else replace(question, text=str(worded))


def errand(state: DialogueState, /) -> Mapping[str, Any]:
    """Return what the errand under way knows, nothing where none is under way."""
    known: Mapping[str, Any] = state.extra.get(_ERRAND) or {}
    return known if state.asked in QUESTIONS else {}


def ask(
    state: DialogueState,
    question: Question,
    /,
    *before: Reply,
    known: Mapping[str, Any],
    lead: Say | None = None,
    choices: tuple[Choice, ...] = (),
) -> Outcome:
    """Ask a question of an errand; what was open is laid aside, what the errand knows is kept."""
    under_way = errand(state)
    if under_way and under_way["kind"] != known["kind"]:
        # An errand within an errand («查进度» while a time is agreed): the first waits like a form does. One that is
        # begun again is done now, and not once more afterwards: nobody comes back to more errands than there are kinds.
        below = _without(_laid(state), known["kind"])
        laid = {"asked": state.asked, "private": state.asked_private, _ERRAND: under_way, _LAID: below}
    elif under_way:
        laid = dict(_laid(state))
    else:
        laid = {"asked": state.asked, "private": state.asked_private}
    asking = replace(state, asked=question.fact, asked_private=question.private)
    asking = with_extra(asking, **{_LAID: laid if laid.get("asked") else None, _ERRAND: dict(known)})
    options = tuple(Choice(payload={question.fact: one.value}, title=one.title) for one in question.options)
    reply = QuestionReply(question=question, lead=lead, choices=(*options, *choices))
    return Outcome(state=asking, replies=(*before, reply), form=form_of(asking))


def over(state: DialogueState, /) -> DialogueState:
    """Return the memory without the errand, the question it had laid aside open again."""
    if state.asked not in QUESTIONS:
        return with_extra(state, **{_LAID: None, _ERRAND: None})
    laid = _laid(state)
    restored = replace(state, asked=laid.get("asked"), asked_private=bool(laid.get("private")))
    return with_extra(restored, **{_LAID: laid.get(_LAID) or None, _ERRAND: laid.get(_ERRAND)})


def dropped(state: DialogueState, /) -> DialogueState:
    """Return the memory with nothing open, neither a form's question nor any errand's."""
    none = with_extra(state, **{_LAID: None, _ERRAND: None})
    return replace(none, asked=None, asked_private=False, screening=False, misses=0)


def back(turn: Turn, services: Services, kind: str, /, *said: Reply) -> Outcome:
    """End an errand with these words, and ask what was open before it once more; another that is under way stays."""
    ends = errand(turn.state).get("kind") == kind
    return resumed(replace(turn, state=over(turn.state)) if ends else turn, services, *said)


def resumed(turn: Turn, services: Services, /, *said: Reply) -> Outcome:
    """Say something in between, and repeat the open question of an errand or of a form where there is one."""
    open_ = opened(turn.state)
    if open_ is not None:
        return ask(turn.state, open_, *_bare(said), known=errand(turn.state))
    match form_of(turn.state):
        case Form.SCREEN:
            return screening.again(turn, services, *_bare(said))
        case Form.INTAKE:
            return intake.again(turn, services, *_bare(said))
        case None:
            return Outcome(state=turn.state, replies=said)


def _without(laid: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """Return what was laid aside, an errand of this kind left out of it."""
    below = laid.get(_LAID) or {}
    if (laid.get(_ERRAND) or {}).get("kind") == kind:
        return _without(below, kind)
    return {**laid, _LAID: _without(below, kind)} if below else laid


def _laid(state: DialogueState) -> Mapping[str, Any]:
    return state.extra.get(_LAID) or {}


def _bare(said: tuple[Reply, ...]) -> tuple[Reply, ...]:
    """Leave choices out where a question follows, but for what is only said: a person is always within reach."""
    return tuple(one if isinstance(one, TextReply) else replace(one, choices=()) for one in said)
