import threading
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.trail import trail
from webapp.domain.columns import MISSING
from webapp.domain.errors import NotFound, RulesError
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.domain.series import SeriesGame as Game
from webapp.models import Board as BoardRow
from webapp.models import BoardVersion, Registration, Season, Tournament
from webapp.services.boards import boards
from webapp.services.matches import results, series
from webapp.services.operations import flags
from webapp.services.ranking import board_store, ranking, scopes, season_ranking, seasons
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

RULES = {"placement_points": [10, 6, 3], "points_per_kill": 1}
SEASON = scopes.season("pubgm", "2026_S1")
ALL_TIME = scopes.all_time("pubgm")


def play(name: str, order: tuple[int, int, int], **details: str | None) -> Arena:
    """A tournament of three squads and one match that ended in this order (1, 2, 3 are Squad 01, 02, 03)."""
    arena = open_battle_royale(RULES, squads=3, lobbies=1, name=name, **({"season": "2026_S1"} | details))
    lines = [Line(arena.participant_ids[squad - 1], place, 0) for place, squad in enumerate(order, start=1)]
    results.confirm(arena.match_ids[0], lines, actor=SYSTEM, now=ended_at(arena.tournament_id))
    ranking.rank_due(arena.tournament_id, now=ended_at(arena.tournament_id))
    return arena


def season() -> ranking.Computation:
    computed = season_ranking.compute_season_rankings("pubgm", "2026_S1", now=ended_at(50))
    assert computed is not None
    return computed


def all_time() -> ranking.Computation:
    computed = season_ranking.compute_all_time_rankings("pubgm", now=ended_at(50))
    assert computed is not None
    return computed


def points_by_squad(computed: ranking.Computation) -> dict[int, int]:
    """By the squad's number: teams are numbered as they were first registered."""
    columns = computed.board.standings.columns
    return dict(zip(computed.board.standings.participant_id.tolist(), columns["points"].tolist(), strict=True))


@pytest.fixture
def three(app: Flask) -> None:
    turn_on_the_engine()
    play("One", (1, 2, 3))
    play("Two", (2, 3, 1))
    play("Three", (1, 3, 2))


def test_a_season_adds_up_its_tournaments_by_team(three: None) -> None:
    with trail() as found:
        computed = season()
    assert points_by_squad(computed) == {1: 23, 2: 19, 3: 15}
    board = computed.board
    assert board.ranking.ranks.tolist() == [1, 2, 3]
    assert (board.team_id.tolist(), board.subject_id.tolist()) == ([1, 2, 3], [1, 2, 3])
    assert board.standings.columns["matches_played"].tolist() == [3, 3, 3]
    assert board.standings.columns["wins"].tolist() == [2, 1, 0]
    assert board.standings.columns["avg_placement"].tolist() == [167, 200, 233]
    assert (computed.version, computed.source, len(computed.deltas)) == (1, "engine_v2", 3)
    assert found.wanted == [("all_time", "pubgm")]
    with read_snapshot() as session:
        rows = session.execute(select(BoardRow.audience, BoardRow.version).where(BoardRow.scope == str(SEASON)))
        assert sorted(rows.all()) == [("official", 1), ("public", 1)]
    with trail() as found:
        again = season()
    assert (again.version, len(again.deltas), found.wanted) == (1, 0, [])


def test_a_season_can_count_only_the_best_and_share_ranks(three: None) -> None:
    season()
    with trail() as found:
        seasons.define("pubgm", "2026_S1", count_best=1, ties="shared", actor=SYSTEM, now=OPENED_AT)
    assert found.audited == [
        (
            "season.defined",
            {"game": "pubgm", "season": "2026_S1", "before": None, "after": {"count_best": 1, "ties": "shared"}},
        )
    ]
    assert found.wanted == [("season", "pubgm:2026_S1")]
    computed = season()
    assert (computed.version, points_by_squad(computed)) == (2, {1: 10, 2: 10, 3: 6})
    with trail() as found:
        seasons.define("pubgm", "2026_S1", count_best=1, ties="shared", actor=SYSTEM, now=OPENED_AT)
    assert (found.audited, found.wanted) == ([], [])
    seasons.define("pubgm", "2026_S1", count_best=2, actor=SYSTEM, now=OPENED_AT)
    assert points_by_squad(season()) == {1: 20, 2: 16, 3: 12}
    with read_snapshot() as session:
        assert session.get_one(Season, ("pubgm", "2026_S1")).ties == "id"


def test_a_definition_that_cannot_be_is_refused(app: Flask) -> None:
    with pytest.raises(RulesError) as refused:
        seasons.define("pubgm", "no spaces", count_best=0, ties="coin", actor=SYSTEM, now=OPENED_AT)
    assert [error.path for error in refused.value.fields] == ["season", "count_best", "ties"]
    with pytest.raises(NotFound, match="There is no game chess"):
        seasons.define("chess", "2026_S1", actor=SYSTEM, now=OPENED_AT)


