"""Indexes for what every page of staff asks: which alerts nobody answers for, and what is to be done for one application."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_index("ix_queue_items_unanswered", "queue_items", ["unanswered"])
    op.create_index("ix_tickets_reference", "tickets", ["reference"])


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("ix_tickets_reference", table_name="tickets")
    op.drop_index("ix_queue_items_unanswered", table_name="queue_items")
