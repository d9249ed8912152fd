"""Keeps what staff say a matter really is, and hands it on as sentences with their right label (更正事项)."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.staff import Permission
from api.services import applications, vault
from api.services.applications import ApplicationNotFound
from api.services.export import Exported, PurposeMissing
from api.services.ports import UnitOfWork
from api.services.records import ApplicationRecord
from api.services.staff import StaffMember, require

CORRECTED: Final = "application.matter_corrected"
SENTENCE_LIMIT: Final = 200
_KIND: Final = "correction"
_NUMBER: Final = re.compile(r"[0-9０-９]{5,}")
"""So long no sum of a sentence that stands for many is: it is somebody's number."""
_OPERATOR: Final = Actor(kind=ActorKind.SYSTEM, id="operator")


class MatterRefused(Exception):
    """The correction cannot be kept: `matter_unfit`, `matter_same`, `sentence_personal`, `sentence_too_long`."""

    def __init__(self, code: str) -> None:
        """Keep the stable code; the sentence stays out."""
        super().__init__(code)
        self.code = code


async def correct(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    reference: str,
    matter: str,
    sentence: str,
    knows: Callable[[str], bool],
    now: datetime,
) -> ApplicationRecord:
    """Note what the matter of an application is; from then on it stands in the queue as that.

    `sentence` is staff's own way to say in one line what such a caller says, for others to learn from; it may be empty.
    Raises ApplicationNotFound, MatterRefused, NotPermitted.
    """
    require(member, Permission.RECORD_PROGRESS)
    record = await applications.find(uow, reference=reference, viewer=member.viewer, lock=True)
    key, sentence = record.application.reference, " ".join(sentence.split())
    if not knows(matter):
        raise MatterRefused("matter_unfit")
    if record.matters[:1] == (matter,):
        raise MatterRefused("matter_same")
    if len(sentence) > SENTENCE_LIMIT:
        raise MatterRefused("sentence_too_long")
    if sentence and await _names_somebody(uow, sentence, reference=key):
        raise MatterRefused("sentence_personal")
    data: dict[str, str | int | bool | None] = {"was": ",".join(record.matters), "matter": matter}
    if sentence:
        data["sentence"] = await vault.put(uow, conversation_id=key, kind=_KIND, value=sentence, now=now)
    others = tuple(code for code in record.matters[1:] if code != matter)
    version = record.application.version + 1
    put_right = replace(record, matters=(matter, *others), application=replace(record.application, version=version))
    await uow.applications.save(put_right)
    uow.audit.record(AuditEntry(at=now, actor=member.actor, action=CORRECTED, subject=key, data=data))
    return put_right


async def cases(uow: UnitOfWork, *, purpose: str, now: datetime) -> Exported:
    """Return every sentence with its right matter as a JSON line, in no order; on record. Raises PurposeMissing.

    A line is what `knowledge_base triage --file` reads. Corrections without a sentence have nothing to learn from, and
    are counted as left out.
    """
    if not purpose.strip():
        raise PurposeMissing
    latest = {each.entry.subject: each.entry for each in await uow.audit.acted(CORRECTED)}
    told = [await _line(uow, entry) for entry in latest.values()]
    found = [line for line in told if line is not None]
    random.SystemRandom().shuffle(found)  # the order of correction would tell who is who
    data: dict[str, str | int | bool | None] = {"purpose": purpose, "count": len(found), "left_out": told.count(None)}
    uow.audit.record(AuditEntry(at=now, actor=_OPERATOR, action="matters.exported", subject="applications", data=data))
    return Exported(lines=tuple(found), left_out=told.count(None))


async def _line(uow: UnitOfWork, entry: AuditEntry) -> str | None:
    token = entry.data.get("sentence")
    if token is None:
        return None
    kind, number = vault.parts(str(token))
    sentence = await uow.vault.open(conversation_id=entry.subject, kind=kind, number=number)
    if sentence is None:
        return None
    was = [code for code in str(entry.data["was"]).split(",") if code]
    return json.dumps({"text": sentence, "matter": entry.data["matter"], "was": was}, ensure_ascii=False)


async def _names_somebody(uow: UnitOfWork, sentence: str, *, reference: str) -> bool:
    secrets = await uow.applications.secrets(reference)
    if secrets is None:
        raise ApplicationNotFound
    names = [secrets.contact.name, secrets.third_party.name if secrets.third_party else ""]
    names += await uow.parties.opponents(reference)
    return _NUMBER.search(sentence) is not None or any(name and name in sentence for name in names)
