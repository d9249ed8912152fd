"""Cards and texts that staff work on, what was looked up, and the weekly lists made of it."""

import sqlalchemy as sa
from alembic import op

from api.db.tables import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "curation_versions",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=50), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=True),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "key", "number", name=op.f("pk_curation_versions")),
    )
    op.create_table(
        "curation_decisions",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=50), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("staff", sa.String(length=32), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", "seq", name=op.f("pk_curation_decisions")),
    )
    op.create_table(
        "lookups",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("entry", sa.String(length=200), nullable=True),
        sa.Column("version", sa.String(length=64), nullable=True),
        sa.Column("build", sa.String(length=64), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=True),
        sa.Column("matter", sa.String(length=64), nullable=True),
        sa.Column("asker", sa.String(length=64), nullable=True),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lookups")),
    )
    op.create_index("ix_lookups_day_outcome", "lookups", ["day", "outcome"], unique=False)
    op.create_table(
        "weekly_lists",
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_weekly_lists")),
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_table("weekly_lists")
    op.drop_index("ix_lookups_day_outcome", table_name="lookups")
    op.drop_table("lookups")
    op.drop_table("curation_decisions")
    op.drop_table("curation_versions")
