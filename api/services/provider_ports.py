"""The register of those who may be assigned, as services see it."""

from collections.abc import Mapping
from typing import Protocol

from api.domain.provider import Provider


class CredentialTaken(Exception):
    """Somebody of the register has this credential already."""

    code = "credential_taken"


class Providers(Protocol):
    """The register. Nobody leaves it: who takes no more cases is set aside, and old assignments stay readable."""

    async def add(self, provider: Provider, *, clients: tuple[str, ...]) -> None:
        """Enter somebody; the clients they act for are sealed. Raises CredentialTaken."""

    async def get(self, provider_id: str) -> Provider | None:
        """Return one entry, its row locked where the transaction writes."""

    async def all(self) -> tuple[Provider, ...]:
        """Return every entry, by name."""

    async def clients(self, provider_id: str) -> tuple[str, ...]:
        """Open whom they act for beside legal aid."""

    async def save(self, provider: Provider, *, clients: tuple[str, ...]) -> None:
        """Store a changed entry. Raises CredentialTaken."""

    async def loads(self) -> Mapping[str, int]:
        """Return how many cases each has in hand; who has none is left out."""
