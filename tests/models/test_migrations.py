from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import inspect, text

from tests.conftest import TEST_SECRET_KEY
from tests.kept_apps import close
from tests.servers.postgres import PostgresServer
from webapp import create_app
from webapp.config import Settings
from webapp.extensions import db


@pytest.fixture(params=["sqlite", "postgres"])
def empty_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database in which nothing is yet."""
    url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        server.drop_database("empty")
        url = server.create_database("empty")
    app = create_app(Settings(secret_key=TEST_SECRET_KEY, database_url=url, instance_path=tmp_path))
    yield app
    close(app)


def what_is_there() -> tuple[list[str], int]:
    """Tables, and how many triggers and functions of ours."""
    with db.engine.connect() as connection:
        tables = sorted(set(inspect(connection).get_table_names()) - {"alembic_version"})
        if connection.dialect.name == "sqlite":
            statement = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
        else:
            statement = "SELECT (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal) + (SELECT count(*) FROM pg_proc WHERE proname LIKE '%append_only')"
        return tables, int(connection.execute(text(statement)).scalar_one())


def test_up_down_and_up_again_leaves_what_the_models_say(empty_app: Flask) -> None:
    with empty_app.app_context():
        flask_migrate.upgrade()
        upgraded = what_is_there()
        assert upgraded[0] == sorted(db.metadata.tables)
        assert upgraded[1] == 6
        flask_migrate.downgrade(revision="base")
        assert what_is_there() == ([], 0)
        flask_migrate.upgrade()
        assert what_is_there() == upgraded
        # Ends with an error (SystemExit) where models and migrations differ.
        flask_migrate.check()


def test_both_databases_name_constraints_and_indexes_alike(sqlite_url: str, postgres_url: str, tmp_path: Path) -> None:
    names = []
    for url in (sqlite_url, postgres_url):
        app = create_app(Settings(secret_key=TEST_SECRET_KEY, database_url=url, instance_path=tmp_path))
        with app.app_context(), db.engine.connect() as connection:
            inspector = inspect(connection)
            names.append(
                {
                    (table, kind, entry["name"])
                    for table in db.metadata.tables
                    for kind, entries in (
                        ("index", inspector.get_indexes(table)),
                        ("check", inspector.get_check_constraints(table)),
                        ("foreign key", inspector.get_foreign_keys(table)),
                        ("unique", inspector.get_unique_constraints(table)),
                    )
                    for entry in entries
                    # PostgreSQL lists the index of a unique constraint a second time.
                    if not entry.get("duplicates_constraint")
                }
            )
        close(app)
    assert names[0] == names[1]
    assert all(name for _, _, name in names[0])
