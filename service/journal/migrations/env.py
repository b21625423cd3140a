"""Run by alembic: applies the steps on the connection, and in the transaction, of service.journal.schema."""

from alembic import context

from service.journal.tables import TABLES

context.configure(connection=context.config.attributes["connection"], target_metadata=TABLES)
context.run_migrations()
