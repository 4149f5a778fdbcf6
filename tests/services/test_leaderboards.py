from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from tests.arenas import REASON, Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.servers.redis import RedisServer
from tests.statements import count_statements
from webapp.domain.errors import NotFound
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.models import Registration, Tournament
from webapp.services.boards import leaderboards
from webapp.services.matches import results
from webapp.services.ranking import adjustments, ranking, scopes, season_ranking, standings
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot

RULES = {"placement_points": [12, 9, 7], "points_per_kill": 1, "cascade": ["points", "kills", "avg_placement"]}


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    arena = open_battle_royale(RULES, squads=3, lobbies=2)
    first, second, third = arena.participant_ids
    results.confirm(
        arena.match_ids[0], [Line(first, 1, 4), Line(second, 2, 0), Line(third, None, 1)], actor=SYSTEM, now=ended_at(1)
    )
    adjustments.adjust(
        arena.tournament_id, first, kind="penalty", points=-1, reason=REASON, actor=SYSTEM, now=ended_at(1)
    )
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    return arena


def page(arena: Arena, limit: int = 50, offset: int = 0, **more: bool) -> dict[str, Any]:
    return leaderboards.page(
        arena.tournament_id, audience="public", limit=limit, offset=offset, now=ended_at(9), **more
    )


def team_of(registration_id: int) -> int:
    with read_snapshot() as session:
        team_id = session.get_one(Registration, registration_id).team_id
    assert team_id is not None
    return team_id


def test_an_entry_holds_every_total_and_every_key_of_the_cascade(arena: Arena) -> None:
    first, second, third = arena.participant_ids
    document = page(arena, explain=True)
    rankings = document["rankings"]
    assert rankings[0] == {
        "rank": 1, "participant_id": first, "subject_id": team_of(first), "team_id": team_of(first), "points": 15,
        "kills": 4, "wins": 1, "losses": 0, "draws": 0, "matches_played": 1, "best_placement": 1, "avg_placement": 1.0,
        "placement_points": 12, "kill_points": 4, "earliest_win_at": ended_at(1).isoformat(),
        "last_completed_at": ended_at(1).isoformat(), "last_updated_at": ended_at(2).isoformat(), "is_override": False,
        "tied": False, "adjustment": -1, "eligible_since": None, "decided_by": None,
    }  # fmt: skip
    assert [(row["participant_id"], row["rank"], row["decided_by"]) for row in rankings] == [
        (first, 1, None), (second, 2, "points"), (third, 3, "points")
    ]  # fmt: skip
    assert (rankings[2]["avg_placement"], rankings[2]["best_placement"]) == (None, None)
    assert "decided_by" not in page(arena)["rankings"][0]


def test_the_envelope_says_what_it_is_of_and_who_computed_it(arena: Arena) -> None:
    document = page(arena)
    assert document.keys() == {"scope", "count", "next", "previous", "rankings", "deltas", "metadata"}
    assert (document["scope"], document["count"], document["next"], document["previous"]) == (
        "tournament",
        3,
        None,
        None,
    )
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        assert metadata.pop("rules_hash") == standings.rules_of(tournament).hash
        assert metadata.pop("seq") == tournament.results_seq
    assert metadata.pop("duration_ms") >= 0
    assert metadata == {
        "tournament_id": arena.tournament_id, "source": "engine_v2", "version": 1,
        "computed_at": ended_at(2).isoformat(), "entries_count": 3, "delta_count": 3,
        "cascade": ["points", "kills", "avg_placement"], "champion_id": None, "cache_hit": False,
    }  # fmt: skip


def test_deltas_of_the_last_version_come_with_it(arena: Arena) -> None:
    first, second, third = arena.participant_ids
    results.confirm(
        arena.match_ids[1], [Line(third, 1, 20), Line(first, 2, 0), Line(second, 3, 0)], actor=SYSTEM, now=ended_at(3)
    )
    ranking.rank_due(arena.tournament_id, now=ended_at(3))
    assert page(arena)["deltas"] == [
        {"participant_id": third, "team_id": team_of(third), "previous_rank": 3, "current_rank": 1, "rank_change": -2,
         "points": 33},
        {"participant_id": first, "team_id": team_of(first), "previous_rank": 1, "current_rank": 2, "rank_change": 1,
         "points": 24},
        {"participant_id": second, "team_id": team_of(second), "previous_rank": 2, "current_rank": 3, "rank_change": 1,
         "points": 16},
    ]  # fmt: skip


