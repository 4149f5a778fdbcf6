"""The number on the bell: how much somebody has not read, and how the web processes hear that it may be another one.

The rows are the truth. A ring in Redis says at once whose number to look at; whatever Redis does, each process finds by
the stamp of the table, a second later, that something was written or read.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import orjson
import redis
import structlog
from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.orm import aliased

from webapp.models import Notification, User
from webapp.services.spine.redis_link import link
from webapp.services.spine.transaction import read_snapshot

CHANNEL: Final = "deltacrown:bells"
MOST: Final = 100
"""Nobody needs to know more exactly: so much is shown as “99+”, and counted no further."""
_AT_ONCE: Final = 1000
_ASKED_AT_ONCE: Final = 500
_IS_IN_APP: Final[ColumnElement[bool]] = literal_column("notifications.is_in_app")

log = structlog.get_logger(__name__)


class Stamp(NamedTuple):
    """It is another one after something was written or read; who commits late may not move it any more."""

    newest_id: int
    read_at: datetime | None


def ring(user_ids: Collection[int]) -> None:
    """Tell the web processes to look at these people's numbers; to be called after the commit, never raises.

    Without Redis nothing is said: the processes find it by themselves.
    """
    if link().url is None or not user_ids:
        return
    try:
        for some in _parts(sorted(user_ids), _AT_ONCE):
            _publish(orjson.dumps(some))
    except redis.RedisError as error:
        log.debug("bells_not_rung", error=type(error).__name__)


def _publish(message: bytes) -> None:
    link().run(lambda client: client.publish(CHANNEL, message))


def rung(message: bytes) -> list[int]:
    """Whose number is to be looked at, by what was said on the channel."""
    ids: list[int] = orjson.loads(message)
    return ids


def unread_of(user_ids: Collection[int]) -> dict[int, int]:
    """How much each of them has not read, counted up to `MOST`; who does not exist is left out."""
    found: dict[int, int] = {}
    with read_snapshot() as session:
        for some in _parts(sorted(user_ids), _ASKED_AT_ONCE):
            found |= {row[0]: row[1] for row in session.execute(_counts(some))}
    return found


def stamp() -> Stamp:
    """What the table is stamped with now: two looks at the ends of indexes."""
    with read_snapshot() as session:
        newest = select(func.max(Notification.id)).scalar_subquery()
        read_at = select(func.max(Notification.read_at)).scalar_subquery()
        row = session.execute(select(newest, read_at)).one()
        return Stamp(row[0] or 0, row[1])


def _counts(user_ids: Sequence[int]) -> Select[int, int]:
    person = aliased(User)
    unread = (
        select(Notification.id)
        # As the index has it: of a comparison with true SQLite would not know that the index answers it.
        .where(Notification.user_id == person.id, Notification.read_at.is_(None), _IS_IN_APP)
        .limit(MOST)
        .correlate(person)
        .subquery()
    )
    count = select(func.count()).select_from(unread).correlate(person).scalar_subquery()
    return select(person.id, count).where(person.id.in_(user_ids))


def _parts(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
