"""What hangs on the end of a match (reports, disputes, the next match) goes with it, and comes back where it is undone."""

from datetime import timedelta
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.arenas import REASON, ended_at, open_battle_royale
from tests.contests import Contest, open_contest, player
from tests.disputed import TEXT
from tests.invariants import assert_board_is_right, assert_log_is_whole, assert_standings_are_right
from tests.knockouts import open_knockout
from webapp.domain.errors import Conflict, ResultError, SeriesError
from webapp.domain.series import SeriesGame
from webapp.models import Dispute, Match, MatchGame, ResultSubmission, Tournament, UndoableAction
from webapp.services.disputes import corrections, dispute_decisions, disputes
from webapp.services.disputes.corrections import Change
from webapp.services.disputes.dispute_decisions import Decision
from webapp.services.matches import awards, match_resets, matches, reporting, results, series
from webapp.services.matches.matches import Fixture
from webapp.services.ranking import ranking
from webapp.services.spine import undo
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction

pytestmark = pytest.mark.usefixtures("engine")


class Standing(NamedTuple):
    """A match as people see it, with its open reports and the state of its newest dispute."""

    state: str
    winner_id: int | None
    games: int
    reports: list[str]
    dispute: str | None


@pytest.fixture
def contest(app: Flask) -> Contest:
    return open_contest(best_of=1, matches=2)


def standing(match_id: int) -> Standing:
    with read_snapshot() as session:
        match = session.get_one(Match, match_id)
        reports = select(ResultSubmission.state).where(ResultSubmission.match_id == match_id)
        dispute = select(Dispute.state).where(Dispute.match_id == match_id).order_by(Dispute.id.desc()).limit(1)
        games = select(func.count()).select_from(MatchGame).where(MatchGame.match_id == match_id)
        return Standing(
            match.state, match.winner_id, session.scalar(games) or 0,
            list(session.scalars(reports.order_by(ResultSubmission.id))), session.scalar(dispute),
        )  # fmt: skip


def assert_all_is_right(tournament_id: int) -> None:
    """The totals are what the results say, and the board what the log says."""
    assert_standings_are_right(tournament_id)
    ranking.rank_due(tournament_id, now=ended_at(4))
    assert_board_is_right(tournament_id)
    assert_log_is_whole(tournament_id)


def report(contest: Contest) -> None:
    reporting.submit(contest.match_id, contest.games(0), actor=contest.alice, now=ended_at(1))


def object_to(contest: Contest, match_id: int | None = None) -> int:
    return disputes.open_dispute(
        match_id or contest.match_id, reason_code="wrong_score", text=TEXT, actor=contest.bob, now=ended_at(2)
    )


def undo_newest() -> None:
    with read_snapshot() as session:
        newest = session.scalar(select(func.max(UndoableAction.id)))
    undo.undo(newest or 0, actor=SYSTEM, now=ended_at(3))


