"""People who are written to: notices that become mails, a clock that a test moves, and what became of each mail."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from tests.conftest import TEST_SECRET_KEY
from tests.personas import Persona
from tests.servers.smtp import SmtpServer
from webapp.domain.names import name_key
from webapp.models import Mail, NotificationSettings, User
from webapp.services.accounts import links
from webapp.services.notifications import mail_queue, mails, telling
from webapp.services.operations import flags, mail
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.bulk import insert_rows
from webapp.services.spine.transaction import read_snapshot, transaction

NOON: Final = datetime(2026, 5, 4, 12, tzinfo=UTC)
BASE: Final = "https://cups.example.org"
PLAIN: Final = "payout_received"
"""A kind that is mailed at once, each by itself."""
GROUPED: Final = "match_scheduled"


class Clock:
    """Tells the time that a test has set."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now


@contextmanager
def served() -> Iterator[SmtpServer]:
    """A server that takes the site's mails, which are switched on."""
    server = SmtpServer()
    mail.connect(server.url, base_url=BASE)
    links.connect(secret_key=TEST_SECRET_KEY, base_url=BASE)
    turn_mails()
    try:
        yield server
    finally:
        server.stop()


def turn_mails(*, on: bool = True, now: datetime = NOON) -> None:
    flags.set_flag(mail_queue.FLAG, is_on=on, actor=SYSTEM, now=now)


def tell(*user_ids: int, kind: str = PLAIN, now: datetime = NOON, **about: Any) -> None:
    """Tell people of one thing."""
    with transaction() as session:
        telling.tell(session, kind, user_ids, event_id=uuid.uuid4(), now=now, **about)


def send(clock: Clock) -> int:
    return mails.send_due(clock=clock)


def states() -> list[tuple[int, str, str, int]]:
    """Of every mail: to whom, its state and why, and the attempts that were used up."""
    with read_snapshot() as session:
        rows = session.execute(select(Mail.user_id, Mail.state, Mail.reason, Mail.attempts).order_by(Mail.id))
        return [(user_id, state, reason, attempts) for user_id, state, reason, attempts in rows]


def due_at() -> list[datetime]:
    """When each mail that waits is due."""
    with read_snapshot() as session:
        return list(session.scalars(select(Mail.next_at).where(Mail.state == "pending").order_by(Mail.id)))


def choose(who: Persona, **settings: Any) -> None:
    with transaction() as session:
        session.merge(NotificationSettings(user_id=who.user_id, updated_at=NOON, **settings))


def people(count: int, *, zones: Sequence[str] = ("UTC",), **settings: Any) -> list[int]:
    """So many people with addresses that were verified, in these zones by turns."""
    with transaction() as session:
        insert_rows(session, User, [_user(number) for number in range(count)])
        ids = list(session.scalars(select(User.id).where(User.email_key.like("reader%")).order_by(User.id)))
        rows = [
            {"user_id": user_id, "time_zone": zones[place % len(zones)], "updated_at": NOON, **settings}
            for place, user_id in enumerate(ids)
        ]
        insert_rows(session, NotificationSettings, rows)
    return ids


def _user(number: int) -> dict[str, Any]:
    handle, email = f"Reader {number}", f"reader{number}@example.org"
    return {
        "handle": handle, "handle_key": name_key(handle), "email": email, "email_key": email, "password_hash": "x",
        "role": "player", "email_verified_at": NOON, "created_at": NOON,
    }  # fmt: skip
