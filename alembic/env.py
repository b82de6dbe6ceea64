"""Where Alembic meets OmniRoute: it works on the connection that storage/migrate.py hands in, and opens none itself."""

from alembic import context
from sqlalchemy import Connection

from omniroute.storage.all_tables import metadata


def _run(connection: Connection) -> None:
    """Run the migrations inside the caller's transaction, so that it can check the outcome before it counts."""
    # SQLite can alter little of a table in place; batch mode builds a new one and copies the rows.
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
