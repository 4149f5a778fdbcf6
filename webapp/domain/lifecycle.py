"""State machines of tournaments and matches, as tables (spec 04)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from webapp.domain.errors import FieldError, TransitionError


class TournamentState(StrEnum):
    """Where a tournament stands."""

    DRAFT = "draft"
    REGISTRATION_OPEN = "registration_open"
    REGISTRATION_CLOSED = "registration_closed"
    LIVE = "live"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    ARCHIVED = "archived"


class MatchState(StrEnum):
    """Where a match stands."""

    SCHEDULED = "scheduled"
    READY = "ready"
    LIVE = "live"
    PENDING_RESULT = "pending_result"
    DISPUTED = "disputed"
    COMPLETED = "completed"
    FORFEIT = "forfeit"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine: `moves` by state are open to all who may act at all, `official_moves` to officials alone."""

    name: str
    moves: Mapping[str, tuple[str, ...]]
    official_moves: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def moves_from(self, state: str, *, official: bool = False) -> tuple[str, ...]:
        """The states that can follow `state`. Raises TransitionError for a state that the machine does not know."""
        if state not in self.moves:
            raise TransitionError(f"{state!r} is no state of a {self.name}; states: {', '.join(self.moves)}")
        return self.moves[state] + (self.official_moves.get(state, ()) if official else ())


class RegistrationState(StrEnum):
    """Where a registration stands."""

    PENDING = "pending"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    WAITLISTED = "waitlisted"
    WITHDRAWN = "withdrawn"
    NO_SHOW = "no_show"


_T, _M, _R = TournamentState, MatchState, RegistrationState

WITHOUT_RESULT: Final = (_M.SCHEDULED, _M.READY, _M.LIVE, _M.PENDING_RESULT)
"""States of matches in which no result counts; a revision may be left from one that was taken back."""

TOURNAMENT = Machine(
    "tournament",
    {
        _T.DRAFT: (_T.REGISTRATION_OPEN, _T.CANCELLED),
        _T.REGISTRATION_OPEN: (_T.REGISTRATION_CLOSED, _T.CANCELLED),
        _T.REGISTRATION_CLOSED: (_T.LIVE, _T.CANCELLED),
        _T.LIVE: (_T.COMPLETED, _T.CANCELLED),
        _T.COMPLETED: (_T.ARCHIVED,),
        _T.CANCELLED: (_T.ARCHIVED,),
        _T.ARCHIVED: (),
    },
)

# Officials start without the sides' word, enter and confirm at once, force a win, forfeit, reset (back to scheduled)
# and cancel; whatever leaves `completed` is a correction, with its preview.
MATCH = Machine(
    "match",
    {
        _M.SCHEDULED: (_M.READY,),
        _M.READY: (_M.LIVE,),
        _M.LIVE: (_M.PENDING_RESULT,),
        _M.PENDING_RESULT: (_M.COMPLETED, _M.DISPUTED),
        _M.DISPUTED: (),
        _M.COMPLETED: (_M.DISPUTED,),
        _M.FORFEIT: (),
        _M.CANCELLED: (),
    },
    {
        _M.SCHEDULED: (_M.LIVE, _M.COMPLETED, _M.FORFEIT, _M.CANCELLED),
        _M.READY: (_M.SCHEDULED, _M.COMPLETED, _M.FORFEIT, _M.CANCELLED),
        _M.LIVE: (_M.COMPLETED, _M.FORFEIT, _M.SCHEDULED, _M.CANCELLED),
        _M.PENDING_RESULT: (_M.FORFEIT, _M.SCHEDULED, _M.CANCELLED),
        _M.DISPUTED: (_M.COMPLETED, _M.FORFEIT, _M.SCHEDULED, _M.CANCELLED),
        _M.COMPLETED: (_M.SCHEDULED, _M.FORFEIT, _M.CANCELLED),
        _M.FORFEIT: (_M.COMPLETED, _M.SCHEDULED, _M.CANCELLED),
        _M.CANCELLED: (_M.SCHEDULED,),
    },
)


# A pending registration owes its fee, a submitted one waits for a decision. A free place goes to the waitlist; one that
# is not paid for in time goes on, and who withdrew may register again. Officials admit, turn down and let in after all.
REGISTRATION = Machine(
    "registration",
    {
        _R.PENDING: (_R.SUBMITTED, _R.APPROVED, _R.WAITLISTED, _R.WITHDRAWN),
        _R.SUBMITTED: (_R.APPROVED, _R.REJECTED, _R.WAITLISTED, _R.WITHDRAWN),
        _R.APPROVED: (_R.WITHDRAWN, _R.NO_SHOW),
        _R.REJECTED: (),
        _R.WAITLISTED: (_R.PENDING, _R.SUBMITTED, _R.APPROVED, _R.WITHDRAWN),
        _R.WITHDRAWN: (_R.PENDING,),
        _R.NO_SHOW: (),
    },
    {
        _R.PENDING: (_R.REJECTED,),
        _R.REJECTED: (_R.APPROVED, _R.WAITLISTED),
        _R.WAITLISTED: (_R.REJECTED,),
        _R.WITHDRAWN: (_R.APPROVED,),
        _R.NO_SHOW: (_R.APPROVED,),
    },
)


class PaymentState(StrEnum):
    """Where the entry fee of a registration stands."""

    PENDING = "pending"
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    REJECTED = "rejected"
    REFUNDED = "refunded"


_P = PaymentState

PAYMENT = Machine(
    "payment",
    {
        _P.PENDING: (_P.SUBMITTED,),
        _P.SUBMITTED: (),
        _P.VERIFIED: (),
        _P.REJECTED: (_P.SUBMITTED,),
        _P.REFUNDED: (),
    },
    {_P.SUBMITTED: (_P.VERIFIED, _P.REJECTED), _P.VERIFIED: (_P.REFUNDED,)},
)


def move(machine: Machine, state: str, to: str, *, official: bool = False) -> str:
    """`to`, when the machine allows that move; `official` opens the moves that only officials make.

    Raises TransitionError naming the state and what is possible from it.
    """
    possible = machine.moves_from(state, official=official)
    if to in possible:
        return to
    choices = f"possible from here: {', '.join(possible)}" if possible else "nothing can follow"
    message = f"A {machine.name} that is {state} cannot become {to}; {choices}"
    raise TransitionError(message, [FieldError("status", choices)])
