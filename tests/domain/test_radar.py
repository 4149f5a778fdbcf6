"""The stuck-match radar."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from webapp.domain.radar import A_GAME_TAKES, Cause, Stuck, Watched, stuck, waiting_for

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    return NOON - timedelta(minutes=minutes)


def cause(match: Watched) -> Cause | None:
    found = stuck([match], now=NOON)
    return found[0].cause if found else None


LIVE = Watched(match_id=1, state="live", started_at=NOON - A_GAME_TAKES)
PLANNED = Watched(match_id=1, state="scheduled", scheduled_at=ago(-5))
REPORTED = Watched(match_id=1, state="pending_result", started_at=ago(20), reported_at=(ago(16),))


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        (LIVE, Cause.NO_REPORT),
        (replace(LIVE, best_of=3), None),
        (replace(LIVE, best_of=3, started_at=NOON - 2 * A_GAME_TAKES), Cause.NO_REPORT),
        (replace(LIVE, started_at=None), None),
        (REPORTED, None),
        (replace(REPORTED, is_overdue=True), Cause.UNANSWERED_REPORT),
        (replace(REPORTED, reported_at=(ago(2), ago(1))), Cause.REPORTS_DIFFER),
        # A lobby is played on until an official confirms it, whatever its sides have reported of themselves.
        (replace(LIVE, is_lobby=True, reported_at=(ago(2), ago(1)), started_at=ago(200)), None),
        (replace(LIVE, is_lobby=True, reported_at=(ago(20), ago(1)), is_overdue=True), Cause.UNANSWERED_REPORT),
        (replace(REPORTED, state="disputed", disputed_at=ago(14)), None),
        (replace(REPORTED, state="disputed", disputed_at=ago(15)), Cause.DISPUTE_WAITS),
        (replace(REPORTED, state="disputed", disputed_at=ago(99), dispute_due_at=ago(-1)), None),
        (replace(REPORTED, state="disputed", disputed_at=ago(1), dispute_due_at=ago(0)), Cause.DISPUTE_WAITS),
        (PLANNED, None),
        (replace(PLANNED, asks_ready=True, is_ready=False), Cause.NOT_READY),
        (replace(PLANNED, asks_ready=True, is_ready=False, scheduled_at=ago(-11)), None),
        (replace(PLANNED, missing=1), Cause.NOT_CHECKED_IN),
        (replace(PLANNED, missing=3, is_lobby=True), Cause.LOBBY_NOT_FULL),
        (replace(PLANNED, scheduled_at=ago(9)), None),
        (replace(PLANNED, scheduled_at=ago(10), missing=2), Cause.NOT_STARTED),
        (replace(PLANNED, scheduled_at=None, missing=2), None),
        (replace(LIVE, state="completed"), None),
    ],
)
def test_what_is_stuck_and_why(match: Watched, expected: Cause | None) -> None:
    assert cause(match) is expected


def test_what_holds_up_the_most_comes_first_then_what_presses_most_then_what_waits_longest() -> None:
    overdue = replace(REPORTED, is_overdue=True)
    matches = [
        replace(LIVE, match_id=1),
        replace(overdue, match_id=2),
        replace(LIVE, match_id=3, waiting=5),
        replace(overdue, match_id=4, reported_at=(ago(40),)),
    ]
    found = stuck(matches, now=NOON)
    assert [sign.match_id for sign in found] == [3, 4, 2, 1]
    assert found[1] == Stuck(4, Cause.UNANSWERED_REPORT, ago(40), 0)


def test_who_waits_is_counted_once_however_many_ways_lead_there() -> None:
    # Double elimination of four: 1 and 2, then 3 (winners) and 4 (losers), 5 (losers' final), 6 (final).
    leads_to = {1: [3, 4], 2: [3, 4], 3: [6, 5], 4: [5], 5: [6], 6: []}
    is_over = {match_id: match_id == 2 for match_id in leads_to}
    assert waiting_for(leads_to, is_over) == {1: 4, 2: 4, 3: 2, 4: 2, 5: 1, 6: 0}
    assert waiting_for(leads_to, is_over | {4: True, 5: True})[1] == 2
