"""Whom the citizen would like to have: noted, shown to whoever assigns, and promised by nobody (点援).

The institution assigns (Legal Aid Law art. 43); the law gives no right to choose. What was said is sealed under the application.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from api.domain.audit import Actor, AuditEntry, ChainedEntry
from api.services import vault
from api.services.ports import UnitOfWork

NOTED: Final = "application.preference"
"""What the audit chain calls it, with the number of what was said."""
_PREFERRED: Final = "preferred_provider"
"""What the vault calls it."""
_LIMIT: Final = 100


class PreferenceUnusable(Exception):
    """Nothing was said, or more than a name and what the lawyer should be like; the words stay out."""

    code = "preference_unusable"


def usable(said: str, /) -> str:
    """Return it as it is kept. Raises PreferenceUnusable."""
    wish = said.strip()
    if not 0 < len(wish) <= _LIMIT or not wish.isprintable():
        raise PreferenceUnusable
    return wish


async def note(uow: UnitOfWork, *, reference: str, said: str, by: Actor, now: datetime) -> None:
    """Note it with an application that is there, whoever said something else before. Raises PreferenceUnusable."""
    token = await vault.put(uow, conversation_id=reference, kind=_PREFERRED, value=usable(said), now=now)
    data: dict[str, str | int | bool | None] = {"number": vault.parts(token)[1]}
    uow.audit.record(AuditEntry(at=now, actor=by, action=NOTED, subject=reference, data=data))


async def of(uow: UnitOfWork, *, reference: str, history: Sequence[ChainedEntry]) -> str | None:
    """Open the wish that was noted last; somebody may come back to the one before."""
    said = [chained.entry.data["number"] for chained in history if chained.entry.action == NOTED]
    if not said:
        return None
    return await uow.vault.open(conversation_id=reference, kind=_PREFERRED, number=int(str(said[-1])))
