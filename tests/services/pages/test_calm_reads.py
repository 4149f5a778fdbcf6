"""What a reader is told in words, whom a reader follows, and what changed meanwhile."""

from collections.abc import Sequence

import pytest
from flask import Flask

from tests.arenas import REASON, Arena, ended_at, open_battle_royale, open_league, turn_on_the_engine
from tests.statements import count_statements
from webapp.domain.errors import NotFound
from webapp.domain.scoring import BattleRoyaleLine
from webapp.domain.series import SeriesGame
from webapp.models import Tournament
from webapp.services.matches import matches, results, series
from webapp.services.pages.board_view import Medal
from webapp.services.pages.changes_reads import VERSIONS_AT_MOST, read_changes
from webapp.services.pages.changes_view import ChangesView, FinishedMatch, MovedLine
from webapp.services.pages.feed_reads import SHOWN_LINES, read_feed, read_match_feed
from webapp.services.pages.following_reads import read_following
from webapp.services.pages.following_view import FOLLOWED_AT_MOST, FollowingView
from webapp.services.ranking import adjustments, overrides, ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction

NOW = ended_at(900)


@pytest.fixture(autouse=True)
def _engine(app: Flask) -> None:
    turn_on_the_engine()


def play(arena: Arena, match: int, order: Sequence[int]) -> None:
    count = len(order)
    lines = [
        BattleRoyaleLine(arena.participant_ids[who], place, count - place) for place, who in enumerate(order, start=1)
    ]
    results.confirm(arena.match_ids[match - 1], lines, actor=SYSTEM, now=ended_at(match))
    ranking.rank_due(arena.tournament_id, now=ended_at(match))


def following(arena: Arena, ids: Sequence[int]) -> FollowingView:
    return read_following(arena.tournament_id, ids, audience="public", now=NOW)


def changes(arena: Arena, since: int) -> ChangesView:
    return read_changes(arena.tournament_id, since, audience="public", now=NOW)


# -- the feed


def test_the_feed_tells_a_battle_royale_newest_first() -> None:
    arena = open_battle_royale(squads=3, lobbies=2)
    match_id = arena.match_ids[0]
    one, two, _ = arena.participant_ids
    matches.start_match(match_id, actor=SYSTEM, now=ended_at(1))
    matches.update_score(match_id, [[one, -1, 1], [two, 3, 0]], actor=SYSTEM, now=ended_at(2))
    running = read_feed(arena.tournament_id).lines[0]
    assert (running.kind, running.playing_count) == ("score_updated", 1)
    play(arena, 1, [1, 0, 2])
    adjustments.adjust(
        arena.tournament_id, one, kind="penalty", points=-2, reason=REASON, actor=SYSTEM, now=ended_at(3)
    )
    overrides.override(arena.tournament_id, one, new_rank=1, reason=REASON, actor=SYSTEM, now=ended_at(4))
    lines = read_feed(arena.tournament_id).lines
    assert [(line.kind, line.name, line.kills) for line in lines] == [
        ("placement_overridden", "Squad 01", None),
        ("adjustment_recorded", "Squad 01", None),
        ("match_completed", "Squad 02", 2),
        ("match_started", None, None),
        ("match_scheduled", None, None),
        ("tournament_started", None, None),
    ]
    assert (lines[0].numbers["new_rank"], lines[1].numbers, lines[4].numbers) == (1, {"points": -2}, {"count": 2})
    assert [line.match and line.match.id for line in lines] == [None, None, match_id, match_id, None, None]
    assert [line.kind for line in read_match_feed(match_id).lines] == ["match_completed", "match_started"]


def test_the_feed_tells_a_series_with_its_sides_and_games() -> None:
    league = open_league("valorant", {"cascade": ["points"]}, [(0, 1)], sides=2, best_of=3, name="League")
    (match_id,), (one, other) = league.match_ids, league.participant_ids
    matches.start_match(match_id, actor=SYSTEM, now=ended_at(1))
    for score in (3, 4):
        matches.update_score(match_id, [[1, 13, 7], [2, score, 9]], actor=SYSTEM, now=ended_at(score))
    (running, started) = read_match_feed(match_id).lines
    assert (started.kind, running.match and running.match.sides) == ("match_started", ("Squad 01", "Squad 02"))
    game = running.running_game
    assert game is not None
    assert (game.number, game.score_a, game.score_b) == (2, 4, 9)
    games = [SeriesGame(number, {one: 7, other: 13}) for number in (1, 2)]
    series.confirm(match_id, games, actor=SYSTEM, now=ended_at(5))
    completed = read_match_feed(match_id).lines[0]
    assert (completed.kind, completed.name, completed.score) == ("match_completed", "Squad 02", (0, 2))
    assert [line.kind for line in read_match_feed(match_id).lines] == ["match_completed", "match_started"]


