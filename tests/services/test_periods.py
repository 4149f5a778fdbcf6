from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from jobs.schedule import SCHEDULE
from tests.trail import trail
from webapp.models import ScheduleClaim
from webapp.services.spine import outbox, periods
from webapp.services.spine.transaction import read_snapshot

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HALF_HOURLY = [("snapshot_tournaments", "*/30 * * * *")]
WITH_NIGHTLY = [*HALF_HOURLY, ("recompute", "0 2 * * *")]


def claimed(handler: str = "snapshot_tournaments") -> list[datetime]:
    with read_snapshot() as session:
        rows = select(ScheduleClaim.period).where(ScheduleClaim.job == handler).order_by(ScheduleClaim.period)
        return list(session.scalars(rows))


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


@pytest.mark.parametrize(
    ("cron", "now", "expected"),
    [
        ("*/30 * * * *", minutes(0), minutes(0)),
        ("*/30 * * * *", minutes(29.9), minutes(0)),
        ("0 2 * * *", minutes(0), datetime(2026, 3, 1, 2, tzinfo=UTC)),
        ("0 3 * * 0", datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 3, 1, 3, tzinfo=UTC)),
    ],
)
def test_the_newest_due_instant_is_now_or_before(cron: str, now: datetime, expected: datetime) -> None:
    assert periods.last_due(cron, now) == expected


def test_on_the_first_start_nothing_was_missed(app: Flask) -> None:
    with trail() as found:
        assert periods.claim_due(WITH_NIGHTLY, now=NOON) == []
    assert (found.wanted, claimed()) == ([], [NOON])


def test_a_period_is_claimed_once_with_its_request(app: Flask) -> None:
    periods.claim_due(WITH_NIGHTLY, now=NOON)
    with trail() as found:
        assert periods.claim_due(WITH_NIGHTLY, now=minutes(31)) == ["snapshot_tournaments"]
        assert periods.claim_due(WITH_NIGHTLY, now=minutes(32)) == []
    assert found.wanted == [("snapshot_tournaments", outbox.EVERYTHING)]
    assert claimed() == [NOON, minutes(30)]


def test_missed_periods_are_caught_up_once(app: Flask) -> None:
    periods.claim_due(WITH_NIGHTLY, now=NOON)
    with trail() as found:
        assert sorted(periods.claim_due(WITH_NIGHTLY, now=minutes(3 * 24 * 60))) == [
            "recompute",
            "snapshot_tournaments",
        ]
    assert len(found.wanted) == 2
    assert len(claimed()) == 2


def test_a_clock_that_went_back_claims_nothing_old(app: Flask) -> None:
    periods.claim_due(HALF_HOURLY, now=NOON)
    periods.claim_due(HALF_HOURLY, now=minutes(60))
    assert periods.claim_due(HALF_HOURLY, now=minutes(31)) == []
    assert claimed() == [NOON, minutes(60)]


def test_a_job_that_is_new_in_the_schedule_begins_with_its_next_period(app: Flask) -> None:
    periods.claim_due(HALF_HOURLY, now=NOON)
    assert periods.claim_due(WITH_NIGHTLY, now=minutes(1)) == []
    assert periods.claim_due(WITH_NIGHTLY, now=minutes(24 * 60)) == ["snapshot_tournaments", "recompute"]


def test_every_scheduled_job_has_a_handler_and_a_valid_time() -> None:
    for job in SCHEDULE:
        assert job.handler in outbox.HANDLERS
        assert periods.last_due(job.cron, NOON) <= NOON
    assert len({job.handler for job in SCHEDULE}) == len(SCHEDULE)
