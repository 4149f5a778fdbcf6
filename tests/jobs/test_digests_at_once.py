"""Many schedulers write the same digests at once, and most of them die at it: everybody has one a day all the same."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests import mailed
from tests.jobs import mortals
from webapp.models import Mail
from webapp.services.notifications import digests
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot

PEOPLE = 1000
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")
SCHEDULERS = 8
POINTS = ("in_digest", "before_commit", "after_commit")
NIGHTS = (datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC))
"""Noon after the night; for every zone one local day has ended since, and another one has begun."""


def written() -> Counter[tuple[int, object]]:
    with read_snapshot() as session:
        rows = session.execute(select(Mail.user_id, Mail.digest_on).where(Mail.kind == "digest"))
        return Counter((user_id, day) for user_id, day in rows)


@pytest.mark.timeout(180)
def test_everybody_has_one_a_day(app: Flask, environment: dict[str, str]) -> None:
    mailed.turn_mails()
    ids = mailed.people(PEOPLE, zones=ZONES, digest_minute=150)
    chance = random.Random(14)
    for nights, noon in enumerate(NIGHTS, start=1):
        mailed.tell(*ids, kind="achievement_earned", now=noon - timedelta(days=2))
        # Those who live on start last, so that they do not leave the others nothing to die of.
        fates = [*(chance.choice(POINTS) for _ in range(SCHEDULERS - 2)), "", ""]
        processes = [mortals.begin(("digests", noon.isoformat()), fate, environment) for fate in fates]
        ended = [mortals.end(process) for process in processes]
        assert set(ended) <= {0, mortals.DIED}
        assert mortals.DIED in ended
        digests.write_due(now=noon)
        assert len(written()) == PEOPLE * nights
        assert set(written().values()) == {1}


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
