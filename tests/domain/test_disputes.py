"""Rules of disputes: what may follow on what, what can be said, and until when."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.domain import lifecycle
from webapp.domain.disputes import (
    DISPUTABLE_FOR,
    DISPUTE,
    REASONS,
    RESOLUTIONS,
    UNDECIDED,
    DisputeError,
    DisputeState,
    can_be_disputed,
    checked_reason_code,
    checked_resolution,
    checked_text,
    is_overdue,
)
from webapp.domain.errors import TransitionError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_dispute_goes_on_and_ends_once() -> None:
    allowed = {(state, to) for state in DISPUTE.moves for to in DISPUTE.moves_from(state)}
    assert ("open", "under_review") in allowed
    assert ("under_review", "escalated") in allowed
    assert ("escalated", "resolved") in allowed
    assert {state for state, _ in allowed} == set(UNDECIDED)
    for ended in (DisputeState.RESOLVED, DisputeState.REJECTED):
        with pytest.raises(TransitionError, match="nothing can follow"):
            lifecycle.move(DISPUTE, ended, DisputeState.OPEN)
    with pytest.raises(TransitionError, match="possible from here: resolved, rejected"):
        lifecycle.move(DISPUTE, DisputeState.ESCALATED, DisputeState.UNDER_REVIEW)


@pytest.mark.parametrize(
    ("state", "ago", "expected"),
    [
        ("pending_result", None, True),
        ("completed", DISPUTABLE_FOR, True),
        ("completed", DISPUTABLE_FOR + timedelta(microseconds=1), False),
        ("completed", None, False),
        ("scheduled", None, False),
        ("live", None, False),
        ("forfeit", timedelta(0), False),
        ("cancelled", timedelta(0), False),
    ],
)
def test_what_can_be_disputed(state: str, ago: timedelta | None, *, expected: bool) -> None:
    assert can_be_disputed(state, None if ago is None else NOW - ago, NOW) is expected


def test_only_what_waits_is_overdue() -> None:
    assert is_overdue("open", NOW, NOW)
    assert not is_overdue("open", NOW + timedelta(seconds=1), NOW)
    assert not is_overdue("resolved", NOW, NOW)
    assert not is_overdue("open", None, NOW)


def test_texts_are_kept_as_people_wrote_them_without_the_blanks_around() -> None:
    assert checked_text("  one\r\ntwo three \n") == "one\ntwo three"
    for refused in ("", "   ", "too short", "x" * 2001, "a hidden \x07 sign"):
        with pytest.raises(DisputeError) as error:
            checked_text(refused)
        assert [problem.path for problem in error.value.fields] == ["text"]


def test_codes_are_those_of_the_tables() -> None:
    assert [checked_reason_code(code) for code in REASONS] == list(REASONS)
    assert [checked_resolution(code) for code in RESOLUTIONS] == list(RESOLUTIONS)
    with pytest.raises(DisputeError, match="wrong_score"):
        checked_reason_code("bad_luck")
    with pytest.raises(DisputeError, match="approve_original"):
        checked_resolution("coin")
