"""Whose leases are whose: those of a process that died are given back without waiting for their end."""

import hashlib
import os
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import select, update

from webapp.models import WebhookDelivery
from webapp.services.spine.transaction import read_snapshot, transaction


@cache
def _here() -> str:
    """Where this process can tell who lives: the machine as it was started, and what of its processes is seen here."""
    seen = []
    with suppress(OSError):
        seen = [Path("/proc/sys/kernel/random/boot_id").read_text("ascii"), str(Path("/proc/self/ns/pid").readlink())]
    return hashlib.sha256("".join(seen).encode()).hexdigest()[:12] if seen else ""


def holder() -> str:
    """What the leases of this process begin with."""
    return f"{_here()}:{os.getpid()}"


def release_of_dead(*, now: datetime) -> int:
    """Give back what processes that no longer live had leased; how many deliveries those were."""
    with read_snapshot() as session:
        tokens = set(session.scalars(select(WebhookDelivery.lease_token).where(_LEASED).distinct()))
    dead = [token for token in tokens if token is not None and _is_dead(token)]
    if not dead:
        return 0
    with transaction() as session:
        released = session.scalars(
            update(WebhookDelivery)
            .where(WebhookDelivery.lease_token.in_(dead))
            .values(lease_token=None, lease_until=None, next_at=now)
            .returning(WebhookDelivery.id)
            .execution_options(synchronize_session=False)
        )
        return len(released.all())


_LEASED = WebhookDelivery.lease_token.is_not(None)


def _is_dead(token: str) -> bool:
    here, _, rest = token.partition(":")
    pid = rest.partition(":")[0]
    if not here or here != _here() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
