"""Use cases of curation: write, propose, return, approve by a second person, expire; published when approved (编修).

A review of the draft is made outside any transaction, by the edge, and handed in with the version it was made of.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from pydantic import TypeAdapter

from api.domain.audit import AuditEntry
from api.domain.clocks import CHINA
from api.domain.curation import Decision, History, Kind, Step, StepRefused, Version, check, writable
from api.domain.staff import Permission
from api.services.curation_ports import ItemVersion, Library
from api.services.ports import UnitOfWork, VersionConflict
from api.services.records import Job, JsonObject
from api.services.staff import NotPermitted, StaffMember, require
from knowledge_base.drafts import CardDraft, Particulars, Review
from knowledge_base.types import NATION

PUBLISH: Final = "curation.publish"
LARGEST_TEXT: Final = 10 * 1024 * 1024
_NOTE: Final = 500
_TITLE: Final = 200
_CARD: Final = TypeAdapter(CardDraft)
_PARTICULARS: Final = TypeAdapter(Particulars)


class ItemNotFound(Exception):
    """No such card or text, or no such version of it."""

    code = "item_not_found"


class DraftFlawed(Exception):
    """The draft does not stand up to its sources; the review says where."""

    code = "draft_flawed"

    def __init__(self, review: Review) -> None:
        """Keep the review."""
        super().__init__(", ".join(finding.flaw for finding in review.problems))
        self.review = review


class NoteRequired(Exception):
    """Sending back and taking out of use need a reason in words."""

    code = "note_required"


class TextKnown(Exception):
    """The very text that somebody brings is here already; `document` is its name where the desk never worked on it."""

    code = "text_known"

    def __init__(self, key: str, *, document: str | None = None) -> None:
        """Keep where it is."""
        super().__init__(key)
        self.key = key
        self.document = document


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """编修件: one card or text with everything that was ever written and decided."""

    kind: Kind
    key: str
    versions: tuple[ItemVersion, ...]
    history: History

    @property
    def latest(self) -> ItemVersion:
        """Return the version that is worked on."""
        return self.versions[-1]

    @property
    def in_use(self) -> ItemVersion | None:
        """Return the version citizens are answered from."""
        used = self.history.in_use
        return self.versions[used.number - 1] if used else None

    def version(self, number: int) -> ItemVersion:
        """Return one version. Raises ItemNotFound."""
        if not 1 <= number <= len(self.versions):
            raise ItemNotFound
        return self.versions[number - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What somebody wants to save. `base` is the version it was written from, so that nobody overwrites unseen.

    A file comes as the first version of a text, under a key made of what it says. `held` is the library's name for the
    same text, where it was taken in without the desk.
    """

    kind: Kind
    key: str
    body: CardDraft | Particulars
    base: int = 0
    file: bytes | None = None
    file_name: str | None = None
    held: str | None = None


def draft_of(item: ItemVersion) -> CardDraft | Particulars:
    """Return what a version says."""
    return (_CARD if item.kind is Kind.CARD else _PARTICULARS).validate_python(item.body)


async def find(uow: UnitOfWork, *, kind: Kind, key: str) -> Item | None:
    """Return an item that was ever worked on."""
    versions = await uow.curation.versions(kind=kind, key=key)
    return _item(versions, await uow.curation.decisions(kind=kind, key=key)) if versions else None


async def items(uow: UnitOfWork, *, member: StaffMember) -> tuple[Item, ...]:
    """Return everything that was ever worked on, what changed last first."""
    require(member, Permission.READ_CASES)
    found = [_item(versions, decisions) for versions, decisions in await uow.curation.everything()]
    return tuple(sorted(found, key=_touched, reverse=True))


