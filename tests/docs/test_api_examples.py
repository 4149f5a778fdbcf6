"""What docs/api.md shows is what the API does."""

import re
from typing import Any

import pytest
from flask import Flask

from tests.arenas import ended_at
from tests.docs.examples import commands, shape
from tests.personas import persona
from tests.views.api.worlds import forget_rates, played_cup, played_league, program_of, turn_on_the_api
from webapp.config import ROOT
from webapp.services import season_ranking
from webapp.views.api import rates

DOCUMENT = ROOT / "docs" / "api.md"
OF_HTTP = {"bad_request", "not_found", "method_not_allowed", "request_entity_too_large", "too_many_requests"}
"""Codes made of the names that HTTP gives to statuses."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The examples name ids, which an empty database gives in order."""
    return sqlite_url


def test_every_command_answers_what_is_shown(app: Flask) -> None:
    turn_on_the_api()
    played_cup(squads=3, played=3, season="2026_S1")
    played_league()
    season_ranking.compute_season_rankings("pubgm", "2026_S1", now=ended_at(5))
    program = program_of(app, persona(app, "sam"))
    found = commands(DOCUMENT, SITE="", TOKEN=program.secret)
    assert len(found) >= 10
    for command in found:
        forget_rates()
        answer = program.client.open(
            command.path, method=command.method, headers=command.headers,
            **({"json": command.body} if command.body is not None else {}),
        )  # fmt: skip
        shown: dict[str, Any] = command.shown or {}
        is_problem = "code" in shown
        assert answer.status_code == (shown["status"] if is_problem else 200), command.path
        if shown:
            assert shape(answer.get_json()) == shape(shown), command.path


def test_every_error_that_is_listed_is_one_that_the_code_knows() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "webapp").rglob("*.py"))
    table = DOCUMENT.read_text("utf-8").partition("## Errors")[2].partition("## Sockets")[0]
    rows = [row for row in table.splitlines() if re.match(r"\| \d", row)]
    listed = {code for row in rows for code in re.findall(r"`(\w+)`", row.split("|")[2])}
    assert {name for name in listed - OF_HTTP if f'"{name}"' not in code} == set()
    assert len(listed) > 30


def test_rates_are_those_of_the_code() -> None:
    words = DOCUMENT.read_text("utf-8").partition("## Rates")[2].partition("## Errors")[0]
    for rate in (
        rates.BOARDS,
        rates.DELTAS,
        rates.NAMES,
        rates.STAFF,
        rates.OVERRIDES,
        rates.INVALIDATION,
        rates.TOKENS,
    ):
        assert re.search(rf"\b{rate.limit.split()[0]}\b", words), rate.name
