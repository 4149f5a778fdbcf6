"""The outbox: what must follow a commit, as rows. RQ only rings the bell; leases, attempts and due times live here.

A row is one (handler, key). A request for it raises `wanted`; a run takes a lease, works, and raises `done` to what
was wanted when it began, so that a burst is one run and a request that comes during a run brings another one. Promise:
every request is followed by a run that began after it; a run may happen twice, so handlers must not mind.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy import ColumnElement, Select, literal_column, or_, select, update
from sqlalchemy.orm import Session

from webapp.models import OutboxItem
from webapp.services.spine import doorbell, leases
from webapp.services.spine.crashpoints import crashpoint
from webapp.services.spine.transaction import after_commit, at_end, transaction
from webapp.services.spine.upserts import insert_or_update

REDISPATCH_AFTER: Final = timedelta(seconds=5)
LEASE: Final = timedelta(seconds=15)
BATCH: Final = 100
EVERYTHING: Final = "all"
"""The key of rows whose handler works on everything there is."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Handler:
    """What serves the rows of one name: the RQ queue and the job's dotted path.

    Without a queue the relay runs the job itself. A run that failed is tried again after `retry_after`, then twice as
    long each time up to `longest_backoff`.
    """

    queue: str | None
    path: str
    lease: timedelta = LEASE
    retry_after: timedelta = timedelta(seconds=1)
    longest_backoff: timedelta = timedelta(minutes=5)


HANDLERS: Final[Mapping[str, Handler]] = {
    # A ranking takes milliseconds. One that outlives its lease does no harm: the second run waits for the tournament's
    # lock and finds nothing to do; but a spectator should not wait long for the board of a worker that died.
    "rank": Handler("ranking", "jobs.ranking.rank_tournament", timedelta(seconds=5)),
    # One short call to Redis, which fails only while Redis is away: what was not told is told soon after it is back.
    "publish": Handler(
        None, "jobs.publishing.publish_tournament", timedelta(seconds=5), longest_backoff=timedelta(seconds=2)
    ),
    "season": Handler("default", "jobs.ranking.rank_season"),
    "all_time": Handler("default", "jobs.ranking.rank_all_time"),
    # Who is to hear of what the log tells; and what is due is then sent by the two below, row by row.
    "route": Handler("default", "jobs.notifications.route_tournament", timedelta(seconds=30)),
    "route_team": Handler("default", "jobs.notifications.route_team", timedelta(seconds=30)),
    "mails": Handler("email", "jobs.mail.send_due", longest_backoff=timedelta(seconds=30)),
    "webhooks": Handler("webhooks", "jobs.webhooks.deliver_due"),
    "due_digests": Handler("email", "jobs.mail.write_digests", timedelta(minutes=5)),
    "stale_routes": Handler("default", "jobs.notifications.request_stale_routes"),
    "open_checkins": Handler("default", "jobs.registrations.open_checkins"),
    "forget_notifications": Handler("maintenance", "jobs.notifications.forget_old", timedelta(minutes=5)),
    "forget_deliveries": Handler("maintenance", "jobs.webhooks.forget_old", timedelta(minutes=5)),
    "verification_mail": Handler("email", "jobs.mail.send_verification_mail", timedelta(seconds=30)),
    "reset_mail": Handler("email", "jobs.mail.send_reset_mail", timedelta(seconds=30)),
    "snapshot_tournaments": Handler("maintenance", "jobs.maintenance.snapshot_tournaments", timedelta(minutes=5)),
    "snapshot_seasons": Handler("maintenance", "jobs.maintenance.snapshot_seasons", timedelta(minutes=5)),
    "snapshot_all_time": Handler("maintenance", "jobs.maintenance.snapshot_all_time", timedelta(minutes=5)),
    "recompute": Handler("maintenance", "jobs.maintenance.recompute_rankings", timedelta(minutes=25)),
    "compact": Handler("maintenance", "jobs.maintenance.compact", timedelta(minutes=25)),
    "clear_away": Handler("maintenance", "jobs.maintenance.clear_away", timedelta(minutes=5)),
    "expire_invites": Handler("maintenance", "jobs.teams.expire_invites", timedelta(minutes=5)),
    "expire_sponsors": Handler("maintenance", "jobs.teams.expire_sponsors", timedelta(minutes=5)),
    "turn_promotions": Handler("default", "jobs.teams.turn_promotions", timedelta(minutes=1)),
    "team_points": Handler("maintenance", "jobs.teams.recompute_points", timedelta(minutes=25)),
    "team_points_of": Handler("default", "jobs.teams.count_tournament", timedelta(minutes=1)),
    # One query that asks for rankings: it must not wait behind a nightly job.
    "stale_boards": Handler("ranking", "jobs.maintenance.request_stale_boards"),
    # A freeze that begins late shows what it was planned to hide.
    "begin_freezes": Handler("ranking", "jobs.freezes.begin_due"),
    "pass_on_offers": Handler("default", "jobs.registrations.pass_on_offers"),
    "result_timeouts": Handler("default", "jobs.matches.mark_overdue_reports"),
    "dispute_deadlines": Handler("default", "jobs.matches.escalate_overdue_disputes"),
    "wrap_up": Handler("default", "jobs.tournaments.wrap_up", timedelta(minutes=1)),
}
"""Every handler by name. A test resolves every path."""


