import pytest
from flask import Flask

from tests.arenas import OPENED_AT, Arena, ended_at, open_battle_royale, turn_on_the_engine
from webapp.domain.errors import NotFound
from webapp.models import Tournament
from webapp.services.boards import boards
from webapp.services.matches import results
from webapp.services.ranking import board_store, ranking, scopes
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction


@pytest.fixture
def arena(app: Flask) -> Arena:
    turn_on_the_engine()
    return open_battle_royale(squads=3, lobbies=2)


def shown(arena: Arena, audience: str = "public") -> board_store.PublishedBoard:
    with read_snapshot() as session:
        tournament = boards.find_tournament(session, arena.tournament_id)
        return boards.of_tournament(session, tournament, audience, now=ended_at(9))


def play(arena: Arena, number: int) -> None:
    match_id = arena.match_ids[number - 1]
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(number))


def test_before_the_first_version_a_board_is_empty(arena: Arena) -> None:
    board = shown(arena)
    assert (board.scope, board.audience, board.version, board.seq, board.source, len(board.board)) == (
        f"tournament:{arena.tournament_id}", "public", 0, 0, "engine_v2", 0,
    )  # fmt: skip


def test_readers_see_points_and_ranks_of_one_version_whatever_was_confirmed_since(arena: Arena) -> None:
    play(arena, 1)
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    before = shown(arena)
    play(arena, 2)
    after = shown(arena)
    assert after.board.same_as(before.board)
    assert (after.version, after.seq) == (before.version, before.seq)
    ranking.rank_due(arena.tournament_id, now=ended_at(2))
    assert shown(arena).version == 2


def test_the_public_reads_its_own_projection_alone(arena: Arena) -> None:
    play(arena, 1)
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    scope = scopes.tournament(arena.tournament_id)
    with transaction() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        about = board_store.Version(2, tournament.results_seq, "hash", "engine_v2", OPENED_AT, 7)
        board_store.store(session, scope, ranking.empty_board(), about, audiences=("official",))
    assert (shown(arena).version, len(shown(arena).board)) == (1, 3)
    assert (shown(arena, "official").version, len(shown(arena, "official").board)) == (2, 0)
    with read_snapshot() as session:
        assert board_store.version_of(session, scope, "public") == 1
        assert board_store.newest_version(session, scope) == 2
        assert board_store.newest_version(session, scopes.tournament(999)) == 0


def test_a_deleted_tournament_is_not_found(arena: Arena) -> None:
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).deleted_at = OPENED_AT
    with pytest.raises(NotFound, match=f"There is no tournament {arena.tournament_id}"):
        shown(arena)