def test_cancelling_a_reported_match_closes_the_report_until_that_is_undone(contest: Contest) -> None:
    report(contest)
    matches.cancel_match(contest.match_id, reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert standing(contest.match_id) == ("cancelled", None, 0, ["superseded"], None)
    assert reporting.mark_overdue(now=ended_at(2) + timedelta(minutes=20)) == []

    undo_newest()
    assert standing(contest.match_id) == ("pending_result", None, 0, ["pending_opponent"], None)
    reporting.agree(contest.match_id, report_revision=1, actor=contest.bob, now=ended_at(4))
    assert standing(contest.match_id) == ("completed", contest.a, 1, ["agreed"], None)


def test_cancelling_a_disputed_match_ends_the_dispute(contest: Contest) -> None:
    report(contest)
    object_to(contest)
    matches.cancel_match(contest.match_id, reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert standing(contest.match_id) == ("cancelled", None, 0, ["disputed"], "resolved")


def test_a_confirmed_result_that_is_disputed_is_decided_before_it_is_cancelled(contest: Contest) -> None:
    series.confirm(contest.match_id, contest.games(0), actor=SYSTEM, now=ended_at(1))
    object_to(contest)
    with pytest.raises(Conflict, match="has a confirmed result, which is disputed; decide the dispute") as refused:
        matches.cancel_match(contest.match_id, reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert refused.value.code == "match_has_result"


def test_the_reports_of_an_undone_confirmation_wait_again(contest: Contest) -> None:
    report(contest)
    series.confirm(contest.match_id, contest.games(1), actor=SYSTEM, now=ended_at(2))
    assert standing(contest.match_id).reports == ["superseded"]
    undo_newest()
    assert standing(contest.match_id) == ("pending_result", None, 0, ["pending_opponent"], None)


def test_the_reports_of_an_undone_reset_wait_again(contest: Contest) -> None:
    report(contest)
    match_resets.reset(contest.match_id, reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert standing(contest.match_id) == ("scheduled", None, 0, ["superseded"], None)
    undo_newest()
    assert standing(contest.match_id) == ("pending_result", None, 0, ["pending_opponent"], None)


@pytest.mark.parametrize("ended", ["confirmed", "reported", "forced"])
def test_a_dispute_that_a_reset_ended_is_open_again_when_that_is_undone(contest: Contest, ended: str) -> None:
    if ended == "confirmed":
        series.confirm(contest.match_id, contest.games(0), actor=SYSTEM, now=ended_at(1))
    elif ended == "forced":
        awards.force_win(contest.match_id, contest.a, reason=REASON, actor=SYSTEM, now=ended_at(1))
    else:
        report(contest)
    dispute_id = object_to(contest)
    before = standing(contest.match_id)
    match_resets.reset(contest.match_id, reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert standing(contest.match_id)[::4] == ("scheduled", "resolved")

    undo_newest()
    assert standing(contest.match_id) == before
    assert before[::4] == ("disputed", "open")
    assert_standings_are_right(contest.tournament_id)
    decide(dispute_id)
    assert standing(contest.match_id)[:2] == ("completed", contest.a)
    assert_all_is_right(contest.tournament_id)


def decide(dispute_id: int, resolution: str = "approve_original", by: Actor = SYSTEM) -> None:
    dispute_decisions.decide(dispute_id, Decision(resolution), reason=REASON, actor=by, now=ended_at(3))


def test_the_lines_of_a_disputed_lobby_come_back_with_an_undone_reset(app: Flask) -> None:
    arena = open_battle_royale(lobbies=1)
    boss = official(arena.tournament_id)
    lines = arena.lines(arena.match_ids[0])
    results.confirm(arena.match_ids[0], lines, actor=SYSTEM, now=ended_at(1))
    winner = standing(arena.match_ids[0]).winner_id
    dispute_id = disputes.open_dispute(
        arena.match_ids[0], reason_code="wrong_score", text=TEXT, actor=boss, now=ended_at(2)
    )
    match_resets.reset(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=ended_at(2))
    undo_newest()
    assert standing(arena.match_ids[0])[::4] == ("disputed", "open")
    assert_standings_are_right(arena.tournament_id)
    decide(dispute_id, by=boss)
    assert standing(arena.match_ids[0])[:2] == ("completed", winner)
    assert_all_is_right(arena.tournament_id)


def official(tournament_id: int) -> Actor:
    """The tournament's organizer."""
    boss = player("Boss")
    with transaction() as session:
        session.get_one(Tournament, tournament_id).organizer_id = boss.user_id
    return Actor(boss.user_id, "organizer")


def test_a_correction_under_a_disputed_match_is_undone_with_its_dispute(app: Flask) -> None:
    cup = open_knockout(sides=4)
    cup.play()
    semi, final = cup.match_ids()["W1-1"], cup.match_ids()["W2-1"]
    boss = official(cup.tournament_id)
    dispute_id = disputes.open_dispute(final, reason_code="wrong_score", text=TEXT, actor=boss, now=ended_at(1))
    before = standing(final)
    done = corrections.apply(
        semi, Change("correct", [[1, 0, 1, None]]), reason=REASON, choices={final: "replay"}, actor=boss,
        now=ended_at(2),
    )  # fmt: skip
    assert standing(final)[::4] == ("scheduled", "resolved")
    assert cup.sides()["W2-1"] == (4, 2)

    undo.undo(done.undo_id or 0, actor=boss, now=ended_at(3))
    assert (standing(final), cup.sides()["W2-1"]) == (before, (1, 2))
    decide(dispute_id, by=boss)
    assert standing(final)[:2] == ("completed", cup.seed(1))
    assert_all_is_right(cup.tournament_id)


def test_a_match_that_was_reset_and_reported_anew_is_disputed_as_a_report(contest: Contest) -> None:
    series.confirm(contest.match_id, contest.games(1), actor=SYSTEM, now=ended_at(1))
    match_resets.reset(contest.match_id, reason=REASON, actor=SYSTEM, now=ended_at(1))
    report(contest)
    decide(object_to(contest))
    assert standing(contest.match_id) == ("completed", contest.a, 1, ["confirmed"], "resolved")
    assert_all_is_right(contest.tournament_id)


def test_a_match_that_was_reset_and_called_off_can_be_given_its_result(contest: Contest) -> None:
    series.confirm(contest.match_id, contest.games(1), actor=SYSTEM, now=ended_at(1))
    match_resets.reset(contest.match_id, reason=REASON, actor=SYSTEM, now=ended_at(1))
    matches.cancel_match(contest.match_id, reason=REASON, actor=SYSTEM, now=ended_at(2))
    series.correct(contest.match_id, contest.games(0), reason=REASON, actor=SYSTEM, now=ended_at(3))
    assert standing(contest.match_id)[:3] == ("completed", contest.a, 1)
    assert_all_is_right(contest.tournament_id)


def test_a_second_grand_final_that_was_reset_comes_back_when_it_is_needed_again(app: Flask) -> None:
    cup = open_knockout("double-elimination", sides=2)
    for key, winner in (("W1-1", 1), ("GF", 2), ("GF2", 1)):
        cup.win(key, winner)
    match_resets.reset(cup.match_ids()["GF2"], reason=REASON, actor=SYSTEM, now=ended_at(1))
    for entries, state in (([[1, 1, 0, None]], "cancelled"), ([[1, 0, 1, None]], "scheduled")):
        change = Change("correct", entries)
        corrections.apply(cup.match_ids()["GF"], change, reason=REASON, actor=SYSTEM, now=ended_at(2))
        assert cup.states()["GF2"] == state


def test_nobody_is_scheduled_for_two_matches_at_once(contest: Contest) -> None:
    at = ended_at(600)
    first, second = (Fixture(label, at, None, contest.a, contest.b) for label in ("First", "Second"))
    with pytest.raises(ResultError) as refused:
        matches.schedule(contest.tournament_id, [first, second], actor=SYSTEM, now=ended_at(1))
    assert {error.path for error in refused.value.fields} == {"fixture 2: scheduled_at"}
    later = second._replace(scheduled_at=at + timedelta(minutes=30))
    assert len(matches.schedule(contest.tournament_id, [first, later], actor=SYSTEM, now=ended_at(1))) == 2


def test_a_match_begins_once_both_sides_are_known(app: Flask) -> None:
    cup = open_knockout(sides=4)
    with pytest.raises(Conflict, match="does not have its two sides yet") as refused:
        matches.start_match(cup.match_ids()["W2-1"], actor=SYSTEM, now=ended_at(1))
    assert refused.value.code == "match_without_sides"


def test_the_sides_cannot_let_an_odd_score_stand(app: Flask) -> None:
    contest = open_contest(best_of=1, name="Odd")
    odd = [SeriesGame(1, {contest.a: 25, contest.b: 3}, allow_irregular=True, reason="We agreed")]
    with pytest.raises(SeriesError, match="an organizer may let it stand"):
        reporting.submit(contest.match_id, odd, actor=contest.alice, now=ended_at(1))
    series.confirm(contest.match_id, odd, actor=SYSTEM, now=ended_at(2))
