"""The queue of mails, as rows: who may send which now, what came of it, and when what was not taken is due again.

A lease is short, so that what a killed worker was at is taken up soon. While the server is away nothing is counted
against a mail: all that is due waits for the same next look, and goes out as soon as one was answered.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from webapp.domain.notifications.kinds import KINDS
from webapp.domain.notifications.mail_answers import away_after
from webapp.models import FeatureFlag, Mail, Notification
from webapp.services.spine import leases
from webapp.services.spine.crashpoints import crashpoint
from webapp.services.spine.transaction import transaction

FLAG: Final = "NOTIFICATIONS_EMAIL_ENABLED"
"""While it is off nothing is written for the queue, and nothing of it is sent."""
LEASE: Final = timedelta(seconds=15)
BATCH: Final = 20
TOO_LATE: Final = timedelta(hours=24)
"""What nobody could send for so long past its time, since mails were switched off, is not sent any more."""
KEPT: Final = timedelta(days=30)
_FORGOTTEN_AT_ONCE: Final = 1_000
GROUPED_KINDS: Final = frozenset(kind.name for kind in KINDS.values() if kind.is_grouped)


class Row(NamedTuple):
    """A row of the queue, as far as sending needs it."""

    id: int
    user_id: int
    kind: str
    notification_id: int | None
    digest_on: date | None
    attempts: int


class Leased(NamedTuple):
    """One mail that this process may send: of a row, or of several that go out as one."""

    token: str
    rows: tuple[Row, ...]

    @property
    def first(self) -> Row:
        """The oldest of them, by which the mail is known."""
        return self.rows[0]


def lease(*, now: datetime) -> list[Leased]:
    """Take some of what is due; nobody else is given it until the leases end. Nothing while the server is away."""
    with transaction() as session:
        _skip_late(session, now)
        if _is_away(session, now):
            return []
        heads = _rows(session, _is_due(now))
        if not heads:
            return []
        mails = [Leased(leases.new_token(), rows) for rows in _together(session, heads, now)]
        for mail in mails:
            _change(session, _ids(mail), lease_token=mail.token, lease_until=now + LEASE)
    return mails


def mark_sent(mail: Leased, *, now: datetime) -> None:
    """The server has taken it."""
    with transaction() as session:
        _end(session, mail, state="sent", sent_at=now, delays=0)
        crashpoint("before_mail_mark")


def mark_skipped(mail: Leased, reason: str) -> None:
    """It is not to be sent: the person does not want it any more, or there is nothing to say."""
    with transaction() as session:
        _end(session, mail, state="skipped", reason=reason)


def mark_quiet(mail: Leased, *, until: datetime) -> None:
    """Its reader is not to be disturbed before then; nothing is counted against it."""
    with transaction() as session:
        _end(session, mail, next_at=until, delays=0)


def mark_failed(session: Session, mail: Leased, reason: str) -> bool:
    """It never will be sent; in the caller's transaction. False when the lease has gone to somebody else."""
    return _end(session, mail, state="failed", reason=reason, attempts=mail.first.attempts + 1, delays=0)


def mark_later(mail: Leased, *, at: datetime) -> None:
    """The server takes it later, perhaps."""
    with transaction() as session:
        _end(session, mail, next_at=at, attempts=mail.first.attempts + 1, delays=0)


def release(mails: Iterable[Leased]) -> None:
    """Give back what was not tried, so that the next one finds it at once."""
    with transaction() as session:
        for mail in mails:
            _end(session, mail)


def put_off(mails: Iterable[Leased], *, now: datetime) -> datetime:
    """The server is away: all that is due waits, these as well, for the returned instant."""
    with transaction() as session:
        for mail in mails:
            _end(session, mail)
        known = session.scalar(select(func.max(Mail.delays)).where(_WAITS, Mail.delays > 0)) or 0
        at = now + away_after(known + 1)
        _wait(session, now, at, known + 1)
    return at


def welcome_back(*, now: datetime) -> None:
    """The server has answered: what waited for it is due at once."""
    with transaction() as session:
        session.execute(
            update(Mail)
            .where(_WAITS, Mail.delays > 0)
            .values(delays=0, next_at=now)
            .execution_options(synchronize_session=False)
        )


