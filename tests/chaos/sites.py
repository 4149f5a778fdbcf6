"""Migrated databases outside pytest."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate

from tests.servers.postgres import PostgresServer
from webapp import create_app
from webapp.config import Settings
from webapp.extensions import db


@contextmanager
def migrated_url(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database of the kind, at the newest migration, for as long as the block runs."""
    if kind == "sqlite":
        url = f"sqlite:///{folder / 'chaos.sqlite3'}"
        _migrate(url, folder)
        yield url
        return
    server = PostgresServer()
    try:
        url = server.create_database("chaos")
        _migrate(url, folder)
        yield url
    finally:
        server.stop()


def _migrate(url: str, folder: Path) -> None:
    app = create_app(Settings(secret_key="c" * 40, database_url=url, instance_path=folder))
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
        db.engine.dispose()
