"""Daily digests: at everybody's own hour, once a local day, of what they have not read, or none."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import mailed
from tests.mailed import NOON, Clock
from tests.personas import Persona
from tests.servers.smtp import SmtpServer
from tests.statements import count_statements
from webapp.models import Mail, Notification
from webapp.services.notifications import digests
from webapp.services.spine.transaction import read_snapshot, transaction

QUIET = "achievement_earned"
"""A kind that is not mailed by itself."""


@pytest.fixture
def smtp(app: Flask) -> Iterator[SmtpServer]:
    with mailed.served() as server:
        yield server


def days() -> list[tuple[int, date]]:
    with read_snapshot() as session:
        rows = session.execute(select(Mail.user_id, Mail.digest_on).where(Mail.kind == "digest").order_by(Mail.id))
        return [(user_id, day) for user_id, day in rows if day is not None]


def read_all(*user_ids: int) -> None:
    with transaction() as session:
        session.execute(update(Notification).where(Notification.user_id.in_(user_ids)).values(read_at=NOON))


def test_it_comes_at_eight_with_all_that_is_unread(smtp: SmtpServer, pat: Persona, olga: Persona) -> None:
    clock = Clock()
    for hours in range(3):
        mailed.tell(pat.user_id, kind=QUIET, now=NOON + timedelta(hours=hours))
    clock.now = datetime(2026, 5, 5, 7, 59, tzinfo=UTC)
    assert digests.write_due(now=clock.now) == 0
    assert digests.write_due(now=clock.passes(minutes=1)) == 1
    assert [digests.write_due(now=clock.now) for _ in range(3)] == [0, 0, 0]
    assert mailed.send(clock) == 1
    ((address, message),) = smtp.mails
    assert address == pat.email
    text = message.get_body(("plain",))
    assert text is not None
    assert "3" in message["Subject"]
    assert "Pat" in text.get_content()
    assert "/unsubscribe/" in message["List-Unsubscribe"]
    assert days() == [(pat.user_id, date(2026, 5, 5))]


def test_nothing_to_say_is_no_mail(smtp: SmtpServer, pat: Persona) -> None:
    clock = Clock(datetime(2026, 5, 5, 9, tzinfo=UTC))
    assert digests.write_due(now=clock.now) == 0
    mailed.tell(pat.user_id, kind=QUIET)
    assert digests.write_due(now=clock.now) == 1
    # Read between the writing and the sending.
    read_all(pat.user_id)
    assert mailed.send(clock) == 0
    assert mailed.states() == [(pat.user_id, "skipped", "empty", 0)]
    assert smtp.messages == []


def test_what_comes_after_the_hour_waits_for_the_next_day(smtp: SmtpServer, pat: Persona) -> None:
    mailed.tell(pat.user_id, kind=QUIET, now=datetime(2026, 5, 5, 8, 1, tzinfo=UTC))
    assert digests.write_due(now=datetime(2026, 5, 5, 9, tzinfo=UTC)) == 0
    assert digests.write_due(now=datetime(2026, 5, 6, 8, tzinfo=UTC)) == 1


def test_it_nags_no_longer_than_a_week(smtp: SmtpServer, pat: Persona) -> None:
    mailed.tell(pat.user_id, kind=QUIET, now=datetime(2026, 5, 5, 7, tzinfo=UTC))
    written = [digests.write_due(now=datetime(2026, 5, day, 8, tzinfo=UTC)) for day in range(5, 15)]
    assert written == [1] * 7 + [0] * 3


def test_one_that_was_missed_is_caught_up_on(smtp: SmtpServer, pat: Persona) -> None:
    mailed.tell(pat.user_id, kind=QUIET, now=datetime(2026, 5, 5, 7, tzinfo=UTC))
    assert digests.write_due(now=datetime(2026, 5, 6, 7, 45, tzinfo=UTC)) == 1
    assert days() == [(pat.user_id, date(2026, 5, 5))]
    assert digests.write_due(now=datetime(2026, 5, 6, 8, tzinfo=UTC)) == 1


@pytest.mark.parametrize(
    "choice",
    [{"has_digest": False}, {"is_email_on": False}, {"email_stopped_at": NOON}],
    ids=["no digest", "no mail", "stopped"],
)
def test_who_does_not_want_it_gets_none(smtp: SmtpServer, pat: Persona, choice: dict[str, object]) -> None:
    mailed.tell(pat.user_id, kind=QUIET)
    mailed.choose(pat, **choice)
    assert digests.write_due(now=NOON + timedelta(days=1)) == 0


def test_while_mails_are_off_none_is_written(smtp: SmtpServer, pat: Persona) -> None:
    mailed.tell(pat.user_id, kind=QUIET)
    mailed.turn_mails(on=False)
    assert digests.write_due(now=NOON + timedelta(days=1)) == 0


def test_everybody_at_once_is_still_once_a_day(smtp: SmtpServer, pat: Persona) -> None:
    mailed.choose(pat, digest_minute=23 * 60, time_zone="Asia/Dhaka")
    mailed.tell(pat.user_id, kind=QUIET)
    assert digests.write_all(now=NOON) == 1
    assert digests.write_all(now=NOON + timedelta(hours=2)) == 0
    # 23:00 in Dhaka is 17:00 here.
    assert digests.write_due(now=NOON + timedelta(hours=5)) == 0
    assert days() == [(pat.user_id, date(2026, 5, 4))]


def test_a_long_list_is_cut_and_says_so(smtp: SmtpServer, pat: Persona) -> None:
    for _ in range(digests.LONGEST + 7):
        mailed.tell(pat.user_id, kind=QUIET)
    with read_snapshot() as session:
        rows, more = digests.unread(session, pat.user_id)
        assert [row.id for row in rows] == sorted(row.id for row in rows)
        assert (len(rows), more) == (digests.LONGEST, 7)


ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")
NIGHTS = {
    "Europe in spring": datetime(2026, 3, 28, 12, tzinfo=UTC),
    "Europe in autumn": datetime(2026, 10, 24, 12, tzinfo=UTC),
    "America in spring": datetime(2026, 3, 7, 12, tzinfo=UTC),
    "America in autumn": datetime(2026, 10, 31, 12, tzinfo=UTC),
}


@pytest.mark.parametrize("night", NIGHTS)
def test_a_night_in_which_clocks_change_has_one_digest(smtp: SmtpServer, night: str) -> None:
    start = NIGHTS[night]
    ids = mailed.people(4, zones=ZONES, digest_minute=150)
    mailed.tell(*ids, kind=QUIET, now=start - timedelta(days=1))
    for hours in range(49):
        digests.write_due(now=start + timedelta(hours=hours))
    found = Counter(days())
    assert set(found.values()) == {1}
    for user_id in ids:
        theirs = sorted(day for who, day in found if who == user_id)
        # The one before, which was caught up on, and those of two days.
        assert theirs == [theirs[0] + timedelta(days=number) for number in range(3)]


def test_the_number_of_questions_does_not_grow_with_the_people(smtp: SmtpServer) -> None:
    ids = mailed.people(60)
    counts: list[int] = []
    for some in (ids[:2], ids[2:]):
        mailed.tell(*some, kind=QUIET, now=NOON + timedelta(days=len(counts)))
        with count_statements() as asked:
            digests.write_due(now=NOON + timedelta(days=len(counts) + 1))
        counts.append(len(asked))
    assert counts[0] == counts[1]
