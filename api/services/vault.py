"""Keeps single personal values behind meaningless tokens, so that text can travel without them (个人信息保管)."""

import re
from datetime import datetime
from typing import Final

from api.domain.audit import Actor, AuditEntry
from api.services.ports import UnitOfWork

_TOKEN: Final = re.compile(r"<pii:([a-z_]{1,32}):([1-9][0-9]{0,8})>")
_KIND: Final = re.compile(r"[a-z_]{1,32}")


class TokenUnknown(Exception):
    """No value behind this token in this conversation; it may have been erased."""

    code = "vault_token_unknown"


class PurposeRequired(Exception):
    """Opening personal data needs a purpose in words."""

    code = "purpose_required"


async def put(uow: UnitOfWork, *, conversation_id: str, kind: str, value: str, now: datetime) -> str:
    """Seal a value and return its token; the same value gets the same token within a conversation."""
    if not _KIND.fullmatch(kind):
        msg = f"kind of a vault value must be a short lower-case word, not {len(kind)} characters of something else"
        raise ValueError(msg)
    digest = uow.digest("vault", f"{conversation_id}\n{kind}\n{value}")
    number = await uow.vault.put(conversation_id=conversation_id, kind=kind, value=value, digest=digest, now=now)
    return f"<pii:{kind}:{number}>"


async def reveal(  # noqa: PLR0913 - all of them named
    uow: UnitOfWork, *, conversation_id: str, token: str, purpose: str, by: Actor, now: datetime
) -> str:
    """Open one value and leave a line in the audit chain. Raises TokenUnknown, PurposeRequired."""
    if not purpose.strip():
        raise PurposeRequired
    kind, number = parts(token)
    value = await uow.vault.open(conversation_id=conversation_id, kind=kind, number=number)
    if value is None:
        raise TokenUnknown
    uow.audit.record(
        AuditEntry(
            at=now,
            actor=by,
            action="vault.revealed",
            subject=f"conversation:{conversation_id}",
            data={"kind": kind, "number": number, "purpose": purpose},
        )
    )
    return value


def parts(token: str) -> tuple[str, int]:
    """Return the kind of value that a token stands for, and its number. Raises TokenUnknown."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise TokenUnknown
    return match[1], int(match[2])


def tokens(text: str) -> tuple[str, ...]:
    """Return the tokens in a text, in order."""
    return tuple(match[0] for match in _TOKEN.finditer(text))
