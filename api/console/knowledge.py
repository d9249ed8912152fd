"""The pages on which staff keep the knowledge base: write, hold against the sources, approve as a second person, take out of use."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from api.console import knowledge_forms as forms
from api.console import knowledge_labels as labels
from api.console import knowledge_views as views
from api.console.forms import FormRefused
from api.console.guard import Guard, Posted, Uploaded
from api.console.knowledge_shelf import BASE, Wish, fault_words, href, shelf_view
from api.console.pages import Pages, redirect
from api.domain.clocks import CHINA
from api.domain.curation import Kind, Stage, Step
from api.domain.staff import Permission
from api.services import curation, editing, lookups, staff
from api.services.curation import Item, ItemNotFound, TextKnown, Written
from api.services.curation_ports import Library
from api.services.desk import StaffDesk
from api.services.staff import Seat, require
from knowledge_base.drafts import CardDraft, Flaw, Kept, KeptAs, Particulars, Review, Shelf, TextRefused
from knowledge_base.types import NATION, KnowledgeUnavailable


def _kind(kind: str) -> Kind:
    try:
        return Kind(kind)
    except ValueError as unknown:
        raise ItemNotFound from unknown


def _step(step: str) -> Step:
    try:
        return Step(step)
    except ValueError as unknown:
        raise ItemNotFound from unknown


_Kind = Annotated[Kind, Depends(_kind)]
_Step = Annotated[Step, Depends(_step)]


class Editor:
    """What the routes below do, apart from HTTP."""

    def __init__(self, *, desk: StaffDesk, library: Library) -> None:
        self._desk = desk
        self.library = library

    async def found(self, kind: Kind, key: str) -> Item | None:
        """Return an item the desk has worked on."""
        async with self._desk.database.reading() as uow:
            return await curation.find(uow, kind=kind, key=key)

    async def review(self, body: CardDraft | Particulars) -> Review | None:
        """Hold a draft against the library; None where that is not open."""
        try:
            return await editing.review(self.library, body, on=self._today())
        except KnowledgeUnavailable:
            return None

    async def shelf(self) -> Shelf:
        """Return what the library holds; nothing where it is not open."""
        try:
            return await asyncio.to_thread(self.library.shelf, on=self._today())
        except KnowledgeUnavailable:
            return Shelf(build=None)

    async def kept(self, kind: Kind, key: str, *, document: str | None) -> tuple[Kept | None, str | None]:
        """Return how something of the library serves now, and what the build found wrong with it."""
        shelf = await self.shelf()
        known = (one for one in shelf.kept if one.kind == kind)
        found = next((one for one in known if one.key == key or (document and one.document == document)), None)
        names = {key, found.file if found else None}
        return found, next((fault_words(fault) for name, fault in shelf.faults if name in names), None)

    async def clauses(self, item: Item | None, *, document: str | None) -> tuple[tuple[str, str], ...]:
        """Return a text clause by clause: how an uploaded one was cut, for whoever confirms it, or as the library has it."""
        named = [version.file_name for version in item.versions if version.file_name] if item else []
        if item is None or not named or item.history.stage_now not in {Stage.DRAFT, Stage.RETURNED, Stage.PROPOSED}:
            return await self._held(document) if document else ()
        async with self._desk.database.reading() as uow:
            file = await uow.curation.file(kind=item.kind, key=item.key, number=item.latest.version.number)
        try:
            read = await asyncio.to_thread(self.library.read_text, named[-1], file or b"", region=item.latest.region)
        except TextRefused as refused:
            return (("现在读不出来", labels.refused_text(refused.reason)),)
        lost = [(f"第 {one.line} 行，没有读懂", one.text) for one in read.problems]
        return (*lost, *((clause.mark, clause.text) for clause in read.clauses))

    async def _held(self, document: str) -> tuple[tuple[str, str], ...]:
        try:
            held = await asyncio.to_thread(self.library.clauses, document)
        except KnowledgeUnavailable:
            return ()
        return tuple((clause.mark, clause.text) for clause in held)

    def _today(self) -> date:
        return self._desk.clock().astimezone(CHINA).date()

    async def save(self, posted: Posted, kind: Kind, key: str, *, base: int) -> None:
        """Save what a form says as a new version."""
        body = forms.card_of(posted.form, key=key) if kind is Kind.CARD else forms.particulars_of(posted.form)
        found, document_id = await self.found(kind, key), body.document if isinstance(body, Particulars) else None
        before = None
        if found is None:
            before = await editing.in_use(self.library, kind=kind, key=key, document_id=document_id)
            if before is None and kind is Kind.DOCUMENT:
                raise ItemNotFound
        written = Written(kind=kind, key=key, body=body, base=base)
        async with self._desk.database.unit_of_work() as uow:
            await curation.save(uow, member=posted.seat.member, written=written, before=before, now=self._desk.clock())
            await uow.commit()

    async def decide(self, posted: Posted, kind: Kind, key: str, step: Step, *, version: int) -> None:
        """Take a step, holding the draft against the library where the step needs it."""
        review = None
        if step in {Step.PROPOSE, Step.APPROVE}:
            found = await self.found(kind, key)
            if found is None:
                raise ItemNotFound
            body = curation.draft_of(found.version(version))
            review = await editing.review(self.library, body, on=self._today())
        async with self._desk.database.unit_of_work() as uow:
            await curation.decide(
                uow,
                member=posted.seat.member,
                kind=kind,
                key=key,
                version=version,
                step=step,
                review=review,
                note=posted.form["note"],
                now=self._desk.clock(),
            )
            await uow.commit()

    async def expire(self, posted: Posted, kind: Kind, key: str) -> None:
        """Take out of use whatever is in use."""
        document_id = posted.form["document"] or None
        before = None
        if await self.found(kind, key) is None:
            before = await editing.in_use(self.library, kind=kind, key=key, document_id=document_id)
        async with self._desk.database.unit_of_work() as uow:
            await curation.expire(
                uow,
                member=posted.seat.member,
                kind=kind,
                key=key,
                before=before,
                note=posted.form["note"],
                now=self._desk.clock(),
            )
            await uow.commit()


def add_knowledge(  # noqa: C901, PLR0915 - a list of routes
    router: APIRouter, *, desk: StaffDesk, library: Library, pages: Pages, guard: Guard
) -> None:
    """Add the pages of the knowledge base."""
    editor = Editor(desk=desk, library=library)

    async def page(request: Request, seat: Seat, template: str, context: Mapping[str, object]) -> Response:
        async with desk.database.reading() as uow:
            alerts = await guard.alerts(uow, seat=seat)
        frame = guard.context(request, seat=seat, alerts=alerts, section="knowledge")
        return pages.page(template, {**frame, "base": BASE, **context})

    @router.get("/knowledge")
    async def shelf_page(request: Request, seat: Annotated[Seat, Depends(guard.seat)]) -> Response:
        wish, shelf = Wish.of(request.query_params), await editor.shelf()
        async with desk.database.reading() as uow:
            items = await curation.items(uow, member=seat.member)
            names = await staff.names(uow)
        view = shelf_view(wish, shelf=shelf, items=items, names=names, region_name=desk.region_name)
        context = {
            "wish": wish,
            "view": view,
            "filters": labels.FILTERS,
            "empty": labels.NOT_FOUND if wish.narrowed else labels.EMPTY[wish.show],
            "shelf": shelf,
            "may_write": seat.member.may(Permission.EDIT_KNOWLEDGE),
        }
        return await page(request, seat, "knowledge.html", context)

    @router.get("/knowledge/questions")
    async def questions_page(
        request: Request, seat: Annotated[Seat, Depends(guard.seat)], week: str | None = None
    ) -> Response:
        async with desk.database.reading() as uow:
            weekly, weeks = await lookups.weekly(uow, member=seat.member, week=week)
        codes = [cluster["matter"] for cluster in weekly.content["clusters"]] if weekly else []
        codes += weekly.content["scattered"] if weekly else []
        titles = {code: desk.matter_title(code) for code in codes if code}
        shown = views.weekly_view(weekly, titles=titles) if weekly else None
        named = [(one, views.week_days(one)) for one in weeks]
        context = {"weekly": shown, "weeks": named, "may_write": seat.member.may(Permission.EDIT_KNOWLEDGE)}
        return await page(request, seat, "questions.html", context)

    @router.get("/knowledge/wordings/{version}")
    async def wording_page(request: Request, version: str, seat: Annotated[Seat, Depends(guard.seat)]) -> Response:
        require(seat.member, Permission.READ_CASES)
        card = await asyncio.to_thread(library.earlier, version)
        if card is None:
            raise ItemNotFound
        context = {"card": card, "pairs": views.card_pairs(card), "version": version, "item": href(Kind.CARD, card.id)}
        return await page(request, seat, "wording.html", context)

    @router.get("/knowledge/card/new")
    async def new_card_page(
        request: Request, seat: Annotated[Seat, Depends(guard.seat)], question: str = ""
    ) -> Response:
        require(seat.member, Permission.EDIT_KNOWLEDGE)
        body = CardDraft(id="", questions=(question[:200],) if question else (), answer="")
        return await page(request, seat, "card_new.html", {"fields": _fields(body), "key": "", "problem": None})

    @router.post("/knowledge/card")
    async def new_card(request: Request, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        require(posted.seat.member, Permission.EDIT_KNOWLEDGE)
        key = posted.form["key"].strip() or forms.key_of(posted.form)
        problem = None if forms.fits(key) else labels.FLAW[Flaw.ID_MALFORMED]
        if problem is None and (
            await editor.found(Kind.CARD, key) or await editing.in_use(library, kind=Kind.CARD, key=key)
        ):
            problem = labels.KEY_TAKEN
        if problem is not None:
            context = {"fields": forms.typed(posted.form), "key": key, "problem": problem}
            return await page(request, posted.seat, "card_new.html", context)
        await editor.save(posted, Kind.CARD, key, base=0)
        return redirect(f"{href(Kind.CARD, key)}?done=saved")

    @router.get("/knowledge/document/new")
    async def upload_page(request: Request, seat: Annotated[Seat, Depends(guard.seat)]) -> Response:
        require(seat.member, Permission.EDIT_KNOWLEDGE)
        return await page(request, seat, "document_new.html", {"problem": None, "region": ""})

    @router.post("/knowledge/documents")
    async def upload(request: Request, sent: Annotated[Uploaded, Depends(guard.uploaded)]) -> Response:
        region = sent.form["region"].strip().upper()[:6] or None
        try:
            written, _ = await editing.uploaded(
                library, member=sent.seat.member, name=sent.file_name, content=sent.content, region=region
            )
        except TextRefused as refused:
            context = {"problem": labels.refused_text(refused.reason), "region": region or ""}
            return await page(request, sent.seat, "document_new.html", context)
        try:
            async with desk.database.unit_of_work() as uow:
                await curation.save(uow, member=sent.seat.member, written=written, now=desk.clock())
                await uow.commit()
        except TextKnown as known:
            at = {"done": "known", **({"text": known.document} if known.document else {})}
            return redirect(f"{href(Kind.DOCUMENT, known.key)}?{urlencode(at)}")
        return redirect(f"{href(Kind.DOCUMENT, written.key)}?done=saved")

    @router.get("/knowledge/{kind}/{key}")
    async def item_page(
        request: Request, kind: _Kind, key: str, seat: Annotated[Seat, Depends(guard.seat)], text: str | None = None
    ) -> Response:
        require(seat.member, Permission.READ_CASES)
        item = await editor.found(kind, key)
        body = curation.draft_of(item.latest) if item else None
        body = body or await editing.in_use(library, kind=kind, key=key, document_id=text)
        if body is None:
            raise ItemNotFound
        review = await editor.review(body)
        document = body.document if isinstance(body, Particulars) else None
        kept, fault = await editor.kept(kind, key, document=document)
        async with desk.database.reading() as uow:
            names = await staff.names(uow)
        me, stage = seat.member, item.history.stage_now if item else Stage.APPROVED
        used = item is None or item.history.in_use is not None
        as_used = stage is Stage.APPROVED
        held = kept if item is None else None
        context: dict[str, object] = {
            "kind": kind,
            "kind_title": labels.KIND[kind],
            "key": key,
            "title": _title(body) or key,
            "stage": labels.KEPT[held.state] if held else labels.STAGE[stage],
            "mark": labels.KEPT_MARK[held.state] if held else labels.STAGE_MARK[stage],
            "fault": fault if as_used else None,
            "silent": as_used and kept is not None and kept.state is KeptAs.SILENT,
            "number": item.latest.version.number if item else 0,
            "answer": body.answer if isinstance(body, CardDraft) else "",
            "fields": _fields(body),
            "pairs": views.card_pairs(body) if isinstance(body, CardDraft) else views.text_pairs(body),
            "document": document,
            "region": desk.region_name(body.region) if body.region != NATION else "全国",
            "review": views.review_view(review, in_use=as_used) if review else None,
            "may_write": views.may_write(item, me=me, region=item.latest.region if item else body.region),
            "moves": views.moves(item, me=me, review=review) if item else (),
            "own": item is not None and views.own_proposal(item, me=me),
            "may_expire": used and curation.may_approve(me, body.region),
            "history": views.history(item, names=names) if item else (),
            "clauses": await editor.clauses(item, document=document or (kept.document if kept else None)),
            "item": href(kind, key),
        }
        return await page(request, seat, "item.html", context)

    @router.get("/knowledge/{kind}/{key}/versions/{number}")
    async def version_page(
        request: Request, kind: _Kind, key: str, number: int, seat: Annotated[Seat, Depends(guard.seat)]
    ) -> Response:
        require(seat.member, Permission.READ_CASES)
        item = await editor.found(kind, key)
        if item is None:
            raise ItemNotFound
        version = item.version(number)
        context = {
            "title": version.title or key,
            "pairs": views.body_pairs(version),
            "number": number,
            "stage": labels.STAGE[item.history.stage(number)],
            "item": href(kind, key),
        }
        return await page(request, seat, "version.html", context)

    @router.post("/knowledge/{kind}/{key}")
    async def save(kind: _Kind, key: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        await editor.save(posted, kind, key, base=_number(posted, "base"))
        return redirect(f"{href(kind, key)}?done=saved")

    @router.post("/knowledge/{kind}/{key}/expire")
    async def expire(kind: _Kind, key: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        await editor.expire(posted, kind, key)
        return redirect(f"{href(kind, key)}?done=expire")

    @router.post("/knowledge/{kind}/{key}/{step}")
    async def decide(kind: _Kind, key: str, step: _Step, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        await editor.decide(posted, kind, key, step, version=_number(posted, "version"))
        return redirect(f"{href(kind, key)}?done={step}")


def _number(posted: Posted, name: str) -> int:
    given = posted.form[name]
    if not given.isdecimal() or len(given) > 9:  # noqa: PLR2004 - what the database counts
        raise FormRefused("form_malformed")
    return int(given)


def _title(body: CardDraft | Particulars) -> str:
    if isinstance(body, CardDraft):
        return body.questions[0] if body.questions else ""
    return body.title


def _fields(body: CardDraft | Particulars) -> dict[str, str]:
    """Return what stands in the fields of the form."""
    if isinstance(body, CardDraft):
        return {
            "questions": forms.lines(body.questions),
            "answer": body.answer,
            "sources": forms.lines([forms.source_line(source) for source in body.sources]),
            "matters": " ".join(body.matters),
            "region": body.region,
            "valid_from": str(body.valid_from or ""),
            "valid_to": str(body.valid_to or ""),
        }
    names = ("title", "number", "issuer", "region", "issued", "published", "effective_from", "plan_end", "valid_to")
    return {name: str(getattr(body, name) or "") for name in names}
