"""Season and all-time boards of some tournaments only."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask

from tests.arenas import OPENED_AT, ended_at, open_battle_royale, turn_on_the_engine
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.models import Tournament
from webapp.services.boards import filtered_boards
from webapp.services.boards.filtered_boards import RoundFilter
from webapp.services.matches import results
from webapp.services.operations import flags
from webapp.services.ranking import ranking, scopes, season_ranking, seasons
from webapp.services.ranking.board_store import PublishedBoard
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction

RULES = {"placement_points": [10, 6, 3], "points_per_kill": 1}
SEASON = scopes.season("pubgm", "2026_S1")
ALL_TIME = scopes.all_time("pubgm")
SOUTH = RoundFilter(region="South Asia")


def play(name: str, order: tuple[int, int, int], *, day: int, season: str | None = "2026_S1", region: str = "") -> int:
    """A tournament of three squads and one match that ended in this order, begun on a day of March 2026."""
    arena = open_battle_royale(RULES, squads=3, lobbies=1, name=name, season=season, region=region or None)
    lines = [Line(arena.participant_ids[squad - 1], place, 0) for place, squad in enumerate(order, start=1)]
    results.confirm(arena.match_ids[0], lines, actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).started_at = datetime(2026, 3, day, 23, 59, tzinfo=UTC)
    return arena.tournament_id


def publish() -> None:
    for slug in ("2026_S1", "2026_S2"):
        season_ranking.compute_season_rankings("pubgm", slug, now=ended_at(50))
    season_ranking.compute_all_time_rankings("pubgm", now=ended_at(50))


def read(scope: scopes.Scope, rounds: RoundFilter) -> PublishedBoard:
    with read_snapshot() as session:
        return filtered_boards.of_scope(session, scope, rounds, "public", now=ended_at(60))


def points(scope: scopes.Scope, rounds: RoundFilter) -> dict[int, int]:
    board = read(scope, rounds).board
    return dict(zip(board.subject_id.tolist(), board.standings.columns["points"].tolist(), strict=True))


@pytest.fixture
def played(app: Flask) -> None:
    turn_on_the_engine()
    play("One", (1, 2, 3), day=3, region="South Asia")
    play("Two", (3, 2, 1), day=5, region="Europe")
    play("Three", (2, 1, 3), day=7, region="South Asia")
    play("Four", (2, 3, 1), day=9, season="2026_S2", region="South Asia")
    play("Outside", (1, 3, 2), day=11, season=None)
    publish()


def test_a_region_and_a_span_of_days_leave_the_other_tournaments_out(played: None) -> None:
    assert points(SEASON, SOUTH) == {1: 16, 2: 16, 3: 6}
    assert points(SEASON, RoundFilter(first_day=date(2026, 3, 5))) == {1: 9, 2: 16, 3: 13}
    assert points(SEASON, RoundFilter(last_day=date(2026, 3, 5))) == {1: 13, 2: 12, 3: 13}
    assert points(SEASON, RoundFilter("South Asia", date(2026, 3, 4), date(2026, 3, 9))) == {1: 6, 2: 10, 3: 3}
    assert points(ALL_TIME, SOUTH) == {1: 19, 2: 26, 3: 12}
    assert points(SEASON, RoundFilter(region="Nowhere")) == {}
    assert points(SEASON, RoundFilter(first_day=date.max, last_day=date.min)) == {}


@pytest.mark.parametrize("scope", [SEASON, ALL_TIME])
def test_a_filter_that_leaves_nothing_out_gives_the_whole_board(played: None, scope: scopes.Scope) -> None:
    seasons.define("pubgm", "2026_S1", count_best=2, ties="shared", actor=SYSTEM, now=OPENED_AT)
    publish()
    whole = read(scope, RoundFilter())
    filtered = read(scope, RoundFilter(first_day=date.min, last_day=date.max))
    assert filtered.board.same_as(whole.board)
    assert (filtered.version, filtered.rules_hash) == (whole.version, whole.rules_hash)
    assert (whole.source, filtered.source) == ("engine_v2", "live")


def test_a_round_that_changes_is_added_up_again(played: None) -> None:
    with read_snapshot() as session:
        before = filtered_boards.state(session, SEASON, SOUTH, "public")
    assert read(SEASON, SOUTH).board is read(SEASON, SOUTH).board
    play("Five", (3, 1, 2), day=7, region="South Asia")
    with read_snapshot() as session:
        assert filtered_boards.state(session, SEASON, SOUTH, "public") != before
    assert points(SEASON, SOUTH) == {1: 22, 2: 19, 3: 16}


def test_a_new_rule_of_the_season_holds_for_its_filtered_boards_too(played: None) -> None:
    assert points(SEASON, SOUTH) == {1: 16, 2: 16, 3: 6}
    seasons.define("pubgm", "2026_S1", count_best=1, actor=SYSTEM, now=OPENED_AT)
    assert points(SEASON, SOUTH) == {1: 10, 2: 10, 3: 3}


def test_the_regions_of_a_scope_are_those_of_its_tournaments(played: None) -> None:
    with read_snapshot() as session:
        assert filtered_boards.regions_of(session, SEASON) == ["Europe", "South Asia"]
        assert filtered_boards.regions_of(session, scopes.season("pubgm", "2026_S2")) == ["South Asia"]
        assert filtered_boards.regions_of(session, scopes.all_time("freefire")) == []


def test_while_computing_is_off_a_filtered_board_is_empty_too(played: None) -> None:
    flags.set_flag("LEADERBOARDS_COMPUTE_ENABLED", is_on=False, actor=SYSTEM, now=OPENED_AT)
    filtered = read(SEASON, SOUTH)
    assert (filtered.source, len(filtered.board)) == ("disabled", 0)
