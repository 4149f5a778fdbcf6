"""What the day of a tournament asks for, and in which order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.control_room import Day, Needed, Task, in_order, of_day
from webapp.domain.radar import Cause

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=5)
LIVE = Day(status="live", is_lobbies=False, participants=8, is_drawn=True, matches_open=3, matches_done=4)
OPEN = Day(status="registration_open", is_lobbies=False, participants=8, starts_at=NOW + timedelta(hours=1))


def tasks(day: Day) -> list[Task]:
    return [needed.task for needed in in_order(of_day(day, now=NOW))]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (Day(status="draft", is_lobbies=True), [Task.OPEN]),
        (OPEN, []),
        (replace(OPEN, entries_waiting=2, payments_waiting=1), [Task.VERIFY_PAYMENTS, Task.DECIDE_ENTRIES]),
        (replace(OPEN, status="registration_closed"), [Task.DRAW]),
        (replace(OPEN, status="registration_closed", has_checkin=True), []),
        (replace(OPEN, status="registration_closed", has_checkin=True, is_checkin_closed=True), [Task.DRAW]),
        (replace(OPEN, starts_at=EARLIER, has_checkin=True), [Task.CLOSE_CHECKIN]),
        (replace(OPEN, starts_at=EARLIER, has_checkin=True, is_checkin_closed=True), [Task.DRAW]),
        (replace(OPEN, starts_at=EARLIER, is_drawn=True, matches_open=7), [Task.START]),
        (replace(OPEN, starts_at=EARLIER, is_lobbies=True), [Task.START]),
        (replace(OPEN, starts_at=EARLIER, participants=1), []),
        (LIVE, []),
        (replace(LIVE, paused_at=EARLIER), [Task.GO_ON]),
        (replace(LIVE, matches_open=0), [Task.COMPLETE]),
        (replace(LIVE, matches_open=0, round_due=2), [Task.PAIR_ROUND]),
        (replace(LIVE, matches_open=1, round_due=2), [Task.PAIR_ROUND]),
        (replace(LIVE, matches_open=0, is_stage_due=True), [Task.START_STAGE]),
        (replace(LIVE, matches_open=0, matches_done=0), [Task.DRAW]),
        (replace(LIVE, matches_open=0, matches_done=0, is_lobbies=True), [Task.ADD_MATCHES]),
        (replace(LIVE, status="completed", matches_open=0), []),
        (replace(LIVE, status="completed", matches_open=0, requires_review=True), [Task.REVIEW]),
        (replace(LIVE, status="cancelled"), []),
    ],
)
def test_what_a_day_asks_for(day: Day, expected: list[Task]) -> None:
    assert tasks(day) == expected


needed = st.builds(
    Needed,
    task=st.sampled_from(Task),
    holds=st.integers(0, 5),
    since=st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2026, 2, 1), timezones=st.just(UTC)),  # noqa: DTZ001  (the strategy adds the zone)
    match_id=st.none() | st.integers(1, 9),
)


@given(st.lists(needed))
def test_what_holds_up_more_is_never_behind_what_holds_up_less(found: list[Needed]) -> None:
    ordered = in_order(found)
    assert sorted(map(repr, ordered)) == sorted(map(repr, found))
    assert [one.holds for one in ordered] == sorted((one.holds for one in found), reverse=True)
    assert in_order(reversed(ordered)) == ordered or len(set(map(repr, found))) < len(found)
    for one, after in pairwise(ordered):
        if one.holds == after.holds:
            assert list(Task).index(one.task) <= list(Task).index(after.task)


def test_every_cause_of_the_radar_is_a_task_but_the_dispute_which_is_asked_about_at_once() -> None:
    words = {task.value for task in Task}
    assert {cause for cause in Cause if cause.value not in words} == {Cause.DISPUTE_WAITS}
