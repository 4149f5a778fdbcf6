"""Disputes about results: their states, their reasons, how they are decided, and by when."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from webapp.domain.errors import DomainError, FieldError
from webapp.domain.lifecycle import Machine


class DisputeState(StrEnum):
    """Where a dispute stands."""

    OPEN = "open"
    UNDER_REVIEW = "under_review"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    REJECTED = "rejected"


class Resolution(StrEnum):
    """How a dispute is decided."""

    APPROVE_ORIGINAL = "approve_original"
    APPROVE_DISPUTE = "approve_dispute"
    CUSTOM_RESULT = "custom_result"
    REPLAY = "replay"
    FORFEIT = "forfeit"


_S = DisputeState

DISPUTE: Final = Machine(
    "dispute",
    {
        _S.OPEN: (_S.UNDER_REVIEW, _S.ESCALATED, _S.RESOLVED, _S.REJECTED),
        _S.UNDER_REVIEW: (_S.ESCALATED, _S.RESOLVED, _S.REJECTED),
        _S.ESCALATED: (_S.RESOLVED, _S.REJECTED),
        _S.RESOLVED: (),
        _S.REJECTED: (),
    },
)
UNDECIDED: Final = (_S.OPEN.value, _S.UNDER_REVIEW.value, _S.ESCALATED.value)
"""The states of a dispute that waits for somebody; a match has at most one such dispute."""

REASONS: Final[Mapping[str, str]] = {
    "wrong_score": "The score is wrong",
    "wrong_players": "Somebody played who may not",
    "rules_broken": "A rule was broken",
    "cheating": "Cheating",
    "no_show": "A side was not there",
    "technical": "A technical fault decided it",
    "other": "Something else",
}
"""Reason codes, and what they say."""

RESOLUTIONS: Final[Mapping[str, str]] = {
    Resolution.APPROVE_ORIGINAL: "The result stands",
    Resolution.APPROVE_DISPUTE: "The objection is right: the result is what the side says",
    Resolution.CUSTOM_RESULT: "Neither: the result is another one",
    Resolution.REPLAY: "The match is played again",
    Resolution.FORFEIT: "A side loses the match",
}
"""The ways to decide, and what they say."""

DISPUTABLE_FOR: Final = timedelta(hours=24)
"""How long a confirmed result can be disputed."""
DECIDE_WITHIN: Final = timedelta(hours=2)
"""By then the officials have decided; else the dispute goes to the staff by itself."""
STAFF_DECIDE_WITHIN: Final = timedelta(hours=24)
TEXT_LENGTH: Final = range(10, 2001)
"""Characters of what a dispute is about."""
COMMENT_LENGTH: Final = range(1, 2001)
LONGEST_LINK: Final = 500
MOST_EVIDENCE: Final = 10
"""Pictures and links of one dispute that one person may add."""


class DisputeError(DomainError):
    """A dispute, a comment or a decision that cannot be taken as it is written."""

    default_code = "invalid_dispute"


def can_be_disputed(state: str, completed_at: datetime | None, now: datetime) -> bool:
    """Whether a match in that state may be disputed: a reported result, or one confirmed in the last 24 hours."""
    if state == "pending_result":
        return True
    return state == "completed" and completed_at is not None and now - completed_at <= DISPUTABLE_FOR


def is_overdue(state: str, deadline_at: datetime | None, now: datetime) -> bool:
    """Whether somebody should have decided by now."""
    return state in UNDECIDED and deadline_at is not None and deadline_at <= now


def checked_text(text: str, *, field: str = "text", length: Collection[int] = TEXT_LENGTH) -> str:
    """The text without blanks around it; DisputeError where it is too short, too long, or cannot be shown."""
    cleaned = text.replace("\r\n", "\n").strip()
    least, most = min(length), max(length)
    problem = ""
    if any(not (character.isprintable() or character in "\n\t") for character in cleaned):
        problem = "holds a character that cannot be shown; write it anew"
    elif not cleaned:
        problem = "is missing"
    elif len(cleaned) < least:
        problem = f"needs {least} characters at least"
    elif len(cleaned) > most:
        problem = f"has {len(cleaned)} characters; {most} is the most"
    if problem:
        raise DisputeError.listing("It cannot be taken like this", [FieldError(field, problem)])
    return cleaned


def checked_reason_code(code: str) -> str:
    """The reason code, if there is such a one."""
    if code not in REASONS:
        problem = FieldError("reason_code", f"must be one of {', '.join(REASONS)}")
        raise DisputeError.listing("The dispute cannot be taken", [problem])
    return code


def checked_resolution(code: str) -> Resolution:
    """The way to decide, if there is such a one."""
    if code not in RESOLUTIONS:
        problem = FieldError("resolution", f"must be one of {', '.join(RESOLUTIONS)}")
        raise DisputeError.listing("The dispute cannot be decided so", [problem])
    return Resolution(code)
