"""The errors that rules raise: one clear sentence for people, a code for programs, and where exactly it is wrong."""

from collections.abc import Iterable
from typing import ClassVar, NamedTuple, Self


class FieldError(NamedTuple):
    """One wrong value: `path` says where (`placement_points[3]`, `line 12: kills`), `message` what would be right."""

    path: str
    message: str

    def __str__(self) -> str:
        """The error on one line, as lists of problems show it."""
        return f"{self.path}: {self.message}" if self.path else self.message


class DomainError(Exception):
    """Something the rules refuse.

    `message` is one sentence that a person can act on, `code` names the kind of refusal in snake_case, `fields` holds
    every wrong value with its path (empty when the whole request is refused).
    """

    default_code: ClassVar[str] = "refused"

    def __init__(self, message: str, fields: Iterable[FieldError] = (), *, code: str | None = None) -> None:
        """Keeps the sentence, the wrong values, and a code (the class's own unless given)."""
        super().__init__(message)
        self.message = message
        self.fields = tuple(fields)
        self.code = code or self.default_code

    @classmethod
    def listing(cls, subject: str, fields: Iterable[FieldError]) -> Self:
        """An error about `subject` whose sentence lists every wrong value."""
        found = tuple(fields)
        return cls(f"{subject}: " + "; ".join(str(field) for field in found), found)

    def __reduce__(self) -> tuple[object, ...]:
        """Lets the error cross a process boundary (job results) with its code and fields."""
        return _rebuilt, (type(self), self.message, self.fields, self.code)


def _rebuilt(kind: type[DomainError], message: str, fields: tuple[FieldError, ...], code: str) -> DomainError:
    return kind(message, fields, code=code)


class RulesError(DomainError):
    """Rules of a tournament, a preset or a game that cannot be used."""

    default_code = "invalid_rules"


class ResultError(DomainError):
    """A result that the rules of its match refuse."""

    default_code = "invalid_result"


class SeriesError(DomainError):
    """Games of a series that do not belong together or cannot have been played."""

    default_code = "invalid_series"


class DraftError(DomainError):
    """A draft whose actions break the order or the rules of the game."""

    default_code = "invalid_draft"


class PlayerIdError(DomainError):
    """A player id that is not of the game's form."""

    default_code = "invalid_player_id"


class BracketError(DomainError):
    """A bracket that cannot be drawn: its settings, its seeding, or who is to be in it."""

    default_code = "invalid_bracket"


class TransitionError(DomainError):
    """A change of state that the state machine does not know."""

    default_code = "illegal_transition"


class NotFound(DomainError):
    """Something that does not exist, or that the asker may not know of."""

    default_code = "not_found"


class Conflict(DomainError):
    """A request that was right when it was written, but not against what is there now."""

    default_code = "conflict"


class Forbidden(DomainError):
    """Something that the asker's role, or what they are to the object, does not reach."""

    default_code = "forbidden"


class LoginRequired(DomainError):
    """Something for people or programs that have said who they are."""

    default_code = "login_required"


class TooMany(DomainError):
    """More requests than are allowed; the next one is taken after `retry_after_s` seconds."""

    default_code = "too_many_requests"
    retry_after_s = 1


class FeatureDisabled(DomainError):
    """A part of the site that is switched off."""

    default_code = "FEATURE_DISABLED"
    retry_after_s = 300