def forget_old(*, now: datetime) -> int:
    """Delete mails that were done with 30 days ago, some at a time; returns how many. What still waits stays."""
    old = select(Mail.id).where(Mail.created_at < now - KEPT, Mail.state != "pending").order_by(Mail.id)
    count, is_more = 0, True
    while is_more:
        with transaction() as session:
            ids = list(session.scalars(old.limit(_FORGOTTEN_AT_ONCE)))
            session.execute(delete(Mail).where(Mail.id.in_(ids)), execution_options={"synchronize_session": False})
        count, is_more = count + len(ids), len(ids) == _FORGOTTEN_AT_ONCE
    return count


def has_due(session: Session, *, now: datetime) -> bool:
    """Whether there is anything to send: a look that takes no lock."""
    return session.scalar(select(Mail.id).where(_is_due(now)).limit(1)) is not None


def was_away(session: Session) -> bool:
    """Whether the server was away when somebody looked last."""
    return session.scalar(select(Mail.id).where(_WAITS, Mail.delays > 0).limit(1)) is not None


_WAITS: Final[ColumnElement[bool]] = Mail.state == "pending"


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(Mail.lease_until.is_(None), Mail.lease_until <= now)


def _is_due(now: datetime) -> ColumnElement[bool]:
    return _WAITS & (Mail.next_at <= now) & _is_free(now)


def _rows(session: Session, wanted: ColumnElement[bool]) -> list[Row]:
    columns = (Mail.id, Mail.user_id, Mail.kind, Mail.notification_id, Mail.digest_on, Mail.attempts)
    query = select(*columns).where(wanted).order_by(Mail.next_at, Mail.id).limit(BATCH)
    return [Row(*row) for row in session.execute(query.with_for_update(skip_locked=True))]


def _together(session: Session, heads: list[Row], now: datetime) -> list[tuple[Row, ...]]:
    """The rows of each mail: a grouped kind takes along all that waits for the same person in the same tournament."""
    alone = [(head,) for head in heads if head.kind not in GROUPED_KINDS]
    grouped = {head.id for head in heads} - {head.id for (head,) in alone}
    if not grouped:
        return list(alone)
    found = session.execute(
        select(
            Mail.id, Mail.user_id, Mail.kind, Mail.notification_id, Mail.digest_on, Mail.attempts,
            Notification.tournament_id,
        )
        .join(Notification, Notification.id == Mail.notification_id)
        .where(_WAITS, _is_free(now), Mail.kind.in_({head.kind for head in heads if head.id in grouped}))
        .where(Mail.user_id.in_({head.user_id for head in heads if head.id in grouped}))
        .order_by(Mail.id)
        .with_for_update(skip_locked=True, of=Mail)
    )  # fmt: skip
    groups: Mapping[tuple[int, str, int | None], list[Row]] = defaultdict(list)
    for row in found:
        member = Row(*row[:-1])
        groups[member.user_id, member.kind, row.tournament_id].append(member)
    due = [tuple(members) for members in groups.values() if grouped & {member.id for member in members}]
    return [*alone, *due]


def _skip_late(session: Session, now: datetime) -> None:
    switched = select(FeatureFlag.updated_at).where(FeatureFlag.name == FLAG).scalar_subquery()
    session.execute(
        update(Mail)
        # What fell due while nobody ran this site is late as well, and sent all the same.
        .where(_WAITS, Mail.next_at < now - TOO_LATE, Mail.next_at < switched, _is_free(now))
        .values(state="skipped", reason="late", lease_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def _is_away(session: Session, now: datetime) -> bool:
    """Whether the next look at a server that is away is still to come; what is due then waits for it."""
    known = select(Mail.next_at, Mail.delays).where(_WAITS, Mail.delays > 0).order_by(Mail.next_at, Mail.delays.desc())
    away = session.execute(known.limit(1)).first()
    if away is None or away.next_at <= now:
        return False
    _wait(session, now, away.next_at, away.delays)
    return True


def _wait(session: Session, now: datetime, at: datetime, delays: int) -> None:
    session.execute(
        update(Mail).where(_is_due(now)).values(next_at=at, delays=delays).execution_options(synchronize_session=False)
    )


def _ids(mail: Leased) -> list[int]:
    return [row.id for row in mail.rows]


def _change(session: Session, ids: list[int], **values: Any) -> None:
    session.execute(update(Mail).where(Mail.id.in_(ids)).values(**values).execution_options(synchronize_session=False))


def _end(session: Session, mail: Leased, **values: Any) -> bool:
    """End a lease that still stands, with what came of it."""
    ended = session.execute(
        update(Mail)
        .where(Mail.id.in_(_ids(mail)), Mail.lease_token == mail.token)
        .values(lease_token=None, lease_until=None, **values)
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    )
    return bool(ended.all())
