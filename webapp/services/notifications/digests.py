"""Daily digests: everything that a person has not read, in one mail at the minute of the day that they chose.

The row in `mails` is the claim: one for a person and local day, however many schedulers write them and however often.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Date, and_, func, literal, select
from sqlalchemy.orm import Session

from webapp.domain.notifications.digest_times import Due, last_due, local_day
from webapp.domain.notifications.kinds import DIGEST
from webapp.models import Mail, Notification, NotificationSettings, User
from webapp.models.base import UTCDateTime
from webapp.services.notifications import mail_queue
from webapp.services.notifications.mail_render import SHOWN_AT_MOST
from webapp.services.operations import flags
from webapp.services.spine import outbox
from webapp.services.spine.crashpoints import crashpoint
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.spine.upserts import insert_selected

WORTH_SAYING: Final = timedelta(days=7)
"""What has been unread for longer is listed, but does not bring another digest of its own."""
LONGEST: Final = SHOWN_AT_MOST
"""So many notices of a person stand in a digest, the newest ones; of the others their number."""
PAGE: Final = 500
"""So many people at a time, so that nobody waits long for the database."""
_SPAN: Final = WORTH_SAYING + timedelta(days=2)
"""What may be worth saying in a digest that fell due a day ago, or later."""
_COLUMNS: Final = ("user_id", "digest_on", "kind", "state", "reason", "attempts", "delays", "next_at", "created_at")


class _Group(NamedTuple):
    """When digests are due: at a minute of the day in a zone."""

    zone: str
    minute: int


def write_due(*, now: datetime) -> int:
    """Write down every digest that has fallen due, the newest one of each person; returns how many were new.

    One that nobody could write at its time is caught up on until the next one is due. Those that hold nothing are none.
    Nothing while mails are switched off.
    """
    return _write(now, lambda group: last_due(group.zone, group.minute, now))


def write_all(*, now: datetime) -> int:
    """Write down today's digests of everybody, whatever hour they chose; whoever has had theirs gets no other."""
    return _write(now, lambda group: Due(local_day(group.zone, now), now))


def unread(session: Session, user_id: int) -> tuple[Sequence[Notification], int]:
    """The newest of what a person has not read, oldest first, and how many there are beside them."""
    is_theirs = and_(Notification.user_id == user_id, *_UNREAD)
    newest = session.scalars(select(Notification).where(is_theirs).order_by(Notification.id.desc()).limit(LONGEST))
    rows = newest.all()[::-1]
    if len(rows) < LONGEST:
        return rows, 0
    count = session.scalar(select(func.count()).select_from(Notification).where(is_theirs)) or 0
    return rows, count - len(rows)


_UNREAD: Final = (Notification.read_at.is_(None), Notification.is_in_app)


def _write(now: datetime, due_of: Callable[[_Group], Due]) -> int:
    if not flags.is_on(mail_queue.FLAG):
        return 0
    due = cache(due_of)
    written = 0
    for page in _pages(now):
        for group, ids in page.items():
            written += _write_page(ids, due(group), now)
    return written


def _pages(now: datetime) -> Iterator[Mapping[_Group, list[int]]]:
    """Those who want digests and have unread news, some at a time, by when theirs are due."""
    after = 0
    while True:
        with read_snapshot() as session:
            people = session.execute(_WANTING.where(_has_news(now, _SPAN), User.id > after)).all()
        if not people:
            return
        page = defaultdict(list)
        for user_id, zone, minute in people:
            page[_Group(zone, minute)].append(user_id)
        yield page
        after = people[-1][0]


_WANTING: Final = (
    select(
        User.id,
        func.coalesce(NotificationSettings.time_zone, "UTC"),
        func.coalesce(NotificationSettings.digest_minute, 480),
    )
    .outerjoin(NotificationSettings, NotificationSettings.user_id == User.id)
    .where(User.email.is_not(None), User.email_verified_at.is_not(None), User.disabled_at.is_(None))
    .where(
        NotificationSettings.user_id.is_(None)
        | (NotificationSettings.has_digest & NotificationSettings.is_email_on)
        & NotificationSettings.email_stopped_at.is_(None)
    )
    .order_by(User.id)
    .limit(PAGE)
)


def _has_news(until: datetime, span: timedelta) -> ColumnElement[bool]:
    return (
        select(Notification.id)
        .where(Notification.user_id == User.id, *_UNREAD)
        .where(Notification.created_at <= until, Notification.created_at > until - span)
        .exists()
    )


def _write_page(ids: Sequence[int], due: Due, now: datetime) -> int:
    is_written = select(Mail.id).where(Mail.user_id == User.id, Mail.digest_on == due.day).exists()
    wanting = select(User.id).where(User.id.in_(ids), _has_news(due.at, WORTH_SAYING), ~is_written)
    with read_snapshot() as session:
        if session.scalar(wanting.limit(1)) is None:
            return 0
    with transaction() as session:
        texts = (literal(text) for text in (DIGEST, "pending", ""))
        instants = (literal(now, UTCDateTime), literal(now, UTCDateTime))
        rows = wanting.with_only_columns(User.id, literal(due.day, Date), *texts, literal(0), literal(0), *instants)
        written = insert_selected(session, Mail, _COLUMNS, rows)
        if written:
            outbox.want(session, "mails", outbox.EVERYTHING, now=now)
        crashpoint("in_digest")
    return written
