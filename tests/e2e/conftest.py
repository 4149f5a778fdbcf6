"""A site in this process for browser tests that need no workers, and an organizer with a cup to type results for."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import expect
from werkzeug.serving import BaseWSGIServer, make_server

from tests.arenas import ended_at, open_battle_royale, turn_on_the_engine
from tests.e2e.grids import SQUADS, Sheets
from tests.e2e.pictures import Pictures
from tests.personas import Persona, persona
from tests.servers.guests import Guests
from webapp.services.matches import results
from webapp.services.ranking import ranking

# What is expected at some time is waited for as long as a busy machine needs; who expects it at once says so.
expect.set_options(timeout=20_000)


@pytest.fixture
def server(app: Flask, free_port: int) -> Iterator[BaseWSGIServer]:
    """Pages and fragments alone: boards are ranked by the test, nothing is pushed."""
    turn_on_the_engine()
    guests = Guests(app)
    server = make_server("127.0.0.1", free_port, guests, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    guests.leave()


@pytest.fixture
def olga(app: Flask) -> Persona:
    return persona(app, "olga")


@pytest.fixture
def sheets(server: BaseWSGIServer, olga: Persona) -> Sheets:
    """Twenty-five squads after the first of three matches."""
    arena = open_battle_royale(squads=SQUADS, lobbies=3, organizer_id=olga.user_id)
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=olga.actor, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    return Sheets(f"http://127.0.0.1:{server.port}", arena, olga)


@pytest.fixture(scope="session")
def pictures() -> Pictures:
    """Where a test puts the documentation's pictures of the pages that it walks."""
    return Pictures.for_run()
