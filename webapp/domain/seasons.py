"""Seasons and all-time: boards of several rounds added up by team or player."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from webapp.domain.board import Board
from webapp.domain.columns import MISSING, IntColumn, counted, mean_hundredths
from webapp.domain.packing import field_of, sort_by
from webapp.domain.standing_columns import Standings, standings_of
from webapp.domain.tally import Tally

SEASON_SLUG: Final = re.compile(r"(?!all-time$)[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
"""What can name a season: up to 40 letters, digits, _ . or -, such as 2025_S1; `all-time` is not a season."""

_SUMMED = (
    "kills", "wins", "losses", "draws", "matches_played", "placement_points", "kill_points", "time_alive_s",
    "score_for", "score_against", "score_difference", "games_won", "adjustment",
)  # fmt: skip


class RoundRow(NamedTuple):
    """Columns of all rounds one after another: whose row it is, and the round's own board row."""

    subject_id: IntColumn
    team_id: IntColumn
    columns: dict[str, IntColumn]


def fold_rounds(boards: Sequence[Board], *, count_best: int | None) -> tuple[Standings, IntColumn]:
    """The standings of subjects (ids, rising) over `boards`, and the team id of each (MISSING for players).

    Points are the sum of a subject's best `count_best` rounds (all without it); kills, wins and the like are of all
    rounds. The average placement weighs each round's average by its matches.
    """
    rows = _joined(boards)
    order, difference = sort_by([field_of(rows.subject_id)])
    starts = np.flatnonzero(difference <= 0)
    first_row = order[starts]
    subjects = rows.subject_id[first_row]
    owner = np.empty(order.size, dtype=np.int64)
    owner[order] = np.repeat(counted(starts.size), np.diff(starts, append=order.size))
    tally = Tally(owner, subjects.size)
    totals = {name: tally.sum(rows.columns[name]) for name in _SUMMED}
    totals["points"] = tally.sum(_counted_points(tally.owner, rows.columns["points"], count_best))
    totals["best_placement"] = tally.min(rows.columns["best_placement"])
    totals["earliest_win_at"] = tally.min(rows.columns["earliest_win_at"])
    totals["last_completed_at"] = tally.max(rows.columns["last_completed_at"])
    totals |= _averages(tally, rows.columns, totals)
    return standings_of(subjects, totals), rows.team_id[first_row]


def _counted_points(owner: IntColumn, points: IntColumn, count_best: int | None) -> IntColumn:
    """The points of each row, 0 where the subject has enough better rounds."""
    if count_best is None or not points.size:
        return points
    best_first = sort_by([field_of(owner), field_of(points, ascending=False)])[0]
    ordered = owner[best_first]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    place = np.arange(ordered.size) - np.repeat(starts, np.diff(starts, append=ordered.size))
    kept = points.copy()
    kept[best_first[place >= count_best]] = 0
    return kept


def _joined(boards: Sequence[Board]) -> RoundRow:
    names = (*_SUMMED, "points", "best_placement", "avg_placement", "earliest_win_at", "last_completed_at")
    none = np.zeros(0, np.int64)
    return RoundRow(
        np.concatenate([none, *(board.subject_id for board in boards)]),
        np.concatenate([none, *(board.team_id for board in boards)]),
        {name: np.concatenate([none, *(board.standings.columns[name] for board in boards)]) for name in names},
    )


def _averages(tally: Tally, columns: dict[str, IntColumn], totals: dict[str, IntColumn]) -> dict[str, IntColumn]:
    is_placed = columns["avg_placement"] != MISSING
    weight = np.where(is_placed, columns["matches_played"], 0)
    weighted = tally.sum(np.where(is_placed, columns["avg_placement"], 0) * weight)
    total_weight = tally.sum(weight)
    avg_placement = np.where(
        total_weight > 0, (2 * weighted + total_weight) // np.maximum(2 * total_weight, 1), MISSING
    )
    return {
        "avg_placement": avg_placement,
        "avg_kills": mean_hundredths(totals["kills"], totals["matches_played"], of_none=0),
    }
