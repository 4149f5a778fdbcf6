"""A throw-away PostgreSQL cluster from the binaries on the machine."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from tests.servers.process import ServerProcess

OWNER = "deltacrown"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "timezone": "Pacific/Chatham",  # far from UTC, with odd minutes: code that forgets the zone shows itself
}


_EMPTY = """
DO $$
DECLARE
    one record;
    large text[] := '{}';
BEGIN
    -- Neither foreign keys nor what guards the log look on: in the end there is nothing that they could be about.
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT oid, oid::regclass AS name FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
    LOOP
        IF pg_relation_size(one.oid) > 262144 THEN
            large := large || one.name::text;
        ELSIF pg_relation_size(one.oid) > 0 THEN
            EXECUTE format('DELETE FROM %s', one.name);
        END IF;
    END LOOP;
    IF large <> '{}' THEN
        EXECUTE 'TRUNCATE ' || array_to_string(large, ', ') || ' CASCADE';
    END IF;
    PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL;
END $$
"""


# What tells that tables, columns, indexes and triggers are those of the template.
_SHAPE = """
SELECT
    (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    (SELECT count(*) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
     WHERE relnamespace = 'public'::regnamespace AND NOT attisdropped),
    (SELECT count(*) FROM pg_trigger),
    (SELECT max(version_num) FROM alembic_version)
"""


def find_binaries() -> Path | None:
    """The folder with initdb and postgres of the newest PostgreSQL on this machine; None without any."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    on_path = [Path(found).resolve().parent for found in [shutil.which("initdb"), shutil.which("pg_ctl")] if found]
    for folder in [*versions, *on_path]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


class PostgresServer:
    """A cluster in a temporary folder, on a Unix socket there. As root it runs as another user, as PostgreSQL demands."""

    def __init__(self, settings: Mapping[str, str] = SETTINGS) -> None:
        self._shapes: dict[str, tuple[object, ...]] = {}
        binaries = find_binaries()
        if binaries is None:
            raise FileNotFoundError("no PostgreSQL binaries; `python -m tests.servers.install` installs them")
        self.folder = Path(tempfile.mkdtemp(prefix="deltacrown-pg-"))
        user, group = _unprivileged()
        if user is not None and group is not None:
            os.chown(self.folder, user, group)
        initdb: list[str | Path] = [binaries / "initdb", "-D", self.folder / "data"]
        initdb += ["-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        subprocess.run(
            initdb,
            check=True,
            capture_output=True,
            cwd=self.folder,
            user=user,
            group=group,
            extra_groups=None if user is None else [],
        )
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._server = ServerProcess(
            [binaries / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
            self.folder / "log",
            folder=self.folder,
            user=user,
            group=group,
            end_signal=signal.SIGQUIT,  # there is nothing to save
        )
        self._server.wait_until(self._answers, seconds=30)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{OWNER}@/{database}?host={self.folder}"

    def create_database(self, name: str, *, template: str = "template0") -> str:
        """Make a database, as a copy of `template`, and return its URL."""
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def empty_database(self, name: str, *, template: str) -> bool:
        """Take every row out of a copy of `template` and begin its ids anew: a fifth of the time that a new one takes.

        False when it is not there, somebody still holds a table, or a test has changed more than rows.
        """
        try:
            with self._connect(name) as connection:
                connection.execute("SET lock_timeout = '500ms'")
                connection.execute(_EMPTY)
                return self._shape(connection) == self._shape_of(template)
        except psycopg.Error:
            return False

    def _shape_of(self, template: str) -> tuple[object, ...]:
        if template not in self._shapes:
            with self._connect(template) as connection:
                self._shapes[template] = self._shape(connection)
        return self._shapes[template]

    def _shape(self, connection: psycopg.Connection) -> tuple[object, ...]:
        row = connection.execute(_SHAPE).fetchone()
        assert row is not None
        return row

    def drop_database(self, name: str) -> None:
        """Remove it, whoever is still connected."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> None:
        self._server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(host=str(self.folder), user=OWNER, dbname=database, autocommit=True)

    def _run(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True


def _unprivileged() -> tuple[int | None, int | None]:
    """User and group to run as: our own, unless we are root."""
    if os.geteuid() != 0:
        return None, None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise LookupError("no unprivileged user for PostgreSQL")
