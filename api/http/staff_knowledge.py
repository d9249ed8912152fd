"""/api/v1/staff/knowledge: curation as JSON, for other tools of the institution. The browser's pages do the same under /staff."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.domain.clocks import CHINA
from api.domain.curation import Kind, Step
from api.domain.staff import Permission
from api.http.problems import ProblemError
from api.services import curation, editing, lookups
from api.services.curation import DraftFlawed, Item, ItemNotFound, TextKnown, Written
from api.services.curation_ports import Library
from api.services.desk import StaffDesk
from api.services.records import JsonObject
from api.services.staff import StaffMember, require
from knowledge_base.drafts import CardDraft, Particulars, Review, SourceDraft, TextRefused
from knowledge_base.types import NATION

_Key = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_.-]{0,49}$")]
_Code = Annotated[str, StringConstraints(pattern=r"^(CN|[0-9]{6})$")]
_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
_MOST: Final = 60


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceIn(_In):
    """A source: title or number of a text, its clause, and words of the clause."""

    document: _Line
    clause: _Line
    words: Annotated[tuple[_Line, ...], Field(max_length=_MOST)] = ()


class CardIn(_In):
    """A card as it should read; `base` is the version it was written from, 0 for the first."""

    base: int = Field(default=0, ge=0)
    questions: Annotated[tuple[_Line, ...], Field(max_length=_MOST)]
    answer: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
    sources: Annotated[tuple[SourceIn, ...], Field(max_length=_MOST)] = ()
    matters: Annotated[tuple[_Line, ...], Field(max_length=_MOST)] = ()
    region: _Code = NATION
    valid_from: date | None = None
    valid_to: date | None = None

    def draft(self, key: str) -> CardDraft:
        """Return the card."""
        given = self.model_dump(exclude={"base", "sources"})
        return CardDraft(id=key, sources=tuple(SourceDraft(**one.model_dump()) for one in self.sources), **given)


class TextIn(_In):
    """What is said about a text; `document` names one that was taken in before the desk knew it."""

    base: int = Field(default=0, ge=0)
    title: _Line
    number: _Line | None = None
    issuer: _Line | None = None
    region: _Code = NATION
    issued: date | None = None
    published: date | None = None
    effective_from: date | None = None
    plan_end: date | None = None
    valid_to: date | None = None
    document: _Line | None = None

    def draft(self, _key: str) -> Particulars:
        """Return the particulars."""
        return Particulars(**self.model_dump(exclude={"base"}))


class DecisionIn(_In):
    """A step on a version; sending back and taking out of use need a note."""

    step: Step
    version: int = Field(ge=1)
    note: _Note = ""


def add_knowledge(  # noqa: C901, PLR0915 - a list of routes
    routes: APIRouter,
    *,
    desk: StaffDesk,
    library: Library,
    me: Any,  # noqa: ANN401 - FastAPI's own
) -> None:
    """Add the routes of curation."""

    def today(now: datetime) -> date:
        return now.astimezone(CHINA).date()

    async def found(kind: Kind, key: str) -> Item | None:
        async with desk.database.reading() as uow:
            return await curation.find(uow, kind=kind, key=key)

    async def save(member: StaffMember, written: Written) -> Item:
        require(member, Permission.EDIT_KNOWLEDGE)
        before, body = None, written.body
        if await found(written.kind, written.key) is None and written.file is None:
            document_id = body.document if isinstance(body, Particulars) else None
            before = await editing.in_use(library, kind=written.kind, key=written.key, document_id=document_id)
            if before is None and written.kind is Kind.DOCUMENT:
                raise ItemNotFound
        async with desk.database.unit_of_work() as uow:
            item = await curation.save(uow, member=member, written=written, before=before, now=desk.clock())
            await uow.commit()
        return item

    @routes.get("/knowledge/items")
    async def items(member: Annotated[StaffMember, me]) -> JsonObject:
        """Return every card and text that was ever worked on, what changed last first."""
        async with desk.database.reading() as uow:
            listed = await curation.items(uow, member=member)
        return {"items": [_head(item) for item in listed]}

    @routes.get("/knowledge/items/{kind}/{key}")
    async def item(kind: Kind, key: _Key, member: Annotated[StaffMember, me]) -> JsonObject:
        """Return one card or text with its history, and how it stands up to its sources."""
        require(member, Permission.READ_CASES)
        known = await found(kind, key)
        body = curation.draft_of(known.latest) if known else None
        body = body or await editing.in_use(library, kind=kind, key=key)
        if body is None:
            raise ItemNotFound
        review = await editing.review(library, body, on=today(desk.clock()))
        whole = _item(known) if known else {"kind": kind.value, "key": key, "versions": [], "decisions": []}
        return {**whole, "body": _plain(asdict(body)), "review": _review(review)}

    @routes.post("/knowledge/items/card/{key}/versions", status_code=201)
    async def save_card(key: _Key, body: CardIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Save a card as a new version; citizens hear nothing of it before a second person approves."""
        return _item(await save(member, Written(kind=Kind.CARD, key=key, body=body.draft(key), base=body.base)))

    @routes.post("/knowledge/items/document/{key}/versions", status_code=201)
    async def save_text(key: _Key, body: TextIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Save what is said about a text as a new version."""
        return _item(await save(member, Written(kind=Kind.DOCUMENT, key=key, body=body.draft(key), base=body.base)))

    @routes.post("/knowledge/documents", status_code=201)
    async def upload(
        request: Request,
        member: Annotated[StaffMember, me],
        name: Annotated[str, Query(min_length=1, max_length=200)],
        region: Annotated[_Code | None, Query()] = None,
    ) -> JsonObject:
        """Take a file, the body of the request, as the first draft of a text."""
        require(member, Permission.EDIT_KNOWLEDGE)
        content = await request.body()
        try:
            written, read = await editing.uploaded(library, member=member, name=name, content=content, region=region)
        except TextRefused as refused:
            raise ProblemError(422, refused.code, "这个文件不能收。", extra={"reason": refused.reason}) from refused
        try:
            saved = await save(member, written)
        except TextKnown as known:
            where = {"kind": Kind.DOCUMENT.value, "key": known.key}
            where |= {"document": known.document} if known.document else {}
            raise ProblemError(409, known.code, "资料库里已经有这份文件。", extra=where) from known
        clauses = [{"mark": clause.mark, "text": clause.text} for clause in read.clauses]
        problems = [{"line": problem.line, "text": problem.text} for problem in read.problems]
        return {**_item(saved), "body": saved.latest.body, "clauses": clauses, "problems": problems}

    @routes.post("/knowledge/items/{kind}/{key}/decisions")
    async def decide(kind: Kind, key: _Key, body: DecisionIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Propose, return, approve as a second person, or take out of use."""
        known, review, before = await found(kind, key), None, None
        if known is None and body.step is Step.EXPIRE:
            before = await editing.in_use(library, kind=kind, key=key)
        elif known is None:
            raise ItemNotFound
        elif body.step in {Step.PROPOSE, Step.APPROVE}:
            draft = curation.draft_of(known.version(body.version))
            review = await editing.review(library, draft, on=today(desk.clock()))
            if not review.passed:
                # Told with what is wrong; the service would refuse it without.
                raise ProblemError(422, DraftFlawed.code, "稿子还有地方要改。", extra=_review(review))
        async with desk.database.unit_of_work() as uow:
            now = desk.clock()
            if body.step is Step.EXPIRE:
                item = await curation.expire(
                    uow, member=member, kind=kind, key=key, before=before, note=body.note, now=now
                )
            else:
                item = await curation.decide(
                    uow,
                    member=member,
                    kind=kind,
                    key=key,
                    version=body.version,
                    step=body.step,
                    review=review,
                    note=body.note,
                    now=now,
                )
            await uow.commit()
        return _item(item)

    @routes.get("/knowledge/questions")
    async def questions(
        member: Annotated[StaffMember, me], week: Annotated[str | None, Query(pattern=r"^\d{4}-W\d\d$")] = None
    ) -> JsonObject:
        """Return a week's list of what was asked in vain and which answers lose their source."""
        async with desk.database.reading() as uow:
            weekly, weeks = await lookups.weekly(uow, member=member, week=week)
        if weekly is None:
            return {"week": None, "weeks": list(weeks)}
        return {"week": weekly.week, "weeks": list(weeks), "made_at": weekly.made_at.isoformat(), **weekly.content}

    @routes.get("/knowledge/wordings/{version}")
    async def wording(
        version: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")], member: Annotated[StaffMember, me]
    ) -> JsonObject:
        """Return a card as it was worded when it was said."""
        require(member, Permission.READ_CASES)
        card = await asyncio.to_thread(library.earlier, version)
        if card is None:
            raise ItemNotFound
        return _plain(asdict(card))


def _head(item: Item) -> JsonObject:
    used = item.history.in_use
    return {
        "kind": item.kind.value,
        "key": item.key,
        "title": item.latest.title,
        "region": item.latest.region,
        "version": item.latest.version.number,
        "stage": item.history.stage_now.value,
        "in_use": used.number if used else None,
    }


def _item(item: Item) -> JsonObject:
    return {
        **_head(item),
        "versions": [
            {
                "number": version.version.number,
                "stage": item.history.stage(version.version.number).value,
                "author": version.version.author,
                "at": version.version.created_at.isoformat(),
                "body": version.body,
            }
            for version in item.versions
        ],
        "decisions": [
            {
                "step": decision.step.value,
                "version": decision.version,
                "by": decision.by,
                "at": decision.at.isoformat(),
                "note": decision.note,
            }
            for decision in item.history.decisions
        ],
    }


def _review(review: Review) -> JsonObject:
    return {
        "passed": review.passed,
        "problems": [{"flaw": finding.flaw.value, "about": finding.about} for finding in review.problems],
        "sources": [_plain(asdict(seen)) for seen in review.sources],
    }


def _plain(found: JsonObject) -> JsonObject:
    """Return JSON: days as text, tuples as lists."""
    return {name: _value(value) for name, value in found.items()}


def _value(value: object) -> object:
    match value:
        case date():
            return value.isoformat()
        case dict():
            return _plain(value)
        case str():
            return value
        case Sequence():
            return [_value(one) for one in value]
        case _:
            return value
