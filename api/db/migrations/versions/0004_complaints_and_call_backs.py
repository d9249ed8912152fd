"""Tickets that a caller may ask about: a number, a promised day, how to reach them, and their own words, sealed."""

import sqlalchemy as sa
from alembic import op

from api.db.tables import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    with op.batch_alter_table("tickets") as table:
        table.add_column(sa.Column("number", sa.String(length=20), nullable=True))
        table.add_column(sa.Column("due", Moment(), nullable=True))
        table.add_column(sa.Column("contact", sa.String(length=48), nullable=True))
        table.add_column(sa.Column("safe_to_contact", sa.String(length=16), nullable=True))
        table.add_column(sa.Column("words_sealed", sa.LargeBinary(), nullable=True))
    op.create_index("ix_tickets_number", "tickets", ["number"], unique=True)


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("ix_tickets_number", table_name="tickets")
    with op.batch_alter_table("tickets") as table:
        for column in ("words_sealed", "safe_to_contact", "contact", "due", "number"):
            table.drop_column(column)
