"""Runs the migrations on the connection that the service hands over."""

from alembic import context

from server.database.tables import jobs

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=jobs.metadata,
    transactional_ddl=True,
    render_as_batch=True,  # SQLite cannot alter most of a table in place
)
# No transaction of its own: the caller's holds the lock that keeps a second migration away.
context.run_migrations()
