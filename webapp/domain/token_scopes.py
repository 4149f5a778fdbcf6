"""What a token lets a program do: a part of what its owner may, and never more."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from webapp.domain.errors import DomainError, FieldError
from webapp.domain.permissions import reaches


class TokenError(DomainError):
    """A token that cannot be made as asked."""

    default_code = "invalid_token_request"


class TokenScope(NamedTuple):
    """One scope: what it opens, and the least role that it is of use to."""

    opens: str
    role: str


SCOPES: Final[Mapping[str, TokenScope]] = {
    "read": TokenScope("boards, deltas, histories, series, the log, and the names behind ids", "spectator"),
    "play": TokenScope("what somebody does for their own side: registering, check-in, reporting, teams", "spectator"),
    "organize": TokenScope("running one's tournaments: schedule, results, participants, brackets", "organizer"),
    "overrides": TokenScope("setting a participant's placement", "admin"),
    "admin": TokenScope("inspecting boards, looking at the cache and clearing it, what was sent to webhooks", "admin"),
}
"""Every scope by its name."""


def scopes_open_to(role: str) -> tuple[str, ...]:
    """The scopes that a person of that role can give to a token."""
    return tuple(name for name, scope in SCOPES.items() if reaches(role, scope.role))


def scope_problems(wanted: Collection[str], role: str) -> list[FieldError]:
    """What is wrong with the scopes that somebody of that role wants to give; empty when nothing is."""
    possible = scopes_open_to(role)
    if not wanted:
        return [FieldError("scopes", f"choose at least one of {', '.join(possible)}")]
    return [
        FieldError("scopes", f"{name!r} is not among the scopes that you can give: {', '.join(possible)}")
        for name in dict.fromkeys(wanted)
        if name not in possible
    ]


def in_order(wanted: Collection[str]) -> list[str]:
    """The wanted scopes, each once, in the order in which they are listed."""
    return [name for name in SCOPES if name in wanted]
