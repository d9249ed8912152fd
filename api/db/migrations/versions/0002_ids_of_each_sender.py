"""An external id is unique for its sender, no longer for the whole conversation."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OLD = "uq_messages_conversation_id_external_id"
_NEW = "uq_messages_conversation_id_sender_external_id"


def upgrade() -> None:
    """Bring the schema forward."""
    with op.batch_alter_table("messages") as messages:
        messages.drop_constraint(op.f(_OLD), type_="unique")
        messages.create_unique_constraint(op.f(_NEW), ["conversation_id", "sender", "external_id"])


def downgrade() -> None:
    """Take the schema back."""
    with op.batch_alter_table("messages") as messages:
        messages.drop_constraint(op.f(_NEW), type_="unique")
        messages.create_unique_constraint(op.f(_OLD), ["conversation_id", "external_id"])
