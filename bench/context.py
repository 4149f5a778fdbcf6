"""What the benchmarks share: how big to measure, on which databases, and servers that start when first needed."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import flask_migrate
from flask import Flask

from bench.rows import Limits, Row
from tests.servers.postgres import SETTINGS, PostgresServer
from tests.servers.redis import RedisServer
from webapp import create_app
from webapp.config import Settings
from webapp.extensions import db
from webapp.services.operations import flags
from webapp.services.spine import doorbell, redis_link

TITLES: Final = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
FLAGS: Final = {name: "on" for name in flags.FLAGS if name.startswith("LEADERBOARDS_")}
SECRET_KEY: Final = "bench-only-" + "k" * 32
# A server that keeps what it was told, as an installation's does; tests switch that off.
DURABLE: Final = {**SETTINGS, "fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB"}


@dataclass(frozen=True, slots=True)
class Place:
    """An application on a migrated, empty database, with its context pushed."""

    app: Flask
    database: str
    url: str

    @property
    def title(self) -> str:
        return TITLES[self.database]


@dataclass
class Bench:
    """One run of the benchmarks. What it starts ends with `servers`."""

    quick: bool
    databases: tuple[str, ...]
    servers: ExitStack = field(default_factory=ExitStack)

    def pick(self, full: int, quick: int) -> int:
        """A size or a number of runs: the quick one only shows that everything works."""
        return quick if self.quick else full

    def limits(self, must: float | None, aim: float | None) -> Limits:
        """The must and the aim of a row; none of small sizes, which say nothing about them."""
        return Limits() if self.quick else Limits(must, aim)

    @cached_property
    def folder(self) -> Path:
        """A folder of this run, gone with it."""
        return Path(self.servers.enter_context(tempfile.TemporaryDirectory(prefix="deltacrown-bench-")))

    @cached_property
    def postgres(self) -> PostgresServer:
        """A PostgreSQL of this run."""
        server = PostgresServer(DURABLE)
        self.servers.callback(server.stop)
        return server

    @cached_property
    def redis(self) -> RedisServer:
        """A Redis of this run."""
        server = RedisServer()
        self.servers.callback(server.remove)
        return server

    def new_database(self, kind: str, name: str) -> str:
        """The URL of a database that nobody has used yet, at the newest migration."""
        if kind == "sqlite":
            url = f"sqlite:///{self.folder / name}.sqlite3"
        else:
            self.postgres.drop_database(name)
            url = self.postgres.create_database(name)
        with self._application(url, redis_url=None):
            flask_migrate.upgrade()
        return url

    @contextmanager
    def place(self, kind: str, name: str, *, with_redis: bool = False) -> Iterator[Place]:
        """An application on a database of its own, with the leaderboards switched on."""
        if with_redis:
            self.redis.make_fresh()
        url = self.new_database(kind, name)
        with self._application(url, redis_url=self.redis.url if with_redis else None) as app:
            yield Place(app, kind, url)

    @contextmanager
    def _application(self, url: str, *, redis_url: str | None) -> Iterator[Flask]:
        os.environ.update(FLAGS)
        app = create_app(
            Settings(
                secret_key=SECRET_KEY,
                database_url=url,
                redis_url=redis_url,
                instance_path=self.folder,
                log_level="WARNING",
            )
        )
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                for engine in db.engines.values():
                    engine.dispose()
                doorbell.connect(None)
                redis_link.connect(None)
                flags.forget()


Benchmark = Callable[[Bench], Iterator[Row]]
"""Measures, and gives its rows as they are known."""
