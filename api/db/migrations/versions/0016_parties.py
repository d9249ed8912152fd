"""A blind index over those who are named in an application; what is stored already is indexed at the next start."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "parties",
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("side", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["reference"], ["applications.reference"], name=op.f("fk_parties_reference_applications")
        ),
        sa.PrimaryKeyConstraint("reference", "side", "number", name=op.f("pk_parties")),
    )
    op.create_index("ix_parties_digest", "parties", ["digest"])


def downgrade() -> None:
    """Take the schema back; against whom an application is, and pass phrases, are lost with it."""
    op.drop_index("ix_parties_digest", table_name="parties")
    op.drop_table("parties")
