"""Leagues for tests of services: opened, drawn and played through the services that people use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import select

from tests.arenas import OPENED_AT, ended_at
from webapp.domain.rules import parse_ruleset
from webapp.domain.series import SeriesGame
from webapp.models import BracketNode, Match, Stage, Tournament
from webapp.services.bracketing import brackets, group_tables, next_stages, stages, swiss_rounds
from webapp.services.bracketing.group_tables import GroupTable
from webapp.services.matches import series
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

TABLE = {"cascade": ["points", "score_difference", "score_for", "head_to_head"]}


class Duel(NamedTuple):
    """A match of a stage as it stands."""

    match_id: int
    round: int
    group: str | None
    a: int
    b: int | None
    state: str
    winner_id: int | None


@dataclass(frozen=True)
class League:
    """A live tournament with a stage that is drawn. `ids` are by seed."""

    tournament_id: int
    ids: tuple[int, ...]

    def duels(self, number: int = 1) -> list[Duel]:
        """The matches of a stage in their order."""
        with read_snapshot() as session:
            rows: Any = session.execute(
                select(
                    Match.id, BracketNode.round, BracketNode.group, Match.side_a_id, Match.side_b_id, Match.state,
                    Match.winner_id,
                )
                .join(BracketNode, BracketNode.match_id == Match.id)
                .join(Stage, Stage.id == BracketNode.stage_id)
                .where(Stage.tournament_id == self.tournament_id, Stage.number == number)
                .order_by(Match.number)
            )  # fmt: skip
            return [Duel(*row) for row in rows]

    def open_duels(self, number: int = 1) -> list[Duel]:
        """Those that are to be played and have both sides."""
        return [duel for duel in self.duels(number) if duel.state == "scheduled" and duel.b is not None]

    def play(self, score: Callable[[Duel], tuple[int, int]], number: int = 1) -> None:
        """Confirm every match of the stage that can be played, one game each."""
        while duels := self.open_duels(number):
            for duel in duels:
                self.confirm(duel, score(duel))

    def confirm(self, duel: Duel, *scores: tuple[int, int]) -> None:
        """Confirm a match by the scores of its games, side a first."""
        assert duel.b is not None
        games = [
            SeriesGame(place, {duel.a: a, duel.b: b}, allow_irregular=True, reason="as it was")
            for place, (a, b) in enumerate(scores, start=1)
        ]
        series.confirm(duel.match_id, games, actor=SYSTEM, now=ended_at(duel.match_id))

    def stronger(self, duel: Duel) -> tuple[int, int]:
        """The better seed wins 1-0."""
        assert duel.b is not None
        return (1, 0) if self.ids.index(duel.a) < self.ids.index(duel.b) else (0, 1)

    def tables(self, number: int = 1, *, audience: str = "official") -> list[GroupTable]:
        with read_snapshot() as session:
            stage = stages.the(session, self.tournament_id, number)
            assert stage is not None
            tournament = session.get_one(Tournament, self.tournament_id)
            return group_tables.of_stage(session, tournament, stage, audience=audience)

    def stage(self, number: int = 1) -> Stage:
        with read_snapshot() as session:
            stage = stages.the(session, self.tournament_id, number)
            assert stage is not None
            session.expunge(stage)
            return stage


def drawn(
    format_: str,
    names: Sequence[str] | int,
    bracket: Mapping[str, Any] | None = None,
    *,
    game: str = "fc26",
    rules: Mapping[str, Any] = TABLE,
    **details: Any,
) -> League:
    """A live tournament whose first stage is drawn by slots; `names` by seed, or how many."""
    if isinstance(names, int):
        names = [f"Player {number:02}" for number in range(1, names + 1)]
    tournament_id = tournaments.create(
        "League", game=game, format=format_, ruleset=parse_ruleset(rules, name="league"), bracket=dict(bracket or {}),
        actor=SYSTEM, now=OPENED_AT, **details,
    )  # fmt: skip
    ids = registrations.register(tournament_id, names, actor=SYSTEM, now=OPENED_AT)
    brackets.generate(tournament_id, actor=SYSTEM, now=OPENED_AT)
    tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    return League(tournament_id, tuple(ids))


def pair_round(tournament_id: int, number: int | None) -> list[int]:
    """Pair a round now."""
    return swiss_rounds.next_round(tournament_id, number=number, actor=SYSTEM, now=utc_now())


def start_next(tournament_id: int) -> int:
    """Start the second stage now."""
    return next_stages.start(tournament_id, actor=SYSTEM, now=utc_now())
