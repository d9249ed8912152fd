"""The register of those who may be assigned; who was assigned before it stays readable as text."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "providers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("credential", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("organisation", sa.String(length=100), nullable=False),
        sa.Column("practising_since", sa.Date(), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("clients_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
    )
    op.create_index("ix_providers_credential", "providers", ["credential"], unique=True)
    op.add_column("applications", sa.Column("provider_id", sa.String(length=32), nullable=True))


def downgrade() -> None:
    """Take the schema back; the name of whoever was assigned stays."""
    op.drop_column("applications", "provider_id")
    op.drop_index("ix_providers_credential", table_name="providers")
    op.drop_table("providers")
