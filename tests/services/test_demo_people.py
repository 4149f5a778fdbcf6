"""The demo's accounts: one a role, one password of this installation, and whose the tournaments are."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from webapp.models import Tournament, User
from webapp.services.accounts import accounts
from webapp.services.demo import demo, demo_people
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_every_role_has_an_account_and_a_second_start_changes_nothing(app: Flask, tmp_path: Path) -> None:
    password = demo_people.ensure_people(tmp_path)
    assert demo_people.ensure_people(tmp_path) == password
    with read_snapshot() as session:
        rows = session.execute(select(User.role, User.handle).order_by(User.id)).all()
    assert [tuple(row) for row in rows] == [
        ("admin", "Demo Staff"), ("organizer", "Demo Organizer"), ("player", "Demo Player"),
    ]  # fmt: skip
    for login in demo_people.LOGINS:
        accounts.check_password(login.email, password)
    assert (tmp_path / demo_people.KEPT_IN).stat().st_mode & 0o077 == 0


def test_a_lost_password_file_gives_the_accounts_a_new_one(app: Flask, tmp_path: Path) -> None:
    before = demo_people.ensure_people(tmp_path)
    (tmp_path / demo_people.KEPT_IN).unlink()
    password = demo_people.ensure_people(tmp_path)
    assert password != before
    accounts.check_password(demo_people.LOGINS[0].email, password)


def test_the_demos_tournaments_are_its_organizers(app: Flask, tmp_path: Path) -> None:
    demo.open_live_tournament(1, now=utc_now())
    demo_people.ensure_people(tmp_path)
    demo.open_live_tournament(2, now=utc_now())
    with read_snapshot() as session:
        owners = session.scalars(select(User.email).join(Tournament, Tournament.organizer_id == User.id)).all()
    assert owners == [demo.ORGANIZER_EMAIL] * 2
