from collections.abc import Sequence

import pytest
from flask import Flask

from tests.arenas import REASON, Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from webapp.domain.scoring import BattleRoyaleLine
from webapp.domain.series import SeriesGame
from webapp.services.matches import matches, results, series
from webapp.services.pages.match_view import GameLine, MatchPhase, MatchSide, MatchTick, MatchWinner
from webapp.services.pages.participant_reads import read_participant
from webapp.services.pages.scoreboard_reads import read_match_page, read_scoreboard
from webapp.services.pages.spectator_reads import read_matches
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM


@pytest.fixture(autouse=True)
def _engine(app: Flask) -> None:
    turn_on_the_engine()


def play(arena: Arena, match: int, order: Sequence[int], kills: Sequence[int]) -> None:
    lines = [
        BattleRoyaleLine(arena.participant_ids[who], place, kills[place - 1])
        for place, who in enumerate(order, start=1)
    ]
    results.confirm(arena.match_ids[match - 1], lines, actor=SYSTEM, now=ended_at(match))
    ranking.rank_due(arena.tournament_id, now=ended_at(match))


def test_the_list_parts_what_runs_what_comes_and_what_was_played_last() -> None:
    arena = open_battle_royale(squads=3, lobbies=5)
    play(arena, 1, [1, 0, 2], [4, 0, 0])
    play(arena, 2, [2, 0, 1], [7, 1, 0])
    matches.start_match(arena.match_ids[2], actor=SYSTEM, now=ended_at(3))
    results.void(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=ended_at(4))
    listed = read_matches(arena.tournament_id)
    assert [[card.number for card in cards] for cards in (listed.live, listed.upcoming, listed.recent)] == [
        [3], [4, 5], [2],
    ]  # fmt: skip
    assert listed.recent[0].winner == MatchWinner(arena.participant_ids[2], "Squad 03", 7, 19)
    assert (listed.done_count, listed.total_count, listed.is_over) == (1, 4, False)
    phases = [MatchPhase.CANCELLED, MatchPhase.DONE, MatchPhase.LIVE, MatchPhase.UPCOMING, MatchPhase.UPCOMING]
    assert listed.strip == tuple(
        MatchTick(match_id, number, phase)
        for number, (match_id, phase) in enumerate(zip(arena.match_ids, phases, strict=True), start=1)
    )


def test_a_running_lobby_shows_the_living_first_and_counts_for_nothing() -> None:
    arena = open_battle_royale(squads=4, lobbies=1)
    match_id = arena.match_ids[0]
    one, two, three, four = arena.participant_ids
    matches.start_match(match_id, actor=SYSTEM, now=ended_at(1))
    lines = [[one, 4, 2], [two, -1, 1], [three, 3, 0], [four, -1, 5]]
    matches.update_score(match_id, lines, actor=SYSTEM, now=ended_at(2))
    scoreboard = read_scoreboard(match_id)
    assert [(line.participant_id, line.placement, line.kills, line.points) for line in scoreboard.lines] == [
        (four, None, 5, 5), (two, None, 1, 1), (three, 3, 0, 7), (one, 4, 2, 7),
    ]  # fmt: skip
    assert scoreboard.is_provisional
    assert read_participant(arena.tournament_id, one, audience="public", now=ended_at(3)).matches == ()


def test_a_confirmed_lobby_is_in_order_of_placement_with_who_did_not_finish_last() -> None:
    arena = open_battle_royale(squads=3, lobbies=2)
    one, two, three = arena.participant_ids
    lines = [BattleRoyaleLine(one, None, 9), BattleRoyaleLine(two, 2, 0), BattleRoyaleLine(three, 1, 3)]
    results.confirm(arena.match_ids[0], lines, actor=SYSTEM, now=ended_at(1))
    page = read_match_page(arena.match_ids[0])
    assert [(line.participant_id, line.placement, line.points) for line in page.scoreboard.lines] == [
        (three, 1, 15), (two, 2, 9), (one, None, 9),
    ]  # fmt: skip
    assert (page.previous_id, page.following_id) == (None, arena.match_ids[1])
    assert not page.scoreboard.is_provisional


def test_a_running_series_counts_finished_games_only() -> None:
    league = open_league("valorant", {"cascade": ["points"]}, [(0, 1)], sides=2, best_of=3, name="League")
    match_id = league.match_ids[0]
    matches.start_match(match_id, actor=SYSTEM, now=ended_at(1))
    matches.update_score(match_id, [[1, 13, 8], [2, 4, 9]], actor=SYSTEM, now=ended_at(2))
    scoreboard = read_scoreboard(match_id)
    assert scoreboard.games == (GameLine(1, None, 13, 8, "a"), GameLine(2, None, 4, 9, None))
    assert [side.score for side in scoreboard.match.sides] == [1, 0]
    assert scoreboard.is_provisional


def test_a_confirmed_series_names_its_winner_and_its_maps() -> None:
    league = open_league("valorant", {"cascade": ["points"]}, [(0, 1)], sides=2, best_of=3, name="League")
    one, other = league.participant_ids
    games = [
        SeriesGame(1, {one: 5, other: 13}, "Ascent"),
        SeriesGame(2, {one: 13, other: 3}, "Bind"),
        SeriesGame(3, {one: 11, other: 13}, "Haven"),
    ]
    series.confirm(league.match_ids[0], games, actor=SYSTEM, now=ended_at(1))
    scoreboard = read_scoreboard(league.match_ids[0])
    assert scoreboard.match.sides == (
        MatchSide(one, "Squad 01", 1, is_winner=False, is_loser=True),
        MatchSide(other, "Squad 02", 2, is_winner=True, is_loser=False),
    )
    assert [(game.map, game.winner) for game in scoreboard.games] == [("Ascent", "b"), ("Bind", "a"), ("Haven", "b")]
    loser = read_participant(league.tournament_id, one, audience="public", now=ended_at(2)).matches
    assert [(match.opponent, match.games_for, match.games_against, match.outcome) for match in loser] == [
        ("Squad 02", 1, 2, "loss")
    ]


def test_a_participants_page_adds_up_to_the_board() -> None:
    arena = open_battle_royale(squads=3, lobbies=2)
    play(arena, 1, [0, 1, 2], [2, 0, 0])
    play(arena, 2, [1, 2, 0], [0, 0, 1])
    page = read_participant(arena.tournament_id, arena.participant_ids[0], audience="public", now=ended_at(9))
    assert [(match.number, match.placement, match.placement_points + match.kill_points) for match in page.matches] == [
        (1, 1, 14), (2, 3, 8),
    ]  # fmt: skip
    assert (page.rank, page.points, page.board_page) == (1, 22, 1)
