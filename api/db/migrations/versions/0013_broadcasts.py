"""What is sent to many at once: the plan stands before the first request."""

import sqlalchemy as sa
from alembic import op

from api.db.tables import Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("cards", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("planned_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcasts")),
    )
    op.create_index("ix_broadcasts_channel_planned_at", "broadcasts", ["channel", "planned_at"])
    op.create_table(
        "broadcast_readers",
        sa.Column("broadcast_id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("began_at", Moment(), nullable=True),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_broadcast_readers_broadcast_id_broadcasts")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_broadcast_readers_conversation_id_conversations")
        ),
        sa.PrimaryKeyConstraint("broadcast_id", "conversation_id", name=op.f("pk_broadcast_readers")),
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("broadcast_readers")
    op.drop_index("ix_broadcasts_channel_planned_at", "broadcasts")
    op.drop_table("broadcasts")
