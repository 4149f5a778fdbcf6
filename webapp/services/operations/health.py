"""Whether the site can serve: the database and its migrations must be right, Redis, workers and scheduler should be."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Final, NamedTuple

import structlog
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from webapp.config import ROOT
from webapp.models import Heartbeat
from webapp.services.spine import redis_link
from webapp.services.spine.transaction import read_snapshot

SILENT_AFTER: Final = timedelta(seconds=30)
"""A worker or scheduler that has not said for so long that it is alive counts as missing."""
KINDS: Final = (
    "worker-ranking", "worker-default", "worker-email", "worker-webhooks", "worker-maintenance", "scheduler",
)  # fmt: skip
"""Who says so, by the kind of its heartbeat: one process of each is the least that a site needs."""

log = structlog.get_logger(__name__)


class Readiness(NamedTuple):
    """`failing`: what makes the site unusable; `missing`: what makes it slower or late."""

    failing: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def status(self) -> str:
        """`failing`, `degraded` or `ready`."""
        return "failing" if self.failing else "degraded" if self.missing else "ready"


def readiness(now: datetime) -> Readiness:
    """Ask everything once. Redis is waited for no longer than a request may wait for it."""
    missing = [] if redis_link.link().answers() else ["redis"]
    try:
        with read_snapshot() as session:
            applied = MigrationContext.configure(session.connection()).get_current_heads()
            if set(applied) != set(expected_heads()):
                return Readiness(("migrations",), tuple(missing))
            alive = session.scalars(select(Heartbeat.kind).where(Heartbeat.beat_at > now - SILENT_AFTER).distinct())
            missing += _silent(alive)
    except SQLAlchemyError:
        log.warning("readiness_failed", exc_info=True)
        return Readiness(("database",), tuple(missing))
    return Readiness((), tuple(missing))


@cache
def expected_heads() -> tuple[str, ...]:
    """The newest migrations that this code was written for; read from `migrations/` once."""
    return tuple(ScriptDirectory(str(ROOT / "migrations")).get_heads())


def _silent(alive: Iterable[str]) -> list[str]:
    found = set(alive)
    return [kind for kind in KINDS if kind not in found]
