"""Where an application came from, and what the organ wrote that sent it."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TABLE = sa.table(
    "applications",
    sa.column("origin", sa.String()),
    sa.column("notified", sa.Boolean()),
    sa.column("third_party_sealed", sa.LargeBinary()),
)


def upgrade() -> None:
    """Bring the schema forward: what is known of the older ones is whether somebody else spoke."""
    op.add_column("applications", sa.Column("origin", sa.String(length=16), nullable=False, server_default="self"))
    op.add_column("applications", sa.Column("organ_sealed", sa.LargeBinary(), nullable=True))
    op.execute(sa.update(_TABLE).where(_TABLE.c.third_party_sealed.is_not(None)).values(origin="third_party"))
    op.execute(sa.update(_TABLE).where(_TABLE.c.notified).values(origin="notified"))
    op.drop_column("applications", "notified")


def downgrade() -> None:
    """Take the schema back."""
    op.add_column("applications", sa.Column("notified", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.execute(sa.update(_TABLE).where(_TABLE.c.origin == "notified").values(notified=True))
    op.drop_column("applications", "organ_sealed")
    op.drop_column("applications", "origin")
