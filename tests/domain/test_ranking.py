"""The kernel, case by case: reasons, ties, comparisons among the tied, restart, match point, lots."""

import numpy as np
import pytest

from tests.domain.builders import Duel, Placed, adjustments, battle_royale, ids, rules, series
from webapp.domain.cascades import CASCADES, parse_cascade
from webapp.domain.columns import IntColumn, column, counted
from webapp.domain.lots import lots
from webapp.domain.meetings import BattleRoyaleMeetings, SeriesMeetings, needs_meetings
from webapp.domain.ranking import decider_name, rank
from webapp.domain.standings import Standings, fold_series, standings_of


def standings(champion: int | None = None, **columns: list[int | None]) -> Standings:
    size = len(next(iter(columns.values())))
    totals = {name: column(values) for name, values in columns.items()}
    return standings_of(counted(size) + 1, totals, champion=champion)


def board(
    table: Standings, cascade: object, ties: str = "id"
) -> tuple[list[int], list[str | None], list[int], list[bool]]:
    """Ids in order, reasons by position, ranks by position, marks by position."""
    keys = parse_cascade(cascade)
    ranking = rank(table, keys, ties=ties)
    return (
        table.participant_id[ranking.order].tolist(),
        [decider_name(reason, keys) for reason in ranking.decided_by.tolist()],
        ranking.ranks[ranking.order].tolist(),
        ranking.tied[ranking.order].tolist(),
    )


def test_each_key_of_the_engine_cascade_decides_in_its_turn() -> None:
    table = standings(
        points=[9, 9, 9, 9, 9, 9, 9],
        kills=[5, 6, 5, 5, 5, 5, 5],
        wins=[1, 0, 2, 1, 1, 1, 1],
        matches_played=[5, 5, 5, 4, 5, 5, 5],
        earliest_win_at=[30, None, 30, 30, 20, None, 30],
    )

    assert board(table, "engine") == (
        [2, 3, 4, 5, 1, 7, 6],
        [None, "kills", "wins", "matches_played", "earliest_win_at", "participant_id", "earliest_win_at"],
        [1, 2, 3, 4, 5, 6, 7],
        [False, False, False, False, True, True, False],
    )


def test_shared_ranks_skip_the_places_they_take() -> None:
    table = standings(points=[4, 7, 7, 9, 4, 4])

    assert board(table, ["points"], ties="shared") == (
        [4, 2, 3, 1, 5, 6],
        [None, "points", "participant_id", "points", "participant_id", "participant_id"],
        [1, 2, 2, 4, 4, 4],
        [False, True, True, True, True, True],
    )


def test_no_value_sorts_last_in_either_direction() -> None:
    table = standings(best_placement=[None, 3, 1])

    assert board(table, ["best_placement"])[0] == [3, 2, 1]
    assert board(table, ["best_placement:desc"])[0] == [2, 3, 1]


@pytest.mark.parametrize("size", [0, 1])
def test_boards_of_nobody_and_of_one(size: int) -> None:
    ranking = rank(standings_of(counted(size), {}), CASCADES["engine"])

    assert (ranking.order.tolist(), ranking.ranks.tolist(), ranking.tied.tolist()) == (
        [0] * size,
        [1] * size,
        [False] * size,
    )
    assert ranking.decided_by.tolist() == [-1] * size


def test_a_match_point_champion_is_first_whatever_the_points() -> None:
    table = standings(champion=3, points=[50, 60, 10, 60])

    assert board(table, ["points"]) == (
        [3, 2, 4, 1],
        [None, "match_point", "participant_id", "points"],
        [1, 2, 3, 4],
        [False, True, True, False],
    )


def test_a_champion_who_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="champion is not among the participants"):
        rank(standings(champion=9, points=[1, 2]), CASCADES["engine"])


def test_other_mistakes_are_refused() -> None:
    table = standings(points=[1, 2], matches_played=[1, 1])
    with pytest.raises(ValueError, match="ties are 'id' or 'shared'"):
        rank(table, CASCADES["engine"], ties="share")
    with pytest.raises(ValueError, match="needs the meetings"):
        rank(table, parse_cascade(["points", "head_to_head"]))
    with pytest.raises(ValueError, match="folded without the countback"):
        rank(table, parse_cascade(["points", "countback"]))
    del table.columns["kills"]
    with pytest.raises(ValueError, match="no column for the key 'kills'"):
        rank(table, CASCADES["engine"])


def test_which_cascades_need_the_single_results() -> None:
    assert not any(needs_meetings(cascade) for cascade in CASCADES.values())
    assert needs_meetings(parse_cascade(["points", "head_to_head"]))
    assert needs_meetings(parse_cascade(["points", {"key": "score_difference", "among": "tied"}]))


def duel(number: int, a: int, b: int, score_a: int, score_b: int) -> Duel:
    return Duel(number, a, b, a if score_a > score_b else b if score_b > score_a else None, score_a, score_b)


# Three level on 6 points: 1 beat 2 by one, 2 beat 3 by one, 3 beat 1 by two; each beat 4.
CIRCLE = [
    duel(1, 1, 2, 1, 0),
    duel(2, 2, 3, 1, 0),
    duel(3, 3, 1, 2, 0),
    duel(4, 1, 4, 9, 0),
    duel(5, 2, 4, 2, 0),
    duel(6, 3, 4, 1, 0),
]
AMONG = {"among": "tied"}


