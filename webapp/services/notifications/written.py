"""Notifications that were written, and are to go out by a channel."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from webapp.models import Mail, Notification
from webapp.services.spine.bulk import WORTH_A_STREAM, insert_rows
from webapp.services.spine.upserts import insert_new


class Written(NamedTuple):
    """A notification that goes out by a channel, and not before a time."""

    notification_id: int
    user_id: int
    kind: str
    not_before: datetime


def insert(session: Session, table: type[Notification | Mail], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert what is new: many come from a log, whose cursor nobody else holds, and are a stream on PostgreSQL."""
    if len(rows) >= WORTH_A_STREAM:
        insert_rows(session, table, rows)
    else:
        insert_new(session, table, rows)
