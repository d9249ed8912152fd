"""What the notes of a call bring up while they are written: danger, sources, what was told, what to ask next (边听边查)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from api.services.call_ports import Ear, Hidden
from knowledge_base.assess import FactNotUnderstood, FactRefused
from knowledge_base.types import (
    Answer,
    Facts,
    FactType,
    FactValue,
    Hit,
    KnowledgeUnavailable,
    NoAnswer,
    SafetyFinding,
    SafetyKind,
    Triage,
    Verdict,
)

MATTER: Final = "matter"
_SENTENCE: Final = re.compile(r"[^\n。！？!?；;]+[。！？!?；;]?")
_MOST_SENTENCES: Final = 40
"""Newest first: whoever has typed more than that has seen what stood out before."""
_QUERY: Final = 200
_SHORT: Final = 4
"""Characters below which a line asks for nothing."""
_HITS: Final = 4
_SERVICE: Final = "general"
"""The family of questions about the service."""
_TRUE, _FALSE = "true", "false"


class AnswerUnread(Exception):
    """The answer fits no question of the pre-screen, or not this one."""

    code = "fact_not_understood"


@dataclass(frozen=True, slots=True, kw_only=True)
class Startling:
    """One sentence of the notes that tells of danger."""

    text: str
    kinds: tuple[SafetyKind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What stands beside the notes."""

    triage: Triage
    finding: SafetyFinding
    startling: tuple[Startling, ...]
    told: Facts
    """What the notes tell of the pre-screen; nobody has confirmed it yet."""
    verdict: Verdict | None
    """None where what was answered cannot be assessed."""
    query: str
    answer: Answer | NoAnswer | None
    hits: tuple[Hit, ...]
    unavailable: bool
    """The knowledge base is broken, which is not the same as silent."""


def think(  # noqa: PLR0913 - keyword-only
    ear: Ear, *, notes: str, query: str, facts: Facts, region: str | None, now: datetime, on: date
) -> Hints:
    """Return what the notes bring up; `query` is what is searched for, where it is not their last line. Takes tens of milliseconds."""
    words = without(notes, ear.hide(notes))
    triage = ear.classify(words) if words.strip() else Triage()
    matter = facts.get(MATTER)
    about = str(matter) if matter else leading(triage)
    wanted = without(query, ear.hide(query)).strip() or _last_line(words)
    answer, hits, unavailable = _sources(ear, wanted, about=about, region=region, on=on)
    try:
        verdict = ear.screener.assess(facts, region=region, on=on, now=now)
    except FactRefused:
        verdict = None
    return Hints(
        triage=triage,
        finding=ear.safety(words) if words.strip() else SafetyFinding(),
        startling=tuple(_startling(ear, words)),
        told=ear.told(words, matter=about, on=on),
        verdict=verdict,
        query=wanted,
        answer=answer,
        hits=hits,
        unavailable=unavailable,
    )


def leading(triage: Triage) -> str | None:
    """Return what a call is most likely about; that the caller also asks about legal aid itself is no matter of theirs."""
    codes = [one.code for one in triage.matters]
    return next((code for code in codes if code.partition(".")[0] != _SERVICE), codes[0] if codes else None)


def read_answer(ear: Ear, *, fact: str, given: str | None, facts: Facts, on: date) -> FactValue:
    """Return what a chosen or typed answer means; None given is «does not know». Raises AnswerUnread."""
    try:
        question = ear.screener.question(fact, facts)
        if given is None:
            return None
        if question.type is FactType.BOOL and given in {_TRUE, _FALSE}:
            return given == _TRUE
        if question.type is FactType.ENUM:
            ear.screener.assess({**facts, fact: given}, region=None, on=on)
            return given
        return ear.screener.parse(fact, given, on=on, facts=facts)
    except (FactNotUnderstood, FactRefused) as unread:
        raise AnswerUnread from unread


def without(text: str, hidden: Sequence[Hidden]) -> str:
    """Return a text without what identifies a person: whatever reads meaning has no use for it."""
    for one in reversed(hidden):
        text = f"{text[: one.start]}，{text[one.end :]}"
    return text


def _sources(
    ear: Ear, query: str, *, about: str | None, region: str | None, on: date
) -> tuple[Answer | NoAnswer | None, tuple[Hit, ...], bool]:
    if len(query) < _SHORT:
        return None, (), False
    try:
        vector = ear.knowledge.embed(query)
        answer = ear.knowledge.ask(query, region=region, on=on, matters=(about,) if about else (), vector=vector)
        hits = ear.knowledge.search(query, region=region, on=on, k=_HITS, vector=vector)
    except KnowledgeUnavailable:
        return None, (), True
    shown = {one.source_id for one in answer.all_citations} if isinstance(answer, Answer) else set()
    return answer, tuple(hit for hit in hits if hit.passage.citation.source_id not in shown), False


def _startling(ear: Ear, words: str) -> list[Startling]:
    sentences = [found[0].strip() for found in _SENTENCE.finditer(words)][-_MOST_SENTENCES:]
    found = [(text, ear.safety(text)) for text in dict.fromkeys(sentences) if text]
    return [Startling(text=text, kinds=finding.kinds) for text, finding in found if finding.kinds]


def _last_line(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if len(line.strip()) >= _SHORT]
    return lines[-1][-_QUERY:] if lines else ""
