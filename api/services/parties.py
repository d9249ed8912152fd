"""Who is named in an application, without anybody reading it: a pass phrase that is checked, a name that is found again (当事人)."""

import hmac
from collections.abc import Iterable
from typing import Final

from api.domain import party
from api.domain.party import folded
from api.services.ports import Database, UnitOfWork
from api.services.records import ApplicationRecord, Contact, Viewer

_PAGE: Final = 200
_SHOWN: Final = 20
TAIL_DIGITS: Final = 4
_NAME: Final = "party"
_TAIL: Final = "party_phone_tail"
_PHRASE: Final = "pass_phrase"


async def keep_applicant(uow: UnitOfWork, *, reference: str, contact: Contact) -> None:
    """Let an application be found by whose it is."""
    tail = tail_digest(uow, contact.phone) if contact.phone else None
    await uow.parties.set_applicant(reference, digest=name_digest(uow, contact.name), phone_tail=tail)


def name_digest(uow: UnitOfWork, name: str) -> str:
    """Return what a name is found by, however it was typed."""
    return uow.digest(_NAME, folded(name))


def tail_digest(uow: UnitOfWork, phone: str) -> str:
    """Return what a telephone is found by when only its last four digits are known.

    Of any application, for staff; what a citizen proves themself with is bound to the one reference.
    """
    return uow.digest(_TAIL, phone[-TAIL_DIGITS:])


async def keep_pass_phrase(uow: UnitOfWork, *, reference: str, phrase: str) -> None:
    """Keep what a pass phrase is compared with, and not the phrase."""
    await uow.parties.set_pass_phrase(reference, digest=_of_phrase(uow, reference, phrase))


async def pass_phrase_fits(uow: UnitOfWork, *, reference: str, phrase: str) -> bool:
    """Tell whether a pass phrase is the one agreed for an application. Whoever asks counts the attempts."""
    agreed = await uow.parties.pass_phrase(reference)
    return hmac.compare_digest(agreed or "-", _of_phrase(uow, reference, phrase))


async def keep_opponents(uow: UnitOfWork, *, reference: str, names: Iterable[str]) -> int:
    """Keep against whom an application is, sealed and indexed; return how many they are. Raises OpponentUnusable."""
    named = party.opponents(names)
    digests = tuple((name, name_digest(uow, name)) for name in named)
    await uow.parties.set_opponents(reference, named=digests)
    return len(named)


async def facing(uow: UnitOfWork, *, reference: str) -> tuple[ApplicationRecord, ...]:
    """Return the applications on the other side of this one, as far as names tell: its opponent's own, and those against its applicant.

    Names are no identity; a person looks into it. Nobody but staff may ever learn that there is one (利害冲突).
    """
    found = [await uow.applications.get(one, lock=False) for one in await uow.parties.facing(reference, limit=_SHOWN)]
    return tuple(one for one in found if one is not None)


async def seen_facing(uow: UnitOfWork, *, reference: str, viewer: Viewer) -> tuple[ApplicationRecord, ...]:
    """Return of these what lies within a viewer's regions."""
    return tuple(one for one in await facing(uow, reference=reference) if viewer.sees(one.region))


async def add_opponents(uow: UnitOfWork, *, reference: str, names: Iterable[str]) -> None:
    """Keep further opponents beside those there are, as many as an application may have."""
    every = {folded(name): name for name in (*await uow.parties.opponents(reference), *names)}
    await keep_opponents(uow, reference=reference, names=tuple(every.values())[: party.MOST])


async def index_older(database: Database) -> int:
    """Index what an older version stored, and let go of the pass phrases it kept; return how many applications there were."""
    count = 0
    while True:
        async with database.unit_of_work() as uow:
            page = await uow.parties.unindexed(limit=_PAGE)
            for one in page:
                if one.pass_phrase is not None:
                    await keep_pass_phrase(uow, reference=one.reference, phrase=one.pass_phrase)
                    await uow.parties.strip_pass_phrase(one.reference)
                contact = Contact(name=one.applicant, phone=one.phone)
                await keep_applicant(uow, reference=one.reference, contact=contact)
            await uow.commit()
        count += len(page)
        if len(page) < _PAGE:
            return count


def _of_phrase(uow: UnitOfWork, reference: str, phrase: str) -> str:
    return uow.digest(_PHRASE, f"{reference}\n{folded(phrase)}")
