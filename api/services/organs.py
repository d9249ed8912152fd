"""What organs send: an application they forward, or a notice to have somebody defended (办案机关来件).

Nobody consents here and nobody is screened for means: the organ owes the paper by law (Legal Aid Law arts 36, 39), and a
notice leads straight to assignment, within three days.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from api.domain.audit import AuditEntry
from api.domain.origin import NoticeGround, OrganPaper, Stage
from api.domain.staff import Permission
from api.services import applications
from api.services.applications import Submitted
from api.services.drafts import DraftRefused
from api.services.ports import UnitOfWork
from api.services.records import ApplicationDraft, Contact, Delivery, SafeToContact
from api.services.staff import StaffMember, require
from api.services.thinking_ports import Assess
from knowledge_base.types import Facts

CHANNEL: Final = "organ"
REGISTERED: Final = "application.registered"
DEFENCE: Final = "criminal.defence"
WORDS_LIMIT: Final = 2000
_LINE: Final = 100
_SAID_BY: Final[Mapping[NoticeGround, str]] = MappingProxyType(
    {
        NoticeGround.NOT_FULLY_CAPABLE: "criminal.cannot_recognise_acts",
        NoticeGround.LIFE_OR_DEATH: "criminal.possible_life_or_death",
        NoticeGround.DEATH_REVIEW: "criminal.possible_life_or_death",
        NoticeGround.IN_ABSENTIA: "criminal.tried_in_absentia",
        NoticeGround.COMPULSORY_TREATMENT: "criminal.compulsory_treatment",
    }
)
"""The facts that a ground itself says."""
_ACCUSED: Final = frozenset({Stage.FIRST_INSTANCE, Stage.SECOND_INSTANCE, Stage.DEATH_REVIEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One paper as it is entered: what the organ wrote, whom it is about, and on what charge."""

    paper: OrganPaper
    name: str = field(repr=False)
    """Of the person it is about."""
    phone: str = field(default="", repr=False)
    """Of their family, where the paper names one."""
    age: int | None = None
    words: str = field(repr=False)
    """涉嫌罪名、案由, and what else the paper says."""
    matter: str = DEFENCE
    """Of what was forwarded: somebody who serves a sentence may apply in any matter."""
    region: str | None = None
    """Where the organ is, and so whose it is to handle (art. 38)."""
    in_custody: bool = True


async def register(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    arrival: Arrival,
    once: str,
    assess: Assess,
    knows_matter: Callable[[str], bool],
    knows_region: Callable[[str], bool],
    now: datetime,
) -> Submitted:
    """Enter a paper, once for each `once`; whoever enters it has it in hand. Raises DraftRefused, IdempotencyConflict, NotPermitted."""
    require(member, Permission.RECORD_PROGRESS)
    _check(arrival, knows_matter=knows_matter, knows_region=knows_region)
    if arrival.region is None or not member.viewer.sees(arrival.region):
        raise DraftRefused("region_malformed", field="region")
    notified = arrival.paper.ground is not None
    draft = ApplicationDraft(
        consents=(),
        issues=(DEFENCE if notified else arrival.matter,),
        words=arrival.words.strip(),
        facts=_facts(arrival),
        contact=Contact(name=arrival.name, phone=arrival.phone),
        # Nothing is sent by itself: there is no thread. Whoever has read the case rings the family, or the organ.
        safe_to_contact=SafeToContact.YES,
        delivery=Delivery.POST,
        region=arrival.region,
        organ=arrival.paper,
        channel=CHANNEL,
        in_custody=arrival.in_custody,
    )
    submitted = await applications.submit(
        uow, idempotency_key=f"organ:{member.id}:{once}", draft=draft, assess=assess, now=now
    )
    record = await applications.find(uow, reference=submitted.reference, lock=True)
    if record.owner is not None:  # entered already
        return submitted
    version = record.application.version + 1
    owned = replace(record, owner=member.id, application=replace(record.application, version=version))
    await uow.applications.save(owned)
    paper = arrival.paper
    data = {"origin": paper.origin.value, "organ": paper.organ.value, "stage": paper.stage.value}
    data |= {"ground": paper.ground.value} if paper.ground else {}
    uow.audit.record(AuditEntry(at=now, actor=member.actor, action=REGISTERED, subject=submitted.reference, data=data))
    return submitted


def _check(arrival: Arrival, *, knows_matter: Callable[[str], bool], knows_region: Callable[[str], bool]) -> None:
    paper = arrival.paper
    if not arrival.words.strip() or len(arrival.words) > WORDS_LIMIT:
        raise DraftRefused("organ_paper_unusable", field="words")
    lines = (paper.name, paper.number, paper.held_at, paper.official, paper.official_phone, arrival.name)
    if any(len(line) > _LINE or not line.isprintable() for line in lines):
        raise DraftRefused("organ_paper_unusable", field="paper")
    if not knows_matter(arrival.matter):
        raise DraftRefused("unknown_matter", field="matter")
    if arrival.region is not None and not knows_region(arrival.region):
        raise DraftRefused("region_malformed", field="region")


def _facts(arrival: Arrival) -> Facts:
    """Return what the paper says for certain, as facts of the pre-screen."""
    paper = arrival.paper
    facts: dict[str, bool | int | str] = {"matter": DEFENCE if paper.ground is not None else arrival.matter}
    if arrival.age is not None:
        facts["applicant.age"] = arrival.age
    if facts["matter"] == DEFENCE and paper.stage not in {Stage.TREATMENT, Stage.SERVING}:
        facts["criminal.role"] = "defendant" if paper.stage in _ACCUSED else "suspect"
    if paper.ground is not None:
        facts["criminal.has_defender"] = False
        if (said := _SAID_BY.get(paper.ground)) is not None:
            facts[said] = True
    return dict(facts)
