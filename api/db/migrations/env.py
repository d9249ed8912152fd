"""Runs migrations on the connection it is given; `api.db.migrate` is the only way in."""

from alembic import context

from api.db.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