async def save(
    uow: UnitOfWork,
    *,
    member: StaffMember,
    written: Written,
    before: CardDraft | Particulars | None = None,
    now: datetime,
) -> Item:
    """Save a new version. `before` is what was in use when the desk takes an item up for the first time.

    Raises NotPermitted, TextKnown, StepRefused, VersionConflict.
    """
    _require(member, Permission.EDIT_KNOWLEDGE, region=written.body.region)
    found = await find(uow, kind=written.kind, key=written.key)
    if written.file is not None and found is not None:
        raise TextKnown(written.key)
    if written.held is not None:
        raise TextKnown(document_key(written.held), document=written.held)
    if not writable(found.history if found else None):
        raise StepRefused("under_review")
    if written.base != (len(found.versions) if found else 0):
        raise VersionConflict
    if found is None and before is not None:
        found = await _taken_up(uow, written=written, before=before, now=now)
    if found is not None:
        _require(member, Permission.EDIT_KNOWLEDGE, region=found.latest.region)
    number = len(found.versions) if found else 0
    await uow.curation.add_version(
        _version(written, number=number + 1, author=member.id, now=now),
    )
    _record(uow, "curation.saved", member, kind=written.kind, key=written.key, version=number + 1, now=now)
    return await _again(uow, written.kind, written.key)


async def decide(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    kind: Kind,
    key: str,
    version: int,
    step: Step,
    review: Review | None = None,
    note: str = "",
    now: datetime,
) -> Item:
    """Take a step on a version. Proposing and approving need a review that was passed.

    Raises ItemNotFound, NotPermitted, StepRefused, DraftFlawed, NoteRequired, VersionConflict.
    """
    decides = step in {Step.APPROVE, Step.EXPIRE}
    permission = Permission.APPROVE_KNOWLEDGE if decides else Permission.EDIT_KNOWLEDGE
    require(member, permission)
    found = await find(uow, kind=kind, key=key)
    if found is None:
        raise ItemNotFound
    _require(member, permission, region=found.version(version).region)
    check(found.history, step, version=version, by=member.id)
    if step in {Step.RETURN, Step.EXPIRE} and not note.strip():
        raise NoteRequired
    if step in {Step.PROPOSE, Step.APPROVE}:
        if review is None:
            msg = "proposing and approving need a review"
            raise ValueError(msg)
        if not review.passed:
            raise DraftFlawed(review)
    decision = Decision(
        seq=len(found.history.decisions) + 1,
        version=version,
        step=step,
        by=member.id,
        at=now,
        note=note.strip()[:_NOTE],
    )
    await uow.curation.add_decision(kind=kind, key=key, decision=decision)
    _record(uow, f"curation.{step}", member, kind=kind, key=key, version=version, now=now)
    if decides:
        await uow.jobs.add(Job(kind=PUBLISH, payload={"kind": kind, "key": key}, run_at=now))
    return await _again(uow, kind, key)