def test_the_feed_is_short_and_asks_no_more_for_more_of_it() -> None:
    arena = open_battle_royale(squads=2, lobbies=SHOWN_LINES + 5)
    counts = []
    for upto in (1, 3, SHOWN_LINES + 5):
        for match_id in arena.match_ids[:upto]:
            matches.start_match(match_id, actor=SYSTEM, now=ended_at(1))
        with count_statements() as statements:
            feed = read_feed(arena.tournament_id)
        counts.append(len(statements))
    assert len(feed.lines) == SHOWN_LINES
    assert counts[0] == counts[1] == counts[2]
    with pytest.raises(NotFound):
        read_match_feed(999)


# -- following


def test_followed_rows_come_best_first_from_whichever_page_of_the_board() -> None:
    arena = open_battle_royale(squads=25, lobbies=3)
    order = list(range(25))
    play(arena, 1, order)
    play(arena, 2, [24, *order[:24]])
    ids = arena.participant_ids
    view = following(arena, [ids[24], ids[0], 10**6, ids[20]])
    assert [(row.participant_id, row.name, row.rank, row.page) for row in view.rows] == [
        (ids[0], "Squad 01", 1, 1), (ids[24], "Squad 25", 8, 1), (ids[20], "Squad 21", 22, 2),
    ]  # fmt: skip
    assert [(row.movement.places, row.medal) for row in view.rows] == [(0, Medal.GOLD), (17, None), (-1, None)]
    assert view.version == 2


def test_no_more_are_followed_than_fit_and_strangers_are_nobody() -> None:
    arena = open_battle_royale(squads=25, lobbies=1)
    other = open_battle_royale(squads=2, lobbies=1, name="Other")
    assert len(following(arena, arena.participant_ids).rows) == FOLLOWED_AT_MOST
    assert following(arena, other.participant_ids).rows == ()
    counts = []
    for some in (arena.participant_ids[:1], arena.participant_ids[:3]):
        with count_statements() as statements:
            following(arena, some)
        counts.append(len(statements))
    assert counts[0] == counts[1]


# -- what changed


def test_what_changed_names_leaders_movers_and_finished_matches() -> None:
    arena = open_battle_royale(squads=4, lobbies=4)
    play(arena, 1, [0, 1, 2, 3])
    assert not changes(arena, 1).has_news
    play(arena, 2, [3, 1, 2, 0])
    play(arena, 3, [3, 1, 2, 0])
    ids = arena.participant_ids
    seen = changes(arena, 1)
    assert seen.leaders == ("Squad 04",)
    assert seen.moved == (
        MovedLine(ids[3], "Squad 04", 4, 1),
        MovedLine(ids[0], "Squad 01", 1, 3),
        MovedLine(ids[2], "Squad 03", 3, 4),
    )
    assert seen.finished == (
        FinishedMatch(arena.match_ids[2], 3, "Match 3", "Squad 04"),
        FinishedMatch(arena.match_ids[1], 2, "Match 2", "Squad 04"),
    )
    assert [match.number for match in changes(arena, 2).finished] == [3]
    assert [line.previous_rank for line in changes(arena, 0).moved] == [None] * 4


@pytest.mark.parametrize("since", [-5, 99, 10**9])
def test_a_version_that_never_was_is_no_error(since: int) -> None:
    arena = open_battle_royale(squads=2, lobbies=2)
    play(arena, 1, [0, 1])
    assert changes(arena, since).has_news is (since < 0)


def test_who_was_away_for_too_long_is_told_that_alone() -> None:
    arena = open_battle_royale(squads=2, lobbies=VERSIONS_AT_MOST + 2)
    for match in range(1, VERSIONS_AT_MOST + 3):
        play(arena, match, [match % 2, 1 - match % 2])
    view = changes(arena, 1)
    assert (view.is_too_long_ago, view.has_news, view.moved, view.finished) == (True, True, (), ())


def test_of_a_frozen_board_nothing_newer_is_told() -> None:
    arena = open_battle_royale(squads=3, lobbies=3)
    play(arena, 1, [0, 1, 2])
    with transaction() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        tournament.frozen_seq = tournament.log_seq
    told = read_feed(arena.tournament_id)
    matches.start_match(arena.match_ids[1], actor=SYSTEM, now=ended_at(2))
    play(arena, 2, [2, 1, 0])
    frozen = read_feed(arena.tournament_id)
    assert [line.kind for line in frozen.lines] == ["match_started", *(line.kind for line in told.lines)]
    assert changes(arena, 1).has_news is False
    assert [row.rank for row in following(arena, arena.participant_ids).rows] == [1, 2, 3]
