"""Connections to a database server: what rested is asked whether it lives, what was just used is not."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text

from webapp import extensions
from webapp.extensions import engine_options


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = create_engine(postgres_url, **engine_options(postgres_url))
    yield engine
    engine.dispose()


def process_of(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)


def end(engine: Engine, process: int) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})


def test_a_connection_that_the_server_closed_while_it_rested_is_replaced(
    engine: Engine, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions, "TRUSTED_FOR_S", 0.0)
    first = process_of(engine)
    other = create_engine(postgres_url, **engine_options(postgres_url))
    end(other, first)
    other.dispose()
    assert process_of(engine) != first


def test_a_connection_that_was_just_used_is_not_asked(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "TRUSTED_FOR_S", 60.0)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
    asked: list[str] = []
    monkeypatch.setattr(type(driver), "execute", lambda *words, **_more: asked.append(words[1]))
    with engine.connect():
        pass
    assert asked == []
