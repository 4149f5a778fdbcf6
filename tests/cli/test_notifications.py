"""`cleanup-notifications`, and the job that does the same every night."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import notifications
from tests.cli.operator import Operator
from tests.personas import Persona
from tests.services.notices import told
from webapp.extensions import db
from webapp.models import Notification, OutboxItem
from webapp.services.spine import outbox
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction


@pytest.fixture
def read(pat: Persona) -> list[int]:
    """Read 10, 60 and 100 days ago, and one that was never read."""
    now = utc_now()
    ids = [
        told(pat.user_id, created_at=now - timedelta(days=300), read_at=now - timedelta(days=d)) for d in (10, 60, 100)
    ]
    return [*ids, told(pat.user_id, created_at=now - timedelta(days=300))]


def left() -> list[int]:
    return list(db.session.scalars(select(Notification.id).order_by(Notification.id)))


def test_what_was_read_long_ago_is_deleted(operator: Operator, read: list[int]) -> None:
    assert operator.types("cleanup-notifications").stdout == "1 notification deleted\n"
    assert left() == [read[0], read[1], read[3]]
    assert operator.types("cleanup-notifications", "--days", 30).stdout == "1 notification deleted\n"
    assert operator.types("cleanup-notifications", "--days", 1).stdout == "1 notification deleted\n"
    assert left() == [read[3]]
    assert operator.types("cleanup-notifications", "--days", 0).exit_code == 2


def test_the_job_does_it_after_ninety_days(app: Flask, read: list[int]) -> None:
    with transaction() as session:
        outbox.want(session, "forget_notifications", outbox.EVERYTHING, now=utc_now())
    item_id = db.session.scalar(select(OutboxItem.id).where(OutboxItem.handler == "forget_notifications"))
    assert item_id is not None
    notifications.forget_old(item_id)
    assert left() == [read[0], read[1], read[3]]
