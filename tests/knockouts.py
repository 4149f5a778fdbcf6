"""Tournaments with a bracket for tests, opened through the services that people use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from tests.arenas import OPENED_AT, names
from webapp.domain.rules import parse_ruleset
from webapp.domain.series import SeriesGame
from webapp.models import BracketNode, Match, Tournament
from webapp.services.bracketing import brackets
from webapp.services.matches import series
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

GAME: Final = "dota2"
RULES: Final[Mapping[str, Any]] = {"cascade": ["points", "wins"]}


@dataclass(frozen=True)
class Knockout:
    """A live tournament whose bracket is drawn; participants by seed."""

    tournament_id: int
    participant_ids: tuple[int, ...]

    def match_ids(self) -> dict[str, int]:
        with read_snapshot() as session:
            found = select(BracketNode.key, BracketNode.match_id).where(BracketNode.tournament_id == self.tournament_id)
            return dict(session.execute(found.order_by(BracketNode.id)).all())

    def sides(self) -> dict[str, tuple[int | None, int | None]]:
        """By key of each node the seeds of who is in its match."""
        seed_of: dict[int | None, int | None] = {who: seed for seed, who in enumerate(self.participant_ids, start=1)}
        seed_of[None] = None
        with read_snapshot() as session:
            rows = session.execute(
                select(BracketNode.key, Match.side_a_id, Match.side_b_id)
                .join(Match, Match.id == BracketNode.match_id)
                .where(BracketNode.tournament_id == self.tournament_id)
                .order_by(BracketNode.id)
            )
            return {key: (seed_of[a], seed_of[b]) for key, a, b in rows}

    def states(self) -> dict[str, str]:
        with read_snapshot() as session:
            rows = session.execute(
                select(BracketNode.key, Match.state)
                .join(Match, Match.id == BracketNode.match_id)
                .where(BracketNode.tournament_id == self.tournament_id)
            )
            return dict(rows.all())

    def seed(self, number: int) -> int:
        """The participant of that seed."""
        return self.participant_ids[number - 1]

    def win(self, key: str, seed: int, *, now: datetime = OPENED_AT) -> int:
        """Confirm a match for the participant of that seed, without losing a game; returns the match's id."""
        match_id = self.match_ids()[key]
        series.confirm(match_id, games(match_id, self.seed(seed)), actor=SYSTEM, now=now)
        return match_id

    def play(self, winner: Callable[[int, int], int] = min, *, until: str = "") -> None:
        """Play matches in their order, each won by the seed that `winner` names, up to but without node `until`."""
        for key in self.match_ids():
            if key == until:
                return
            a, b = self.sides()[key]
            if a is not None and b is not None and self.states()[key] == "scheduled":
                self.win(key, winner(a, b))


def open_knockout(
    form: str = "single-elimination",
    *,
    sides: int,
    settings: Mapping[str, Any] | None = None,
    best_of: Mapping[str, int] | None = None,
    name: str = "Knockout",
    is_live: bool = True,
) -> Knockout:
    knockout = registered(form, sides=sides, settings=settings, best_of=best_of, name=name)
    if is_live:
        tournaments.start(knockout.tournament_id, actor=SYSTEM, now=OPENED_AT)
    brackets.generate(knockout.tournament_id, actor=SYSTEM, now=OPENED_AT)
    return knockout


def registered(
    form: str = "single-elimination",
    *,
    sides: int,
    settings: Mapping[str, Any] | None = None,
    best_of: Mapping[str, int] | None = None,
    name: str = "Knockout",
    game: str = GAME,
) -> Knockout:
    """The same before anything is drawn: a draft with its participants."""
    ruleset = parse_ruleset(RULES, name="knockout")
    tournament_id = tournaments.create(name, game=game, format=form, ruleset=ruleset, actor=SYSTEM, now=OPENED_AT)
    with transaction() as session:
        tournament = session.get_one(Tournament, tournament_id)
        tournament.bracket, tournament.best_of_by_round = dict(settings or {}), dict(best_of or {})
    ids = registrations.register(tournament_id, names(sides), actor=SYSTEM, now=OPENED_AT) if sides else []
    return Knockout(tournament_id, tuple(ids))


def games(match_id: int, winner_id: int) -> list[SeriesGame]:
    """The shortest series that a side wins."""
    with read_snapshot() as session:
        match = session.get_one(Match, match_id)
        sides, needed = (match.side_a_id, match.side_b_id), match.best_of // 2 + 1
    assert winner_id in sides, f"{winner_id} is not in match {match_id}: {sides}"
    score = {side: int(side == winner_id) for side in sides if side is not None}
    return [SeriesGame(number, score) for number in range(1, needed + 1)]
