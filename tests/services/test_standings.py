import numpy as np
from flask import Flask
from sqlalchemy import select

from tests.arenas import Arena, ended_at, open_battle_royale
from tests.invariants import assert_standings_are_right
from webapp.domain.columns import MISSING
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.models import Standing, Tournament
from webapp.services.matches import results
from webapp.services.ranking import standings
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot


def play_two(arena: Arena) -> None:
    first, second, third = arena.participant_ids
    results.confirm(
        arena.match_ids[0], [Line(first, 1, 4), Line(second, 2, 0), Line(third, None, 1)], actor=SYSTEM, now=ended_at(1)
    )
    results.confirm(arena.match_ids[1], [Line(second, 1, 2), Line(first, 3, 0)], actor=SYSTEM, now=ended_at(2))


def test_totals_are_stored_with_the_number_of_the_change_that_made_them(app: Flask) -> None:
    arena = open_battle_royale(squads=3, lobbies=2)
    play_two(arena)
    first, second, third = arena.participant_ids
    with read_snapshot() as session:
        rows = {row.registration_id: row for row in session.scalars(select(Standing))}
        last = session.get_one(Tournament, arena.tournament_id).results_seq
        assert {who: row.changed_seq for who, row in rows.items()} == {first: last, second: last, third: last - 1}
        assert {name: getattr(rows[first], name) for name in standings.STORED} == {
            "points": 23, "kills": 4, "wins": 1, "losses": 1, "draws": 0, "matches_played": 2, "best_placement": 1,
            "avg_placement": 200, "placement_points": 19, "kill_points": 4, "adjustment": 0, "score_for": 0,
            "score_against": 0, "games_won": 0, "earliest_win_at": int(ended_at(1).timestamp() * 1_000_000),
            "last_completed_at": int(ended_at(2).timestamp() * 1_000_000),
        }  # fmt: skip
        # No placement and no win: nothing, and not a number that would sort.
        assert (rows[third].best_placement, rows[third].avg_placement, rows[third].earliest_win_at) == (
            None,
            None,
            None,
        )
    assert_standings_are_right(arena.tournament_id)


def test_a_fold_of_some_reads_only_their_rows_and_equals_that_of_all(app: Flask) -> None:
    arena = open_battle_royale(squads=3, lobbies=2)
    play_two(arena)
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        rules = standings.rules_of(tournament)
        ids = np.array(arena.participant_ids, np.int64)
        whole = standings.fold(session, tournament, rules, ids, only_these=False)
        some = standings.fold(session, tournament, rules, ids[1:2], only_these=True)
    for name, values in whole.columns.items():
        assert values[1:2].tolist() == some.columns[name].tolist(), name


def test_rows_of_the_table_have_nulls_where_columns_have_nothing(app: Flask) -> None:
    arena = open_battle_royale(squads=1, lobbies=0)
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        rules = standings.rules_of(tournament)
        totals = standings.fold(session, tournament, rules, np.array(arena.participant_ids, np.int64), only_these=False)
    assert totals.columns["best_placement"].tolist() == [MISSING]
    (row,) = standings.rows(arena.tournament_id, totals, seq=9)
    assert row == {
        "tournament_id": arena.tournament_id, "registration_id": arena.participant_ids[0], "changed_seq": 9,
        **dict.fromkeys(standings.STORED, 0), "best_placement": None, "avg_placement": None, "earliest_win_at": None,
        "last_completed_at": None,
    }  # fmt: skip
