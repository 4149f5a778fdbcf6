"""People with accounts who can be told of something, and what they were told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update

from tests.arenas import OPENED_AT
from webapp.domain.names import name_key
from webapp.models import (
    EventCursor,
    Mail,
    Notification,
    NotificationPreference,
    NotificationSettings,
    Registration,
    RegistrationPlayer,
    User,
)
from webapp.services.notifications import routing
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction


class Said(NamedTuple):
    """What somebody was told."""

    handle: str
    kind: str
    data: dict[str, Any]


def people(count: int, *, prefix: str = "Person", role: str = "player") -> list[Actor]:
    """People with addresses that are known to be theirs: Person01, Person02 …"""
    handles = [f"{prefix}{number:02}" for number in range(1, count + 1)]
    with transaction() as session:
        users = [
            User(
                handle=handle, handle_key=name_key(handle), role=role, email=f"{handle.lower()}@example.org",
                email_key=f"{handle.lower()}@example.org", password_hash="x", email_verified_at=OPENED_AT,
                created_at=OPENED_AT,
            )
            for handle in handles
        ]  # fmt: skip
        session.add_all(users)
        session.flush()
        return [Actor(user.id, user.role) for user in users]


def lined_up(registration_id: int, players: Sequence[Actor]) -> None:
    """These people play for a registration that an organizer made."""
    with transaction() as session:
        registration = session.get_one(Registration, registration_id)
        session.add_all(
            RegistrationPlayer(
                tournament_id=registration.tournament_id, registration_id=registration_id, user_id=player.user_id,
                role="player", is_active=True,
            )
            for player in players
        )  # fmt: skip


def route(tournament_id: int, now: datetime = OPENED_AT) -> list[Said]:
    """Work off the tournament's log; what people were told by it, by event and person."""
    return _said_by(lambda: routing.route_tournament(tournament_id, now=now))


def route_team(team_id: int, now: datetime = OPENED_AT) -> list[Said]:
    return _said_by(lambda: routing.route_team(team_id, now=now))


def heard(said: Sequence[Said], kind: str) -> list[str]:
    """Who was told of this kind of thing."""
    return [one.handle for one in said if one.kind == kind]


def notifications() -> list[Notification]:
    """All of them, in the order in which they were written."""
    with read_snapshot() as session:
        rows = session.scalars(select(Notification).order_by(Notification.id)).all()
        session.expunge_all()
        return list(rows)


def mails() -> list[Mail]:
    with read_snapshot() as session:
        rows = session.scalars(select(Mail).order_by(Mail.id)).all()
        session.expunge_all()
        return list(rows)


def cursor_of(stream: str) -> tuple[int, int]:
    with read_snapshot() as session:
        row = session.get_one(EventCursor, stream)
        return row.seq, row.after_user_id


def wish(user: Actor, **settings: Any) -> None:
    """How somebody wants to be told; twice is a change of it."""
    with transaction() as session:
        row = session.get(NotificationSettings, user.user_id)
        if row is None:
            session.add(NotificationSettings(user_id=user.user_id, updated_at=OPENED_AT, **settings))
        else:
            session.execute(
                update(NotificationSettings).where(NotificationSettings.user_id == user.user_id).values(**settings)
            )


def choose(user: Actor, kind: str, channel: str, *, is_on: bool) -> None:
    with transaction() as session:
        session.add(NotificationPreference(user_id=user.user_id, kind=kind, channel=channel, is_on=is_on))


def _said_by(work: Any) -> list[Said]:
    before = max((row.id for row in notifications()), default=0)
    work()
    with read_snapshot() as session:
        rows = session.execute(
            select(User.handle, Notification.kind, Notification.data)
            .join(User, User.id == Notification.user_id)
            .where(Notification.id > before)
            .order_by(Notification.id)
        )
        return [Said(*row) for row in rows]
