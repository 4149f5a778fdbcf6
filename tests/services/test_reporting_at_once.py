"""Both sides, and two officials, act on one match at the same moment: it ends once."""

from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.arenas import ended_at
from tests.contests import Contest, open_contest
from tests.invariants import assert_standings_are_right
from tests.services import contenders
from tests.services.contenders import PROCESSES, Contenders
from webapp.config import Settings
from webapp.models import Event, Match, ResultSubmission
from webapp.services.matches import reporting
from webapp.services.spine.transaction import read_snapshot


@pytest.fixture
def contest(app: Flask) -> Contest:
    return open_contest(best_of=3)


def assert_it_ended_once(contest: Contest) -> None:
    with read_snapshot() as session:
        ends = select(func.count()).select_from(Event).where(Event.type == "match_completed")
        assert session.scalar(ends) == 1
        match = session.get_one(Match, contest.match_id)
        assert (match.state, match.winner_id, match.revision) == ("completed", contest.a, 1)
    assert_standings_are_right(contest.tournament_id)


def test_two_equal_reports_at_once_confirm_the_match_once(
    rivals: Contenders, settings: Settings, contest: Contest
) -> None:
    wins = (0, 0)
    calls = [(contenders.report, (contest.match_id, who, contest.games(*wins))) for who in (contest.alice, contest.bob)]
    outcomes = rivals.at_once(settings, calls * 2)
    assert outcomes.count(True) == 1
    assert_it_ended_once(contest)
    with read_snapshot() as session:
        states = Counter(session.scalars(select(ResultSubmission.state)))
    assert states == {"agreed": 2}


def test_an_answer_and_officials_at_once_end_the_match_once(
    rivals: Contenders, settings: Settings, contest: Contest
) -> None:
    reporting.submit(contest.match_id, contest.games(0, 0), actor=contest.alice, now=ended_at(1))
    answer = (contenders.agree, (contest.match_id, 1, contest.bob))
    confirm = (contenders.confirm_series, (contest.match_id, contest.games(0, 0)))
    outcomes = rivals.at_once(settings, [answer, answer, confirm, confirm])
    assert len(outcomes) == PROCESSES
    assert outcomes.count(True) == 1
    assert {outcome for outcome in outcomes if outcome is not True} <= {False, "nothing_to_answer"}
    assert_it_ended_once(contest)
