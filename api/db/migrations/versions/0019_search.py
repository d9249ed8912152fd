"""What applications are found by: matters and places in an index of their own, the last digits of a telephone beside the name."""

import sqlalchemy as sa
from alembic import op

from api.db.tables import Moment
from api.domain.finding import terms

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward; telephones that are stored already are indexed at the next start."""
    op.add_column("parties", sa.Column("phone_tail", sa.String(length=64), nullable=True))
    op.create_index("ix_parties_phone_tail", "parties", ["phone_tail"])
    op.create_index("ix_applications_received_at_reference", "applications", ["received_at", "reference"])
    op.create_index(
        "ix_applications_state_received_at_reference", "applications", ["state", "received_at", "reference"]
    )
    found_by = op.create_table(
        "search_terms",
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("term", sa.String(length=80), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reference"], ["applications.reference"], name=op.f("fk_search_terms_reference_applications")
        ),
        sa.PrimaryKeyConstraint("reference", "term", name=op.f("pk_search_terms")),
    )
    op.create_index("ix_search_terms_term_received_at_reference", "search_terms", ["term", "received_at", "reference"])
    stored = sa.table(
        "applications",
        sa.column("reference", sa.String()),
        sa.column("region", sa.String()),
        sa.column("matters", sa.JSON()),
        sa.column("received_at", Moment()),
    )
    rows = [
        {"reference": row.reference, "term": term, "received_at": row.received_at}
        for row in op.get_bind().execute(sa.select(stored).where(stored.c.received_at.is_not(None)))
        for term in terms(matters=tuple(row.matters), region=row.region)
    ]
    if rows:
        op.bulk_insert(found_by, rows)


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("ix_search_terms_term_received_at_reference", table_name="search_terms")
    op.drop_table("search_terms")
    op.drop_index("ix_applications_state_received_at_reference", table_name="applications")
    op.drop_index("ix_applications_received_at_reference", table_name="applications")
    op.drop_index("ix_parties_phone_tail", table_name="parties")
    op.drop_column("parties", "phone_tail")
