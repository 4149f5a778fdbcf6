"""Buchholz, Sonneborn-Berger and difficulty: by hand, and FIDE's own exercise with byes and forfeits."""

import csv
from functools import cache

import pytest

from tests.domain.builders import Adjusted, Duel, adjustments, ids, row_of, rules, series
from tests.real_data import real_rows
from webapp.domain import tiebreaks
from webapp.domain.columns import SCALE
from webapp.domain.results import SeriesResults
from webapp.domain.standings import fold_series
from webapp.domain.standings_series import rounds_of

# Chess points doubled, so that a draw is a whole number.
CHESS = rules(win_points=2, draw_points=1, loss_points=0)
DOUBLED = 2 * SCALE
PLAYERS = ids(*range(1, 17))
ROUNDS = 5


def chess_duels(crosstable: list[dict[str, str]]) -> list[Duel]:
    """Each game once, from the row of its lower-numbered player; byes and absences from the row of their only one."""
    duels: list[Duel] = []
    for row in crosstable:
        me = int(row["#"])
        for number in range(1, ROUNDS + 1):
            entry = row[str(number)]
            sign, rest = entry[0], entry[1:]
            opponent = None if rest in {"BYE", "-"} else int(rest[1:])
            if opponent is not None and opponent < me:
                continue
            winner = {"+": me, "=": None, "-": opponent}[sign]
            is_unplayed = rest == "-" or rest.startswith("F")
            duels.append(Duel(100 * number + len(duels), me, opponent, winner, forfeit=int(is_unplayed)))
    return duels


@cache
def chess_results() -> SeriesResults:
    return series(chess_duels(real_rows("chess_fide_tiebreak_exercise_2024", "crosstable.csv")))


def exercise_questions() -> list[tuple[str, str, int, int, float]]:
    """(exercise, tie-break, player, cut, answer) of every row of the file."""
    questions = []
    for row in real_rows("chess_fide_tiebreak_exercise_2024", "expected.csv"):
        player, _round, *cut = next(csv.reader([row["arguments_player_round_cut"].replace(" ", "")]))
        questions.append(
            (row["exercise"], row["tie_break"], int(player), int(cut[0]) if cut else 0, float(row["expected"]))
        )
    return questions


def test_all_57_answers_of_the_fide_exercise() -> None:
    rounds = rounds_of(PLAYERS, chess_results(), CHESS)
    answers = {
        ("buchholz", 0): tiebreaks.buchholz(rounds, CHESS.draw_points) / DOUBLED,
        ("buchholz", 1): tiebreaks.buchholz(rounds, CHESS.draw_points, cut=1) / DOUBLED,
        ("sonnebornBerger", 0): tiebreaks.sonneborn_berger(rounds, CHESS.draw_points) / DOUBLED,
        ("adjustedScore", 0): tiebreaks.adjusted_scores(rounds, CHESS.draw_points) / 2,
    }
    questions = exercise_questions()

    given = [
        (exercise, tie_break, player, answers[tie_break, cut][player - 1])
        for exercise, tie_break, player, cut, _ in questions
    ]

    assert given == [(exercise, tie_break, player, answer) for exercise, tie_break, player, _, answer in questions]
    assert len(questions) == 57


def test_the_fold_gives_the_same_numbers_as_columns() -> None:
    standings = fold_series(PLAYERS, chess_results(), adjustments(), CHESS)
    column_of = {"buchholz": "buchholz", "sonnebornBerger": "sonneborn_berger"}
    asked = [question for question in exercise_questions() if question[1] in column_of and question[3] == 0]

    given = [int(standings.columns[column_of[tie_break]][player - 1]) for _, tie_break, player, _, _ in asked]

    assert given == [round(answer * DOUBLED) for *_, answer in asked]
    assert len(asked) == 29


SWISS = [
    # A beats B and C, B beats C and D, C beats D, D beats nobody; A does not meet D.
    Duel(1, 1, 2, 1),
    Duel(2, 3, 4, 3),
    Duel(3, 1, 3, 1),
    Duel(4, 2, 4, 2),
    Duel(5, 2, 3, 2),
]


def test_without_byes_buchholz_is_the_plain_sum_of_the_opponents_scores() -> None:
    standings = fold_series(ids(1, 2, 3, 4), series(SWISS), adjustments(), rules())

    assert standings.columns["points"].tolist() == [6, 6, 3, 0]
    assert standings.columns["buchholz"].tolist() == [900, 900, 1200, 900]
    assert standings.columns["sonneborn_berger"].tolist() == [900, 300, 0, 0]
    assert standings.columns["buchholz_difference"].tolist() == [1 - 1, 2 - 1 - 2, 2 + 1 - 2, 1 - 1]


def test_a_penalty_of_an_opponent_does_not_change_my_buchholz() -> None:
    standings = fold_series(ids(1, 2, 3, 4), series(SWISS), adjustments([Adjusted(2, None, -3)]), rules())

    assert row_of(standings, 2)["points"] == 3
    assert standings.columns["buchholz"].tolist() == [900, 900, 1200, 900]


@pytest.mark.parametrize(
    ("last_round", "worth_to_opponent"),
    [
        (Duel(2, 2, None, 2), 6),  # a bye with full points counts as played
        (Duel(2, 2, None, None), 4),  # a half-point bye at the end: a draw
        (Duel(2, 2, None, None, forfeit=1), 4),  # absent at the end: counts as a draw for the opponents
        (Duel(2, 2, 3, 3, forfeit=1), 4),  # forfeit lost at the end: likewise
        (Duel(2, 2, 3, 2, forfeit=1), 6),  # forfeit won: counts as played
        (Duel(2, 2, 3, 3), 3),  # played and lost
    ],
)
def test_how_much_an_opponents_last_round_is_worth(last_round: Duel, worth_to_opponent: int) -> None:
    rounds = rounds_of(ids(1, 2, 3), series([Duel(1, 1, 2, 2), last_round]), rules())

    assert tiebreaks.adjusted_scores(rounds, draw_score=1)[1] == worth_to_opponent
    assert tiebreaks.buchholz(rounds, draw_score=1)[0] == 100 * worth_to_opponent


def test_an_absence_before_the_last_played_round_counts_as_it_was() -> None:
    duels = [Duel(1, 2, None, None, forfeit=1), Duel(2, 1, 2, 1)]

    assert tiebreaks.adjusted_scores(rounds_of(ids(1, 2), series(duels), rules()), draw_score=1).tolist() == [3, 0]


def test_a_cut_takes_an_unplayed_round_first_even_when_another_is_lower() -> None:
    # 1 has 3 points; the absence is worth that, the games against 2 (0 points) nothing.
    duels = [Duel(1, 1, 2, 1), Duel(2, 1, None, None, forfeit=1)]
    rounds = rounds_of(ids(1, 2), series(duels), rules())

    assert [tiebreaks.buchholz(rounds, 1, cut=cut)[0] for cut in (0, 1, 2, 3)] == [300, 0, 0, 0]
