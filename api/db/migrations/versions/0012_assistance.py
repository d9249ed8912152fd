"""What somebody who cannot hear wishes for at an agreed time: a sign interpreter, a companion."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.add_column("tickets", sa.Column("assistance", sa.String(40), nullable=True))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column("tickets", "assistance")
