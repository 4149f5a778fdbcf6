"""A site with something to read by API, and programs that read it."""

from dataclasses import dataclass
from typing import Any, Final

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.arenas import Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.personas import Persona
from webapp.domain.series import SeriesGame
from webapp.domain.token_scopes import scopes_open_to
from webapp.services.accounts import tokens
from webapp.services.matches import results, series
from webapp.services.operations import flags
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.views.limits import limiter

API_FLAG: Final = "LEADERBOARDS_API_ENABLED"


def turn_on_the_api(*, cache: bool = False) -> None:
    turn_on_the_engine(cache=cache)
    flags.set_flag(API_FLAG, is_on=True, actor=SYSTEM, now=utc_now())


def played_cup(*, squads: int = 6, played: int = 1, lobbies: int = 4, **details: Any) -> Arena:
    """A battle royale with some matches played and ranked."""
    arena = open_battle_royale(squads=squads, lobbies=lobbies, **details)
    for number in range(1, played + 1):
        play(arena, number)
    return arena


def play(arena: Arena, number: int) -> None:
    """Confirm the n-th match, and rank."""
    match_id = arena.match_ids[number - 1]
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
    ranking.rank_due(arena.tournament_id, now=ended_at(number))


def played_league() -> Arena:
    """Two players and a best of three, won by the first."""
    league = open_league("valorant", {"cascade": ["points"]}, [(0, 1)], sides=2, best_of=3, name="League")
    one, other = league.participant_ids
    games = [SeriesGame(1, {one: 13, other: 5}, "Haven"), SeriesGame(2, {one: 13, other: 11}, "Bind")]
    series.confirm(league.match_ids[0], games, actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(league.tournament_id, now=ended_at(1))
    return league


@dataclass
class Program:
    """A program with a personal token."""

    client: FlaskClient
    secret: str
    token_id: int

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, headers=self.headers | options.pop("headers", {}), **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self.client.post(path, headers=self.headers | options.pop("headers", {}), **options)

    def patch(self, path: str, **options: Any) -> TestResponse:
        return self.client.patch(path, headers=self.headers | options.pop("headers", {}), **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self.client.delete(path, headers=self.headers | options.pop("headers", {}), **options)


def program_of(app: Flask, owner: Persona, *scopes: str) -> Program:
    """A program of that person, with all their scopes unless told otherwise."""
    given = scopes or (tuple(scopes_open_to(owner.role)) if owner.role == "admin" else ("read",))
    made = tokens.create("Program", scopes=given, days=30, actor=owner.actor, now=utc_now())
    return Program(app.test_client(), made.secret, made.id)


def forget_rates() -> None:
    """As if an hour had passed."""
    limiter.reset()


def code_of(answer: TestResponse) -> str:
    """The code of a problem document, checked to be one."""
    assert answer.content_type == "application/problem+json"
    document = answer.get_json()
    assert document["status"] == answer.status_code
    assert document["request_id"] == answer.headers["X-Request-ID"]
    return str(document["code"])
