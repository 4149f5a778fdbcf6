"""A small cup on a running site, played through the services that people use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask

from webapp.domain.presets import preset
from webapp.domain.scoring import BattleRoyaleLine
from webapp.domain.series import SeriesGame
from webapp.services.demo import demo
from webapp.services.matches import matches, results, series
from webapp.services.operations import flags
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import tournaments

TEAMS = tuple(f"Squad {letter}" for letter in "ABCDEFGHIJKLMNOP")


@dataclass
class Cup:
    """A live battle royale of sixteen teams with scheduled matches."""

    app: Flask
    tournament_id: int
    registrations: list[int]
    matches: list[int]

    @classmethod
    def begin(cls, app: Flask, *, count: int = 6, teams: Sequence[str] = TEAMS) -> "Cup":
        now = utc_now()
        with app.app_context():
            for name in demo.FLAGS:
                flags.set_flag(name, is_on=True, actor=SYSTEM, now=now)
            tournament_id = tournaments.create(
                "Test Cup", game="pubgm", format="battle-royale", ruleset=preset("super"), actor=SYSTEM, now=now
            )
            participants = registrations.register(tournament_id, teams, actor=SYSTEM, now=now)
            tournaments.start(tournament_id, actor=SYSTEM, now=now)
            fixtures = [
                matches.Fixture(f"Match {number}", scheduled_at=now + timedelta(minutes=number))
                for number in range(1, count + 1)
            ]
            match_ids = matches.schedule(tournament_id, fixtures, actor=SYSTEM, now=now)
            return cls(app, tournament_id, participants, match_ids)

    def play(self, number: int, winner: str) -> None:
        """Confirm a match that `winner` wins with twenty kills; the others follow in order without any."""
        first = self.registrations[TEAMS.index(winner)]
        order = [first, *(who for who in self.registrations if who != first)]
        lines = [BattleRoyaleLine(who, place, 20 if who == first else 0) for place, who in enumerate(order, start=1)]
        with self.app.app_context():
            results.confirm(self.matches[number - 1], lines, actor=SYSTEM, now=utc_now())


def begin_series(app: Flask) -> tuple[int, int, list[int]]:
    """A league of two teams with one best-of-three match: tournament, match, registrations."""
    now = utc_now()
    with app.app_context():
        tournament_id = tournaments.create(
            "Test League", game="valorant", format="round-robin", ruleset=preset("blueprint"), actor=SYSTEM, now=now
        )
        sides = registrations.register(tournament_id, ["North", "South"], actor=SYSTEM, now=now)
        tournaments.start(tournament_id, actor=SYSTEM, now=now)
        fixture = matches.Fixture("Final", side_a_id=sides[0], side_b_id=sides[1], best_of=3)
        match_id = matches.schedule(tournament_id, [fixture], actor=SYSTEM, now=now)[0]
        matches.start_match(match_id, actor=SYSTEM, now=now)
    return tournament_id, match_id, sides


def confirm_series(app: Flask, match_id: int, sides: Sequence[int]) -> None:
    """North wins 2:0."""
    north, south = sides
    with app.app_context():
        games = [SeriesGame(number, {north: 13, south: number}, f"Map {number}") for number in (1, 2)]
        series.confirm(match_id, games, actor=SYSTEM, now=utc_now())
