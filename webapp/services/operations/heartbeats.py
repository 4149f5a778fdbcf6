"""Signs of life of workers and schedulers, as rows: `/readiness` reads them wherever those run."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete

from webapp.models import Heartbeat
from webapp.services.spine.transaction import transaction
from webapp.services.spine.upserts import insert_or_update

_FORGOTTEN_AFTER: Final = timedelta(hours=1)


def beat(name: str, kind: str, *, now: datetime) -> None:
    """Say that this process is alive, and clear away those that have long been silent."""
    with transaction() as session:
        insert_or_update(session, Heartbeat, [{"name": name, "kind": kind, "beat_at": now}], keys=("name",))
        session.execute(delete(Heartbeat).where(Heartbeat.beat_at < now - _FORGOTTEN_AFTER))


def forget(name: str) -> None:
    """Take a process that ends in order off the list."""
    with transaction() as session:
        session.execute(delete(Heartbeat).where(Heartbeat.name == name))