def test_pages_follow_each_other_and_odd_bounds_are_brought_in(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(squads=230, lobbies=0)
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    whole = [page(arena, 100, offset) for offset in (0, 100, 200)]
    ids = [row["participant_id"] for document in whole for row in document["rankings"]]
    assert ids == list(arena.participant_ids)
    assert [(document["next"], document["previous"]) for document in whole] == [(100, None), (200, 0), (None, 100)]
    assert len(page(arena, 9999)["rankings"]) == 200
    assert len(page(arena, 0, -5)["rankings"]) == 1
    assert page(arena, 50, 9999)["rankings"] == []
    # Of a first version everything is new: a page says how much, and shows as much as a page may hold.
    assert (len(whole[0]["deltas"]), whole[0]["metadata"]["delta_count"]) == (200, 230)
    assert [row["current_rank"] for row in whole[0]["deltas"]] == list(range(1, 201))


def test_a_countback_is_shown_where_it_decides(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(RULES | {"cascade": ["points", "countback"]}, squads=3, lobbies=2)
    for number, match_id in enumerate(arena.match_ids, start=1):
        results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))
    ranking.rank_due(arena.tournament_id, now=ended_at(3))
    for row in page(arena)["rankings"]:
        assert row["countback"] == sorted(row["countback"], reverse=True)
        assert sum(row["countback"]) == row["points"]


def test_a_cached_page_needs_no_database(arena: Arena, redis_server: RedisServer) -> None:
    turn_on_the_engine(cache=True)
    first = page(arena)
    with count_statements() as statements:
        second = page(arena)
    assert statements == []
    assert (first["metadata"]["cache_hit"], second["metadata"]["cache_hit"]) == (False, True)
    assert first["rankings"] == second["rankings"]
    results.confirm(arena.match_ids[1], arena.lines(arena.match_ids[1]), actor=SYSTEM, now=ended_at(3))
    ranking.rank_due(arena.tournament_id, now=ended_at(3))
    assert page(arena)["metadata"]["version"] == 2


def test_a_season_and_all_time_come_in_pages_too(arena: Arena) -> None:
    season = scopes.season("valorant", "2026_S1")

    def scoped(scope: scopes.Scope) -> dict[str, Any]:
        return leaderboards.scoped_page(scope, audience="public", limit=2, offset=0, now=ended_at(9))

    assert (scoped(season)["count"], scoped(season)["metadata"]["version"]) == (0, 0)
    season_ranking.compute_all_time_rankings("pubgm", now=ended_at(4))
    document = scoped(scopes.all_time("pubgm"))
    assert (document["scope"], document["count"], document["next"], document["deltas"]) == ("all_time", 3, 2, [])
    assert [row["points"] for row in document["rankings"]] == [15, 9]
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    assert (metadata["key"], metadata["version"], metadata["source"]) == ("pubgm", 1, "engine_v2")


def test_a_past_version_is_folded_from_the_log(arena: Arena) -> None:
    before = page(arena)["rankings"]
    results.void(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=ended_at(3))
    ranking.rank_due(arena.tournament_id, now=ended_at(3))
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        published, changes = leaderboards.past(session, tournament, 1, audience="public")
        cascade = standings.rules_of(tournament).cascade
    document = leaderboards.envelope(published, cascade, changes, limit=None, offset=0, explain=False)
    assert (document["metadata"]["source"], document["metadata"]["version"]) == ("snapshot", 1)
    assert document["rankings"] == before
    assert datetime.fromisoformat(document["metadata"]["computed_at"]) == ended_at(2)


def test_players_have_no_team(app: Flask) -> None:
    turn_on_the_engine()
    league = open_league("fc26", {"cascade": ["points"]}, [], sides=2, best_of=1, name="Solo")
    ranking.rank_due(league.tournament_id, now=ended_at(1))
    (row, _) = page(league)["rankings"]
    with read_snapshot() as session:
        registration = session.get_one(Registration, league.participant_ids[0])
        assert (row["team_id"], row["subject_id"]) == (None, registration.user_id)


def test_no_tournament_no_page(app: Flask) -> None:
    with pytest.raises(NotFound, match="There is no tournament 999"):
        leaderboards.page(999, audience="public", limit=50, offset=0, now=ended_at(1))
