"""Alembic's way in: `notifier.migrate` opens the connection and hands it over in the configuration."""

from alembic import context

from notifier.migrations.render import render_item
from notifier.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=True,
    # SQLite too rolls back a table that was made in a transaction; Alembic leaves that off by default.
    transactional_ddl=True,
    # SQLite alters a table by copying it.
    render_as_batch=True,
    render_item=render_item,
)

with context.begin_transaction():
    context.run_migrations()