async def expire(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    kind: Kind,
    key: str,
    before: CardDraft | Particulars | None = None,
    note: str,
    now: datetime,
) -> Item:
    """Take out of use whatever of an item is in use, also what the desk has never worked on (`before`)."""
    require(member, Permission.APPROVE_KNOWLEDGE)
    found = await find(uow, kind=kind, key=key)
    if found is None:
        if before is None:
            raise ItemNotFound
        found = await _taken_up(uow, written=Written(kind=kind, key=key, body=before), before=before, now=now)
    _require(member, Permission.APPROVE_KNOWLEDGE, region=found.latest.region)
    used = found.history.in_use
    if used is None:
        raise StepRefused("not_in_use")
    return await decide(
        uow, member=member, kind=kind, key=key, version=used.number, step=Step.EXPIRE, note=note, now=now
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What the library is to be told about an item."""

    kind: Kind
    key: str
    body: CardDraft | Particulars
    file: bytes | None
    suffix: str

    def put(self, library: Library, *, on: date) -> None:
        """Put it there. Raises KnowledgeUnavailable."""
        if isinstance(self.body, CardDraft):
            library.publish_card(self.body, on=on)
        else:
            library.publish_document(self.key, self.body, text=self.file, suffix=self.suffix)


async def publication(uow: UnitOfWork, *, kind: Kind, key: str) -> Publication | None:
    """Return what is to be said of an item now; None where the desk never decided anything on it.

    What was taken out of use stays in the library with its last day: it must not let an older wording through.
    """
    found = await find(uow, kind=kind, key=key)
    if found is None or not found.history.decisions:
        return None
    used, last_day = found.in_use, None
    if used is None:
        expired = [decision for decision in found.history.decisions if decision.step is Step.EXPIRE]
        if not expired:
            return None
        used, last_day = found.version(expired[-1].version), expired[-1].at.astimezone(CHINA).date()
    body = draft_of(used)
    if last_day is not None:
        body = replace(body, valid_to=min(filter(None, (body.valid_to, last_day))))
    own = isinstance(body, Particulars) and body.document is None
    file = await uow.curation.file(kind=kind, key=key, number=used.version.number) if own else None
    named = [v.file_name for v in found.versions[: used.version.number] if v.file_name]
    suffix = f".{named[-1].rpartition('.')[2].lower()}" if own and named else ""
    return Publication(kind=kind, key=key, body=body, file=file, suffix=suffix)


def document_key(document_id: str) -> str:
    """Return the key under which a text that was taken in before is worked on."""
    return f"doc-{hashlib.sha256(document_id.encode()).hexdigest()[:12]}"


def may_edit(member: StaffMember, region: str) -> bool:
    """Tell whether this person may write for this place."""
    return member.may(Permission.EDIT_KNOWLEDGE) and _in_reach(member, region)


def may_approve(member: StaffMember, region: str) -> bool:
    """Tell whether this person may decide for this place."""
    return member.may(Permission.APPROVE_KNOWLEDGE) and _in_reach(member, region)


def _require(member: StaffMember, permission: Permission, *, region: str) -> None:
    require(member, permission)
    if not _in_reach(member, region):
        raise NotPermitted(permission)


def _in_reach(member: StaffMember, region: str) -> bool:
    """Whoever is responsible for some places says nothing for the whole country."""
    return not member.regions if region == NATION else member.viewer.sees(region)


async def _taken_up(uow: UnitOfWork, *, written: Written, before: CardDraft | Particulars, now: datetime) -> Item:
    first = replace(written, body=before, file=None, file_name=None)
    await uow.curation.add_version(_version(first, number=1, author=None, now=now))
    return await _again(uow, written.kind, written.key)


def _version(written: Written, *, number: int, author: str | None, now: datetime) -> ItemVersion:
    body = written.body
    title = (body.questions[0] if body.questions else "") if isinstance(body, CardDraft) else body.title
    dumped: Any = (_CARD if isinstance(body, CardDraft) else _PARTICULARS).dump_python(body, mode="json")  # type: ignore[arg-type]
    content: JsonObject = dumped
    return ItemVersion(
        kind=written.kind,
        key=written.key,
        title=title[:_TITLE],
        region=body.region,
        body=content,
        version=Version(number=number, author=author, created_at=now),
        file=written.file,
        file_name=written.file_name[-_TITLE:] if written.file_name else None,
    )


async def _again(uow: UnitOfWork, kind: Kind, key: str) -> Item:
    found = await find(uow, kind=kind, key=key)
    if found is None:
        raise ItemNotFound
    return found


def _item(versions: Sequence[ItemVersion], decisions: Sequence[Decision]) -> Item:
    history = History(versions=tuple(v.version for v in versions), decisions=tuple(decisions))
    return Item(kind=versions[0].kind, key=versions[0].key, versions=tuple(versions), history=history)


def _touched(item: Item) -> datetime:
    return max([item.latest.version.created_at, *(decision.at for decision in item.history.decisions)])


def _record(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, action: str, member: StaffMember, *, kind: Kind, key: str, version: int, now: datetime
) -> None:
    data = {"version": version}
    uow.audit.record(AuditEntry(at=now, actor=member.actor, action=action, subject=f"{kind}:{key}", data=data))
