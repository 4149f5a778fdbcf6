"""Periods of scheduled jobs, claimed by a unique row: once each with any number of schedulers, caught up once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from croniter import croniter
from sqlalchemy import func, select

from webapp.models import ScheduleClaim
from webapp.services.spine import outbox
from webapp.services.spine.crashpoints import crashpoint
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.spine.upserts import insert_ignoring_conflicts


def last_due(cron: str, now: datetime) -> datetime:
    """The newest instant (UTC) at which `cron` was due, `now` included."""
    # croniter answers with an instant before the one it is given.
    just_after = now.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
    due: datetime = croniter(cron, just_after).get_prev(datetime)
    return due


def claim_due(jobs: Sequence[tuple[str, str]], *, now: datetime) -> list[str]:
    """Claim the newest period of each (handler, cron) and ask the outbox for it; returns the handlers claimed here.

    The claim and the request are one transaction: a process that dies in between has done neither. On the very first
    start nothing was missed, so the running period is taken as done.
    """
    due = {handler: last_due(cron, now) for handler, cron in jobs}
    with read_snapshot() as session:
        newest = select(ScheduleClaim.job, func.max(ScheduleClaim.period)).group_by(ScheduleClaim.job)
        claimed = dict(session.execute(newest).all())
    new = {handler: period for handler, period in due.items() if handler not in claimed or claimed[handler] < period}
    if not new:
        return []
    taken = []
    with transaction() as session:
        for handler, period in new.items():
            row = {"job": handler, "period": period, "claimed_at": now}
            if insert_ignoring_conflicts(session, ScheduleClaim, [row]) and handler in claimed:
                outbox.want(session, handler, outbox.EVERYTHING, now=now)
                taken.append(handler)
    crashpoint("after_schedule_claim")
    return taken
