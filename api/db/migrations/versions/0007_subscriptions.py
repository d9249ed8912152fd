"""Who wants to be sent law education."""

import sqlalchemy as sa
from alembic import op

from api.db.tables import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "subscriptions",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("agreed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_subscriptions_conversation_id_conversations"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_subscriptions")),
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("subscriptions")