def series_board(duels: list[Duel], cascade: object, size: int) -> tuple[list[int], list[str | None]]:
    own = rules(cascade=cascade)
    participants = counted(size) + 1
    results = series(duels)
    folded = fold_series(participants, results, adjustments(), own)
    ranking = rank(folded, own.cascade, meetings=SeriesMeetings(participants, results, own))
    reasons = [decider_name(reason, own.cascade) for reason in ranking.decided_by.tolist()]
    return participants[ranking.order].tolist(), reasons


def test_two_level_sides_are_parted_by_their_own_match() -> None:
    # 1 and 2 have won two each; 1 has the better score, 2 beat 1.
    duels = [duel(1, 1, 3, 5, 0), duel(2, 2, 1, 1, 0), duel(3, 1, 4, 5, 0), duel(4, 2, 3, 1, 0), duel(5, 4, 2, 1, 0)]

    assert series_board(duels, ["points", "score_difference"], 4) == (
        [1, 2, 4, 3],
        [None, "score_difference", "points", "points"],
    )
    assert series_board(duels, ["points", "head_to_head", "score_difference"], 4) == (
        [2, 1, 4, 3],
        [None, "head_to_head", "points", "points"],
    )


def test_in_a_circle_the_score_difference_among_the_tied_decides() -> None:
    order, reasons = series_board(CIRCLE, ["points", "head_to_head", {"key": "score_difference", **AMONG}], 4)

    assert order == [3, 2, 1, 4]
    assert reasons == [None, "score_difference", "score_difference", "points"]
    # Over all matches the difference would put 1 first, who beat the last by nine.
    assert series_board(CIRCLE, ["points", "head_to_head", "score_difference"], 4)[0] == [1, 2, 3, 4]


def test_restart_compares_anew_those_whom_a_key_left_together() -> None:
    # One win each in a circle, and a draw of 2 and 3: among the three they have 4 points and 1 has 3. Between the two, 3 won.
    duels = [duel(1, 3, 2, 1, 0), duel(2, 2, 1, 9, 0), duel(3, 1, 3, 1, 0), duel(4, 2, 3, 0, 0)]

    plain = ["wins", "head_to_head", "score_for"]
    restarted = ["wins", {"key": "head_to_head", "restart": True}, "score_for"]

    assert series_board(duels, plain, 3) == ([2, 3, 1], [None, "score_for", "head_to_head"])
    assert series_board(duels, restarted, 3) == ([3, 2, 1], [None, "head_to_head", "head_to_head"])


def test_restart_goes_back_to_keys_that_could_not_part_the_larger_group() -> None:
    # A circle in which goals part 3 from 1 and 2, whose own match then decides, although they are level in every later key.
    circle = [duel(1, 1, 2, 1, 0), duel(2, 2, 3, 1, 0), duel(3, 3, 1, 3, 2)]
    plain = ["points", "head_to_head", {"key": "score_difference", **AMONG}, {"key": "score_for", **AMONG}]
    goals = ["points", "head_to_head", {"key": "score_for", **AMONG, "restart": True}]

    # 3 and 1 scored three in the circle, 2 only one. Starting again, 3 beat 1.
    assert series_board(circle, goals, 3) == ([3, 1, 2], [None, "head_to_head", "score_for"])
    assert series_board(circle, ["points", "head_to_head", {"key": "score_for", **AMONG}], 3) == (
        [1, 3, 2],
        [None, "participant_id", "score_for"],
    )
    assert series_board(circle, plain, 3)[0] == [1, 3, 2]


def test_head_to_head_in_a_battle_royale_counts_matches_placed_ahead() -> None:
    own = rules(placement_points=[3, 3, 3], cascade=["points", "head_to_head"])
    rows = [
        Placed(1, 1, 1), Placed(2, 1, 2),
        Placed(1, 2, 3), Placed(2, 2, 2),
        Placed(1, 3, None), Placed(2, 3, 8),  # any placement is ahead of a DNF
        Placed(1, 4, None), Placed(2, 4, None),  # two DNFs are level
        Placed(1, 5, 1), Placed(2, 6, 1),  # not a meeting
        Placed(3, 1, 9), Placed(3, 2, 1), Placed(3, 3, 2), Placed(3, 5, 3),
    ]  # fmt: skip
    results = battle_royale(rows, own)
    meetings = BattleRoyaleMeetings(ids(1, 2, 3), results, own)

    assert meetings.among("head_to_head", column([0, 0, -1])).tolist()[:2] == [1, 2]
    assert meetings.among("head_to_head", column([0, 0, 0])).tolist() == [3, 3, 4]


def test_lots_are_repeatable_and_do_not_depend_on_company_or_order() -> None:
    drawn = dict(zip([7, 8, 9], lots(column([7, 8, 9]), "cup-2025").tolist(), strict=True))

    # SHA-256 of "cup-2025:7", first six bytes: printf %s cup-2025:7 | sha256sum
    assert lots(column([9, 7]), "cup-2025").tolist() == [drawn[9], drawn[7]]
    assert lots(column([7]), "cup-2026").tolist() != [drawn[7]]
    assert all(0 <= lot < 2**48 for lot in drawn.values())


def test_a_lot_settles_what_only_the_id_would() -> None:
    table = standings(points=[5, 5, 5, 5])
    drawn: IntColumn = lots(table.participant_id, "seed")
    table.columns["lot"] = drawn

    order, reasons, _, tied = board(table, ["points", "lot"])

    assert order == (np.argsort(drawn) + 1).tolist()
    assert reasons == [None, "lot", "lot", "lot"]
    assert not any(tied)
