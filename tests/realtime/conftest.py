from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from flask import Flask

from tests.arenas import Arena, open_battle_royale, turn_on_the_engine
from tests.realtime.web import WebServer
from webapp.config import Settings


class StartWeb(Protocol):
    """Starts the site's web server on the test's database, with more of the environment if wanted."""

    def __call__(self, **environment: str) -> WebServer: ...


@pytest.fixture
def start_web(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[StartWeb]:
    servers: list[WebServer] = []

    def start(**environment: str) -> WebServer:
        folder = tmp_path / f"web-{len(servers)}"
        folder.mkdir()
        servers.append(WebServer(settings, folder, **environment))
        return servers[-1].start()

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def web(start_web: StartWeb) -> WebServer:
    return start_web()


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    return open_battle_royale(lobbies=8)
