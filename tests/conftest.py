"""Fixtures of all tests: databases, Redis, the application, a live site, a browser. Nothing of ours is patched."""

import asyncio
import contextvars
import gc
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.test import TestResponse

from tests.kept_apps import KeptApps, close
from tests.personas import Persona, persona
from tests.servers import browser
from tests.servers.discord import DiscordServer
from tests.servers.postgres import PostgresServer
from tests.servers.receiver import Receiver
from tests.servers.redis import RedisServer
from tests.servers.smtp import SmtpServer
from tests.servers.web import LiveSite, StartSite
from tests.servers.web import free_port as any_free_port
from webapp import connect_process, create_app
from webapp.config import VARIABLES, Settings
from webapp.services.operations import flags
from webapp.services.spine import precedence

TEST_SECRET_KEY = "tests-only-" + "k" * 32
LIVE_FIXTURES = {"live_site", "shared_site", "start_site"}

gc.disable()  # until all tests are collected

# What a developer has set for the site in a shell or in .env says nothing about the tests.
for _name in [*VARIABLES, *flags.FLAGS]:
    os.environ.pop(_name, None)
os.environ["PYTHON_DOTENV_DISABLED"] = "1"


def _refuse_the_internet(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise RuntimeError(f"a test tried to reach {address[0]}")


sys.addaudithook(_refuse_the_internet)


# Before xdist's own, which reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole sites run one after the other: two at once would measure each other."""
    for item in items:
        if LIVE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.live)
        if item.get_closest_marker("live") or item.get_closest_marker("chaos"):
            item.add_marker(pytest.mark.xdist_group("site"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is imported by now stays for ever: the garbage collector need not look at it over and over."""
    if getattr(session.config.option, "loadgroup", False):
        stray = [
            item.nodeid for item in session.items if item.get_closest_marker("xdist_group") and "@" not in item.nodeid
        ]
        assert not stray, f"these would run beside others of their group: {stray[:3]}"
    gc.freeze()
    gc.enable()


# -- databases


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at the newest migration."""
    folder = tmp_path_factory.mktemp("template")
    file = folder / "migrated.sqlite3"
    _migrate(Settings(secret_key=TEST_SECRET_KEY, database_url=f"sqlite:///{file}", instance_path=folder))
    # Everything into the one file that is copied.
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a PostgreSQL database at the newest migration."""
    url = postgres_server.create_database("migrated")
    _migrate(Settings(secret_key=TEST_SECRET_KEY, database_url=url, instance_path=tmp_path_factory.mktemp("template")))
    return "migrated"


def _migrate(settings: Settings) -> None:
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
    close(app)


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the databases and the instance folders of all tests of this process lie, one test after the other."""
    return tmp_path_factory.mktemp("site")


@pytest.fixture
def sqlite_url(sqlite_template: Path, site_folder: Path) -> str:
    """The URL of a migrated, empty SQLite database."""
    file = site_folder / "test.sqlite3"
    for of_another_test in site_folder.glob("test.sqlite3*"):
        of_another_test.unlink()
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> str:
    """The URL of a migrated, empty PostgreSQL database."""
    if not postgres_server.empty_database("test", template=postgres_template):
        postgres_server.drop_database("test")
        postgres_server.create_database("test", template=postgres_template)
    return postgres_server.url("test")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database; a test that asks for it runs on both kinds."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


# -- Redis


@pytest.fixture(scope="session")
def _redis_process() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.remove()


@pytest.fixture
def redis_server(_redis_process: RedisServer) -> Iterator[RedisServer]:
    """A running, empty Redis; `app` uses it in tests that ask for it, other tests have none."""
    _redis_process.make_fresh()
    yield _redis_process
    _redis_process.make_fresh()


# -- the application


@pytest.fixture
def settings(request: pytest.FixtureRequest, database_url: str, site_folder: Path) -> Settings:
    redis_url = request.getfixturevalue("redis_server").url if "redis_server" in request.fixturenames else None
    instance_path = site_folder / "instance"
    shutil.rmtree(instance_path, ignore_errors=True)
    return Settings(
        secret_key=TEST_SECRET_KEY, database_url=database_url, redis_url=redis_url, instance_path=instance_path
    )


@pytest.fixture(scope="session")
def kept_apps() -> KeptApps:
    return KeptApps()


class OutsideClient(FlaskClient):
    """Asks from outside, as a browser does: no request sees the context, session or `g` of the test or of another request."""

    def open(self, *arguments: Any, **named: Any) -> TestResponse:
        return contextvars.Context().run(super().open, *arguments, **named)


@pytest.fixture
def app(settings: Settings, kept_apps: KeptApps) -> Iterator[Flask]:
    """The application on a migrated, empty database, with its context pushed for the test's own use of services."""
    app = kept_apps.take(settings)
    app.testing = True
    # In most tests no ranking is served, and nobody need stand back for one.
    precedence.connect(settings.instance_path, longest_s=0.0)
    app.test_client_class = OutsideClient
    with app.app_context():
        yield app
    close(app)


@pytest.fixture
def polite(app: Flask) -> None:
    """Who may wait stands back for rankings as long as in a site."""
    precedence.connect(Path(app.instance_path))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def olga(app: Flask) -> Persona:
    """An organizer."""
    return persona(app, "olga")


@pytest.fixture
def otto(app: Flask) -> Persona:
    """Another organizer."""
    return persona(app, "otto")


@pytest.fixture
def sam(app: Flask) -> Persona:
    """Staff."""
    return persona(app, "sam")


@pytest.fixture
def pat(app: Flask) -> Persona:
    """A player."""
    return persona(app, "pat")


@pytest.fixture
def vic(app: Flask) -> FlaskClient:
    """A visitor who is not logged in."""
    return app.test_client()


# -- those who are told


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def discord() -> Iterator[DiscordServer]:
    """A receiver that answers as Discord does."""
    discord = DiscordServer()
    yield discord
    discord.stop()


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    """A mail server that keeps what it is given."""
    smtp = SmtpServer()
    yield smtp
    smtp.stop()


# -- the whole site


@pytest.fixture
def start_site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StartSite]:
    """Starts whole sites (launcher, web, workers, scheduler, Redis), by default on SQLite, and stops them afterwards."""
    sites: list[LiveSite] = []

    def start(database_url: str | None = None, **environment: str) -> LiveSite:
        folder = tmp_path / f"site-{len(sites)}"
        folder.mkdir()
        site = LiveSite(folder, database_url or request.getfixturevalue("sqlite_url"), **environment)
        sites.append(site)
        site.start()
        return site

    yield start
    for site in sites:
        if "app" in site.__dict__:
            close(site.app)
        site.stop()


@pytest.fixture
def live_site(start_site: StartSite) -> LiveSite:
    """One whole site on SQLite, empty and for this test alone."""
    return start_site()


@pytest.fixture(scope="session")
def _running_site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    folder = tmp_path_factory.mktemp("shared")
    shutil.copyfile(sqlite_template, folder / "site.sqlite3")
    site = LiveSite(folder, f"sqlite:///{folder / 'site.sqlite3'}")
    site.start()
    yield site
    site.stop()


@pytest.fixture
def shared_site(_running_site: LiveSite) -> Iterator[LiveSite]:
    """One whole site on SQLite for all tests that stop nothing of it and do not mind what others have made there."""
    connect_process(_running_site.app.config["SETTINGS"])
    yield _running_site
    close(_running_site.app)


# -- the browser


@pytest.fixture(scope="session")
def _launched() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    with sync_playwright() as playwright:
        chromium, loop = browser.launch(playwright), asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield chromium, loop
        asyncio._set_running_loop(loop)
        chromium.close()


@pytest.fixture
def chromium(_launched: tuple[Browser, asyncio.AbstractEventLoop]) -> Iterator[Browser]:
    """Playwright's event loop is this thread's running one while a test uses the browser, and in nobody's way afterwards."""
    chromium, loop = _launched
    asyncio._set_running_loop(loop)
    yield chromium
    asyncio._set_running_loop(None)


@pytest.fixture
def browser_page(chromium: Browser) -> Iterator[Page]:
    """A page of a fresh browser profile. Script errors, refused content and foreign requests fail the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    complaints = browser.PageComplaints(page)
    yield page
    context.close()
    assert complaints.found == []


@pytest.fixture
def free_port() -> int:
    return any_free_port()
