"""What danger a conversation told of; and of an alert how often, who answered for it, and the mandatory report."""

import sqlalchemy as sa
from alembic import op

from api.db.tables import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_MOMENTS = ("heard_at", "acknowledged_at", "report_raised_at", "reported_at")


def upgrade() -> None:
    """Bring the schema forward."""
    with op.batch_alter_table("conversations") as table:
        table.add_column(sa.Column("care", sa.JSON(), nullable=True))
    with op.batch_alter_table("tickets") as table:
        table.add_column(sa.Column("times", sa.Integer(), server_default="1", nullable=False))
        for name in _MOMENTS:
            table.add_column(sa.Column(name, Moment(), nullable=True))
        table.add_column(sa.Column("reported_by", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("reported_to", sa.String(length=16), nullable=True))


def downgrade() -> None:
    """Take the schema back."""
    for name in ("reported_to", "reported_by", *reversed(_MOMENTS), "times"):
        op.drop_column("tickets", name)
    # Not as a batch: SQLite would make the table anew, and what points at it would not let go of the old one.
    op.drop_column("conversations", "care")
