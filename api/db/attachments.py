"""What citizens hand in, in a table: it lives and dies with its conversation, in the same transaction and the same backup."""

from sqlalchemy import insert, select

from api.db.session import Session
from api.db.tables import attachments
from api.services.attachment_ports import Attachment, MediaType


class SqlAttachments:
    """Adapter of the `Attachments` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def add(self, attachment: Attachment, *, content: bytes) -> None:
        """Store a document."""
        sealed = self._session.keyring.seal_bytes(content, table="attachments", column="content", row=attachment.id)
        await self._session.connection.execute(
            insert(attachments).values(
                id=attachment.id,
                conversation_id=attachment.conversation_id,
                seq=attachment.seq,
                media_type=attachment.media_type,
                size=attachment.size,
                at=attachment.at,
                content_sealed=sealed,
            )
        )

    async def of(self, conversation_id: str) -> tuple[Attachment, ...]:
        """Return what was handed in with a thread; its content is not read."""
        columns = [column for column in attachments.c if column.name != "content_sealed"]
        query = select(*columns).where(attachments.c.conversation_id == conversation_id)
        rows = await self._session.connection.execute(query.order_by(attachments.c.seq, attachments.c.id))
        return tuple(
            Attachment(
                id=row.id,
                conversation_id=row.conversation_id,
                seq=row.seq,
                media_type=MediaType(row.media_type),
                size=row.size,
                at=row.at,
            )
            for row in rows
        )

    async def content(self, attachment_id: str) -> bytes | None:
        """Open one."""
        query = select(attachments.c.content_sealed).where(attachments.c.id == attachment_id)
        sealed = await self._session.value(query)
        if sealed is None:
            return None
        return self._session.keyring.open_bytes(sealed, table="attachments", column="content", row=attachment_id)
