"""How an application stands: by its reference and the phone's last four digits, or at once in the thread it was handed in (查进度)."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from actions import asides, intake, matters, private
from actions.acts import Act
from actions.asides import PHRASE, REFERENCE, TAIL
from actions.services import Services
from actions.turn import APPOINT, HUMAN, RECEIPT, Outcome, Turn, remembered
from actions.wire import AnswerReply, MenuReply, Reply, Say, StatusReply, TextReply, VerdictReply
from api.domain.reference import ReferenceMalformed, parse
from api.services import applications, following
from api.services.applications import ApplicationNotFound, PassPhraseRequired
from api.services.records import SafeToContact

_MOST_FAILURES: Final = 2
"""After so many a person is offered, instead of a third try."""
_LENGTHS: Final = (11, 10, 9)
"""Characters of a reference without its head: four of the year, four to six of the body, the check."""
_SHORTEST_TRY: Final = 6
_HEAD: Final = re.compile(r"L\s*A(?=[\s\-_.—–－:：]*\d)|(?<![0-9A-Z])20\d\d(?=[\s\-_.—–－]*[0-9A-Z])")
_JOINS: Final = re.compile(r"[\s\-_.—–－:：·]+")
_BESIDE: Final = frozenset({Act.HUMAN, Act.COMPLAIN, Act.WITHDRAW, Act.CANCEL, Act.APPLY})
_TAILS: Final = ("phone_tail", "phone")
_PHRASE_KIND: Final = "pass_phrase"
"""What the vault calls what was said for one."""
_CUE: Final = re.compile(
    r"申请|进度|进展|编号|援助|法援|案子|材料|派|批|审|查|结果|哪一步|到哪|状态|消息|动静|回音|着落|递"
)
_TO_BE_MADE: Final = re.compile(
    r"还是[^,，。]{0,8}(?:申请|办|交|递)|(?:去|到|回|上|往)(?:哪|[一-龥]{2,4}?)(?:里|儿|边|个地方|个城市)?(?:去)?申请(?!的|办|批)"
    r"|(?:能|可以|可不可以|能不能|想|要不要)(?:先|直接|马上|现在|就|再)*申请(?!的)|(?:没|不|缺)(?:带|准备|凑|交|备)?齐"
    r"|(?:怎么|如何|咋)(?:去)?申请|申请(?:之前|前|时)?(?:要|需要|得)(?:带|准备|交|什么|哪些)|(?:申请|材料)[^,，。]{0,4}(?:交|递|送)(?:到|给|去)(?:哪|谁)"
)
"""An application that is still to be made has no progress."""
_OURS: Final = re.compile(r"援助|法援|编号|进度|律师|你们|你这|这里|这儿|在这")
_ELSEWHERE: Final = re.compile(
    r"国家赔偿|仲裁|复议|信访|工伤|认定|鉴定|低保|立案|起诉|上诉|判决|开庭|执行|保护令|离婚|公证|赔偿|养老|保险|户口|房产|补偿"
)
_HOW_LONG: Final = re.compile(r"(?<!还要等)(?<!还要)(?<!还得)(?:多久|多长时间|(?<!好)几(?:天|个月)(?!了)|多少天)")
"""How long it takes as a rule; «还要等多久» is asked by whoever waits."""
_HOW_FAR: Final = re.compile(
    r"哪一?步|进度|进展|到哪了|(?:办|弄|审|查|批)(?:得|到|的)?(?:怎么样|咋样|如何|哪)|^(?:现在|那|目前)?(?:怎么样|咋样|如何)了|有(?:结果|消息|回音|动静|人管|人看)"
    r"|(?:批|审|受理|通过|收到|办好|交上去?|转过去)(?:下来|了)*(?:没有?|吗|么)$|(?:还|另外|别的).{0,4}(?:要|需要|得|让|有).{0,4}我|我(?:这边|这里)?(?:还|还要|还需要|还得|要|需要|该)(?:再)?(?:做|交|准备|补|办|干|弄|去)"
    r"|(?:还)?(?:要|需要|得|缺)(?:再)?(?:做|交|准备|补|带)?(?:什么|啥|哪些)(?:材料|手续|东西|吗)?|下一步|接下来|然后呢|之后呢|(?:等|要|得|多)(?:等)?(?:多久|几天|多长时间)|(?:什么时候|啥时候|几时|何时|多久)(?:能|会|有|给|联系|回|出)?"
)
"""How far it is, and what comes next, asked by whoever has just handed one in."""
_OF_PROGRESS: Final = re.compile(
    r"[\W_]|请问|麻烦|谢谢|[您你]好|[您你]们?|[我俺咱]们?|想?问一?下|想知道|刚[才刚]|现在|目前|到底|究竟|大概|一般|[这那](?:么|边|里|儿|个|份|件)?|法律援助|援助|法援|申请|案子|律师|材料|手续|东西|事情?|情况|编号|单子"
    r"|哪一步|哪步|哪[里儿些]?|进[度展]|怎么样?|咋样?|如何|结果|消息|回音|动静|答复|有人|没人|人[管看理]|回复|给?我回|回我|联系|通知|打?电话|安排"
    r"|审[核批]?|批[准下]?|查|受理|通过|收到|[上下过]去|[下过上]来|转|派|多久|几天|多长时间|(?:什么|啥)时候|几时|何时|什么|啥|接下来|下一步|然后|之后|后面|另外|别的|其[他它]"
    r"|准备|需要|[做交补带办干弄去等要得让该还再又能会给出来到都就先看管好完着过的了是有没不吗么呢啊呀吧]|一下"
)
"""All that a question about its progress is made of. «我还要准备给孩子办转学» has more in it, and is another matter."""
_FORGOTTEN: Final = re.compile(
    r"忘|不记得|记不[住得清]|(?:没有?|不见|找不到|丢)(?:了|这个|什么|啥)?(?:编号|号码|号|单子|回执)|(?:编号|号|单子|回执).{0,3}(?:丢|没了|不见|找不)|^(?:不知道|不晓得|不清楚|没有)"
)
_ONLY_HERE: Final = re.compile(
    r"哪一?步了|申请.{0,6}(?:进度|进展|怎么样|到哪)|(?:进度|进展)(?:呢|怎么样|咋样|如何|到哪)"
)
_MOST_AROUND: Final = 24
"""Characters around a reference that still only ask about it."""


def reference_in(text: str, /) -> str | None:
    """Return the reference in a text however it was typed; «?» where it can be meant for one and is none; None without one."""
    plain = unicodedata.normalize("NFKC", text).upper()
    head = _HEAD.search(plain)
    if head is None:
        return None
    start = head.end() if head[0].startswith("L") else head.start()
    letters = _JOINS.sub("", re.split(r"[^\x00-\x7f—–－·]", plain[start:])[0])
    letters = re.split(r"[^0-9A-Z]", letters)[0]
    for length in _LENGTHS:
        try:
            return str(parse(letters[:length]))
        except ReferenceMalformed:
            continue
    return "?" if len(letters) >= _SHORTEST_TRY else None


def names_one(turn: Turn, /) -> bool:
    """Tell whether a message is a reference and little else: whatever Rasa takes it for, its progress is asked."""
    found = reference_in(turn.text)
    if found is None or turn.act in _BESIDE or "LA" not in unicodedata.normalize("NFKC", turn.text).upper():
        return False
    return len(turn.text) - len(found) <= _MOST_AROUND


def asks_on(turn: Turn, /) -> bool:
    """Tell a question how far it is, or what is left to do, once an application was handed in here, and no law is talked of since."""
    if RECEIPT not in turn.state.extra or turn.payload or turn.state.asked is not None:
        return False
    if len(turn.text) > _MOST_AROUND or _OF_PROGRESS.sub("", turn.text):
        return False
    of_law = any(isinstance(one, AnswerReply | MenuReply | VerdictReply) for one in remembered(turn.state))
    return _ONLY_HERE.search(turn.text) is not None or (not of_law and _HOW_FAR.search(turn.text) is not None)


def meant(turn: Turn, /) -> bool:
    """Tell a question about one's own application from whatever else Rasa may have taken for one."""
    if turn.payload or reference_in(turn.text) is not None:
        return True
    if _CUE.search(turn.text) is None or _TO_BE_MADE.search(turn.text) is not None:
        return False
    # «国家赔偿申请了多久有结果» asks what the law says of another procedure, and so does «提了多久给答复» in the talk of one.
    ours = RECEIPT in turn.state.extra or _OURS.search(turn.text) is not None
    of_the_matter = turn.state.topic is not None and not matters.is_service(turn.state.topic)
    elsewhere = _ELSEWHERE.search(turn.text) is not None
    return ours or not (elsewhere or (of_the_matter and _HOW_LONG.search(turn.text) is not None))


