"""The register of those who may be assigned, in a table."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.db.session import Session
from api.db.tables import applications, providers
from api.domain.application import State
from api.domain.provider import Provider, ProviderKind
from api.services.provider_ports import CredentialTaken

_TABLE: Final = "providers"
_SHOWN: Final = tuple(column for column in providers.c if column.name != "clients_sealed")
_IN_HAND: Final = (State.ASSIGNED, State.IN_PROGRESS)


class SqlProviders:
    """Adapter of the `Providers` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def add(self, provider: Provider, *, clients: tuple[str, ...]) -> None:
        """Enter somebody. Raises CredentialTaken, and the transaction goes on."""
        try:
            async with self._session.connection.begin_nested():
                await self._session.connection.execute(
                    insert(providers).values(id=provider.id, **self._columns(provider, clients))
                )
        except IntegrityError as taken:
            raise CredentialTaken from taken

    async def get(self, provider_id: str) -> Provider | None:
        """Return one entry, its row locked where the transaction writes."""
        query = self._session.locking(select(*_SHOWN).where(providers.c.id == provider_id))
        row = await self._session.row(query)
        return None if row is None else _provider(row)

    async def all(self) -> tuple[Provider, ...]:
        """Return every entry, by name."""
        query = select(*_SHOWN).order_by(providers.c.name, providers.c.id)
        return tuple(_provider(row) for row in await self._session.connection.execute(query))

    async def clients(self, provider_id: str) -> tuple[str, ...]:
        """Open whom they act for beside legal aid."""
        sealed = await self._session.value(select(providers.c.clients_sealed).where(providers.c.id == provider_id))
        if sealed is None:
            return ()
        return tuple(self._session.open_json(sealed, table=_TABLE, column="clients", row=provider_id)["names"])

    async def save(self, provider: Provider, *, clients: tuple[str, ...]) -> None:
        """Store a changed entry. Raises CredentialTaken, and the transaction goes on."""
        try:
            async with self._session.connection.begin_nested():
                await self._session.connection.execute(
                    update(providers).where(providers.c.id == provider.id).values(**self._columns(provider, clients))
                )
        except IntegrityError as taken:
            raise CredentialTaken from taken

    async def loads(self) -> Mapping[str, int]:
        """Return how many cases each has in hand."""
        query = (
            select(applications.c.provider_id, func.count())
            .where(
                applications.c.open.is_(True),
                applications.c.state.in_(_IN_HAND),
                applications.c.provider_id.is_not(None),
            )
            .group_by(applications.c.provider_id)
        )
        return {row[0]: row[1] for row in await self._session.connection.execute(query)}

    def _columns(self, provider: Provider, clients: tuple[str, ...]) -> dict[str, object]:
        return {
            "name": provider.name,
            "credential": provider.credential,
            "kind": provider.kind,
            "organisation": provider.organisation,
            "practising_since": provider.practising_since,
            "region": provider.region,
            "languages": list(provider.languages),
            "active": provider.active,
            "clients_sealed": self._session.seal_json(
                {"names": list(clients)}, table=_TABLE, column="clients", row=provider.id
            ),
        }


def _provider(row: Row[Any]) -> Provider:
    return Provider(
        id=row.id,
        name=row.name,
        credential=row.credential,
        kind=ProviderKind(row.kind),
        organisation=row.organisation,
        practising_since=row.practising_since,
        region=row.region,
        languages=tuple(row.languages),
        active=row.active,
    )
