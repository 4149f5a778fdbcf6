"""A participant's way through its tournament and through all of them."""

import pytest
from flask import Flask

from tests.arenas import Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.services.test_history import eventful
from tests.statements import count_statements
from webapp.domain.errors import NotFound
from webapp.domain.series import SeriesGame
from webapp.models import Registration, Tournament
from webapp.services.boards import history, subject_results
from webapp.services.boards.history import ParticipantHistory
from webapp.services.boards.subject_results import Subject
from webapp.services.matches import results, series
from webapp.services.ranking import ranking, season_ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction


def read(participant_id: int) -> ParticipantHistory:
    with read_snapshot() as session:
        return history.participant_history(session, participant_id)


def play(arena: Arena, match: int = 0) -> None:
    match_id = arena.match_ids[match]
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(match + 1))
    ranking.rank_due(arena.tournament_id, now=ended_at(match + 1))


def test_each_version_has_the_rank_and_points_that_its_board_had(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(squads=5, lobbies=3)
    boards = eventful(arena)
    for participant_id in arena.participant_ids:
        expected = []
        for version, board in enumerate(boards, start=1):
            ids = board.standings.participant_id.tolist()
            if participant_id in ids:
                row = ids.index(participant_id)
                points = int(board.standings.columns["points"][row])
                expected.append((version, int(board.ranking.ranks[row]), points))
        told = read(participant_id).versions
        assert [(row.version, row.rank, row.points) for row in told if row.rank is not None] == expected
        assert [row.version for row in told] == list(range(1, len(boards) + 1))
        changed = [
            told[0].is_changed,
            *((a.rank, a.points) != (b.rank, b.points) for a, b in zip(told[1:], told, strict=False)),
        ]
        assert [row.is_changed for row in told] == changed


def test_versions_beyond_the_one_that_is_shown_are_not_told(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(squads=5, lobbies=3)
    play(arena)
    play(arena, 1)
    with read_snapshot() as session:
        told = history.versions_of(session, arena.tournament_id, arena.participant_ids[0], up_to=1)
        assert [row.version for row in told] == [1]
        assert history.versions_of(session, arena.tournament_id, arena.participant_ids[0], up_to=0) == []


def test_the_same_team_is_followed_through_its_public_tournaments(app: Flask) -> None:
    turn_on_the_engine()
    first = open_battle_royale(squads=3, name="First", season="2026_S1")
    second = open_battle_royale(squads=4, name="Second")
    hidden = open_battle_royale(squads=4, name="Hidden")
    for arena in (first, second, hidden):
        play(arena)
    with transaction() as session:
        session.get_one(Tournament, hidden.tournament_id).visibility = "unlisted"
    told = read(second.participant_ids[0]).tournaments
    assert [(result.tournament_id, result.participant_id) for result in told] == [
        (second.tournament_id, second.participant_ids[0]),
        (first.tournament_id, first.participant_ids[0]),
    ]
    place = told[0].place
    assert place is not None
    assert (place.entries_count, place.version) == (4, 1)
    assert (place.rank, place.points) == read(second.participant_ids[0]).versions[-1][1:3]
    with read_snapshot() as session:
        only_here = Subject.of(session.get_one(Registration, second.participant_ids[3]))
        assert subject_results.count_of(session, only_here) == 1
        assert len(subject_results.results_of(session, only_here, audience="public", offset=1)) == 0


def test_a_player_stands_in_seasons_and_all_time(app: Flask) -> None:
    turn_on_the_engine()
    league = open_league("fc26", {"cascade": ["points"]}, [(0, 1)], sides=2, best_of=1, name="Friday")
    one, other = league.participant_ids
    series.confirm(league.match_ids[0], [_game(one, other)], actor=SYSTEM, now=ended_at(1))
    ranking.rank_due(league.tournament_id, now=ended_at(1))
    season_ranking.compute_all_time_rankings("fc26", now=ended_at(2))
    with read_snapshot() as session:
        subject = Subject.of(session.get_one(Registration, other))
        assert subject.kind == "player"
        scopes = subject_results.wider_scopes(session, subject)
        places = subject_results.places_of(session, subject, scopes, audience="public")
    assert {str(scope): (place.rank, place.points, place.entries_count) for scope, place in places.items()} == {
        "all_time:fc26": (2, 0, 2)
    }


def test_more_tournaments_cost_no_more_statements(app: Flask) -> None:
    turn_on_the_engine()
    counts = []
    for number in range(3):
        arena = open_battle_royale(squads=3, name=f"Cup {number}")
        play(arena)
        with read_snapshot() as session, count_statements() as statements:
            subject = Subject.of(session.get_one(Registration, arena.participant_ids[0]))
            subject_results.results_of(session, subject, audience="public")
        counts.append(len([text for text in statements if "feature_flags" not in text and "payload" not in text]))
    assert counts[0] == counts[2]


def test_nobody_has_no_history(app: Flask) -> None:
    with read_snapshot() as session, pytest.raises(NotFound, match="There is no participant 77"):
        history.participant_history(session, 77)


def _game(winner: int, loser: int) -> SeriesGame:
    return SeriesGame(1, {winner: 3, loser: 1})
