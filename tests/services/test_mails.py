"""Mails of notices, by a real server: what they hold, whom they do not reach, and what of them is tried again."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests import mailed
from tests.mailed import GROUPED, NOON, Clock
from tests.personas import Persona
from tests.servers.smtp import SmtpServer
from webapp.domain.notifications.mail_answers import RETRY_AFTER
from webapp.models import Mail, Notification, NotificationPreference, NotificationSettings, OutboxItem, User
from webapp.services.notifications import due, mail_queue
from webapp.services.operations import mail
from webapp.services.spine import leases
from webapp.services.spine.transaction import read_snapshot, transaction


@pytest.fixture
def smtp(app: Flask) -> Iterator[SmtpServer]:
    with mailed.served() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


def events_of(user_id: int) -> list[str]:
    with read_snapshot() as session:
        found = select(Notification.event_id).where(Notification.user_id == user_id).order_by(Notification.id)
        return [str(event_id) for event_id in session.scalars(found)]


def test_a_mail_says_it_in_two_parts_and_once_for_ever(smtp: SmtpServer, clock: Clock, pat: Persona) -> None:
    mailed.tell(pat.user_id)
    assert mailed.send(clock) == 1
    ((address, message),) = smtp.mails
    assert address == pat.email == message["To"]
    assert message["From"] == "DeltaCrown <no-reply@cups.example.org>"
    assert message["Message-ID"] == f"<{events_of(pat.user_id)[0]}.{pat.user_id}@cups.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == NOON
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["Subject"]
    assert "Pat" in text.get_content()
    assert "Pat" in html.get_content()
    assert pat.email not in text.get_content() + html.get_content() + message["Subject"]
    assert mailed.states() == [(pat.user_id, "sent", "", 0)]
    assert mailed.send(clock) == 0
    assert len(smtp.messages) == 1


def test_the_way_out_stands_unfolded_in_the_header(smtp: SmtpServer, clock: Clock, pat: Persona) -> None:
    mailed.tell(pat.user_id)
    mailed.send(clock)
    head = smtp.raw[0].partition(b"\r\n\r\n")[0].split(b"\r\n")
    (way_out,) = [line for line in head if line.lower().startswith(b"list-unsubscribe:")]
    assert re.fullmatch(rb"List-Unsubscribe: <https://cups\.example\.org/unsubscribe/[\w.~-]+/>", way_out)
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    assert not [line for line in head if line.startswith((b" ", b"\t")) and b"boundary" not in line]


def test_one_click_counts_for_the_next_mail(smtp: SmtpServer, clock: Clock, pat: Persona, vic: FlaskClient) -> None:
    mailed.tell(pat.user_id)
    mailed.send(clock)
    path = str(smtp.mails[0][1]["List-Unsubscribe"]).strip("<>").removeprefix(mailed.BASE)
    mailed.tell(pat.user_id)
    assert vic.get(path).status_code == 200
    assert mailed.send(clock) == 1
    mailed.tell(pat.user_id)
    for _ in range(2):
        assert vic.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert mailed.send(clock) == 0
    assert mailed.states()[-1] == (pat.user_id, "skipped", "switched_off", 0)


def test_many_go_over_one_connection(smtp: SmtpServer, clock: Clock, app: Flask) -> None:
    ids = mailed.people(45)
    mailed.tell(*ids)
    assert mailed.send(clock) == 45
    assert sorted(address for address, _ in smtp.messages) == sorted(
        f"reader{number}@example.org" for number in range(45)
    )
    assert smtp.connections == 1


def test_a_burst_of_one_kind_is_one_mail(smtp: SmtpServer, clock: Clock, pat: Persona, olga: Persona) -> None:
    for _ in range(3):
        mailed.tell(pat.user_id, kind=GROUPED, now=clock.passes(seconds=1))
    mailed.tell(olga.user_id, kind=GROUPED, now=clock.now)
    assert mailed.send(clock) == 0
    clock.passes(seconds=28)
    # The first of them is due, and takes along what has come since.
    assert mailed.send(clock) == 1
    assert [state for _, state, *_ in mailed.states()] == ["sent", "sent", "sent", "pending"]
    ((address, message),) = smtp.mails
    assert address == pat.email
    assert events_of(pat.user_id)[0] in message["Message-ID"]
    clock.passes(seconds=2)
    assert mailed.send(clock) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (update(User).values(disabled_at=NOON), "no_address"),
        (update(User).values(email_verified_at=None), "no_address"),
        (update(NotificationSettings).values(is_email_on=False), "switched_off"),
        (update(NotificationSettings).values(email_stopped_at=NOON), "stopped"),
        (update(NotificationPreference).values(is_on=False), "switched_off"),
    ],
)
def test_what_is_not_wanted_any_more_is_not_sent(
    smtp: SmtpServer, clock: Clock, pat: Persona, change: object, reason: str
) -> None:
    mailed.choose(pat)
    with transaction() as session:
        session.add(NotificationPreference(user_id=pat.user_id, kind=mailed.PLAIN, channel="email", is_on=True))
    mailed.tell(pat.user_id)
    with transaction() as session:
        session.execute(change)  # type: ignore[call-overload]  # a table of changes
    assert mailed.send(clock) == 0
    assert mailed.states() == [(pat.user_id, "skipped", reason, 0)]
    assert smtp.messages == []


def test_an_unknown_address_is_written_to_no_more_and_its_owner_is_told(
    smtp: SmtpServer, clock: Clock, pat: Persona, olga: Persona
) -> None:
    smtp.answers[pat.email] = "550 5.1.1 no such user"
    mailed.tell(pat.user_id, olga.user_id)
    mailed.tell(pat.user_id)
    assert mailed.send(clock) == 1
    assert [address for address, _ in smtp.messages] == [olga.email]
    assert {(state, reason) for who, state, reason, _ in mailed.states() if who == pat.user_id} == {
        ("failed", "bounced"), ("skipped", "stopped"),
    }  # fmt: skip
    with read_snapshot() as session:
        assert session.get_one(NotificationSettings, pat.user_id).email_stopped_at == NOON
        told = select(Notification.user_id, Notification.is_in_app).where(Notification.kind == "email_stopped")
        assert [tuple(row) for row in session.execute(told)] == [(pat.user_id, True)]
    before = len(mailed.states())
    mailed.tell(pat.user_id)
    mailed.send(clock)
    assert {state for _, state, *_ in mailed.states()[before:]} <= {"skipped"}
    assert len(smtp.messages) == 1


@pytest.mark.parametrize("answer", ["554 5.7.1 your network is blocked", "550 5.7.26 unauthenticated"])
def test_a_server_that_blocks_us_stops_nobodys_address(
    smtp: SmtpServer, clock: Clock, pat: Persona, answer: str
) -> None:
    smtp.answers[""] = answer
    mailed.tell(pat.user_id)
    mailed.send(clock)
    assert mailed.states() == [(pat.user_id, "failed", "refused", 1)]
    with read_snapshot() as session:
        assert session.get(NotificationSettings, pat.user_id) is None


@pytest.mark.parametrize("stage", ["answers", "data_answers"])
def test_what_a_server_wants_later_it_gets_later(smtp: SmtpServer, clock: Clock, pat: Persona, stage: str) -> None:
    getattr(smtp, stage)[pat.email] = "451 4.7.1 greylisted"
    mailed.tell(pat.user_id)
    for attempts, pause in enumerate(RETRY_AFTER, start=1):
        assert mailed.send(clock) == 0
        assert mailed.states() == [(pat.user_id, "pending", "", attempts)]
        assert mailed.due_at() == [clock.now + pause]
        clock.passes(seconds=pause.total_seconds() - 0.001)
        assert mailed.send(clock) == 0
        assert mailed.states()[0][3] == attempts
        clock.passes(seconds=0.001)
        if attempts == 4:
            getattr(smtp, stage).clear()
            assert mailed.send(clock) == 1
            break
    assert mailed.states() == [(pat.user_id, "sent", "", 4)]


def test_after_the_last_try_it_has_failed(smtp: SmtpServer, clock: Clock, pat: Persona, olga: Persona) -> None:
    smtp.answers[pat.email] = "451 never"
    mailed.tell(pat.user_id, olga.user_id)
    for _ in range(20):
        mailed.send(clock)
        clock.passes(hours=11)
    assert sorted(mailed.states()) == sorted([(pat.user_id, "failed", "exhausted", 10), (olga.user_id, "sent", "", 0)])


@pytest.mark.parametrize("forged", ["a@example.org\r\nBcc: b@example.org", "a\n@example.org", "a@exam\rple.org"])
def test_an_address_with_a_line_break_goes_nowhere(
    smtp: SmtpServer, clock: Clock, pat: Persona, olga: Persona, forged: str
) -> None:
    with transaction() as session:
        session.get_one(User, pat.user_id).email = forged
    mailed.tell(pat.user_id, olga.user_id)
    assert mailed.send(clock) == 1
    assert [address for address, _ in smtp.messages] == [olga.email]
    assert sorted(mailed.states()) == sorted([(pat.user_id, "failed", "refused", 1), (olga.user_id, "sent", "", 0)])


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_no_field_smuggles_a_header_in(smtp: SmtpServer, line_end: str) -> None:
    forged, plain = f"x{line_end}Bcc: eve@example.org", mail.Letter("a@example.org", "Hello", "x")
    letters = (
        replace(plain, address=forged), replace(plain, subject=forged), replace(plain, message_id=forged),
        replace(plain, unsubscribe_url=forged),
    )  # fmt: skip
    with mail.opened() as post:
        for letter in letters:
            with pytest.raises(mail.Refused):
                post.send(letter)
    assert smtp.messages == []


def test_what_the_switch_kept_for_a_day_is_not_sent_any_more(smtp: SmtpServer, clock: Clock, pat: Persona) -> None:
    mailed.tell(pat.user_id)
    clock.passes(hours=2)
    mailed.tell(pat.user_id, now=clock.now)
    mailed.turn_mails(on=False, now=clock.now)
    clock.passes(hours=23)
    assert mailed.send(clock) == 0
    mailed.turn_mails(now=clock.now)
    assert mailed.send(clock) == 1
    assert mailed.states() == [(pat.user_id, "skipped", "late", 0), (pat.user_id, "sent", "", 0)]


def test_what_fell_due_while_nobody_ran_the_site_is_sent_late(smtp: SmtpServer, clock: Clock, pat: Persona) -> None:
    mailed.tell(pat.user_id)
    clock.passes(hours=48)
    assert mailed.send(clock) == 1


def test_what_comes_due_by_itself_is_noticed(smtp: SmtpServer, clock: Clock, pat: Persona) -> None:
    mailed.tell(pat.user_id, kind=GROUPED)
    assert due.ring(now=clock.now) == []
    clock.passes(seconds=31)
    mailed.turn_mails(on=False)
    assert due.ring(now=clock.now) == []
    mailed.turn_mails()
    assert due.ring(now=clock.now) == ["mails"]
    assert due.ring(now=clock.now) == []
    with read_snapshot() as session:
        item = session.scalars(select(OutboxItem).where(OutboxItem.handler == "mails")).one()
        assert (item.key, item.wanted, item.next_at) == ("all", 1, clock.now)
    assert mailed.send(clock) == 1
    assert due.ring(now=clock.now + timedelta(seconds=1)) == []


def test_what_waited_into_quiet_hours_goes_out_after_them(
    smtp: SmtpServer, clock: Clock, pat: Persona, olga: Persona
) -> None:
    for kind in (GROUPED, mailed.PLAIN):
        mailed.tell(pat.user_id, kind=kind, now=clock.now)
    # Since then it has become late for Pat, whose quiet hours begin at noon.
    mailed.choose(pat, quiet_from=12 * 60, quiet_until=14 * 60)
    clock.passes(seconds=40)
    assert mailed.send(clock) == 0
    assert mailed.due_at() == [NOON.replace(hour=14)] * 2
    mailed.tell(olga.user_id, now=clock.now)
    assert mailed.send(clock) == 1
    clock.now = NOON.replace(hour=14)
    assert mailed.send(clock) == 2
    assert {(state, attempts) for _, state, _, attempts in mailed.states()} == {("sent", 0)}


@pytest.mark.parametrize("address", ["x@[", "x@[1.2", "x@a,<"])
def test_an_address_that_no_header_can_hold_keeps_nobody_elses_mail(
    smtp: SmtpServer, clock: Clock, pat: Persona, olga: Persona, address: str
) -> None:
    with transaction() as session:
        session.execute(update(User).where(User.id == pat.user_id).values(email=address))
    mailed.tell(pat.user_id, olga.user_id)
    assert mailed.send(clock) == 1
    assert [address for address, _ in smtp.messages] == [olga.email]
    assert ("failed", "refused") in {(state, reason) for _, state, reason, _ in mailed.states()}


def test_a_lease_that_ran_out_is_anybodys(smtp: SmtpServer, clock: Clock, pat: Persona) -> None:
    mailed.tell(pat.user_id)
    with transaction() as session:
        session.execute(update(Mail).values(lease_token="of the dead", lease_until=NOON + timedelta(seconds=15)))
    assert mailed.send(clock) == 0
    clock.passes(seconds=15)
    assert mailed.send(clock) == 1


def test_what_a_dead_worker_had_leased_is_sent_at_once(smtp: SmtpServer, clock: Clock, pat: Persona) -> None:
    mailed.tell(pat.user_id)
    (leased,) = mail_queue.lease(now=clock.now)
    assert leases.release_of_dead(Mail, now=clock.now) == 0
    place = leased.token.partition(":")[0]
    with transaction() as session:
        session.execute(update(Mail).values(lease_token=f"{place}:4194305:dead"))  # beyond the largest process id
    assert leases.release_of_dead(Mail, now=clock.now) == 1
    assert mailed.send(clock) == 1


def test_what_was_done_with_a_month_ago_is_forgotten(
    smtp: SmtpServer, clock: Clock, pat: Persona, olga: Persona
) -> None:
    smtp.answers[olga.email] = "451 later"
    mailed.tell(pat.user_id, olga.user_id)
    mailed.send(clock)
    mailed.tell(pat.user_id, now=clock.passes(days=1))
    mailed.send(clock)
    assert mail_queue.forget_old(now=NOON + mail_queue.KEPT) == 0
    assert mail_queue.forget_old(now=clock.now + mail_queue.KEPT) == 1
    assert sorted((who, state) for who, state, *_ in mailed.states()) == sorted(
        [(olga.user_id, "pending"), (pat.user_id, "sent")]
    )
    assert mail_queue.forget_old(now=clock.passes(days=31)) == 1
