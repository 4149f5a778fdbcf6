"""Writing down what people are told: the notification, and what goes out of it by other channels.

Each person is told of an event once, whoever tries again: what is there already stays as it is.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.notifications.kinds import EMAIL, KINDS
from webapp.models import Notification, User
from webapp.services.notifications import bells, outside, written
from webapp.services.notifications.recipients import Recipient
from webapp.services.notifications.wishes import Ways, ways_of
from webapp.services.notifications.written import Written
from webapp.services.spine.transaction import after_commit

NAMESPACE: Final = uuid.UUID("b1c0a3de-58c2-5a3f-8f36-0b6a4a1f4f0e")
"""Of ids for what comes from no log."""
SENT_WITHIN: Final = timedelta(hours=24)
"""What happened longer ago is nothing to send to anybody any more; it stands in the list."""
_AT_ONCE: Final = 1000


class Counts(NamedTuple):
    """How many were to hear of something, how many were told, who was told nothing, and how many get a mail."""

    recipients: int = 0
    created: int = 0
    skipped: int = 0
    mails: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(*(mine + its for mine, its in zip(self, other, strict=True)))


@dataclass(frozen=True, slots=True)
class Subject:
    """What people are told: of which event, as which kind, and the ids of what it is about."""

    event_id: uuid.UUID
    kind: str
    happened_at: datetime
    tournament_id: int | None = None
    match_id: int | None = None
    registration_id: int | None = None
    team_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def tell(
    session: Session,
    kind: str,
    user_ids: Iterable[int],
    *,
    event_id: uuid.UUID,
    now: datetime,
    tournament_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> Counts:
    """Tell people of something that stands in no log, in the caller's transaction; who cannot log in is left out.

    Preferences, quiet hours and flags count as for all else. The same `event_id` again tells nobody twice.
    """
    subject = Subject(event_id, kind, now, tournament_id, data=data or {})
    counts = Counts()
    wanted = sorted(set(user_ids))
    for start in range(0, len(wanted), _AT_ONCE):
        known = select(User.id).where(
            User.id.in_(wanted[start : start + _AT_ONCE]), User.email.is_not(None), User.disabled_at.is_(None)
        )
        people = [Recipient(user_id) for user_id in session.scalars(known)]
        counts = counts.plus(write(session, subject, people, now=now))
    return counts


def write(session: Session, subject: Subject, recipients: Sequence[Recipient], *, now: datetime) -> Counts:
    """Tell these people, by the channels that each of them wants; in the caller's transaction."""
    if not recipients:
        return Counts()
    ids = [one.user_id for one in recipients]
    is_old = now - subject.happened_at > SENT_WITHIN
    ways = ways_of(session, ids, KINDS[subject.kind], is_in_app_alone=is_old, now=now)
    told = set(
        session.scalars(
            select(Notification.user_id).where(
                Notification.event_id == subject.event_id, Notification.user_id.in_(ids)
            )
        )
    )  # fmt: skip
    new = [one for one in recipients if ways[one.user_id] and one.user_id not in told]
    written.insert(session, Notification, [_row(subject, one, ways[one.user_id], now) for one in new])
    mails = _send_out(session, subject, {one.user_id: ways[one.user_id] for one in new}, now)
    seen = frozenset(one.user_id for one in new if ways[one.user_id].is_in_app)
    if seen:
        after_commit(session, partial(bells.ring, seen))
    return Counts(len(recipients), len(new), len(recipients) - len(new), mails)


def _row(subject: Subject, one: Recipient, ways: Ways, now: datetime) -> dict[str, Any]:
    return {
        "user_id": one.user_id,
        "event_id": subject.event_id,
        "kind": subject.kind,
        "tournament_id": subject.tournament_id,
        "match_id": subject.match_id or one.match_id,
        "registration_id": one.registration_id or subject.registration_id,
        "team_id": subject.team_id,
        "data": {**subject.data, **one.data},
        "is_in_app": ways.is_in_app,
        "created_at": now,
    }


def _send_out(session: Session, subject: Subject, ways: Mapping[int, Ways], now: datetime) -> int:
    """Put what goes out by other channels into their queues; returns how many mails."""
    ids = sorted(user_id for user_id, way in ways.items() if way.at)
    if not ids:
        return 0
    found = select(Notification.id, Notification.user_id).where(
        Notification.event_id == subject.event_id, Notification.user_id.in_(ids)
    )
    rows = [tuple(row) for row in session.execute(found.order_by(Notification.id))]
    sent: dict[str, int] = {}
    for name, channel in outside.CHANNELS.items():
        told = [
            Written(notification_id, user_id, subject.kind, at)
            for notification_id, user_id in rows
            if (at := ways[user_id].at.get(name)) is not None
        ]
        put = partial(channel.of_notifications, session, told, now=now)
        sent[name] = outside.apart(name, put) if told else 0
    return sent[EMAIL]