async def begin(turn: Turn, services: Services, /) -> Outcome:
    """Start: with what the message tells already, and without questions where the thread itself handed it in."""
    reference = reference_in(turn.text)
    own = (turn.state.extra.get(RECEIPT) or {}).get("reference")
    if own is not None and reference in {None, own}:
        told = await _own(turn, services, own)
        if told is not None:
            return told
        reference = own
    if reference is None or reference == "?":
        before = () if reference is None else (TextReply(say=Say.REFERENCE_MISREAD),)
        return asides.ask(turn.state, REFERENCE, *before, known={"kind": "status"}, choices=(HUMAN,))
    known = {"kind": "status", "reference": reference}
    token = private.token_in(turn.text, *_TAILS)
    return _ask_tail(turn, known) if token is None else await _tried(turn, services, known, token)


async def answered(turn: Turn, services: Services, known: Mapping[str, Any], /) -> Outcome | None:
    """Take what was said to one of the two questions; None where it is no answer."""
    given = turn.answers.get(turn.state.asked or "", turn.text)
    text = given if isinstance(given, str) else str(given or "")
    if turn.state.asked == REFERENCE.fact:
        if (turn.answers and not text) or _FORGOTTEN.search(text) is not None or turn.act is Act.DONT_KNOW:
            return asides.back(turn, services, "status", _with_person(Say.STATUS_WITH_PERSON))
        found = reference_in(text) or reference_in(f"LA{text}")
        if found is None:
            return None
        if found == "?":
            return _missed(turn, services, known, Say.REFERENCE_MISREAD)
        token = private.token_in(text, *_TAILS)
        known = {**known, "reference": found}
        return _ask_tail(turn, known) if token is None else await _tried(turn, services, known, token)
    if turn.state.asked == PHRASE.fact:
        return await _tried(turn, services, known, str(known["tail"]), phrase=text)
    return await _tried(turn, services, known, private.token_in(text, *_TAILS) or text)


