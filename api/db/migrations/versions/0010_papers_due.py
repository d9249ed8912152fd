"""By when missing papers are to be there; whoever was asked before is given the service's days."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from api.db.tables import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_DAYS = 15


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("applications", sa.Column("papers_due", Moment(), nullable=True))
    applications = sa.table(
        "applications",
        sa.column("reference", sa.String()),
        sa.column("state", sa.String()),
        sa.column("state_since", Moment()),
        sa.column("papers_due", Moment()),
    )
    asked = sa.select(applications.c.reference, applications.c.state_since).where(
        applications.c.state == "supplement_requested", applications.c.state_since.is_not(None)
    )
    for reference, since in op.get_bind().execute(asked).all():
        op.execute(
            sa.update(applications)
            .where(applications.c.reference == reference)
            .values(papers_due=since + timedelta(days=_DAYS))
        )


def downgrade() -> None:
    """Take the schema back."""
    # Not as a batch: SQLite would make the table anew, and its tickets would not let go of the old one.
    op.drop_column("applications", "papers_due")
