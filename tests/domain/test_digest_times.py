"""When digests fall due: once a local day, in every zone, in the nights in which clocks are changed as well."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.notifications.digest_times import Due, last_due, local_day

EIGHT = 8 * 60
HALF_PAST_TWO = 150
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Dhaka", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Sao_Paulo", "Africa/Casablanca",
)  # fmt: skip
INSTANTS = st.integers(0, 5 * 365 * 86_400).map(
    lambda second: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "minute", "now", "day", "due"),
    [
        ("UTC", EIGHT, "2026-05-04 08:00", "2026-05-04", "2026-05-04 08:00"),
        ("UTC", EIGHT, "2026-05-04 07:59", "2026-05-03", "2026-05-03 08:00"),
        ("Asia/Kathmandu", EIGHT, "2026-05-04 02:15", "2026-05-04", "2026-05-04 02:15"),
        ("Pacific/Kiritimati", EIGHT, "2026-05-03 18:00", "2026-05-04", "2026-05-03 18:00"),
        ("Pacific/Pago_Pago", EIGHT, "2026-05-04 18:59", "2026-05-03", "2026-05-03 19:00"),
        # Skipped in spring: when the clocks have jumped. Twice in autumn: the first time.
        ("Europe/Berlin", HALF_PAST_TWO, "2026-03-29 01:30", "2026-03-29", "2026-03-29 01:30"),
        ("Europe/Berlin", HALF_PAST_TWO, "2026-03-29 01:29", "2026-03-28", "2026-03-28 01:30"),
        ("Europe/Berlin", HALF_PAST_TWO, "2026-10-25 00:30", "2026-10-25", "2026-10-25 00:30"),
        ("Europe/Berlin", HALF_PAST_TWO, "2026-10-25 01:30", "2026-10-25", "2026-10-25 00:30"),
        ("Not/A_Zone", EIGHT, "2026-05-04 09:00", "2026-05-04", "2026-05-04 08:00"),
        ("../etc/passwd", EIGHT, "2026-05-04 09:00", "2026-05-04", "2026-05-04 08:00"),
    ],
)
def test_cases(zone: str, minute: int, now: str, day: str, due: str) -> None:
    assert last_due(zone, minute, at(now)) == Due(date.fromisoformat(day), at(due))


@given(st.sampled_from(ZONES), st.integers(0, 1439), INSTANTS)
def test_the_newest_one_is_never_ahead_and_never_much_over_a_day_old(zone: str, minute: int, now: datetime) -> None:
    due = last_due(zone, minute, now)
    assert timedelta(0) <= now - due.at <= timedelta(hours=25)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("minute", [0, HALF_PAST_TWO, EIGHT, 1439])
def test_every_day_of_a_year_has_one(zone: str, minute: int) -> None:
    now, found = datetime(2026, 1, 1, tzinfo=UTC), dict[date, datetime]()
    while now < datetime(2027, 1, 1, tzinfo=UTC):
        due = last_due(zone, minute, now)
        assert found.setdefault(due.day, due.at) == due.at
        now += timedelta(minutes=30)
    days = sorted(found)
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert len(days) >= 365


def test_the_local_day() -> None:
    assert local_day("Pacific/Kiritimati", at("2026-05-03 10:00")) == date(2026, 5, 4)
