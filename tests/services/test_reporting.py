"""Results as the sides report them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from tests.arenas import OPENED_AT, REASON, ended_at
from tests.contests import Contest, open_contest
from tests.invariants import assert_standings_are_right
from tests.trail import trail
from webapp.domain.errors import Conflict, DomainError, NotFound, ResultError, SeriesError
from webapp.domain.series import SeriesGame
from webapp.models import Match, MatchGame, ResultSubmission, Tournament
from webapp.services.matches import pauses, reporting, series
from webapp.services.matches.reporting import ANSWER_WITHIN
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction


@pytest.fixture
def contest(app: Flask) -> Contest:
    return open_contest(best_of=3)


def submit(contest: Contest, who: Actor, *wins: int, minute: int = 2, **options: object) -> reporting.Reported:
    return reporting.submit(
        contest.match_id, contest.games(*wins), actor=who, now=ended_at(minute), **options  # type: ignore[arg-type]  # options of submit
    )  # fmt: skip


def states(contest: Contest) -> list[tuple[int, str]]:
    with read_snapshot() as session:
        rows = session.query(ResultSubmission).order_by(ResultSubmission.id)
        return [(row.registration_id, row.state) for row in rows]


def match_of(contest: Contest) -> Match:
    with read_snapshot() as session:
        match = session.get_one(Match, contest.match_id)
        session.expunge(match)
        return match


def test_one_side_reports_and_the_other_agrees(contest: Contest) -> None:
    with trail() as found:
        reported = submit(contest, contest.alice, 0, 0)
    assert (reported.report_revision, reported.is_agreed) == (1, False)
    about = {"number": 1, "submission_id": reported.submission_id, "report_revision": 1, "status": "pending_opponent"}
    assert found.events == [("match_started", {"number": 1}), ("result_submitted", about)]
    assert [action for action, _ in found.audited] == ["result.reported"]
    assert match_of(contest).state == "pending_result"
    with trail() as found:
        outcome = reporting.agree(contest.match_id, report_revision=1, actor=contest.bob, now=ended_at(3))
    assert outcome.changed
    assert [name for name, _ in found.events] == ["match_completed"]
    assert [action for action, _ in found.audited] == ["result.agreed", "result.confirmed"]
    match = match_of(contest)
    assert (match.state, match.winner_id, match.revision) == ("completed", contest.a, 1)
    assert states(contest) == [(contest.a, "agreed")]
    assert_standings_are_right(contest.tournament_id)


def test_two_equal_reports_confirm_themselves(contest: Contest) -> None:
    submit(contest, contest.alice, 0, 1, 0)
    reported = submit(contest, contest.bob, 0, 1, 0, minute=3)
    assert reported.is_agreed
    assert match_of(contest).state == "completed"
    assert states(contest) == [(contest.a, "agreed"), (contest.b, "agreed")]
    with read_snapshot() as session:
        assert session.query(MatchGame).count() == 3


def test_two_reports_that_differ_stay_open_until_one_gives_in(contest: Contest) -> None:
    submit(contest, contest.alice, 0, 0)
    assert not submit(contest, contest.bob, 1, 1, minute=3).is_agreed
    assert match_of(contest).state == "pending_result"
    assert states(contest) == [(contest.a, "pending_opponent"), (contest.b, "pending_opponent")]
    reporting.agree(contest.match_id, report_revision=2, actor=contest.alice, now=ended_at(4))
    assert match_of(contest).winner_id == contest.b
    assert states(contest) == [(contest.a, "superseded"), (contest.b, "agreed")]


def test_an_answer_to_an_older_report_is_a_conflict(contest: Contest) -> None:
    submit(contest, contest.alice, 0, 0)
    submit(contest, contest.alice, 0, 1, 0, minute=3)
    with pytest.raises(Conflict) as refused:
        reporting.agree(contest.match_id, report_revision=1, actor=contest.bob, now=ended_at(4))
    assert refused.value.code == "stale_revision"
    assert "you saw number 1, it is at 2" in refused.value.message
    assert match_of(contest).state == "pending_result"
    assert states(contest) == [(contest.a, "superseded"), (contest.a, "pending_opponent")]
    with pytest.raises(Conflict, match="There is a newer report"):
        submit(contest, contest.bob, 0, 0, minute=5, seen_revision=1)


def test_the_same_report_again_changes_nothing(contest: Contest) -> None:
    first = submit(contest, contest.alice, 0, 0)
    with trail() as found:
        assert submit(contest, contest.alice, 0, 0, minute=3) == first
    assert (found.events, found.audited) == ([], [])


def test_nobody_answers_for_both_sides(contest: Contest) -> None:
    submit(contest, contest.alice, 0, 0)
    with pytest.raises(Conflict) as refused:
        reporting.agree(contest.match_id, report_revision=1, actor=contest.alice, now=ended_at(3))
    assert refused.value.code == "own_report"
    # Who has gone over to the other side does not answer their own words.
    contest.also_speaks_for(contest.stranger, contest.a)
    contest.also_speaks_for(contest.alice, contest.b)
    with pytest.raises(Conflict):
        reporting.agree(contest.match_id, report_revision=1, actor=contest.alice, now=ended_at(3))
    assert not submit(contest, contest.alice, 0, 0, minute=4).is_agreed
    assert match_of(contest).state == "pending_result"


def _report(contest: Contest, who: Actor) -> Callable[[], object]:
    return lambda: submit(contest, who, 0, 0)


def test_who_speaks_for_no_side_knows_of_no_match(contest: Contest) -> None:
    for who in (contest.stranger, SYSTEM):
        for ask in (
            _report(contest, who),
            lambda who=who: reporting.agree(contest.match_id, report_revision=1, actor=who, now=ended_at(3)),
        ):
            with pytest.raises(NotFound) as refused:
                ask()
            assert refused.value.code == "match_not_found"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"asks_ready": True}, "match_not_live"),
        ({"paused_at": OPENED_AT}, "tournament_paused"),
        ({"status": "registration_closed"}, "tournament_not_live"),
    ],
)
def test_a_match_that_cannot_be_reported_now(contest: Contest, change: dict[str, object], code: str) -> None:
    with transaction() as session:
        tournament = session.get_one(Tournament, contest.tournament_id)
        for name, value in change.items():
            setattr(tournament, name, value)
    with pytest.raises(DomainError) as refused:
        submit(contest, contest.alice, 0, 0)
    assert refused.value.code == code
    assert states(contest) == []


def test_games_that_cannot_be_are_refused_and_sides_let_no_odd_score_stand(contest: Contest) -> None:
    for wins in ((0,), (0, 0, 0)):
        with pytest.raises(SeriesError):
            submit(contest, contest.alice, *wins)
    odd = [SeriesGame(1, {contest.a: 9, contest.b: 3}), SeriesGame(2, {contest.a: 13, contest.b: 3})]
    with pytest.raises(SeriesError, match="an organizer may let it stand"):
        reporting.submit(contest.match_id, odd, actor=contest.alice, now=ended_at(2))
    with pytest.raises(ResultError, match="at most 500"):
        submit(contest, contest.alice, 0, 0, note="x" * 501)


def test_what_an_official_confirms_closes_the_reports(contest: Contest) -> None:
    submit(contest, contest.alice, 0, 0)
    submit(contest, contest.bob, 1, 1, minute=3)
    series.confirm(contest.match_id, contest.games(1, 1), actor=SYSTEM, now=ended_at(4))
    assert states(contest) == [(contest.a, "superseded"), (contest.b, "confirmed")]
    with pytest.raises(Conflict) as refused:
        reporting.agree(contest.match_id, report_revision=2, actor=contest.alice, now=ended_at(5))
    assert refused.value.code == "nothing_to_answer"
    with pytest.raises(Conflict, match="is completed; nothing can be reported"):
        submit(contest, contest.alice, 0, 0, minute=6)


def test_a_report_without_an_answer_is_marked_once(contest: Contest) -> None:
    reported = submit(contest, contest.alice, 0, 0)
    due = ended_at(2) + ANSWER_WITHIN
    assert reporting.mark_overdue(now=due - timedelta(seconds=1)) == []
    with trail() as found:
        assert reporting.mark_overdue(now=due) == [reported.submission_id]
        assert reporting.mark_overdue(now=due) == []
    assert [data["status"] for _, data in found.events] == ["overdue"]
    assert [action for action, _ in found.audited] == ["result.overdue"]
    reporting.agree(contest.match_id, report_revision=1, actor=contest.bob, now=due)
    assert match_of(contest).state == "completed"


def test_time_does_not_run_while_everything_stands_still(contest: Contest) -> None:
    submit(contest, contest.alice, 0, 0)
    due = ended_at(2) + ANSWER_WITHIN
    assert pauses.stop(contest.tournament_id, reason=REASON, actor=SYSTEM, now=ended_at(5))
    assert reporting.mark_overdue(now=due) == []
    assert pauses.resume(contest.tournament_id, actor=SYSTEM, now=due)
    assert reporting.mark_overdue(now=due) == []
    assert len(reporting.mark_overdue(now=due + (due - ended_at(5)))) == 1
