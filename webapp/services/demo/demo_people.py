"""The demo's accounts, one a role, so that every page can be seen. Their password is this installation's own."""

import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import or_, select, update

from webapp.models import Tournament, User
from webapp.services.accounts import passwords, users
from webapp.services.demo import demo
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction

KEPT_IN: Final = "demo_password"
_WORDS: Final = (
    "amber", "badge", "canyon", "dusk", "ember", "fjord", "grove", "harbor", "island", "jungle", "kettle", "lagoon",
    "meadow", "nectar", "orchard", "pepper", "quarry", "ripple", "saddle", "timber", "umber", "valley",
    "willow", "zephyr",
)  # fmt: skip


class DemoLogin(NamedTuple):
    """An account of the demo, as the start prints it."""

    role: str
    handle: str
    email: str


LOGINS: Final = (
    DemoLogin("admin", "Demo Staff", "staff@demo.example"),
    DemoLogin("organizer", "Demo Organizer", demo.ORGANIZER_EMAIL),
    DemoLogin("player", "Demo Player", "player@demo.example"),
)


def ensure_people(instance_path: Path, *, now: datetime | None = None) -> str:
    """Make the demo's accounts where they are missing, and give the organizer the demo's tournaments.

    Returns their password, which is made at the first start and kept in the instance folder, readable by its owner.
    """
    now = now or utc_now()
    password = _kept_password(instance_path / KEPT_IN)
    with read_snapshot() as session:
        stored = {
            user.email: user.password_hash for user in session.scalars(select(User).where(User.email.is_not(None)))
        }
    for login in LOGINS:
        if login.email not in stored:
            _make(login, password, now=now)
        elif not passwords.is_right(stored[login.email], password):
            _give_password(login, password)
    _hand_over()
    return password


def _make(login: DemoLogin, password: str, *, now: datetime) -> None:
    password_hash = passwords.hash_password(password)
    with transaction() as session:
        user = users.add_user(session, login.email, login.handle, login.role, password_hash, now=now)
        user.email_verified_at = now


def _give_password(login: DemoLogin, password: str) -> None:
    password_hash = passwords.hash_password(password)
    with transaction() as session:
        session.execute(update(User).where(User.email == login.email).values(password_hash=password_hash))


def _hand_over() -> None:
    """The demo's tournaments belong to its organizer, those too that were there before the account."""
    names = (demo.FINISHED_NAME, demo.LIVE_NAME, demo.LEAGUE_NAME, demo.UPCOMING_NAME)
    of_demo = or_(*(Tournament.name.like(f"{name}%") for name in names))
    owner = select(User.id).where(User.email == demo.ORGANIZER_EMAIL).scalar_subquery()
    with transaction() as session:
        session.execute(update(Tournament).where(of_demo, Tournament.organizer_id.is_(None)).values(organizer_id=owner))


def _kept_password(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        password = "-".join([*(secrets.choice(_WORDS) for _ in range(3)), str(secrets.randbelow(9000) + 1000)])
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as kept:
            kept.write(password + "\n")
        return password
