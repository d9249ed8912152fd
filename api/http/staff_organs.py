"""/api/v1/staff: what organs send, and what goes on to another institution (办案机关来件、移送)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from api.domain.origin import NoticeGround, Organ, OrganPaper, Origin, Stage
from api.domain.transfer import Agreed, ServiceRequest, Transfer, TransferGround, Verified
from api.services import handing_on, organs
from api.services.desk import StaffDesk
from api.services.organs import Arrival
from api.services.records import JsonObject
from api.services.staff import StaffMember

_Reference = Annotated[str, Path(max_length=64)]
_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
_Region = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OrganPaperIn(_In):
    """来件: a notice (`notified`, with its ground) or a forwarded application (`forwarded`)."""

    origin: Origin
    organ: Organ
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    number: _Line = ""
    stage: Stage
    ground: NoticeGround | None = None
    held_at: _Line = ""
    official: SecretStr = Field(default=SecretStr(""), max_length=100)
    official_phone: SecretStr = Field(default=SecretStr(""), max_length=100)


class ArrivalIn(_In):
    """Such a paper, whom it is about, and where the organ is; the same `once` again enters nothing twice."""

    once: Annotated[str, StringConstraints(min_length=8, max_length=64)]
    paper: OrganPaperIn
    name: Annotated[SecretStr, Field(min_length=1, max_length=60)]
    phone: Annotated[SecretStr, Field(max_length=30)] = SecretStr("")
    age: Annotated[int, Field(ge=0, le=130)] | None = None
    words: Annotated[SecretStr, Field(min_length=1, max_length=organs.WORDS_LIMIT)]
    matter: Annotated[str, StringConstraints(max_length=64)] = organs.DEFENCE
    region: _Region
    in_custody: bool = True


class TransferIn(_In):
    """移送: to whom and why, how the applicant agreed, and what goes with it."""

    office: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    office_phone: _Line = ""
    region: _Region | None = None
    ground: TransferGround = TransferGround.OTHER
    agreed: Agreed | None = None
    verified: Annotated[tuple[Verified, ...], Field(max_length=len(Verified))] = ()
    requests: Annotated[tuple[ServiceRequest, ...], Field(max_length=len(ServiceRequest))] = ()
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""

    def record(self) -> Transfer:
        """Return it as the machine takes it."""
        return Transfer(**self.model_dump())


class HandingOnIn(_In):
    """What it is opened for."""

    purpose: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


def add_organs(routes: APIRouter, *, desk: StaffDesk, me: Any) -> None:  # noqa: ANN401 - FastAPI's own
    """Add the routes."""

    @routes.post("/organ-papers", status_code=201)
    async def register(body: ArrivalIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Enter what an organ sent; return the reference it is handled under."""
        async with desk.database.unit_of_work() as uow:
            submitted = await organs.register(
                uow,
                member=member,
                arrival=_arrival(body),
                once=body.once,
                assess=desk.examine,
                knows_matter=desk.knows_matter,
                knows_region=desk.knows_region,
                now=desk.clock(),
            )
            await uow.commit()
        desk.notify(submitted.reference)
        return {"reference": submitted.reference}

    @routes.post("/applications/{reference}/handing-on")
    async def hand_on(reference: _Reference, body: HandingOnIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Return the file of a transferred application, for the institution that goes on with it. On record."""
        async with desk.database.unit_of_work() as uow:
            found, _ = await handing_on.file(
                uow, member=member, reference=reference, purpose=body.purpose, now=desk.clock()
            )
            await uow.commit()
        return found


def organ_json(paper: OrganPaper, /) -> JsonObject:
    """Return what an organ wrote, but for the official's name and number."""
    return {
        "organ": paper.organ.value,
        "name": paper.name,
        "number": paper.number,
        "stage": paper.stage.value,
        "ground": None if paper.ground is None else paper.ground.value,
        "held_at": paper.held_at,
    }


def _arrival(body: ArrivalIn) -> Arrival:
    paper = body.paper
    return Arrival(
        paper=OrganPaper(
            origin=paper.origin,
            organ=paper.organ,
            name=paper.name,
            number=paper.number,
            stage=paper.stage,
            ground=paper.ground,
            held_at=paper.held_at,
            official=paper.official.get_secret_value().strip(),
            official_phone=paper.official_phone.get_secret_value().strip(),
        ),
        name=body.name.get_secret_value().strip(),
        phone=body.phone.get_secret_value().strip(),
        age=body.age,
        words=body.words.get_secret_value(),
        matter=body.matter,
        region=body.region,
        in_custody=body.in_custody,
    )
