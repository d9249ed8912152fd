"""/api/v1/applications: hand an application in once, and follow it with the reference and the phone's last digits."""

import re
import unicodedata
from typing import Annotated, Final
from urllib.parse import unquote

from fastapi import APIRouter, Header, Request

from api.http.deps import ApiDeps
from api.http.limits import caller, too_many_requests, within
from api.http.problems import ProblemError
from api.http.schemas import ApplicationIn, DataRequestIn, DataRequestOut, StatusOut, SubmittedOut
from api.http.strict import StrictRoute
from api.services import applications, following, personal
from api.services.records import ApplicationDraft, Consent, Contact, JsonObject, ThirdParty

_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")
_TAIL: Final = re.compile(r"[0-9]{4}")
_LONGEST_PHRASE: Final = 60
_ASKED: Final = "您的要求已经记下。工作人员会先确认是您本人，再答复您；在这之前，什么也不会给出去。"


def router(deps: ApiDeps) -> APIRouter:
    """Return the intake routes."""
    routes = APIRouter(prefix="/api/v1/applications", tags=["intake"], route_class=StrictRoute)

    @routes.post("", status_code=201, response_model=SubmittedOut)
    async def submit(
        request: Request,
        body: ApplicationIn,
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> JsonObject:
        """Take an application in. The same Idempotency-Key with the same body gives the same answer."""
        await within(deps.limits, "application.submit", who=caller(request))
        if idempotency_key is None or not _KEY.fullmatch(idempotency_key):
            raise ProblemError(422, "idempotency_key_required", "请带上 Idempotency-Key。", field="Idempotency-Key")
        draft = _draft(body, deps=deps)
        async with deps.database.unit_of_work() as uow:
            submitted = await applications.submit(
                uow, idempotency_key=idempotency_key, draft=draft, assess=deps.examine, now=deps.clock()
            )
            await uow.commit()
        return {
            "reference": submitted.reference,
            "status_url": f"/api/v1/applications/{submitted.reference}",
            "missing_documents": list(submitted.missing_documents),
        }

    @routes.get("/{reference}", response_model=StatusOut, response_model_exclude_none=True)
    async def status(
        request: Request,
        reference: str,
        x_phone_tail: Annotated[str | None, Header()] = None,
        x_pass_phrase: Annotated[str | None, Header()] = None,
    ) -> JsonObject:
        """Tell the owner how the application stands. A wrong tail, a wrong pass phrase and an unknown reference look the same.

        A pass phrase is asked for where a third party speaks for the owner; it is UTF-8, percent-encoded.
        """
        tail, phrase = await shown(request, reference=reference, tail=x_phone_tail, phrase=x_pass_phrase)
        now = deps.clock()
        async with deps.database.reading() as uow:
            found = await applications.status(uow, reference=reference, phone_tail=tail, pass_phrase=phrase, now=now)
        return following.status_json(found, now=now)

    @routes.post("/{reference}/data-requests", status_code=201, response_model=DataRequestOut)
    async def ask(
        request: Request,
        reference: str,
        body: DataRequestIn,
        x_phone_tail: Annotated[str | None, Header()] = None,
        x_pass_phrase: Annotated[str | None, Header()] = None,
    ) -> JsonObject:
        """Ask for a copy of one's data, for its correction or erasure; nothing is given out here (PIPL arts 45 to 47)."""
        tail, phrase = await shown(request, reference=reference, tail=x_phone_tail, phrase=x_pass_phrase)
        async with deps.database.unit_of_work() as uow:
            asked = await personal.request(
                uow,
                reference=reference,
                phone_tail=tail,
                pass_phrase=phrase,
                kind=body.kind,
                words=body.words.get_secret_value().strip(),
                now=deps.clock(),
            )
            await uow.commit()
        return {"kind": asked.kind, "received_at": asked.received_at, "due": asked.due, "message": _ASKED}

    async def shown(request: Request, *, reference: str, tail: str | None, phrase: str | None) -> tuple[str, str]:
        """Count the attempt, and return what was shown for being the owner."""
        if not await following.may_try(deps.limits, who=caller(request), reference=reference):
            raise too_many_requests()
        digits = unicodedata.normalize("NFKC", tail or "").strip()
        if not _TAIL.fullmatch(digits):
            raise ProblemError(422, "phone_tail_required", "请带上手机号后四位。", field="X-Phone-Tail")
        return digits, unquote(phrase or "")[:_LONGEST_PHRASE]

    return routes


def _draft(body: ApplicationIn, *, deps: ApiDeps) -> ApplicationDraft:
    known = {topic.code for topic in deps.topics()}
    for place, issue in enumerate(body.issues):
        if issue not in known:
            raise ProblemError(422, "unknown_matter", "没有这一类事项。", field=f"issues.{place}")
    third = body.third_party
    return ApplicationDraft(
        consents=tuple(Consent(kind=consent.kind, version=consent.version) for consent in body.consents),
        issues=tuple(body.issues),
        words=body.words.get_secret_value(),
        facts=body.facts,
        contact=Contact(name=body.contact.name.get_secret_value(), phone=body.contact.phone.get_secret_value()),
        safe_to_contact=body.safe_to_contact,
        delivery=body.delivery_mode,
        urgency=body.urgency,
        region=body.region,
        third_party=None
        if third is None
        else ThirdParty(
            name=third.name.get_secret_value(),
            relationship=third.relationship,
        ),
        pass_phrase="" if third is None else third.pass_phrase.get_secret_value(),
        opponents=tuple(name.get_secret_value() for name in body.opponents),
        preference=body.preferred_provider.get_secret_value().strip(),
        in_custody=body.in_custody,
    )
