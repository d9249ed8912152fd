"""Who is writing just now, and how far each side has read, of threads that a person holds."""

import sqlalchemy as sa
from alembic import op

from api.db.tables import Moment

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "signs",
        sa.Column("conversation_id", sa.String(length=32), sa.ForeignKey("conversations.id"), primary_key=True),
        sa.Column("side", sa.String(length=8), primary_key=True),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("typing_until", Moment(), nullable=True),
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("signs")
