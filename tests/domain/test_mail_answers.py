"""What a mail server's answers mean, and when a mail is tried again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.notifications.mail_answers import (
    RETRY_AFTER,
    Stage,
    Verdict,
    away_after,
    retry_after,
    verdict,
)

RCPT, DATA, SENDER = Stage.RECIPIENT, Stage.CONTENT, Stage.SENDER
AWAY, LATER, REFUSED, BOUNCED = Verdict.AWAY, Verdict.LATER, Verdict.REFUSED, Verdict.BOUNCED


@pytest.mark.parametrize(
    ("stage", "code", "text", "expected"),
    [
        (RCPT, 550, "5.1.1 no such user", BOUNCED),
        (RCPT, 550, "No such user here", BOUNCED),
        (RCPT, 553, "mailbox name not allowed", BOUNCED),
        (RCPT, 551, "User not local", BOUNCED),
        (RCPT, 554, "5.2.1 mailbox disabled, not accepting messages", BOUNCED),
        (RCPT, 552, "Mailbox full", LATER),
        (RCPT, 550, "5.2.2 The mailbox is FULL", LATER),
        (RCPT, 554, "5.7.1 Service unavailable; client host is blocked", REFUSED),
        (RCPT, 550, "5.7.26 unauthenticated mail is not accepted", REFUSED),
        (RCPT, 550, "5.4.4 unable to route", REFUSED),
        (RCPT, 450, "4.2.0 greylisted", LATER),
        (RCPT, 451, "try again", LATER),
        (RCPT, 452, "insufficient storage", LATER),
        (RCPT, 421, "closing", AWAY),
        (RCPT, 530, "5.7.0 authentication required", AWAY),
        (DATA, 451, "later", LATER),
        (DATA, 550, "5.1.1 unknown after all", BOUNCED),
        (DATA, 554, "5.7.1 looks like spam", REFUSED),
        (DATA, 554, "no", REFUSED),
        (DATA, 552, "too big", REFUSED),
        (DATA, 421, "going down", AWAY),
        (SENDER, 550, "we know you not", AWAY),
        (SENDER, 451, "later", AWAY),
        (SENDER, 535, "5.7.8 wrong password", AWAY),
    ],
)
def test_answers(stage: Stage, code: int, text: str, expected: Verdict) -> None:
    assert verdict(stage, code, text) is expected


@given(st.sampled_from([RCPT, DATA]), st.integers(400, 499).filter(lambda code: code != 421), st.text())
def test_what_is_for_now_is_never_for_good(stage: Stage, code: int, text: str) -> None:
    assert verdict(stage, code, text) is LATER


@given(st.integers(500, 599), st.text())
def test_what_is_said_of_the_content_blames_an_address_only_by_name(code: int, text: str) -> None:
    if verdict(DATA, code, text) is BOUNCED:
        assert ".1." in text


def test_a_mail_is_tried_ten_times() -> None:
    pauses = [retry_after(attempts) for attempts in range(1, 11)]
    assert pauses == [*RETRY_AFTER, None]
    assert [pause.total_seconds() for pause in RETRY_AFTER[:6]] == [1, 5, 25, 300, 1800, 7200]


def test_a_server_that_is_away_is_looked_for_every_five_minutes() -> None:
    assert [away_after(delays) for delays in (1, 2, 3, 4, 5, 100)] == [
        timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=25), *[timedelta(minutes=5)] * 3,
    ]  # fmt: skip
