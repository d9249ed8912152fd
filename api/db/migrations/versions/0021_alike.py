"""What masses are counted by, in an index of its own."""

import sqlalchemy as sa
from alembic import op

from api.domain.mass import alike

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("applications", sa.Column("alike", sa.String(length=32), nullable=True))
    table = sa.table(
        "applications",
        *(sa.column(name, sa.String()) for name in ("reference", "region", "alike")),
        sa.column("matters", sa.JSON()),
    )
    rows = op.get_bind().execute(sa.select(table).where(table.c.region.is_not(None))).all()
    for row in rows:
        op.execute(
            sa.update(table)
            .where(table.c.reference == row.reference)
            .values(alike=alike(region=row.region, matters=tuple(row.matters)))
        )
    op.create_index(
        "ix_applications_received_at_alike_reference", "applications", ["received_at", "alike", "reference"]
    )
    op.create_index(
        "ix_applications_alike_received_at_reference", "applications", ["alike", "received_at", "reference"]
    )


def downgrade() -> None:
    """Take the schema back."""
    op.drop_index("ix_applications_alike_received_at_reference", table_name="applications")
    op.drop_index("ix_applications_received_at_alike_reference", table_name="applications")
    op.drop_column("applications", "alike")
