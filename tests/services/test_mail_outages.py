"""A mail server that is away, slow or gone in the middle, and a switch that is thrown: nothing is lost or used up."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from tests import mailed
from tests.mailed import NOON, Clock
from tests.personas import Persona
from tests.servers.smtp import SmtpServer
from webapp.models import Mail
from webapp.services.notifications import due
from webapp.services.operations import mail
from webapp.services.spine.transaction import transaction

PEOPLE = 50


@pytest.fixture
def smtp(app: Flask) -> Iterator[SmtpServer]:
    with mailed.served() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


def waits_until(clock: Clock) -> float:
    """Seconds from now until the first mail is due again."""
    return (min(mailed.due_at()) - clock.now).total_seconds()


def test_an_hour_without_the_server_costs_nothing(smtp: SmtpServer, clock: Clock, app: Flask) -> None:
    ids = mailed.people(PEOPLE)
    mailed.tell(*ids[:-1])
    smtp.stop()
    looks = []
    while (clock.now - NOON).total_seconds() < 3600:
        assert mailed.send(clock) == 0
        looks.append(waits_until(clock))
        clock.passes(seconds=looks[-1])
    assert looks[:3] == [1, 5, 25]
    assert set(looks[3:]) == {300}
    assert {tuple(row[1:]) for row in mailed.states()} == {("pending", "", 0)}
    smtp.start()
    # Who is told something now waits for the next look as all do, and is then served with them at once.
    mailed.tell(ids[-1], now=clock.now)
    while mailed.send(clock):
        pass
    assert Counter(address for address, _ in smtp.messages) == Counter(
        f"reader{number}@example.org" for number in range(PEOPLE)
    )
    assert len({message["Message-ID"] for _, message in smtp.messages}) == PEOPLE
    assert smtp.connections == 1
    assert {tuple(row[1:]) for row in mailed.states()} == {("sent", "", 0)}


def test_while_it_is_away_nobody_looks_before_the_time_has_come(smtp: SmtpServer, clock: Clock, app: Flask) -> None:
    ids = mailed.people(3)
    mailed.tell(*ids[:2])
    smtp.stop()
    for _ in range(2):
        mailed.send(clock)
        clock.passes(seconds=waits_until(clock))
    mailed.send(clock)
    smtp.start()
    mailed.tell(ids[2], now=clock.passes(seconds=10))
    assert mailed.send(clock) == 0
    assert due.ring(now=clock.now) == []
    clock.passes(seconds=15)
    assert mailed.send(clock) == 3


def test_a_server_that_comes_back_is_given_all_that_waited(smtp: SmtpServer, clock: Clock, app: Flask) -> None:
    ids = mailed.people(2)
    smtp.answers["reader0@example.org"] = "450 later"
    mailed.tell(ids[0])
    smtp.stop()
    mailed.send(clock)
    clock.passes(seconds=1)
    smtp.start()
    mailed.tell(ids[1], now=clock.now)
    # What one mail is told ("later") does not hold up the other one, and shows that the server is there.
    assert mailed.send(clock) == 1
    assert mailed.states() == [(ids[0], "pending", "", 1), (ids[1], "sent", "", 0)]
    assert waits_until(clock) == 1


def test_the_first_answer_lets_everything_go(smtp: SmtpServer, clock: Clock, app: Flask) -> None:
    ids = mailed.people(2)
    mailed.tell(*ids)
    smtp.stop()
    mailed.send(clock)
    with transaction() as session:
        # As another worker would have put it off.
        session.execute(update(Mail).where(Mail.user_id == ids[1]).values(next_at=clock.now + timedelta(minutes=5)))
    smtp.start()
    clock.passes(seconds=1)
    assert mailed.send(clock) == 2


def test_a_server_that_refuses_the_site_is_away(smtp: SmtpServer, clock: Clock, pat: Persona) -> None:
    smtp.answers[""] = "421 too busy"
    mailed.tell(pat.user_id)
    for pause in (1, 5, 25, 300, 300):
        assert mailed.send(clock) == 0
        assert waits_until(clock) == pause
        clock.passes(seconds=pause)
    assert mailed.states() == [(pat.user_id, "pending", "", 0)]
    smtp.answers.clear()
    assert mailed.send(clock) == 1


def test_a_password_that_the_server_does_not_take_burns_nothing(smtp: SmtpServer, clock: Clock, pat: Persona) -> None:
    mail.connect(smtp.url.replace("smtp://", "smtp://us:wrong@"), base_url=mailed.BASE)
    mailed.tell(pat.user_id)
    assert mailed.send(clock) == 0
    assert mailed.states() == [(pat.user_id, "pending", "", 0)]


def test_the_switch_stops_all_but_the_mail_that_is_on_its_way(smtp: SmtpServer, clock: Clock, app: Flask) -> None:
    ids = mailed.people(30)
    mailed.tell(*ids)
    smtp.hold()

    def work() -> None:
        with app.app_context():
            mailed.send(clock)

    sender = threading.Thread(target=work)
    sender.start()
    smtp.wait_until_held()
    mailed.turn_mails(on=False)
    began = time.monotonic()
    smtp.release()
    sender.join(20)
    assert not sender.is_alive()
    assert time.monotonic() - began < 10
    assert len(smtp.messages) == 1
    assert Counter(state for _, state, *_ in mailed.states()) == {"sent": 1, "pending": 29}
    mailed.turn_mails()
    # Leases were given back: nobody waits for them to run out.
    while mailed.send(clock):
        pass
    assert Counter(address for address, _ in smtp.messages).most_common(1)[0][1] == 1
    assert len(smtp.messages) == 30


def test_without_a_server_mails_are_printed_and_no_address_is(
    clock: Clock, pat: Persona, capfd: pytest.CaptureFixture[str]
) -> None:
    mail.connect(None, base_url=mailed.BASE)
    mailed.turn_mails()
    mailed.tell(pat.user_id)
    assert mailed.send(clock) == 1
    printed = capfd.readouterr()
    assert "mail_printed" in printed.err + printed.out
    assert pat.email not in printed.err + printed.out
