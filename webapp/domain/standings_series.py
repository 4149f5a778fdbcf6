"""The fold of series formats: matches of two sides become standings."""

import numpy as np

from webapp.domain import tiebreaks
from webapp.domain.columns import MISSING, BoolColumn, IntColumn, filled, positions_of
from webapp.domain.results import Adjustments, SeriesResults
from webapp.domain.ruleset import Ruleset
from webapp.domain.standing_columns import Standings, check_participants, standings_of
from webapp.domain.tally import Tally, points_brought_at
from webapp.domain.tiebreaks import DRAW, LOSS, NO_OPPONENT, WIN, Rounds


def fold_series(
    participants: IntColumn,
    results: SeriesResults,
    adjustments: Adjustments,
    rules: Ruleset,
    *,
    seed: IntColumn | None = None,
    lot: IntColumn | None = None,
) -> Standings:
    """The standings of `participants` (ids, rising) after `results`; others count only as their opponents.

    A win, a draw, a loss bring the points of `rules` (02: 3, 1, 0 unless the tournament says otherwise); adjustments
    are added. Byes count as rounds played, so that wins, draws and losses add up to matches_played, but bring no
    Buchholz opponent. Penalties do not change what a participant is worth to its opponents' tie-breaks. `seed` and
    `lot` are columns a row. Buchholz and its relatives are right only when `results` holds every match of the
    opponents too. Raises ValueError for a side against itself and for a winner who did not take part in the match.
    """
    check_participants(participants)
    _check_sides(results)
    sides = np.concatenate([results.side_a, results.side_b[results.side_b != MISSING]])
    everybody = np.union1d(participants, sides)
    wanted = positions_of(participants, everybody)
    rounds = rounds_of(everybody, results, rules)
    totals = {name: values[wanted] for name, values in _totals(rounds, results, rules).items()}
    totals["adjustment"] = adjustments.by_participant(participants)
    totals["points"] += totals["adjustment"]
    totals |= {name: given for name, given in (("seed", seed), ("lot", lot)) if given is not None}
    return standings_of(participants, totals)


def rounds_of(participants: IntColumn, results: SeriesResults, rules: Ruleset) -> Rounds:
    """Each side's view of each match: first the sides a of all matches, then the sides b of those that had one.

    `participants` (ids, rising) must hold every side.
    """
    paired = results.side_b != MISSING
    side_a = positions_of(results.side_a, participants)
    side_b = positions_of(results.side_b[paired], participants)
    opponent_of_a = filled(side_a.size, NO_OPPONENT)
    opponent_of_a[paired] = side_b
    is_forfeit = results.forfeit != 0
    outcome = np.concatenate([_outcome(results, results.side_a), _outcome(results, results.side_b)[paired]])
    is_played = np.concatenate([paired & ~is_forfeit, ~is_forfeit[paired]])
    return Rounds(
        size=participants.size,
        participant=np.concatenate([side_a, side_b]),
        opponent=np.concatenate([opponent_of_a, side_a[paired]]),
        number=_both(results.match_number, paired),
        outcome=outcome,
        score=np.array([rules.loss_points, rules.draw_points, rules.win_points], dtype=np.int64)[outcome],
        is_played=is_played,
        is_own_choice=~is_played & (outcome != WIN),
    )


def _outcome(results: SeriesResults, side: IntColumn) -> IntColumn:
    nobody_won = results.winner == MISSING
    without_winner = np.where(results.forfeit == 0, DRAW, LOSS)
    with_winner = np.where(results.winner == side, WIN, LOSS)
    return np.where(nobody_won, without_winner, with_winner)


def _check_sides(results: SeriesResults) -> None:
    wrong = results.side_a == results.side_b
    wrong |= (results.winner != MISSING) & (results.winner != results.side_a) & (results.winner != results.side_b)
    if wrong.any():
        numbers = results.match_number[wrong][:5].tolist()
        raise ValueError(
            f"a match needs two different sides and a winner among them: match {', '.join(map(str, numbers))}"
        )


def _both(values: IntColumn, paired: BoolColumn, of_b: IntColumn | None = None) -> IntColumn:
    """A column of matches as a column of rounds: for the sides a, then for the sides b (`of_b` where they differ)."""
    return np.concatenate([values, (values if of_b is None else of_b)[paired]])


def _totals(rounds: Rounds, results: SeriesResults, rules: Ruleset) -> dict[str, IntColumn]:
    paired = results.side_b != MISSING
    tally = Tally(rounds.participant, rounds.size)
    is_won = rounds.outcome == WIN
    completed_at = _both(results.completed_at, paired)
    scored = tally.sum(_both(results.score_a, paired, results.score_b))
    conceded = tally.sum(_both(results.score_b, paired, results.score_a))
    return {
        "points": tally.sum(rounds.score),
        "wins": tally.count(is_won),
        "draws": tally.count(rounds.outcome == DRAW),
        "losses": tally.count(rounds.outcome == LOSS),
        "matches_played": tally.count(),
        "last_completed_at": points_brought_at(tally, completed_at, rounds.score != 0),
        "earliest_win_at": tally.min(completed_at, is_won),
        "score_for": scored,
        "score_against": conceded,
        "score_difference": scored - conceded,
        "games_won": tally.sum(_both(results.games_a, paired, results.games_b)),
        "buchholz": tiebreaks.buchholz(rounds, rules.draw_points),
        "buchholz_difference": tiebreaks.buchholz_difference(rounds),
        "sonneborn_berger": tiebreaks.sonneborn_berger(rounds, rules.draw_points),
    }
