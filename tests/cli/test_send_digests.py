"""`send-digests`: written and sent at once, and never twice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from tests import mailed
from tests.cli.operator import Operator
from tests.personas import Persona
from tests.servers.smtp import SmtpServer
from webapp.services.spine.clock import utc_now


@pytest.fixture
def smtp(app: Flask) -> Iterator[SmtpServer]:
    with mailed.served() as server:
        yield server


def test_what_is_due_is_sent_once(operator: Operator, smtp: SmtpServer, pat: Persona) -> None:
    mailed.tell(pat.user_id, kind="achievement_earned", now=utc_now() - timedelta(days=1))
    assert operator.types("send-digests").stdout == "1 digest written, 1 mail sent.\n"
    assert [address for address, _ in smtp.messages] == [pat.email]
    assert operator.types("send-digests").stdout == "0 digests written, 0 mails sent.\n"
    assert len(smtp.messages) == 1


def test_todays_can_be_had_at_any_hour(operator: Operator, smtp: SmtpServer, pat: Persona, olga: Persona) -> None:
    later = utc_now() + timedelta(minutes=30)
    for who in (pat, olga):
        mailed.choose(who, digest_minute=later.hour * 60 + later.minute)
        mailed.tell(who.user_id, kind="achievement_earned", now=utc_now() - timedelta(hours=1))
    assert operator.types("send-digests").stdout == "0 digests written, 0 mails sent.\n"
    assert operator.types("send-digests", "--now").stdout == "2 digests written, 2 mails sent.\n"
    assert operator.types("send-digests", "--now").stdout == "0 digests written, 0 mails sent.\n"


def test_a_switch_that_is_off_is_said(operator: Operator, smtp: SmtpServer) -> None:
    mailed.turn_mails(on=False)
    result = operator.types("send-digests")
    assert (result.exit_code, result.stdout) == (
        0, "Nothing is sent: the flag NOTIFICATIONS_EMAIL_ENABLED is off.\n",
    )  # fmt: skip
