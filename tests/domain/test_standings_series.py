"""What a standing of a series format says, case by case."""

import pytest

from tests.domain.builders import Adjusted, Duel, adjustments, ids, row_of, rules, series
from webapp.domain.columns import MISSING
from webapp.domain.results import SeriesResults
from webapp.domain.standings import COLUMNS, Standings, fold_series


def fold(
    *duels: Duel, ledger: tuple[Adjusted, ...] = (), participants: tuple[int, ...] = (1, 2, 3), **settings: object
) -> Standings:
    return fold_series(ids(*participants), series(duels), adjustments(ledger), rules(**settings))


def test_totals_of_a_participant() -> None:
    standings = fold(
        Duel(1, 1, 2, 1, 13, 7, at=10, games_a=1),
        Duel(2, 3, 1, 3, 2, 0, at=20, games_a=2),
        Duel(3, 1, 3, None, 1, 1, at=30, games_a=1, games_b=1),
        ledger=(Adjusted(1, None, -1),),
    )

    row = row_of(standings, 1)

    shown = {name: value for name, value in row.items() if value not in {0, MISSING}}
    assert shown == {
        "points": 3 + 1 - 1,
        "wins": 1,
        "losses": 1,
        "draws": 1,
        "matches_played": 3,
        "last_completed_at": 30,
        "earliest_win_at": 10,
        "score_for": 14,
        "score_against": 10,
        "score_difference": 4,
        "games_won": 2,
        "buchholz": 100 * (0 + 4 + 4),
        "buchholz_difference": -1 + 1 + 1,
        "sonneborn_berger": 100 * 0 + 50 * 4,
        "adjustment": -1,
    }
    assert set(row) == set(COLUMNS)


@pytest.mark.parametrize(
    ("duel", "of_1", "of_2"),
    [
        (Duel(1, 1, 2, 1), (3, 1, 0, 0), (0, 0, 0, 1)),
        (Duel(1, 1, 2, 2), (0, 0, 0, 1), (3, 1, 0, 0)),
        (Duel(1, 1, 2, None), (1, 0, 1, 0), (1, 0, 1, 0)),
        (Duel(1, 1, 2, 2, forfeit=1), (0, 0, 0, 1), (3, 1, 0, 0)),
        (Duel(1, 1, 2, None, forfeit=1), (0, 0, 0, 1), (0, 0, 0, 1)),  # neither side came
        (Duel(1, 1, None, 1), (3, 1, 0, 0), (0, 0, 0, 0)),  # bye
        (Duel(1, 1, None, None), (1, 0, 1, 0), (0, 0, 0, 0)),  # bye with half the points
        (Duel(1, 1, None, None, forfeit=1), (0, 0, 0, 1), (0, 0, 0, 0)),  # absent
    ],
)
def test_points_wins_draws_losses_of_every_kind_of_match(
    duel: Duel, of_1: tuple[int, ...], of_2: tuple[int, ...]
) -> None:
    standings = fold(duel)

    for participant, expected in ((1, of_1), (2, of_2)):
        row = row_of(standings, participant)
        assert tuple(row[name] for name in ("points", "wins", "draws", "losses")) == expected
        assert row["matches_played"] == sum(expected[1:])


def test_the_tournaments_own_points() -> None:
    standings = fold(
        Duel(1, 1, 2, 1), Duel(2, 2, 3, None), Duel(3, 3, 1, 1), win_points=2, draw_points=1, loss_points=1
    )

    assert standings.columns["points"].tolist() == [4, 2, 2]


def test_opponents_who_are_not_asked_for_still_count_as_opponents() -> None:
    duels = (Duel(1, 1, 9, 9), Duel(2, 9, 8, 9))

    standings = fold(*duels, participants=(1,))

    assert (row_of(standings, 1)["losses"], row_of(standings, 1)["buchholz"]) == (1, 600)


@pytest.mark.parametrize("duel", [Duel(4, 1, 1, 1), Duel(4, 1, 2, 3)])
def test_sides_and_winners_that_cannot_be_are_refused(duel: Duel) -> None:
    with pytest.raises(ValueError, match="two different sides and a winner among them: match 4"):
        fold(duel)


def test_no_results_is_a_board_of_nothing() -> None:
    standings = fold_series(ids(1, 2), SeriesResults.empty(), adjustments(), rules())

    assert standings.columns["points"].tolist() == [0, 0]
    assert standings.columns["buchholz"].tolist() == [0, 0]
    assert standings.columns["last_completed_at"].tolist() == [MISSING, MISSING]