def test_private_unlisted_cancelled_and_deleted_tournaments_count_for_nothing(three: None) -> None:
    play("Hidden", (3, 2, 1), visibility="private")
    play("Linked", (3, 2, 1), visibility="unlisted")
    cancelled, deleted = play("Off", (3, 2, 1)), play("Gone", (3, 2, 1))
    tournaments.cancel(cancelled.tournament_id, reason=REASON, actor=SYSTEM, now=OPENED_AT)
    with transaction() as session:
        session.get_one(Tournament, deleted.tournament_id).deleted_at = OPENED_AT
    assert points_by_squad(season()) == {1: 23, 2: 19, 3: 15}
    assert points_by_squad(all_time()) == {1: 23, 2: 19, 3: 15}


def test_all_time_is_added_up_from_seasons_and_what_is_in_none(three: None) -> None:
    play("Alone", (3, 1, 2), season=None)
    play("Older", (3, 2, 1), season="2025_S9")
    season()
    season_ranking.compute_season_rankings("pubgm", "2025_S9", now=ended_at(50))
    assert points_by_squad(all_time()) == {1: 23 + 6 + 3, 2: 19 + 3 + 6, 3: 15 + 10 + 10}
    # A season's own rule holds in it, and only there.
    seasons.define("pubgm", "2026_S1", count_best=1, actor=SYSTEM, now=OPENED_AT)
    season()
    assert points_by_squad(all_time()) == {1: 10 + 6 + 3, 2: 10 + 3 + 6, 3: 6 + 10 + 10}


def test_while_computing_is_off_nothing_is_computed(three: None) -> None:
    season()
    flags.set_flag("LEADERBOARDS_COMPUTE_ENABLED", is_on=False, actor=SYSTEM, now=OPENED_AT)
    assert season_ranking.compute_season_rankings("pubgm", "2026_S1", now=OPENED_AT) is None
    assert season_ranking.compute_all_time_rankings("pubgm", now=OPENED_AT) is None
    with read_snapshot() as session:
        shown = boards.of_scope(session, SEASON, "public", now=OPENED_AT)
    assert (shown.source, len(shown.board)) == ("disabled", 0)


def test_a_season_nobody_has_played_is_empty(app: Flask) -> None:
    turn_on_the_engine()
    computed = season()
    assert (computed.version, len(computed.board)) == (1, 0)


def test_where_audiences_see_other_rounds_their_seasons_differ_too(three: None) -> None:
    season()
    arena = play("Four", (3, 2, 1))
    scope = scopes.tournament(arena.tournament_id)
    season()
    # The public board stays at its version, as a freeze will do it, while the officials' goes on.
    with transaction() as session:
        before = board_store.load(session, scope, "official")
        assert before is not None
        about = board_store.Version(2, before.seq, before.rules_hash, "engine_v2", OPENED_AT, 0)
        empty = ranking.empty_board()
        board_store.store(session, scope, empty, about, audiences=("official",))
    computed = season()
    assert points_by_squad(computed) == {1: 23, 2: 19, 3: 15}
    with read_snapshot() as session:
        public, official = (board_store.load(session, SEASON, audience) for audience in ("public", "official"))
        assert public is not None
        assert official is not None
        assert (public.version, official.version) == (2, 3)
        assert public.board.standings.columns["points"].tolist() == [26, 25, 25]
        assert official.board.standings.columns["points"].tolist() == [23, 19, 15]
        stored = session.scalars(select(BoardVersion.version).where(BoardVersion.scope == str(SEASON)))
        assert sorted(stored) == [2, 3]


def test_a_round_that_changes_while_it_is_added_up_is_added_up_again(three: None, app: Flask) -> None:
    season()
    threads = [threading.Thread(target=_play_and_add_up, args=(app, f"More {index}")) for index in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with read_snapshot() as session:
        stored = board_store.load(session, SEASON, "public")
    assert stored is not None
    assert stored.board.standings.columns["points"].tolist() == [23 + 30, 19 + 18, 15 + 9]


def _play_and_add_up(app: Flask, name: str) -> None:
    with app.app_context():
        play(f"{name} {uuid4().hex[:4]}", (1, 2, 3))
        season()


def test_players_of_a_solo_game_are_added_up_by_player(app: Flask) -> None:
    turn_on_the_engine()
    for name in ("Monday", "Friday"):
        league = open_league("fc26", {"cascade": ["points"]}, [(0, 1)], sides=2, best_of=1, name=name)
        one, other = league.participant_ids
        series.confirm(league.match_ids[0], [Game(1, {one: 3, other: 1})], actor=SYSTEM, now=ended_at(1))
        ranking.rank_due(league.tournament_id, now=ended_at(1))
    computed = season_ranking.compute_all_time_rankings("fc26", now=ended_at(2))
    assert computed is not None
    with read_snapshot() as session:
        players = session.scalars(select(Registration.user_id).distinct().order_by(Registration.user_id)).all()
    assert computed.board.subject_id.tolist() == players
    assert computed.board.team_id.tolist() == [MISSING, MISSING]
    assert points_by_squad(computed) == dict(zip(players, (6, 0), strict=True))
