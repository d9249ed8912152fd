"""Finds the words for a reply: the only place that composes sentences.

An action says what is the case; this module says it in plain Chinese, with the source, and never more than is known.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, assert_never

from api.services.records import JsonObject, NewMessage, Sender
from bot.channels import directions, safety
from bot.channels.message_json import body, label, telling
from bot.channels.numbers import Filler, Numbers
from bot.channels.phrases import Phrases
from bot.messages import (
    AnswerReply,
    DirectionsReply,
    HandoverReply,
    MenuReply,
    Payload,
    QuestionReply,
    ReceiptReply,
    Reply,
    SafetyReply,
    Say,
    StatusReply,
    TextReply,
    VerdictReply,
)
from knowledge_base.offices import Office
from knowledge_base.standings import STANDINGS
from knowledge_base.types import (
    NATION,
    Answer,
    Citation,
    Deadline,
    Outcome,
    Question,
    Reason,
    Standing,
    Truth,
    Verdict,
)

_PAGE: Final = "web"
"""The channel that is read on a page; closed, it has lost its conversation."""


class Renderer:
    """Turns replies into stored messages, and stored messages into the contract's JSON."""

    def __init__(self, *, phrases: Phrases, numbers: Numbers, questions: Sequence[Question] = ()) -> None:
        self._phrases = phrases
        self._numbers = numbers
        self._questions = {question.fact: question for question in questions}

    def message(
        self, reply: Reply, /, *, channel: str = _PAGE, region: str | None = None, child: bool = False
    ) -> NewMessage:
        """Return what the citizen will read, and the data beside it; a child reads 你 for every 您 of ours."""
        filler = Filler(self._numbers((reply.region if isinstance(reply, SafetyReply) else None) or region))
        text = self._text(reply, filler, channel=channel)
        data = body(reply, phrases=self._phrases, numbers=filler.said)
        return NewMessage(
            sender=Sender.BOT,
            kind="text" if isinstance(reply, DirectionsReply | StatusReply) else reply.kind,
            text=text.replace("您", "你") if child else text,
            body=_to_a_child(data) if child else data,
        )

    def label(self, payload: Payload, /) -> str:
        """Return in words what the citizen chose, for the transcript."""
        return label(payload, questions=self._questions, titles=self._phrases.titles)

    def _text(self, reply: Reply, filler: Filler, *, channel: str) -> str:
        match reply:
            case TextReply() | MenuReply():
                text = self._say(reply, filler)
            case AnswerReply():
                text = self._answer(reply)
            case QuestionReply():
                lead = [self._phrases.say[reply.lead]] if reply.lead is not None else []
                text = "\n".join([*lead, reply.question.text])
            case VerdictReply():
                text = self._verdict(reply.verdict)
            case ReceiptReply():
                text = self._receipt(reply)
            case HandoverReply():
                text = self._handover(reply, filler, on_page=channel == _PAGE)
            case DirectionsReply():
                text = directions.written(reply.directions, self._phrases.directory)
            case StatusReply():
                text = self._status(reply)
            case SafetyReply():
                text = safety.written(reply, self._phrases.safety, filler)
            case _:
                assert_never(reply)
        return text

    def _say(self, reply: TextReply | MenuReply, filler: Filler) -> str:
        lines: list[str | Sequence[str]] = list(self._phrases.say[reply.say].splitlines())
        args = dict(reply.args)
        if reply.say is Say.OTHER_LANGUAGE:
            own = self._phrases.in_language(reply.args.get("language", ""))
            lines, args["name"] = [*own.lines, *lines], own.name
        return "\n".join(filler.lines(lines)).format_map(_Args(args))

    def _status(self, reply: StatusReply) -> str:
        lines = [self._phrases.say[Say.STATUS_FOUND].format_map(reply.status)]
        papers = self._phrases.answer.clauses.join(reply.status.get("missing_documents") or ())
        if papers:
            lines.append(self._phrases.say[Say.STATUS_PAPERS].format(documents=papers))
        return "\n".join(lines)

    def _answer(self, reply: AnswerReply) -> str:
        answer = reply.answer
        lines = [answer.text] if not answer.beside else [self._of_place(one) for one in (answer, *answer.beside)]
        caveats = dict.fromkeys(caveat for one in (answer, *answer.beside) for caveat in one.caveats)
        lines += [*caveats, *([self._phrases.answer.both] if answer.beside else [])]
        citations = list(answer.all_citations)
        if not caveats:
            lines += self._standing_notes(citations)
        if reply.handlers:
            words = self._phrases.answer
            who = words.separator.join(words.handler.format(name=one.name, source=one.source) for one in reply.handlers)
            lines.append(words.handlers.format(who=who))
        if reply.right_to_apply and reply.told_before:
            lines += ["", self._phrases.right_to_apply.again]
        elif reply.right_to_apply:
            lines += ["", *self._phrases.right_to_apply.lines]
            citations.append(self._phrases.article_23())
        return "\n".join([*lines, self._sources(citations)])

    def _of_place(self, answer: Answer) -> str:
        words = self._phrases.answer
        return (words.nation if answer.region == NATION else words.place).format(text=answer.text)

    def _sources(self, citations: Sequence[Citation]) -> str:
        """Name every source once, on one line: the clauses of one document together."""
        words = self._phrases.answer
        by_document: dict[str, tuple[Citation, list[str]]] = {}
        for one in citations:
            alike = self.source(replace(one, clause="", quote=None, source_id=""))
            clauses = by_document.setdefault(alike, (one, []))[1]
            if one.clause not in clauses:
                clauses.append(one.clause)
        told = (self.source(replace(one, clause=words.clauses.join(found))) for one, found in by_document.values())
        return words.source.format(sources=words.separator.join(told))

    def source(self, citation: Citation) -> str:
        """Return document, number, clause, date of issue and standing in words, with who verified it."""
        parts = [f"《{citation.document.strip('《》')}》{citation.clause}"]
        if citation.number:
            parts.append(citation.number)
        if citation.issued is not None:
            parts.append(self._phrases.answer.issued.format(date=citation.issued.isoformat()))
        parts.append(STANDINGS[citation.standing])
        if citation.verified_on is not None:
            verified = self._phrases.answer.verified
            parts.append(verified.format(by=citation.verified_by, date=citation.verified_on.isoformat()))
        return f"{parts[0]}（{'，'.join(parts[1:])}）"

    def _standing_notes(self, citations: Sequence[Citation]) -> list[str]:
        standings = dict.fromkeys(citation.standing for citation in citations)
        if Standing.IN_FORCE in standings:
            return []
        return [self._phrases.standing_note[one] for one in standings if one in self._phrases.standing_note]

    def _verdict(self, verdict: Verdict) -> str:
        words = self._phrases.verdict
        lines = [words.outcome[verdict.outcome]]
        reasons = telling(verdict)
        why = [self._reason(one) for one in reasons]
        if verdict.basis in words.basis:
            why.append(words.basis[verdict.basis])
        why += [words.conflict.format(one=each.called[0], other=each.called[1]) for each in verdict.conflicts]
        if why:
            lines += [words.why, *(f"· {one}" for one in why)]
        lines += [words.flags[flag] for flag in verdict.flags if flag in words.flags]
        lines += [words.sooner + self._cited(one) for one in verdict.sooner]
        if verdict.apply_at is not None and verdict.outcome is not Outcome.UNLIKELY:
            place = words.place.get(verdict.apply_at.kind)
            named = words.named.format(place=verdict.apply_at.place) if verdict.apply_at.place else ""
            lines += [words.apply_at + (place or "") + named]
            lines += [f"· {self._office(office)}" for office in verdict.apply_at.offices]
        if verdict.documents and verdict.outcome is not Outcome.UNLIKELY:
            lines += [words.documents, *(f"· {document}" for document in verdict.documents)]
        told = verdict.another_law or any(_tells_how_long(one) for one in reasons)
        if verdict.outcome is not Outcome.UNLIKELY and not told:
            lines.append(words.how_long)
        if verdict.deadlines:
            lines.append(words.deadlines)
            lines += [f"· {self._deadline(one)}" for one in verdict.deadlines]
        if verdict.alternatives:
            lines += [words.alternatives, *self._roads(verdict)]
        return "\n".join([*lines, words.not_a_decision])

    def _roads(self, verdict: Verdict) -> Iterator[str]:
        """Yield the other roads, each with whether anybody is there now; of one number that is said once."""
        words, told = self._phrases.directory, set[str | None]()
        for road in verdict.alternatives:
            parts = [road.title, road.contact]
            if road.contact not in told and road.opening is not None and verdict.at is not None:
                unfiled = words.missing.format(facts=words.facts["hours"])
                now = directions.openness(road.opening, verdict.at, words)
                parts += [road.hours, now] if road.hours else [unfiled]
            elif road.contact not in told:
                parts.append(road.hours)
            told.add(road.contact)
            yield "· " + "，".join(part.rstrip("。") for part in parts if part)

    def _deadline(self, limit: Deadline) -> str:
        words = self._phrases.verdict
        if limit.latest is None:
            template = words.deadline_unknown
        else:
            counted = words.deadline_day if limit.since is None else words.deadline
            template = words.deadline_passed if limit.passed else counted
        return template.format(title=limit.title.rstrip("。"), since=limit.since, latest=limit.latest)

    def _reason(self, reason: Reason) -> str:
        if reason.result is Truth.UNKNOWN:
            return self._phrases.verdict.unsure + self._cited(reason)
        return self._cited(reason)

    def _cited(self, reason: Reason) -> str:
        if reason.citation is None:
            return reason.text
        title = reason.citation.document.strip("《》").removeprefix(
            "中华人民共和国"
        )  # the full name stands with the citation
        article = self._phrases.verdict.article.format(document=f"《{title}》", clause=reason.citation.clause)
        return reason.text if reason.citation.clause in reason.text else f"{reason.text}{article}"

    def _receipt(self, reply: ReceiptReply) -> str:
        words = self._phrases.receipt
        lines = [words.head.format(reference=reply.reference)]
        if reply.missing_documents:
            lines += [words.documents, *(f"· {document}" for document in reply.missing_documents)]
        else:
            lines.append(words.complete)
        return "\n".join([*lines, words.tail])

    def _handover(self, reply: HandoverReply, filler: Filler, *, on_page: bool) -> str:
        words = self._phrases.handover
        waiting = words.waiting + words.stay if on_page else words.waiting
        lines = [waiting, words.meanwhile, *filler.lines([words.office_line])]
        if reply.reference is not None:
            lines.append(words.reference.format(reference=reply.reference))
        return "\n".join(lines)

    def _office(self, office: Office) -> str:
        said = "，".join(one for one in (office.name, office.address, office.phone, office.hours, office.note) if one)
        checked = directions.standing(office, self._phrases.directory)
        return f"{said.rstrip('。')}。{checked}"


def _to_a_child(data: JsonObject) -> JsonObject:
    """Return what stands beside the text, its question and its buttons in the words for a child."""
    spoken = {key: data[key] for key in ("question", "choices") if key in data}
    return {**data, **json.loads(json.dumps(spoken, ensure_ascii=False).replace("您", "你"))}


class _Args(dict[str, str]):
    """Format arguments that an action did not send leave a blank, not an exception in a citizen's face."""

    def __init__(self, args: Mapping[str, str]) -> None:
        super().__init__(args)

    def __missing__(self, key: str) -> str:
        return ""


def _tells_how_long(reason: Reason) -> bool:
    """Whether a rule already speaks of Legal Aid Law art. 43."""
    return reason.citation is not None and reason.citation.clause.startswith("第四十三条")
