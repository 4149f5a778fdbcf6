"""Many processes write the same at once, and most of them die at it: everybody is told once all the same."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from tests import mailed
from tests.jobs import mortals
from tests.notified import notifications
from webapp.models import Mail
from webapp.services.notifications import digests
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot

PEOPLE = 1000
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")
SCHEDULERS = 8
WAVES_OF_DEATH = 3
TELLERS = 16
POINTS = ("in_digest", "before_commit", "after_commit")
NIGHTS = (datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC))
"""Noon after the night; for every zone one local day has ended since, and another one has begun."""


def written() -> Counter[tuple[int, object]]:
    with read_snapshot() as session:
        rows = session.execute(select(Mail.user_id, Mail.digest_on).where(Mail.kind == "digest"))
        return Counter((user_id, day) for user_id, day in rows)


def written_by(fates: Sequence[str], noon: datetime, environment: dict[str, str]) -> list[int | None]:
    """How schedulers of these fates end that write what is due, all at the same time."""
    processes = [mortals.begin(("digests", noon.isoformat()), fate, environment) for fate in fates]
    return [mortals.end(process) for process in processes]


@pytest.mark.timeout(300)
def test_everybody_has_one_a_day(app: Flask, environment: dict[str, str]) -> None:
    mailed.turn_mails()
    ids = mailed.people(PEOPLE, zones=ZONES, digest_minute=150)
    chance = random.Random(14)
    for nights, noon in enumerate(NIGHTS, start=1):
        mailed.tell(*ids, kind="achievement_earned", now=noon - timedelta(days=2))
        deaths = 0
        for _ in range(WAVES_OF_DEATH):
            # Who dies after its commit leaves the others less to die of: one of a wave.
            fates = [*(chance.choice(POINTS[:2]) for _ in range(SCHEDULERS - 1)), POINTS[2]]
            assert written_by(fates, noon, environment) == [mortals.DIED] * SCHEDULERS
            deaths += SCHEDULERS
        # Those who live on start last.
        ended = written_by([*(chance.choice(POINTS) for _ in range(SCHEDULERS - 2)), "", ""], noon, environment)
        assert set(ended) <= {0, mortals.DIED}
        assert deaths + ended.count(mortals.DIED) >= 25
        digests.write_due(now=noon)
        assert len(written()) == PEOPLE * nights
        assert set(written().values()) == {1}


def test_one_event_told_a_hundred_times_at_once_is_one_notice_and_one_mail(
    app: Flask, environment: dict[str, str]
) -> None:
    mailed.turn_mails()
    (reader,) = mailed.people(1)
    words = ("tell", str(reader), str(uuid4()), str(100 // TELLERS + 1), str(time.time() + 6))
    processes = [mortals.begin(words, "", environment) for _ in range(TELLERS)]
    assert {mortals.end(process) for process in processes} == {0}
    assert len(notifications()) == len(mailed.states()) == 1


def test_senders_at_once_send_each_once(app: Flask, environment: dict[str, str]) -> None:
    with mailed.served() as smtp:
        ids = mailed.people(PEOPLE // 20)
        mailed.tell(*ids, now=utc_now())
        at_work = {**environment, "MAIL_URL": smtp.url}
        processes = [mortals.begin(("serve", "mails"), "", at_work) for _ in range(4)]
        assert {mortals.end(process) for process in processes} == {0}
        while any(state == "pending" for _, state, *_ in mailed.states()):
            # What runs that were over have left.
            assert mortals.end(mortals.begin(("serve", "mails"), "", at_work)) == 0
        assert Counter(address for address, _ in smtp.messages) == Counter(
            f"reader{number}@example.org" for number in range(len(ids))
        )
