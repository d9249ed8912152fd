"""Verdicts and citations as the public contract writes them, in one place for every edge (公开格式)."""

from datetime import date
from decimal import Decimal
from typing import Final

from api.services.records import JsonObject
from knowledge_base.offices import Office, Opening
from knowledge_base.types import (
    NATION,
    Alternative,
    ApplyAt,
    Citation,
    Deadline,
    Facts,
    FactValue,
    Pivot,
    Question,
    Reason,
    Verdict,
)

PIVOT: Final = "pivot"
"""Where the fact that a result turns on stands beside it: in what was handed over, and in the memory of a conversation."""


def citation_json(citation: Citation) -> JsonObject:
    """Return one citation; a national text has no region."""
    return _said(
        document=citation.document,
        number=citation.number,
        clause=citation.clause,
        issued=iso(citation.issued),
        standing=citation.standing.value,
        verified_on=iso(citation.verified_on),
        verified_by=citation.verified_by,
        region=None if citation.region == NATION else citation.region,
        source_id=citation.source_id,
        quote=citation.quote,
    )


def question_json(question: Question) -> JsonObject:
    """Return one question with its options."""
    return _said(
        fact=question.fact,
        type=question.type.value,
        text=question.text,
        why=question.why,
        options=[option.value for option in question.options] or None,
        titles=[option.title for option in question.options] or None,
        private=question.private or None,
    )


def office_json(office: Office) -> JsonObject:
    """Return one office or number."""
    return _said(
        id=office.id,
        name=office.name,
        kind=office.kind,
        region=None if office.region == NATION else office.region,
        phone=office.phone,
        address=office.address,
        hours=office.hours,
        note=office.note,
        source=office.source,
        verified_on=iso(office.verified_on),
        checked=office.checked.value,
        accessibility=[each.value for each in office.accessibility] or None,
        languages=list(office.languages) or None,
    )


def verdict_json(verdict: Verdict) -> JsonObject:
    """Return a verdict. Lists are always there, so that a caller can loop without asking."""
    return _said(
        outcome=verdict.outcome.value,
        basis=verdict.basis.value,
        settled=verdict.settled,
        reasons=[_reason(reason) for reason in verdict.reasons],
        missing=list(verdict.missing),
        next_question=None if verdict.next_question is None else question_json(verdict.next_question),
        flags=list(verdict.flags),
        tags=list(verdict.tags),
        apply_at=None if verdict.apply_at is None else _apply_at(verdict.apply_at),
        deadlines=[_deadline(deadline) for deadline in verdict.deadlines],
        documents=list(verdict.documents),
        alternatives=[_alternative(alternative) for alternative in verdict.alternatives],
        sooner=[_reason(reason) for reason in verdict.sooner] or None,
        conflicts=[{"facts": list(one.facts), "called": list(one.called)} for one in verdict.conflicts] or None,
        rulebook=verdict.rulebook,
        on=verdict.on.isoformat(),
    )


def record_json(verdict: Verdict) -> JsonObject:
    """Return a verdict as staff get it: with the fact it turns on, where that was looked for."""
    return verdict_json(verdict) | ({} if verdict.pivot is None else {PIVOT: pivot_json(verdict.pivot)})


def pivot_json(pivot: Pivot) -> JsonObject:
    """Return the fact that would turn the result, and the answers that would do it."""
    return _said(
        fact=pivot.fact,
        outcome=pivot.outcome.value,
        told=pivot.told,
        values=list(pivot.values) or None,
        least=_fact(pivot.least),
        most=_fact(pivot.most),
    )


def facts_json(facts: Facts) -> JsonObject:
    """Return facts in a form that JSON can hold; money stays exact, as text."""
    return {fact: _fact(value) for fact, value in facts.items()}


def _fact(value: FactValue) -> str | int | bool | None:
    match value:
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            return value


def _reason(reason: Reason) -> JsonObject:
    return _said(
        rule=reason.rule,
        result=reason.result.value,
        text=reason.text,
        citation=None if reason.citation is None else citation_json(reason.citation),
    )


def _apply_at(place: ApplyAt) -> JsonObject:
    return _said(
        rule=place.rule,
        kind=place.kind,
        offices=[office_json(office) for office in place.offices],
        region=place.region,
        place=place.place,
    )


def _deadline(deadline: Deadline) -> JsonObject:
    return _said(
        what=deadline.what,
        title=deadline.title,
        since=iso(deadline.since),
        latest=iso(deadline.latest),
        certain=deadline.certain,
        passed=deadline.passed or None,
        citation=None if deadline.citation is None else citation_json(deadline.citation),
    )


def _alternative(alternative: Alternative) -> JsonObject:
    opening = {} if alternative.opening is None else opening_json(alternative.opening)
    return _said(title=alternative.title, contact=alternative.contact, hours=alternative.hours, **opening)


def opening_json(opening: Opening) -> JsonObject:
    """Return whether a place is open, and when that changes."""
    return _said(
        open=opening.state.value,
        closes_at=iso(opening.closes_at),
        opens_at=iso(opening.opens_at),
        opens_on=iso(opening.opens_on),
        holidays_may_differ=None if opening.sure_of_holidays else True,
    )


def iso(day: date | None, /) -> str | None:
    """Return a day, or a moment, as JSON has it (RFC 3339)."""
    return None if day is None else day.isoformat()


def _said(**values: object) -> JsonObject:
    """Leave out what says nothing: the contract has no nulls."""
    return {name: value for name, value in values.items() if value is not None}
