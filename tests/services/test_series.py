from collections.abc import Callable, Sequence

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import REASON, Arena, ended_at, open_battle_royale, open_league
from tests.invariants import assert_standings_are_right
from tests.trail import trail
from webapp.domain.errors import Conflict, NotFound, ResultError, SeriesError
from webapp.domain.series import SeriesGame as Game
from webapp.models import Match, MatchGame, Standing
from webapp.services.matches import matches, series
from webapp.services.matches.confirmation import MatchOutcome
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot

RULES = {"cascade": ["points", "head_to_head", "score_difference"]}


@pytest.fixture
def league(app: Flask) -> Arena:
    return open_league("valorant", RULES, [(0, 1), (1, 2)], sides=3, best_of=3, name="League")


def two_nil(league: Arena) -> list[Game]:
    one, other, _ = league.participant_ids
    return [Game(1, {one: 13, other: 7}, "Ascent"), Game(2, {one: 14, other: 12}, "Bind")]


def two_one(league: Arena) -> list[Game]:
    one, other, _ = league.participant_ids
    return [Game(1, {one: 13, other: 7}), Game(2, {one: 5, other: 13}), Game(3, {one: 11, other: 13})]


def games_of(match_id: int) -> list[tuple[int, int, int, int | None, str | None]]:
    with read_snapshot() as session:
        rows = session.scalars(select(MatchGame).where(MatchGame.match_id == match_id).order_by(MatchGame.number))
        return [(game.number, game.score_a, game.score_b, game.winner_id, game.map) for game in rows]


def table_of(league: Arena) -> dict[int, tuple[int, int, int, int, int]]:
    with read_snapshot() as session:
        rows = session.scalars(select(Standing).where(Standing.tournament_id == league.tournament_id))
        return {row.registration_id: (row.points, row.wins, row.losses, row.score_for, row.games_won) for row in rows}


def test_a_confirmed_series_is_games_totals_event_audit_and_request_in_one(league: Arena) -> None:
    one, other, _ = league.participant_ids
    match_id = league.match_ids[0]
    with trail() as found:
        outcome = series.confirm(match_id, two_nil(league), actor=SYSTEM, now=ended_at(1))
    assert outcome == MatchOutcome(match_id, 1, found.rows[-1].seq, changed=True)
    assert games_of(match_id) == [(1, 13, 7, one, "Ascent"), (2, 14, 12, one, "Bind")]
    assert table_of(league) == {one: (3, 1, 0, 27, 2), other: (0, 0, 1, 19, 0)}
    assert found.events == [
        (
            "match_completed",
            {
                "number": 1, "revision": 1, "winner_id": one, "completed_at": ended_at(1).isoformat(), "decided_by": None,
                "sides": [one, other], "results": [], "games": [[1, 13, 7, one], [2, 14, 12, one]],
            },
        )
    ]  # fmt: skip
    assert found.audited == [
        (
            "result.confirmed",
            {
                "match_id": match_id, "revision": 1, "before": [],
                "after": [[1, 13, 7, one, "Ascent"], [2, 14, 12, one, "Bind"]],
            },
        )
    ]  # fmt: skip
    key = str(league.tournament_id)
    assert found.wanted == [("publish", key), ("rank", key), ("route", key)]
    assert_standings_are_right(league.tournament_id)


def test_the_same_games_again_change_nothing_and_others_are_a_conflict(league: Arena) -> None:
    match_id = league.match_ids[0]
    series.confirm(match_id, two_nil(league), actor=SYSTEM, now=ended_at(1))
    with trail() as found:
        again = series.confirm(match_id, two_nil(league)[::-1], actor=SYSTEM, now=ended_at(2))
        assert not again.changed
        with pytest.raises(Conflict, match="already confirmed with another result"):
            series.confirm(match_id, two_one(league), actor=SYSTEM, now=ended_at(2))
        # Another map is another result.
        with pytest.raises(Conflict, match="already confirmed with another result"):
            series.confirm(
                match_id,
                [two_nil(league)[0], Game(2, two_nil(league)[1].score, "Split")],
                actor=SYSTEM,
                now=ended_at(2),
            )
    assert (found.events, found.audited, found.wanted) == ([], [], [])


