"""The first page of staff: how the site does at this moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.permissions import Action
from webapp.models import Heartbeat, Tournament
from webapp.services.operations import cache_status, flags, health, work_queues
from webapp.services.operations.cache_status import CacheStatus
from webapp.services.operations.work_queues import OutboxState, QueueState
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.staff_pages.audit_views import AuditLine, newest

LAG_WORTH_A_LOOK_S: Final = 30.0
"""Spec 07: an outbox that lags longer warns."""
_LIVE_AT_MOST: Final = 10
_REPLACED_AFTER: Final = timedelta(minutes=5)
"""A process that has been silent for so long while others of its kind live was stopped or replaced."""


class Process(NamedTuple):
    """A worker or scheduler, and whether it has been silent for too long."""

    name: str
    kind: str
    beat_at: datetime
    silent_for: timedelta
    is_silent: bool


class LiveTournament(NamedTuple):
    """A tournament that is being played."""

    tournament_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything on the page. `queues` is None while Redis is away; `missing` are kinds of processes without a sign."""

    now: datetime
    readiness: health.Readiness
    queues: list[QueueState] | None
    outbox: OutboxState
    processes: tuple[Process, ...]
    cache: CacheStatus
    flags_off: tuple[flags.FlagState, ...]
    flags_on: int
    live: tuple[LiveTournament, ...]
    audit: tuple[AuditLine, ...]

    @property
    def is_outbox_late(self) -> bool:
        """Whether somebody should look at the outbox."""
        return self.outbox.lag_s > LAG_WORTH_A_LOOK_S or self.outbox.failing > 0


def read_overview(*, actor: Actor, now: datetime) -> Overview:
    """The overview. Raises Forbidden to everybody but staff."""
    permissions.ensure_on_site(actor, Action.MANAGE_JOBS)
    queues = work_queues.queues()
    readiness = health.readiness(now)
    if queues is not None:
        # A request waits for Redis so shortly that one slow answer looks like none.
        missing = tuple(name for name in readiness.missing if name != "redis")
        readiness = readiness._replace(missing=missing)
    cache = cache_status.status(actor=actor)
    states = flags.list_all()
    with read_snapshot() as session:
        return Overview(
            now=now,
            readiness=readiness,
            queues=queues,
            outbox=work_queues.outbox_state(session, now=now),
            processes=_processes(session, now),
            cache=cache,
            flags_off=tuple(state for state in states if not state.is_on),
            flags_on=sum(state.is_on for state in states),
            live=_live(session),
            audit=newest(session),
        )


def _processes(session: Session, now: datetime) -> tuple[Process, ...]:
    rows = session.execute(
        select(Heartbeat.name, Heartbeat.kind, Heartbeat.beat_at).order_by(Heartbeat.kind, Heartbeat.name)
    )
    processes = [
        Process(name, kind, beat_at, max(now - beat_at, timedelta(0)), now - beat_at > health.SILENT_AFTER)
        for name, kind, beat_at in rows
    ]
    alive = {process.kind for process in processes if not process.is_silent}
    return tuple(process for process in processes if process.kind not in alive or process.silent_for < _REPLACED_AFTER)


def _live(session: Session) -> tuple[LiveTournament, ...]:
    rows = session.execute(
        select(Tournament.id, Tournament.name)
        .where(Tournament.status == "live", Tournament.deleted_at.is_(None))
        .order_by(Tournament.started_at.desc(), Tournament.id.desc())
        .limit(_LIVE_AT_MOST)
    )
    return tuple(LiveTournament(*row) for row in rows)
