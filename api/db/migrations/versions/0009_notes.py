"""What staff note for one another on a case."""

import sqlalchemy as sa
from alembic import op

from api.db.tables import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "notes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=True),
        sa.Column("reference", sa.String(length=20), nullable=True),
        sa.Column("staff", sa.String(length=32), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_notes_conversation_id_conversations")
        ),
        sa.ForeignKeyConstraint(
            ["reference"], ["applications.reference"], name=op.f("fk_notes_reference_applications")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index("ix_notes_conversation_id", "notes", ["conversation_id"])
    op.create_index("ix_notes_reference", "notes", ["reference"])


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("ix_notes_reference", table_name="notes")
    op.drop_index("ix_notes_conversation_id", table_name="notes")
    op.drop_table("notes")
