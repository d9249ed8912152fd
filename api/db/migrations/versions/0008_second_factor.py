"""The second factor's last code, and first passwords that somebody else knows."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    # Not as a batch: for this default SQLite would make the table anew, and whoever is signed in would not let go of the old one.
    op.add_column("staff", sa.Column("totp_step", sa.Integer(), nullable=True))
    op.add_column("staff", sa.Column("password_temporary", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Take the schema back."""
    op.drop_column("staff", "password_temporary")
    op.drop_column("staff", "totp_step")