def missed(turn: Turn, services: Services, known: Mapping[str, Any], /) -> Outcome:
    """Ask once more, and offer a person the second time."""
    return _missed(turn, services, known, Say.ANSWER_NOT_UNDERSTOOD)


async def _tried(
    turn: Turn, services: Services, known: Mapping[str, Any], given: str, *, phrase: str | None = None
) -> Outcome:
    plain = await private.plain(turn, services, given, purpose="check the owner of an application")
    other = reference_in(plain)
    if other is not None and other != "?":
        return _ask_tail(turn, {**known, "reference": other})
    tail = following.phone_tail(plain)
    if tail is None:
        return _missed(turn, services, known, Say.TAIL_MISREAD)
    reference = str(known["reference"])
    if not await following.may_try(services.limits, who=turn.conversation.id, reference=reference):
        return asides.back(turn, services, "status", _with_person(Say.STATUS_TOO_OFTEN))
    if phrase is not None:
        purpose = "check who speaks for the owner of an application"
        phrase = await private.once(turn, services, phrase, kind=_PHRASE_KIND, purpose=purpose)
    async with services.reading() as uow:
        try:
            found = await applications.status(
                uow, reference=reference, phone_tail=tail, pass_phrase=phrase, now=turn.now
            )
        except ApplicationNotFound:
            say = Say.STATUS_NOT_FOUND if phrase is None else Say.PHRASE_WRONG
            return _missed(turn, services, known, say)
        except PassPhraseRequired:
            return asides.ask(turn.state, PHRASE, known={**known, "tail": given}, choices=(HUMAN,))
    told = asides.back(turn, services, "status", _reply(found, turn))
    return await _gone_on(told, turn, services, found.reference)


async def _gone_on(told: Outcome, turn: Turn, services: Services, reference: str) -> Outcome:
    """Go on here with what was told elsewhere, where this thread has no matter of its own yet."""
    state = told.state
    if state.facts or state.matters or state.asked is not None or RECEIPT in state.extra:
        return told
    async with services.unit_of_work() as uow:
        carried = await following.carry(uow, reference=reference, to=turn.conversation.id, now=turn.now)
        await uow.commit()
    if carried is None:
        return told
    whole = intake.of_application(
        replace(state, facts=carried.facts, matters=carried.matters),
        reference=carried.reference,
        missing_documents=carried.missing_documents,
    )
    return replace(told, state=whole, replies=(*told.replies, TextReply(say=Say.STATUS_GO_ON, choices=(HUMAN,))))


async def _own(turn: Turn, services: Services, reference: str) -> Outcome | None:
    """Tell the progress of what this thread handed in; None where somebody else may be holding the phone.

    Whoever has the thread reads the receipt and the story in it anyway. Only who said that calls are not safe is asked
    for the digits: there somebody else does look.
    """
    async with services.reading() as uow:
        records = await uow.applications.of_conversation(turn.conversation.id)
        record = next((one for one in records if one.application.reference == reference), None)
        if record is None or record.safe_to_contact is not SafeToContact.YES:
            return None
        found = applications.standing(record, now=turn.now)
    return asides.back(turn, services, "status", _reply(found, turn))


def _reply(found: applications.Status, turn: Turn) -> StatusReply:
    told = following.status_json(found, now=turn.now)
    due = told["due"]
    return StatusReply(status={**told, "due": None if due is None else due.isoformat()}, choices=(HUMAN,))


def _ask_tail(turn: Turn, known: Mapping[str, Any], *before: Reply) -> Outcome:
    return asides.ask(turn.state, TAIL, *before, known=known, choices=(HUMAN,))


def _missed(turn: Turn, services: Services, known: Mapping[str, Any], say: Say) -> Outcome:
    failures = int(known.get("failures", 0)) + 1
    if failures >= _MOST_FAILURES:
        return asides.back(turn, services, "status", TextReply(say=say), _with_person(Say.STATUS_WITH_PERSON))
    again = asides.QUESTIONS[turn.state.asked or TAIL.fact] if turn.state.asked in asides.QUESTIONS else TAIL
    noted = {**known, "kind": "status", "failures": failures}
    return asides.ask(turn.state, again, TextReply(say=say), known=noted, choices=(HUMAN,))


def _with_person(say: Say) -> TextReply:
    return TextReply(say=say, choices=(HUMAN, APPOINT))
