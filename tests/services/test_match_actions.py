"""What is done to a match beside its games: lobby, ready, forfeit, a forced win, reset, the emergency stop, times."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from tests.arenas import OPENED_AT, REASON, ended_at, open_battle_royale, turn_on_the_engine
from tests.contests import Contest, open_contest, player
from tests.invariants import assert_board_is_right, assert_standings_are_right
from tests.trail import trail
from webapp.domain.errors import Conflict, NotFound, ResultError, TransitionError
from webapp.models import Match, MatchGame, Standing, Tournament, TournamentOfficial
from webapp.services.matches import (
    awards,
    lobbies,
    match_details,
    match_resets,
    matches,
    pauses,
    reporting,
    schedules,
    series,
)
from webapp.services.ranking import ranking
from webapp.services.spine import undo
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction


@pytest.fixture
def contest(app: Flask) -> Contest:
    return open_contest(best_of=3, matches=3)


def match_of(contest: Contest, place: int = 0) -> Match:
    with read_snapshot() as session:
        match = session.get_one(Match, contest.match_ids[place])
        session.expunge(match)
        return match


def ask_ready(contest: Contest) -> None:
    with transaction() as session:
        session.get_one(Tournament, contest.tournament_id).asks_ready = True


def points(contest: Contest) -> dict[int, tuple[int, int, int]]:
    with read_snapshot() as session:
        rows = session.query(Standing).filter(Standing.tournament_id == contest.tournament_id)
        return {row.registration_id: (row.points, row.wins, row.losses) for row in rows}


def test_a_lobby_is_told_to_its_match_alone(contest: Contest) -> None:
    def tell(name: str = "DC-17", notes: str = "Captains first\nthen the rest") -> bool:
        return lobbies.set_lobby(
            contest.match_id, name=name, password="kite 43", notes=notes, actor=SYSTEM, now=ended_at(1)
        )

    with trail() as found:
        assert tell()
        assert not tell()
    assert found.events == [("match_updated", {"number": 1, "changed": ["lobby"]})]
    assert found.audited == [("match.lobby_set", {"match_id": contest.match_id, "is_set": True})]
    assert (match_of(contest).lobby or {})["password"] == "kite 43"
    with pytest.raises(ResultError) as refused:
        tell(name="x" * 81, notes="a\u202eb")
    assert [error.path for error in refused.value.fields] == ["name", "notes"]


def test_a_match_is_given_to_an_official_and_to_nobody_else(contest: Contest) -> None:
    referee = player("Ref")
    with pytest.raises(ResultError, match="none of the tournament's officials"):
        lobbies.assign_coordinator(contest.match_id, referee.user_id, actor=SYSTEM, now=ended_at(1))
    with transaction() as session:
        session.add(
            TournamentOfficial(
                tournament_id=contest.tournament_id, user_id=referee.user_id, role="referee", created_at=OPENED_AT
            )
        )
    with trail() as found:
        assert lobbies.assign_coordinator(contest.match_id, referee.user_id, actor=SYSTEM, now=ended_at(1))
        assert not lobbies.assign_coordinator(contest.match_id, referee.user_id, actor=SYSTEM, now=ended_at(1))
    assert found.events == [("match_updated", {"number": 1, "changed": ["coordinator"]})]
    about = {"match_id": contest.match_id, "before": None, "after": referee.user_id}
    assert found.audited == [("match.coordinator_assigned", about)]
    assert lobbies.assign_coordinator(contest.match_id, None, actor=SYSTEM, now=ended_at(2))


def test_a_match_is_ready_once_both_sides_say_so_and_one_of_them_begins_it(contest: Contest) -> None:
    ask_ready(contest)
    with trail() as found:
        assert lobbies.say_ready(contest.match_id, actor=contest.alice, now=ended_at(1))
    assert found.events == [("match_updated", {"number": 1, "changed": ["ready"]})]
    assert not lobbies.say_ready(contest.match_id, actor=contest.alice, now=ended_at(1))
    assert match_of(contest).state == "scheduled"
    with pytest.raises(TransitionError):
        lobbies.begin(contest.match_id, actor=contest.alice, now=ended_at(1))
    assert lobbies.say_ready(contest.match_id, actor=contest.bob, now=ended_at(2))
    assert match_of(contest).state == "ready"
    assert lobbies.say_ready(contest.match_id, is_ready=False, actor=contest.bob, now=ended_at(2))
    assert match_of(contest).state == "scheduled"
    lobbies.say_ready(contest.match_id, actor=contest.bob, now=ended_at(2))
    with trail() as found:
        assert lobbies.begin(contest.match_id, actor=contest.bob, now=ended_at(3))
        assert not lobbies.begin(contest.match_id, actor=contest.alice, now=ended_at(3))
    assert found.events == [("match_started", {"number": 1})]
    with pytest.raises(Conflict, match="is live; sides say that they are ready before it begins"):
        lobbies.say_ready(contest.match_id, is_ready=False, actor=contest.bob, now=ended_at(4))
    with pytest.raises(NotFound):
        lobbies.say_ready(contest.match_id, actor=contest.stranger, now=ended_at(4))


def test_who_does_not_come_loses_and_the_same_again_changes_nothing(contest: Contest) -> None:
    turn_on_the_engine()
    with trail() as found:
        for _ in range(2):
            outcome = awards.forfeit(
                contest.match_id, contest.b, walk_over=True, reason=REASON, actor=SYSTEM, now=ended_at(1)
            )
    assert not outcome.changed
    ((name, data),) = found.events
    assert (name, data["winner_id"], data["decided_by"], data["games"]) == (
        "match_completed",
        contest.a,
        "walk_over",
        [],
    )
    assert [action for action, _ in found.audited] == ["match.walked_over"]
    match = match_of(contest)
    assert (match.state, match.forfeited_by_id, match.winner_id) == ("forfeit", contest.b, contest.a)
    assert points(contest) == {contest.a: (3, 1, 0), contest.b: (0, 0, 1)}
    assert series.summary(contest.match_id)["series_winner_id"] == contest.a
    ranking.rank_due(contest.tournament_id, now=ended_at(2))
    assert_board_is_right(contest.tournament_id)
    with pytest.raises(Conflict, match="has a confirmed result; correct it"):
        awards.force_win(contest.match_id, contest.b, reason=REASON, actor=SYSTEM, now=ended_at(2))


def test_an_officials_word_counts_as_played_and_games_so_far_do_not(contest: Contest) -> None:
    matches.start_match(contest.match_id, actor=SYSTEM, now=ended_at(1))
    reporting.submit(contest.match_id, contest.games(1, 1), actor=contest.bob, now=ended_at(2))
    awards.force_win(contest.match_id, contest.a, reason=REASON, actor=SYSTEM, now=ended_at(3))
    match = match_of(contest)
    assert (match.state, match.decided_by, match.forfeited_by_id) == ("completed", "force_win", None)
    with pytest.raises(Conflict):
        reporting.agree(contest.match_id, report_revision=1, actor=contest.alice, now=ended_at(4))
    series.correct(contest.match_id, contest.games(1, 1), reason=REASON, actor=SYSTEM, now=ended_at(5))
    match = match_of(contest)
    assert (match.decided_by, match.winner_id) == (None, contest.b)
    assert_standings_are_right(contest.tournament_id)


def test_neither_side_may_be_out_in_a_league_alone(contest: Contest) -> None:
    awards.forfeit(contest.match_id, None, reason=REASON, actor=SYSTEM, now=ended_at(1))
    assert match_of(contest).winner_id is None
    assert points(contest) == {contest.a: (0, 0, 1), contest.b: (0, 0, 1)}
    with transaction() as session:
        session.get_one(Tournament, contest.tournament_id).format = "single-elimination"
    with pytest.raises(ResultError, match="one of the sides has to go on"):
        awards.forfeit(contest.match_ids[1], None, reason=REASON, actor=SYSTEM, now=ended_at(1))
    with pytest.raises(ResultError, match="does not play in match 2"):
        awards.force_win(contest.match_ids[1], 999, reason=REASON, actor=SYSTEM, now=ended_at(1))
    lobby = open_battle_royale(squads=2, lobbies=1, name="Lobby").match_ids[0]
    with pytest.raises(Conflict, match="does not have its two sides"):
        awards.forfeit(lobby, 1, reason=REASON, actor=SYSTEM, now=ended_at(1))


@pytest.mark.parametrize("how", ["live", "reported", "confirmed", "forfeit"])
def test_a_match_is_set_back_as_if_nobody_had_begun_it(contest: Contest, how: str) -> None:
    turn_on_the_engine()
    steps: dict[str, Callable[[], object]] = {
        "live": lambda: matches.start_match(contest.match_id, actor=SYSTEM, now=ended_at(1)),
        "reported": lambda: reporting.submit(
            contest.match_id, contest.games(0, 0), actor=contest.alice, now=ended_at(1)
        ),
        "confirmed": lambda: series.confirm(contest.match_id, contest.games(0, 0), actor=SYSTEM, now=ended_at(1)),
        "forfeit": lambda: awards.forfeit(contest.match_id, contest.a, reason=REASON, actor=SYSTEM, now=ended_at(1)),
    }
    steps[how]()
    with trail() as found:
        assert match_resets.reset(contest.match_id, reason=REASON, actor=SYSTEM, now=ended_at(2))
        assert not match_resets.reset(contest.match_id, reason=REASON, actor=SYSTEM, now=ended_at(2))
    expected = ["match_scheduled"] if how in ("live", "reported") else ["result_voided", "match_scheduled"]
    assert [name for name, _ in found.events] == expected
    assert [action for action, _ in found.audited] == ["match.reset"]
    match = match_of(contest)
    assert (match.state, match.started_at, match.completed_at, match.winner_id) == ("scheduled", None, None, None)
    assert_standings_are_right(contest.tournament_id)
    with read_snapshot() as session:
        assert session.query(MatchGame).count() == 0
    series.confirm(contest.match_id, contest.games(1, 1), actor=SYSTEM, now=ended_at(3))
    ranking.rank_due(contest.tournament_id, now=ended_at(4))
    assert_board_is_right(contest.tournament_id)


def test_while_everything_stands_still_officials_alone_go_on(contest: Contest) -> None:
    with pytest.raises(ResultError):
        pauses.stop(contest.tournament_id, reason="fire", actor=SYSTEM, now=ended_at(1))
    with trail() as found:
        assert pauses.stop(contest.tournament_id, reason=REASON, actor=SYSTEM, now=ended_at(1))
        assert not pauses.stop(contest.tournament_id, reason=REASON, actor=SYSTEM, now=ended_at(1))
    assert found.events == [("tournament_updated", {"changed": ["paused_at"]})]
    assert found.audited == [("tournament.stopped", {"reason": REASON})]
    for refused in (
        lambda: matches.start_match(contest.match_id, actor=SYSTEM, now=ended_at(2)),
        lambda: reporting.submit(contest.match_id, contest.games(0, 0), actor=contest.alice, now=ended_at(2)),
        lambda: lobbies.say_ready(contest.match_id, actor=contest.alice, now=ended_at(2)),
    ):
        with pytest.raises(Conflict) as error:
            refused()
        assert error.value.code == "tournament_paused"
    series.confirm(contest.match_id, contest.games(0, 0), actor=SYSTEM, now=ended_at(3))
    assert pauses.resume(contest.tournament_id, actor=SYSTEM, now=ended_at(4))
    assert not pauses.resume(contest.tournament_id, actor=SYSTEM, now=ended_at(4))
    matches.start_match(contest.match_ids[1], actor=SYSTEM, now=ended_at(5))


def test_what_a_match_is_called_is_one_fact_and_when_it_begins_another(contest: Contest) -> None:
    def change(**given: object) -> list[tuple[str, object]]:
        with trail() as found:
            assert match_details.change(contest.match_id, given, actor=SYSTEM, now=OPENED_AT)
        return [*found.events]

    assert change(stream_url="https://www.twitch.tv/cup", label="Opener") == [
        ("match_updated", {"number": 1, "changed": ["label", "stream_url"]})
    ]
    assert change(label="First", scheduled_at=ended_at(5)) == [("match_scheduled", {"match_ids": [contest.match_id]})]


def test_times_are_set_at_once_and_nobody_plays_twice_at_once(contest: Contest) -> None:
    first, second, third = contest.match_ids
    times = {first: ended_at(0), second: ended_at(31), third: None}
    with trail() as found:
        assert schedules.set_times(contest.tournament_id, times, actor=SYSTEM, now=OPENED_AT) == [first, second]
        assert schedules.set_times(contest.tournament_id, times, actor=SYSTEM, now=OPENED_AT) == []
    assert found.events == [("match_scheduled", {"match_ids": [first, second]})]
    assert [action for action, _ in found.audited] == ["match.times_set"]
    with pytest.raises(ResultError) as refused:
        schedules.set_times(contest.tournament_id, {third: ended_at(15)}, actor=SYSTEM, now=OPENED_AT)
    assert {(error.path, error.message) for error in refused.value.fields} == {
        (f"at-{third}", f"{who} plays in match {number} at that time")
        for who in ("Squad 01", "Squad 02")
        for number in (1, 2)
    }
    with pytest.raises(ResultError) as refused:
        match_details.update(
            third, label="Late", map_name=None, scheduled_at=ended_at(32), stream_url=None, actor=SYSTEM, now=OPENED_AT
        )
    assert {error.path for error in refused.value.fields} == {"scheduled_at"}
    matches.start_match(first, actor=SYSTEM, now=ended_at(1))
    with pytest.raises(Conflict, match="Match 1 has begun"):
        schedules.set_times(contest.tournament_id, {first: ended_at(90)}, actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(NotFound):
        schedules.set_times(contest.tournament_id, {10**6: None}, actor=SYSTEM, now=OPENED_AT)


def test_times_are_put_back_unless_somebody_has_moved_a_match_again(contest: Contest) -> None:
    first, second, _ = contest.match_ids
    schedules.set_times(contest.tournament_id, {first: ended_at(0)}, actor=SYSTEM, now=OPENED_AT)
    times = {first: ended_at(60), second: ended_at(120)}
    schedules.set_times(contest.tournament_id, times, actor=SYSTEM, now=OPENED_AT)
    action_id = undo.newest_of(contest.tournament_id, actor=SYSTEM, now=OPENED_AT)
    assert action_id is not None
    schedules.set_times(contest.tournament_id, {second: None}, actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(Conflict) as refused:
        undo.undo(action_id, actor=SYSTEM, now=OPENED_AT)
    assert refused.value.code == "undo_overtaken"
    schedules.set_times(contest.tournament_id, {second: ended_at(120)}, actor=SYSTEM, now=OPENED_AT)
    with trail() as found:
        assert undo.undo(action_id, actor=SYSTEM, now=OPENED_AT).changed
    assert found.events == [("match_scheduled", {"match_ids": [first, second]})]
    assert (match_of(contest).scheduled_at, match_of(contest, 1).scheduled_at) == (ended_at(0), None)


def test_a_plan_is_proposed_for_what_has_not_begun(contest: Contest) -> None:
    matches.start_match(contest.match_id, actor=SYSTEM, now=ended_at(1))
    plan = schedules.proposed(contest.tournament_id, OPENED_AT, every=timedelta(minutes=45), at_once=4, actor=SYSTEM)
    second, third = contest.match_ids[1:]
    assert plan == {second: OPENED_AT, third: OPENED_AT + timedelta(minutes=45)}
