"""Why somebody did something, in words that stay on record."""

from typing import Final

from webapp.domain.errors import FieldError, ResultError

REASON_LENGTH: Final = range(10, 501)
"""Characters."""


def checked_reason(reason: str) -> str:
    """The reason without blanks around it; ResultError unless it has 10 to 500 characters."""
    reason = reason.replace("\r\n", "\n").strip()
    if any(not (character.isprintable() or character in "\n\t") for character in reason):
        message = "holds a character that cannot be shown; write it anew"
        raise ResultError(f"The reason {message}.", [FieldError("reason", message)])
    if len(reason) not in REASON_LENGTH:
        message = f"say why in {REASON_LENGTH.start} to {REASON_LENGTH.stop - 1} characters"
        raise ResultError(f"The reason is missing or too short or long: {message}.", [FieldError("reason", message)])
    return reason
