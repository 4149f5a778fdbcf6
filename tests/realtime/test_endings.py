"""A connection lasts no longer than what let it in."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.arenas import Arena
from tests.personas import Persona
from tests.realtime.observing import counts, log_lines
from tests.realtime.web import Ear, WebServer, log_end
from tests.servers.redis import RedisServer
from tests.views.api.worlds import program_of
from webapp.models import Tournament
from webapp.services.accounts import tokens
from webapp.services.live import overlay_tokens
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction

pytestmark = [pytest.mark.live, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
WITHIN_S = 5.0


def closed(ear: Ear, end: Callable[[], object]) -> int:
    """The code with which it is closed, soon after `end`."""
    ear.hear()
    end()
    began = time.monotonic()
    code = ear.closed_with(WITHIN_S + 1)
    assert time.monotonic() - began <= WITHIN_S
    return code


def test_whoever_is_logged_out_revoked_or_shut_out_is_closed_within_seconds_and_nobody_else(
    app: Flask, redis_server: RedisServer, web: WebServer, arena: Arena, pat: Persona, olga: Persona
) -> None:
    program, link = (
        program_of(app, pat),
        overlay_tokens.create(arena.tournament_id, "Stage", actor=SYSTEM, now=utc_now()),
    )
    cookie: dict[str, Any] = {"additional_headers": {"Cookie": f"dc_session={pat.secret}"}}
    bearer: dict[str, Any] = {"additional_headers": {"Authorization": f"Bearer {program.secret}"}}
    overlay: dict[str, Any] = {"subprotocols": ["bearer", link.secret]}
    visit = web.watch
    before, lines = counts(web), len(log_lines(web, "WS_AUTH_FAIL"))
    with visit(arena.tournament_id) as bystander:
        bystander.hear()
        with visit(arena.tournament_id, **cookie) as ear:
            assert closed(ear, lambda: pat.post("/logout/")) == 4003
        with visit(arena.tournament_id, **cookie) as ear:
            assert ear.hear()["role"] == "spectator"
        with visit(arena.tournament_id, **bearer) as ear:
            assert closed(ear, lambda: tokens.revoke(program.token_id, actor=pat.actor, now=utc_now())) == 4003
        with visit(arena.tournament_id, **overlay) as ear:
            assert closed(ear, lambda: take_back(arena, link.id)) == 4003
        bystander.say({"type": "subscribe", "since": 0})
        bystander.hear_number(log_end(arena.tournament_id))
        assert (counts(web) - before)["ws_auth_failures_total TOKEN_INVALID"] == 3
        assert len(log_lines(web, "WS_AUTH_FAIL")) == lines + 3
        assert closed_now(bystander, lambda: hide(arena)) == 4003


def closed_now(ear: Ear, end: Callable[[], object]) -> int:
    end()
    return ear.closed_with(WITHIN_S)


def take_back(arena: Arena, link_id: int) -> None:
    overlay_tokens.revoke(arena.tournament_id, link_id, actor=SYSTEM, now=utc_now())


def hide(arena: Arena) -> None:
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).visibility = "private"
