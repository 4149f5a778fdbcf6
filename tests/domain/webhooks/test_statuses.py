"""What every status means, and what Retry-After says."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from webapp.domain.webhooks.statuses import LONGEST_WAIT_S, Meaning, meaning, retry_after_s

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
# The rule book, status by status: what is not named here is tried again (100-199, 203, 205-299, 3xx, 5xx, 408, 425).
EXPECTED = (
    dict.fromkeys(range(100, 600), "retry")
    | dict.fromkeys((200, 201, 202, 204), "success")
    | dict.fromkeys((code for code in range(400, 500) if code not in {408, 425}), "permanent")
    | {410: "disable", 429: "throttle"}
)


@pytest.mark.parametrize(("status", "expected"), EXPECTED.items())
def test_a_status_means_what_is_promised(status: int, expected: str) -> None:
    assert meaning(status) == Meaning(expected)


def test_no_answer_is_tried_again() -> None:
    assert meaning(None) is Meaning.RETRY


def test_a_channel_may_be_refused_by_other_statuses() -> None:
    refusing = frozenset({401, 403, 404})
    assert [meaning(status, disables_at=refusing) for status in (401, 403, 404, 410, 400)] == [
        *[Meaning.DISABLE] * 3, Meaning.PERMANENT, Meaning.PERMANENT,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 120 ", 120.0),
        ("3600", 3600.0),
        ("3601", LONGEST_WAIT_S),
        ("9" * 400, LONGEST_WAIT_S),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW + timedelta(days=2), usegmt=True), LONGEST_WAIT_S),
        (format_datetime(NOW - timedelta(days=2), usegmt=True), 0.0),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30.0),
        ("Sun Mar  1 12:00:30 2026", 30.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Sun, 99 Mar 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(given: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-after": given}, now=NOW) == seconds


def test_without_the_header_nothing_is_asked_for() -> None:
    assert retry_after_s({}, now=NOW) is None
