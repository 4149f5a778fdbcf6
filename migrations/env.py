"""Runs migrations over the application's own engine, one transaction each."""

from alembic import context
from flask import current_app
from sqlalchemy import text

from webapp.models.base import UTCDateTime

LOCK_TIMEOUT = "4s"
"""A migration that cannot have its lock soon must fail, and not queue every request behind itself."""


def render_item(kind, item, _context):
    """Migrations name database types, not ours: ours may change, what was migrated may not."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Bring the database of the application to the wanted revision."""
    extension = current_app.extensions["migrate"]
    with extension.db.engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # A table is changed by copying it: for a moment those that refer to it refer to nothing.
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        else:
            connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=extension.db.metadata,
            render_item=render_item,
            transaction_per_migration=True,
            **{
                name: value for name, value in extension.configure_args.items() if name != "process_revision_directives"
            },
        )
        with context.begin_transaction():
            context.run_migrations()
        if is_sqlite:
            lost = connection.execute(text("PRAGMA foreign_key_check")).all()
            connection.rollback()
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")
            if lost:
                raise RuntimeError(f"{len(lost)} rows refer to nothing after the migration; the first: {lost[0]}")


run()
