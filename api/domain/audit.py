"""Audit entries chained by hash, so that a changed, removed or reordered row shows (审计链)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

GENESIS: Final = "0" * 64


class ActorKind(StrEnum):
    """Whose hand it was."""

    CITIZEN = "citizen"
    STAFF = "staff"
    BUREAU = "bureau"
    ORGAN = "organ"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it: a kind and an opaque id, never a name or a phone."""

    kind: ActorKind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that was done, by whom, to what; `data` holds ids and codes only."""

    at: datetime
    actor: Actor
    action: str
    subject: str
    data: Mapping[str, str | int | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedEntry:
    """An entry in its place in the chain."""

    seq: int
    entry: AuditEntry
    previous: str
    hash: str


def chain(previous: str, entry: AuditEntry, *, seq: int) -> ChainedEntry:
    """Return the entry bound to its place and to everything before it."""
    return ChainedEntry(seq=seq, entry=entry, previous=previous, hash=_digest(previous, entry, seq))


def first_broken(entries: Iterable[ChainedEntry], *, after: str = GENESIS) -> int | None:
    """Return the seq of the first entry that does not fit its predecessor, or None when the chain holds."""
    previous, expected = after, None
    for entry in entries:
        in_place = expected is None or entry.seq == expected
        if not in_place or entry.previous != previous or entry.hash != _digest(previous, entry.entry, entry.seq):
            return entry.seq
        previous, expected = entry.hash, entry.seq + 1
    return None


def _digest(previous: str, entry: AuditEntry, seq: int) -> str:
    material = json.dumps(
        {
            "seq": seq,
            "previous": previous,
            "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": [entry.actor.kind, entry.actor.id],
            "action": entry.action,
            "subject": entry.subject,
            "data": dict(entry.data),
        },
        ensure_ascii=True,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(material.encode()).hexdigest()
