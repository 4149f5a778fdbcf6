"""By which channels people are told, when, and of which moves on a board."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.notifications.channels import GROUPED_FOR, Wishes, mail_due, message_due, quiet_end, wanted
from webapp.domain.notifications.kinds import DISCORD, EMAIL, IN_APP, KINDS
from webapp.domain.notifications.moves import Move, told_moves

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANNOUNCEMENT, QUIET_KIND = KINDS["announcement"], KINDS["match_completed"]
URGENT, GROUPED = KINDS["checkin_open"], KINDS["match_scheduled"]


def test_without_wishes_a_kind_comes_by_its_own_channels() -> None:
    assert wanted(ANNOUNCEMENT, Wishes()) == {IN_APP, EMAIL, DISCORD}
    assert wanted(QUIET_KIND, Wishes()) == {IN_APP}


def test_a_choice_counts_for_its_kind_and_channel_alone() -> None:
    wishes = Wishes(chosen={("announcement", EMAIL): False, ("match_completed", DISCORD): True})
    assert wanted(ANNOUNCEMENT, wishes) == {IN_APP, DISCORD}
    assert wanted(QUIET_KIND, wishes) == {IN_APP, DISCORD}


def test_an_opt_out_of_a_channel_outweighs_every_choice() -> None:
    chosen = {("announcement", channel): True for channel in (IN_APP, EMAIL, DISCORD)}
    wishes = Wishes(is_in_app_on=False, is_email_on=False, is_discord_on=False, chosen=chosen)
    assert wanted(ANNOUNCEMENT, wishes) == frozenset()


@pytest.mark.parametrize(
    ("zone", "start", "until", "now", "end"),
    [
        ("UTC", 22 * 60, 7 * 60, "2026-03-01T23:30Z", "2026-03-02T07:00Z"),
        ("UTC", 22 * 60, 7 * 60, "2026-03-02T06:59Z", "2026-03-02T07:00Z"),
        ("UTC", 22 * 60, 7 * 60, "2026-03-02T07:00Z", None),
        ("UTC", 22 * 60, 7 * 60, "2026-03-01T21:59Z", None),
        ("UTC", 13 * 60, 14 * 60, "2026-03-01T13:00Z", "2026-03-01T14:00Z"),
        ("Asia/Dhaka", 22 * 60, 7 * 60, "2026-03-01T16:30Z", "2026-03-02T01:00Z"),
        # The clocks of Berlin are put forward in this night, and back in that one.
        ("Europe/Berlin", 22 * 60, 7 * 60, "2026-03-28T22:00Z", "2026-03-29T05:00Z"),
        ("Europe/Berlin", 22 * 60, 7 * 60, "2026-10-24T21:00Z", "2026-10-25T06:00Z"),
        # Half past two is twice in one of them, and never in the other.
        ("Europe/Berlin", 60, 150, "2026-10-25T00:10Z", "2026-10-25T00:30Z"),
        ("Europe/Berlin", 60, 150, "2026-10-25T01:10Z", "2026-10-25T01:30Z"),
        ("Europe/Berlin", 60, 150, "2026-03-29T00:30Z", "2026-03-29T01:30Z"),
        ("UTC", 600, 600, "2026-03-01T10:00Z", None),
        # Of a zone that nobody knows.
        ("Atlantis/Capital", 13 * 60, 14 * 60, "2026-03-01T13:00Z", "2026-03-01T14:00Z"),
    ],
)
def test_quiet_hours_are_meant_on_the_persons_clock(
    zone: str, start: int, until: int, now: str, end: str | None
) -> None:
    wishes = Wishes(time_zone=zone, quiet_from=start, quiet_until=until)
    expected = None if end is None else datetime.fromisoformat(end)
    assert quiet_end(wishes, datetime.fromisoformat(now)) == expected


@given(
    zone=st.sampled_from(["UTC", "Asia/Dhaka", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    start=st.integers(0, 1439),
    until=st.integers(0, 1439),
    minutes=st.integers(0, 366 * 24 * 60),
)
def test_what_is_quiet_ends_within_a_day_or_so_and_is_then_not_quiet(
    zone: str, start: int, until: int, minutes: int
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    wishes = Wishes(time_zone=zone, quiet_from=start, quiet_until=until)
    end = quiet_end(wishes, now)
    local = now.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    is_quiet = start <= minute < until if start <= until else minute >= start or minute < until
    assert (end is not None) == is_quiet
    if end is not None:
        assert now < end <= now + timedelta(hours=25)
        assert quiet_end(wishes, end) is None


def test_mails_wait_for_others_of_a_group_and_for_the_end_of_quiet_hours() -> None:
    quiet = Wishes(quiet_from=11 * 60, quiet_until=13 * 60)
    an_hour = NOON + timedelta(hours=1)
    assert [mail_due(kind, Wishes(), NOON) for kind in (ANNOUNCEMENT, GROUPED)] == [NOON, NOON + GROUPED_FOR]
    assert [mail_due(kind, quiet, NOON) for kind in (ANNOUNCEMENT, GROUPED, URGENT)] == [an_hour, an_hour, NOON]
    assert [message_due(kind, quiet, NOON) for kind in (ANNOUNCEMENT, URGENT)] == [an_hour, NOON]


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [
        (4, 3, True), (3, 4, True), (1, 3, False), (3, 1, False), (4, 8, False), (4, 9, True), (20, 15, True),
        (20, 16, False), (0, 1, False), (1, 0, False), (0, 40, False),
    ],
)  # fmt: skip
def test_a_move_is_told_into_and_out_of_the_first_three_or_from_five_places_on(
    before: int, after: int, is_told: bool
) -> None:
    assert Move(before, after).is_told is is_told


def test_several_deltas_are_one_move_from_the_first_place_to_the_last() -> None:
    deltas = [
        {"participant_id": [1, 2, 3], "previous_rank": [1, 9, 4], "current_rank": [5, 4, 2]},
        {"participant_id": [1, 3], "previous_rank": [5, 2], "current_rank": [2, 4]},
    ]
    assert told_moves(deltas) == {2: Move(9, 4)}
