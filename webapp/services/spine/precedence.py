"""Boards first: what may wait stands back while a ranking is wanted, so that spectators never wait for it."""

import time
from typing import Final

from sqlalchemy import select

from webapp.models import OutboxItem
from webapp.services.spine.transaction import read_snapshot

LONGEST_S: Final = 0.1
"""After so long work goes on all the same: what is behind must not stand still while boards move without end."""
LOOK_EVERY_S: Final = 0.025

_WANTED: Final = (
    select(OutboxItem.id)
    # One that has failed waits for its next attempt, and nobody waits for that.
    .where(OutboxItem.handler == "rank", OutboxItem.wanted > OutboxItem.done, OutboxItem.attempts == 0)
    .limit(1)
)


def stand_back(*, at_most_s: float = LONGEST_S) -> None:
    """Wait while a ranking is wanted or under way; never inside a transaction, since it would hold its locks."""
    until = time.monotonic() + at_most_s
    while _is_wanted() and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)


def _is_wanted() -> bool:
    with read_snapshot() as session:
        return session.scalar(_WANTED) is not None