class Claim(NamedTuple):
    """A row that this process may dispatch or run."""

    item_id: int
    handler: str
    key: str
    dispatches: int


class Lease(NamedTuple):
    """The right to run a row until the lease ends; `wanted` is what finishing it will have served."""

    item_id: int
    handler: str
    key: str
    wanted: int
    token: str


def want(session: Session, handler: str, key: str, *, now: datetime) -> None:
    """Ask for a run of `handler` for `key` after the caller's transaction has committed."""
    at_end(session, _write_wanted, (handler, key, now))
    after_commit(session, doorbell.ring)


def _write_wanted(session: Session, requests: list[tuple[str, str, datetime]]) -> None:
    # In one order everywhere, so that two transactions never wait for each other's rows.
    now_by_row = {(handler, key): now for handler, key, now in sorted(requests)}
    rows = [
        {
            "handler": handler, "key": key, "wanted": 1, "done": 0, "created_at": now, "next_at": now,
            "dispatches": 0, "attempts": 0,
        }
        for (handler, key), now in now_by_row.items()
    ]  # fmt: skip
    insert_or_update(
        session,
        OutboxItem,
        rows,
        keys=("handler", "key"),
        # The count of unanswered bells stays: else steady requests would hide for ever that no worker answers.
        changes=_wanted_once_more,
    )


def _wanted_once_more() -> Mapping[str, ColumnElement[Any]]:
    return {"wanted": OutboxItem.wanted + 1, "next_at": literal_column("excluded.next_at")}


def claim_due(
    *, now: datetime, handlers: Sequence[str] | None = None, bells_below: int | None = None, limit: int = BATCH
) -> list[Claim]:
    """Take due rows for dispatch: nobody else is given them for the next seconds, then they are due again.

    `bells_below` leaves out those for which so many bells or more were rung that no worker answered.
    """
    due = _due(now, handlers, bells_below).order_by(OutboxItem.next_at, OutboxItem.id).limit(limit)
    with transaction() as session:
        ids = list(session.scalars(due.with_for_update(skip_locked=True)))
        if not ids:
            return []
        rows = session.execute(
            update(OutboxItem)
            .where(OutboxItem.id.in_(ids))
            .values(next_at=now + REDISPATCH_AFTER, dispatches=OutboxItem.dispatches + 1)
            .returning(OutboxItem.id, OutboxItem.handler, OutboxItem.key, OutboxItem.dispatches)
            .execution_options(synchronize_session=False)
        )
        claims = [Claim(*row) for row in rows]
    crashpoint("after_dispatch_claim")
    return claims


def has_due(
    session: Session, *, now: datetime, handlers: Sequence[str] | None = None, bells_below: int | None = None
) -> bool:
    """Whether `claim_due` would find anything: a look that takes no write lock."""
    return session.scalar(_due(now, handlers, bells_below).limit(1)) is not None


def _due(now: datetime, handlers: Sequence[str] | None, bells_below: int | None) -> Select[int]:
    # Whoever holds a lease serves the row, or dies and lets the lease run out: a bell in between would be for nothing.
    due = select(OutboxItem.id).where(OutboxItem.wanted > OutboxItem.done, OutboxItem.next_at <= now, _is_free(now))
    if bells_below is not None:
        due = due.where(OutboxItem.dispatches < bells_below)
    return due if handlers is None else due.where(OutboxItem.handler.in_(handlers))


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(OutboxItem.lease_until.is_(None), OutboxItem.lease_until <= now)


