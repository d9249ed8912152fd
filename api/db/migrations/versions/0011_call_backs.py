"""Call-backs are booked for a half-day that holds only so many, and rung for three times."""

import sqlalchemy as sa
from alembic import op

from api.db.tables import Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("tickets", sa.Column("slot", sa.String(length=13), nullable=True))
    op.add_column("tickets", sa.Column("tried", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("tickets", sa.Column("next_at", Moment(), nullable=True))
    op.create_table(
        "slot_capacities",
        sa.Column("region", sa.String(length=6), primary_key=True),
        sa.Column("half", sa.String(length=2), primary_key=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("slot_capacities")
    for column in ("next_at", "tried", "slot"):
        op.drop_column("tickets", column)