def test_a_correction_changes_winner_and_table_and_voiding_takes_both_out(league: Arena) -> None:
    one, other, _ = league.participant_ids
    match_id = league.match_ids[0]
    series.confirm(match_id, two_nil(league), actor=SYSTEM, now=ended_at(1))
    with trail() as found:
        series.correct(match_id, two_one(league), reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert table_of(league) == {one: (0, 0, 1, 29, 1), other: (3, 1, 0, 33, 2)}
    assert [name for name, _ in found.events] == ["result_corrected"]
    assert (found.events[0][1]["winner_id"], found.events[0][1]["previous_revision"]) == (other, 1)
    assert found.audited[0][1]["before"] == [[1, 13, 7, one, "Ascent"], [2, 14, 12, one, "Bind"]]
    with trail() as found:
        series.void(match_id, reason=REASON, actor=SYSTEM, now=ended_at(3))
    assert (games_of(match_id), table_of(league)) == ([], {one: (0, 0, 0, 0, 0), other: (0, 0, 0, 0, 0)})
    assert found.events == [("result_voided", {"number": 1, "revision": 3, "previous_revision": 2})]
    assert found.audited[0][0] == "result.voided"
    series.correct(match_id, two_nil(league), reason=REASON, actor=SYSTEM, now=ended_at(4))
    assert table_of(league) == {one: (3, 1, 0, 27, 2), other: (0, 0, 1, 19, 0)}
    assert_standings_are_right(league.tournament_id)


def test_every_wrong_game_is_named_and_nothing_is_written(league: Arena) -> None:
    one, other, third = league.participant_ids
    match_id = league.match_ids[0]
    for games, message in (
        ([], "nobody has won the best of 3 yet"),
        ([Game(1, {})], "game 1: score: the score of participant"),
        ([Game(1, {one: 13, third: 2})], f"game 1: score: participant {third} does not play in this match"),
        ([Game(1, {one: 13, other: 2})], "it stands 1-0 and takes 2 to win"),
        ([*two_nil(league), Game(3, {one: 13, other: 1})], "game 3: is one too many: game 2 decided"),
        ([Game(1, {one: 12, other: 3}), Game(2, {one: 13, other: 3})], "a map cannot end 12-3"),
    ):
        with trail() as found, pytest.raises(SeriesError, match=message):
            series.confirm(match_id, games, actor=SYSTEM, now=ended_at(1))
        assert (found.events, found.audited) == ([], [])
    with read_snapshot() as session:
        assert session.get_one(Match, match_id).state == "scheduled"


def test_an_odd_score_stands_with_a_reason_that_stays_on_record(league: Arena) -> None:
    one, other, _ = league.participant_ids
    games = [
        Game(1, {one: 12, other: 3}, allow_irregular=True, reason=" The server went down at 12-3 "),
        Game(2, {one: 13, other: 3}),
    ]
    with trail() as found:
        series.confirm(league.match_ids[0], games, actor=SYSTEM, now=ended_at(1))
    assert found.audited[0][1]["irregular"] == [[1, "The server went down at 12-3"]]
    assert series.summary(league.match_ids[0])["status"] == "completed"


def test_a_drawn_match_gives_both_a_point_where_the_game_knows_draws(app: Flask) -> None:
    league = open_league("efootball", {"cascade": ["points"]}, [(0, 1)], sides=2, best_of=1, name="Goals")
    one, other = league.participant_ids
    with trail() as found:
        series.confirm(league.match_ids[0], [Game(1, {one: 1, other: 1})], actor=SYSTEM, now=ended_at(1))
    assert (found.events[0][1]["winner_id"], found.events[0][1]["games"]) == (None, [[1, 1, 1, None]])
    assert {who: row[:3] for who, row in table_of(league).items()} == {one: (1, 0, 0), other: (1, 0, 0)}


def test_the_summary_tells_pending_and_completed_series(league: Arena) -> None:
    one, other, third = league.participant_ids
    series.confirm(league.match_ids[0], two_nil(league), actor=SYSTEM, now=ended_at(1))
    assert series.summary(league.match_ids[0]) == {
        "match_id": league.match_ids[0],
        "best_of": 3,
        "status": "completed",
        "series_winner_id": one,
        "series_score": {str(one): 2, str(other): 0},
        "games": [
            {"number": 1, "winner_id": one, "score": {str(one): 13, str(other): 7}, "map": "Ascent"},
            {"number": 2, "winner_id": one, "score": {str(one): 14, str(other): 12}, "map": "Bind"},
        ],
    }
    assert series.summary(league.match_ids[1]) == {
        "match_id": league.match_ids[1], "best_of": 3, "status": "pending", "series_winner_id": None,
        "series_score": {str(other): 0, str(third): 0}, "games": [],
    }  # fmt: skip


def test_what_is_not_there_or_no_series_is_said_so(league: Arena) -> None:
    lobby = open_battle_royale(squads=2, name="Lobby").match_ids[0]
    (sideless,) = matches.schedule(league.tournament_id, [matches.Fixture("Final")], actor=SYSTEM, now=ended_at(0))
    with pytest.raises(NotFound, match="There is no match 999"):
        series.summary(999)
    changes: Sequence[Callable[[int], MatchOutcome]] = (
        lambda match_id: series.confirm(match_id, two_nil(league), actor=SYSTEM, now=ended_at(1)),
        lambda match_id: series.correct(match_id, two_nil(league), reason=REASON, actor=SYSTEM, now=ended_at(1)),
        lambda match_id: series.void(match_id, reason=REASON, actor=SYSTEM, now=ended_at(1)),
    )
    for match_id, message in (
        (lobby, "is a battle royale, not a series"),
        (sideless, "Match 3 does not have its two sides yet"),
    ):
        for change in changes:
            with pytest.raises((Conflict, ResultError), match=message):
                change(match_id)
