"""What the order of the queue needs of the clocks; those that run are computed once more."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from api.db.tables import Moment
from api.domain.application import Application, State
from api.domain.clocks import clocks

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("applications", sa.Column("clock_due", Moment(), nullable=True))
    op.add_column("applications", sa.Column("pressing_from", Moment(), nullable=True))
    table = sa.table(
        "applications",
        *(sa.column(name, sa.String()) for name in ("reference", "state")),
        *(sa.column(name, sa.Boolean()) for name in ("open", "same_day", "in_custody")),
        *(
            sa.column(name, Moment())
            for name in ("state_since", "received_at", "granted_at", "papers_due", "clock_due", "pressing_from")
        ),
        sa.column("paused_seconds", sa.Integer()),
    )
    for row in op.get_bind().execute(sa.select(table).where(table.c.open.is_(True))).all():
        running = clocks(
            Application(
                reference=row.reference,
                state=State(row.state),
                state_since=row.state_since,
                received_at=row.received_at,
                granted_at=row.granted_at,
                papers_due=row.papers_due,
                paused=timedelta(seconds=row.paused_seconds),
                same_day=row.same_day,
                in_custody=row.in_custody,
            )
        )
        if running:
            op.execute(
                sa.update(table)
                .where(table.c.reference == row.reference)
                .values(
                    clock_due=min(clock.due for clock in running),
                    pressing_from=min(clock.pressing_from for clock in running),
                )
            )


def downgrade() -> None:
    """Take the schema back."""
    # Not as a batch: SQLite would make the table anew, and its tickets would not let go of the old one.
    op.drop_column("applications", "pressing_from")
    op.drop_column("applications", "clock_due")
