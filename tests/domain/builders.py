"""Results written as rows in tests, turned into the columns that the folds read."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from webapp.domain.columns import IntColumn, column
from webapp.domain.results import Adjustments, BattleRoyaleResults, SeriesResults
from webapp.domain.rules import parse_ruleset
from webapp.domain.ruleset import Ruleset
from webapp.domain.scoring import BattleRoyaleLine, score_match
from webapp.domain.standing_columns import Standings


class Placed(NamedTuple):
    """One participant's result in one battle-royale match."""

    participant: int
    match: int
    placement: int | None
    kills: int = 0
    high: int | None = None
    alive: int | None = None
    at: int | None = None


class Scored(NamedTuple):
    """A Placed with its points."""

    placed: Placed
    placement_points: int
    kill_points: int


class Duel(NamedTuple):
    """One match of two sides; `winner` None is a draw, `b` None a round without an opponent."""

    number: int
    a: int
    b: int | None
    winner: int | None
    score_a: int = 0
    score_b: int = 0
    at: int | None = None
    games_a: int = 0
    games_b: int = 0
    forfeit: int = 0


class Adjusted(NamedTuple):
    """Signed points; `match` None for the whole tournament."""

    participant: int
    match: int | None
    points: int


def scored(rows: Iterable[Placed], rules: Ruleset) -> list[Scored]:
    rows = list(rows)
    lines = [BattleRoyaleLine(row.participant, row.placement, row.kills, row.high, row.alive) for row in rows]
    return [
        Scored(row, line.placement_points, line.kill_points)
        for row, line in zip(rows, score_match(lines, rules), strict=True)
    ]


def battle_royale(rows: Iterable[Placed], rules: Ruleset) -> BattleRoyaleResults:
    return columns_of_scored(scored(rows, rules))


def columns_of_scored(rows: Iterable[Scored]) -> BattleRoyaleResults:
    rows = list(rows)
    placed = [row.placed for row in rows]
    return BattleRoyaleResults(
        participant_id=column(row.participant for row in placed),
        match_number=column(row.match for row in placed),
        placement=column(row.placement for row in placed),
        placement_high=column(row.high for row in placed),
        kills=column(row.kills for row in placed),
        placement_points=column(row.placement_points for row in rows),
        kill_points=column(row.kill_points for row in rows),
        time_alive_s=column(row.alive for row in placed),
        completed_at=column(row.at for row in placed),
    )


def series(rows: Iterable[Duel]) -> SeriesResults:
    rows = list(rows)
    return SeriesResults(
        match_number=column(row.number for row in rows),
        side_a=column(row.a for row in rows),
        side_b=column(row.b for row in rows),
        score_a=column(row.score_a for row in rows),
        score_b=column(row.score_b for row in rows),
        winner=column(row.winner for row in rows),
        completed_at=column(row.at for row in rows),
        games_a=column(row.games_a for row in rows),
        games_b=column(row.games_b for row in rows),
        forfeit=column(row.forfeit for row in rows),
    )


def adjustments(rows: Iterable[Adjusted] = ()) -> Adjustments:
    rows = list(rows)
    return Adjustments(
        column(row.participant for row in rows), column(row.match for row in rows), column(row.points for row in rows)
    )


def ids(*numbers: int) -> IntColumn:
    return np.array(sorted(numbers), dtype=np.int64)


def rules(**settings: object) -> Ruleset:
    return parse_ruleset(settings)


def numbered(names: Iterable[str]) -> dict[str, int]:
    """Ids for names, in alphabetical order of the names, so that no order of the data leaks into the ids."""
    return {name: number for number, name in enumerate(sorted(set(names)), start=1)}


def row_of(standings: Standings, participant: int) -> dict[str, int]:
    """All totals of one participant."""
    at = standings.participant_id.tolist().index(participant)
    return {name: int(values[at]) for name, values in standings.columns.items()}


def names_in_order(standings: Standings, order: IntColumn, numbers: Mapping[str, int]) -> list[str]:
    """The names of a board from first to last."""
    name_of = {number: name for name, number in numbers.items()}
    return [name_of[number] for number in standings.participant_id[order].tolist()]
