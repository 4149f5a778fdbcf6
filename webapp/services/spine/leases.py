"""Whose leases are whose: what a process that died had leased is given back before the lease ends."""

import hashlib
import os
import secrets
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import select, update

from webapp.models import Mail, OutboxItem, WebhookDelivery
from webapp.services.spine.transaction import read_snapshot, transaction

Leased = type[OutboxItem] | type[Mail] | type[WebhookDelivery]
Message = type[Mail] | type[WebhookDelivery]
MESSAGES: Final[tuple[Message, ...]] = (Mail, WebhookDelivery)
"""The queues of what is sent to people and programs."""


def new_token() -> str:
    """A token for leases of this process, different each time."""
    return f"{_here()}:{os.getpid()}:{secrets.token_hex(4)}"


def of_dead(table: Leased) -> list[str]:
    """The tokens of leases whose processes, of this machine, no longer live.

    Of other machines nothing is known: there a lease ends by itself.
    """
    with read_snapshot() as session:
        tokens = set(session.scalars(select(table.lease_token).where(table.lease_token.is_not(None)).distinct()))
    return [token for token in tokens if token is not None and _is_dead(token)]


def release_of_dead(table: Message, *, now: datetime) -> int:
    """Give back what dead processes of this machine were sending, to be sent at once; how many rows."""
    dead = of_dead(table)
    if not dead:
        return 0
    with transaction() as session:
        held = select(table.id).where(table.lease_token.in_(dead)).order_by(table.id)
        # What somebody else is at is left to them.
        ids = session.scalars(held.with_for_update(skip_locked=True)).all()
        released = session.scalars(
            update(table)
            .where(table.id.in_(ids))
            .values(lease_token=None, lease_until=None, next_at=now)
            .returning(table.id)
            .execution_options(synchronize_session=False)
        )
        return len(released.all())


@cache
def _here() -> str:
    """Where this process can tell who lives: the machine as it was started, and what of its processes is seen here."""
    seen = []
    with suppress(OSError):
        seen = [Path("/proc/sys/kernel/random/boot_id").read_text("ascii"), str(Path("/proc/self/ns/pid").readlink())]
    return hashlib.sha256("".join(seen).encode()).hexdigest()[:12] if seen else ""


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
