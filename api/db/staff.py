"""Console accounts and sessions in tables."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from api.db.session import Session
from api.db.tables import staff, staff_sessions
from api.services.staff_records import StaffAccount, StaffSession


class SqlStaff:
    """Adapter of the `Staff` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def add(self, account: StaffAccount) -> None:
        """Store a new account."""
        await self._session.connection.execute(
            insert(staff).values(id=account.id, created_at=account.created_at, **self._columns(account))
        )

    async def get(self, staff_id: str) -> StaffAccount | None:
        """Return an account by id."""
        row = await self._session.row(select(staff).where(staff.c.id == staff_id))
        return None if row is None else self._account(row)

    async def by_name(self, name: str) -> StaffAccount | None:
        """Return an account by sign-in name."""
        row = await self._session.row(select(staff).where(staff.c.name == name))
        return None if row is None else self._account(row)

    async def all(self) -> tuple[StaffAccount, ...]:
        """Return every account."""
        rows = await self._session.connection.execute(select(staff).order_by(staff.c.name))
        return tuple(self._account(row) for row in rows)

    async def save(self, account: StaffAccount) -> None:
        """Store a changed account."""
        await self._session.connection.execute(
            update(staff).where(staff.c.id == account.id).values(**self._columns(account))
        )

    async def add_session(self, session: StaffSession) -> None:
        """Store a new session."""
        await self._session.connection.execute(
            insert(staff_sessions).values(
                token_digest=session.token_digest,
                staff_id=session.staff_id,
                csrf=session.csrf,
                created_at=session.created_at,
                seen_at=session.seen_at,
                expires_at=session.expires_at,
            )
        )

    async def session(self, token_digest: str) -> StaffSession | None:
        """Return a session."""
        query = select(staff_sessions).where(staff_sessions.c.token_digest == token_digest)
        row = await self._session.row(query)
        if row is None:
            return None
        return StaffSession(
            token_digest=row.token_digest,
            staff_id=row.staff_id,
            csrf=row.csrf,
            created_at=row.created_at,
            seen_at=row.seen_at,
            expires_at=row.expires_at,
        )

    async def touch_session(self, token_digest: str, *, seen_at: datetime, expires_at: datetime) -> None:
        """Note a sign of life."""
        await self._session.connection.execute(
            update(staff_sessions)
            .where(staff_sessions.c.token_digest == token_digest)
            .values(seen_at=seen_at, expires_at=expires_at)
        )

    async def end_session(self, token_digest: str) -> None:
        """Forget one session."""
        await self._session.connection.execute(
            delete(staff_sessions).where(staff_sessions.c.token_digest == token_digest)
        )

    async def end_sessions_of(self, staff_id: str) -> None:
        """Forget every session of one account."""
        await self._session.connection.execute(delete(staff_sessions).where(staff_sessions.c.staff_id == staff_id))

    def _columns(self, account: StaffAccount) -> dict[str, object]:
        sealed = None
        if account.totp_secret is not None:
            sealed = self._session.keyring.seal(account.totp_secret, table="staff", column="totp", row=account.id)
        return {
            "name": account.name,
            "display_name": account.display_name,
            "role": account.role,
            "regions": list(account.regions),
            "password_hash": account.password_hash,
            "totp_sealed": sealed,
            "totp_step": account.totp_step,
            "password_temporary": account.password_temporary,
            "disabled": account.disabled,
            "failures": account.failures,
            "locked_until": account.locked_until,
        }

    def _account(self, row: Row[Any]) -> StaffAccount:
        sealed = row.totp_sealed
        return StaffAccount(
            id=row.id,
            name=row.name,
            display_name=row.display_name,
            role=row.role,
            regions=tuple(row.regions),
            password_hash=row.password_hash,
            totp_secret=None
            if sealed is None
            else self._session.keyring.open(sealed, table="staff", column="totp", row=row.id),
            totp_step=row.totp_step,
            password_temporary=row.password_temporary,
            disabled=row.disabled,
            failures=row.failures,
            locked_until=row.locked_until,
            created_at=row.created_at,
        )