def hand_back(claim: Claim, *, now: datetime) -> None:
    """Give up a claim that this process can do nothing with, so that another one finds the row due at once."""
    with transaction() as session:
        session.execute(
            update(OutboxItem)
            .where(OutboxItem.id == claim.item_id, OutboxItem.dispatches == claim.dispatches, _is_free(now))
            .values(next_at=now)
            .execution_options(synchronize_session=False)
        )


def take_lease(item_id: int, *, now: datetime, is_answer: bool = True) -> Lease | None:
    """The lease of a row, or None when it has been served or somebody else is at it.

    `is_answer`: by a worker whom the bell has reached, be there anything left to do or not: else what the scheduler had
    to do once would stay with it. Where the relay leases what no worker answered for, the count of unanswered bells
    stands, so that the next request need not wait for all of them again.
    """
    with transaction() as session:
        item = session.get(OutboxItem, item_id, with_for_update=True, populate_existing=True)
        if item is None:
            return None
        handler = HANDLERS[item.handler]
        if is_answer or handler.queue is None:
            item.dispatches = 0
        if item.wanted <= item.done or (item.lease_until is not None and item.lease_until > now):
            return None
        item.lease_token = leases.new_token()
        item.lease_until = item.next_at = now + handler.lease
        lease = Lease(item.id, item.handler, item.key, item.wanted, item.lease_token)
    crashpoint("after_lease")
    return lease


def finish(lease: Lease, *, now: datetime) -> bool:
    """Say that the leased run is complete; False when the lease had gone to somebody else meanwhile."""
    crashpoint("before_done")
    with transaction() as session:
        item = session.get(OutboxItem, lease.item_id, with_for_update=True, populate_existing=True)
        if item is None or item.lease_token != lease.token:
            return False
        item.done, item.done_at = lease.wanted, now
        item.attempts, item.last_error = 0, None
        item.lease_token = item.lease_until = None
        item.next_at = now
        if item.wanted > item.done:
            after_commit(session, doorbell.ring)
    crashpoint("after_done")
    return True


def fail(lease: Lease, error: Exception, *, now: datetime) -> None:
    """Give the lease back after an error; the run is tried again, later each time, for as long as it takes."""
    with transaction() as session:
        item = session.get(OutboxItem, lease.item_id, with_for_update=True, populate_existing=True)
        if item is None or item.lease_token != lease.token:
            return
        _failed(item, type(error).__name__, now)


def _failed(item: OutboxItem, error: str, now: datetime) -> None:
    item.attempts += 1
    item.last_error = error
    item.lease_token = item.lease_until = None
    handler = HANDLERS[item.handler]
    backoff = handler.retry_after * 2 ** min(item.attempts - 1, 10)
    item.next_at = now + min(backoff, handler.longest_backoff)


def release_of_dead(*, now: datetime) -> int:
    """Give back rows whose leaseholder died at work; how many. Each counts as a failed run: work that kills whoever
    does it must not do so without end.
    """
    dead = leases.of_dead(OutboxItem)
    if not dead:
        return 0
    with transaction() as session:
        held = select(OutboxItem).where(OutboxItem.lease_token.in_(dead)).order_by(OutboxItem.handler, OutboxItem.key)
        items = session.scalars(held.with_for_update().execution_options(populate_existing=True)).all()
        for item in items:
            _failed(item, "died", now)
            # What was in the way was the death; where it comes again the pauses grow.
            item.next_at = now if item.attempts == 1 else item.next_at
        return len(items)


def run_leased(
    item_id: int, work: Callable[[str], None], *, clock: Callable[[], datetime], is_answer: bool = True
) -> bool:
    """Lease a row, do its work, mark it done. False when there was nothing to do; an error is recorded and raised."""
    lease = take_lease(item_id, now=clock(), is_answer=is_answer)
    if lease is None:
        return False
    try:
        work(lease.key)
    except Exception as error:
        fail(lease, error, now=clock())
        raise
    finish(lease, now=clock())
    return True
