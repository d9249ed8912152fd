"""The public form of a message: what a client gets beside the text, and the Message object of the contract."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any, Final, assert_never

from actions.checking import CHANGE
from actions.matters import DROPPED, GO_ON, MATTER
from api.services.directions import directions_json
from api.services.records import StoredMessage
from api.services.verdicts import citation_json, question_json, verdict_json
from bot.channels.phrases import Phrases
from bot.messages import (
    AnswerReply,
    Choice,
    DirectionsReply,
    HandoverReply,
    MenuReply,
    Payload,
    QuestionReply,
    ReceiptReply,
    Reply,
    SafetyReply,
    SafetyStage,
    StatusReply,
    TextReply,
    VerdictReply,
)
from bot.redact import readable
from knowledge_base.types import NATION, Answer, Citation, FactType, Question, Reason, Truth, Verdict

_OF_A_MATTER: Final[Mapping[str, str]] = {DROPPED: "not_meant", GO_ON: "go_on"}
"""Choices about a matter, and the words that its title stands in."""
_MOST_REASONS: Final = 4


def message_json(message: StoredMessage, /) -> dict[str, Any]:
    """Return the contract's Message; what has nothing to say is absent."""
    return {
        "seq": message.seq,
        "from": message.sender.value,
        "kind": message.kind,
        "text": readable(message.text),
        **message.body,
    }


def body(reply: Reply, /, *, phrases: Phrases, numbers: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return what stands beside the text of a reply; `numbers` are the telephone numbers said in it."""
    data: dict[str, Any] = {}
    choices = _choices(reply, phrases=phrases)
    if choices:
        data["choices"] = choices
    if reply.matters:
        data["matters"] = [{"code": one.code, "confidence": one.confidence} for one in reply.matters]
    if reply.urgency is not None:
        data["urgency"] = reply.urgency.value
    if numbers:
        data["numbers"] = list(numbers)
    return data | _own_part(reply, phrases=phrases)


def telling(verdict: Verdict, /) -> tuple[Reason, ...]:
    """Return the reasons the outcome rests on, what is still open first; the rest is trace, for staff."""
    carrying = sorted(
        (reason for reason in verdict.reasons if reason.decides), key=lambda reason: reason.result is not Truth.UNKNOWN
    )
    return tuple(carrying[:_MOST_REASONS])


def label(payload: Payload, /, *, questions: Mapping[str, Question], titles: Mapping[str, str]) -> str:
    """Return in words what a payload says: the title of the choice that carried it, as far as it is known."""
    if "act" in payload:
        return _title(payload, titles=titles)
    return "，".join(_value_title(fact, value, questions=questions, titles=titles) for fact, value in payload.items())


def _value_title(fact: str, value: object, *, questions: Mapping[str, Question], titles: Mapping[str, str]) -> str:
    if fact in _OF_A_MATTER:
        title = questions and _value_title(MATTER, value, questions=questions, titles=titles)
        return titles["not_all_meant"] if value is None else titles[_OF_A_MATTER[fact]].format(title=title or value)
    if fact == CHANGE and value in questions:
        return titles["change_answer_about"].format(title=questions[str(value)].called[0])
    options = questions[fact].options if fact in questions else ()
    for option in options:
        if option.value == value:
            return option.title
    return _title({fact: value}, titles=titles)


def _own_part(reply: Reply, *, phrases: Phrases) -> dict[str, Any]:  # noqa: C901 - one arm a kind of reply
    part: dict[str, Any] = {}
    match reply:
        case AnswerReply():
            part = _answer_part(reply, phrases=phrases)
        case QuestionReply():
            part["question"] = question_json(reply.question)
        case VerdictReply():
            part["verdict"] = verdict_json(reply.verdict)
            cited = _citations([one.citation for one in telling(reply.verdict) if one.citation is not None])
            if cited:
                part["citations"] = cited
        case ReceiptReply() | HandoverReply():
            if reply.reference is not None:
                part["reference"] = reply.reference
        case StatusReply():
            part = {"reference": reply.status["reference"], "status": dict(reply.status)}
        case DirectionsReply():
            part["directions"] = directions_json(reply.directions)
        case SafetyReply():
            part = _safety_part(reply, phrases=phrases)
        case TextReply() | MenuReply():
            pass
        case _:
            assert_never(reply)
    return part


def _safety_part(reply: SafetyReply, *, phrases: Phrases) -> dict[str, Any]:
    part: dict[str, Any] = {"safety": [kind.value for kind in reply.kinds], "stage": reply.stage.value}
    if reply.scene is not None:
        part["scene"] = reply.scene.value
    cited = _citations(phrases.safety_citations(reply.kinds)) if reply.stage is SafetyStage.DANGER else []
    return part | ({"citations": cited} if cited else {})


def _answer_part(reply: AnswerReply, *, phrases: Phrases) -> dict[str, Any]:
    right = (phrases.article_23(),) if reply.right_to_apply else ()
    part: dict[str, Any] = {"citations": _citations((*reply.answer.all_citations, *right))}
    if reply.answer.beside:
        part["beside"] = [_beside(one) for one in reply.answer.beside]
    if reply.answer.provenance is not None:
        part["provenance"] = asdict(reply.answer.provenance)
    return part


def _beside(answer: Answer) -> dict[str, Any]:
    """Return the rule of another place that applies as well; a national one has no region."""
    place = {} if answer.region == NATION else {"region": answer.region}
    return {"text": answer.text, **place, "citations": _citations(answer.citations)}


def _citations(citations: Sequence[Citation]) -> list[dict[str, Any]]:
    return [citation_json(one) for one in dict.fromkeys(citations)]


def _choices(reply: Reply, *, phrases: Phrases) -> list[dict[str, str]]:
    choices: Sequence[Choice] = reply.choices
    if isinstance(reply, QuestionReply) and not any("act" not in choice.payload for choice in choices):
        choices = [*_options(reply.question), *choices]
    return [
        {
            "title": _worded(choice, titles=phrases.titles),
            "payload": json.dumps(choice.payload, default=_plain, ensure_ascii=False),
        }
        for choice in choices
    ]


def _worded(choice: Choice, *, titles: Mapping[str, str]) -> str:
    """Return the title of a choice, in the words that it stands in."""
    if choice.wording:
        return titles[choice.wording].format(title=choice.title)
    return choice.title or _title(choice.payload, titles=titles)


def _options(question: Question) -> list[Choice]:
    """Offer what can be tapped. Not knowing is an answer, and is never asked again; private facts have no buttons."""
    if question.private:
        return []
    known = [Choice(payload={question.fact: option.value}, title=option.title) for option in question.options]
    if question.type is FactType.BOOL and not known:
        known = [Choice(payload={question.fact: value}) for value in (True, False)]
    return [*known, Choice(payload={question.fact: None})]


def _title(payload: Mapping[str, Any], *, titles: Mapping[str, str]) -> str:
    act = payload.get("act")
    if act == "consent" and False in payload.values():
        return titles["consent_refused"]
    if act == "media":
        return titles.get(f"media.{payload.get('kind')}", titles["media.file"])
    if isinstance(act, str):
        return titles.get(act, act)
    value = next(iter(payload.values()), None)
    return titles.get(json.dumps(value, default=_plain), str(value))


def _plain(value: object) -> str | int | float:
    """Write the two kinds of fact value that JSON lacks."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
