"""What organizers decide about registrations: admit, turn down, put on the waitlist; one or many at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from webapp.domain import lifecycle
from webapp.domain.errors import Conflict, DomainError, FieldError, NotFound, ResultError, TransitionError
from webapp.domain.permissions import Action
from webapp.models import Payment, Registration, Tournament
from webapp.services.registration import entry_moves, entry_owners, waitlist
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import transaction

DECISIONS: Final = {"approve": "approved", "reject": "rejected", "waitlist": "waitlisted", "override": "approved"}
"""What an organizer may do with a registration, and the state that it then has.

`override` admits although no place is left; like a rejection it needs a reason, and it has its own name in the audit.
"""
_NEED_REASON: Final = ("reject", "override")
MOST_AT_ONCE: Final = 200
_UNPAID: Final = ("pending", "submitted", "rejected")
_OVER: Final = ("completed", "cancelled", "archived")


class Decided(NamedTuple):
    """What came of many decisions at once: those that changed, and those that could not, with why."""

    changed: tuple[int, ...]
    refused: tuple[tuple[int, str], ...]


def waits_for_a_decision() -> ColumnElement[bool]:
    """The condition for registrations about which officials are to decide: not those whose fee is open.

    Verifying the fee admits them, so that it is the payment that waits.
    """
    is_unpaid = exists().where(Payment.registration_id == Registration.id, Payment.state.in_(_UNPAID))
    return and_(Registration.status == "submitted", ~is_unpaid)


def decide(registration_id: int, decision: str, *, reason: str = "", actor: Actor, now: datetime) -> bool:
    """Take one decision; whether it changed anything. Rejecting needs a reason, which the player reads.

    Raises NotFound, Conflict `tournament_full`, TransitionError.
    """
    reason = _checked(decision, reason)
    with transaction() as session:
        tournament, registration = entry_owners.locked(session, registration_id)
        _ensure_may(session, tournament, actor)
        if registration.status == DECISIONS[decision]:
            return False
        _step(session, tournament, registration, decision, reason, actor=actor, now=now)
        waitlist.fill(session, tournament, actor=actor, now=now)
        return True


def decide_many(
    tournament_id: int,
    registration_ids: Sequence[int],
    decision: str,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Decided:
    """Take one decision about many, in the order of the waitlist and of ids; who cannot be decided about stays."""
    reason = _checked(decision, reason)
    wanted = sorted(set(registration_ids))
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        message = f"choose 1 to {MOST_AT_ONCE} at once"
        raise ResultError(f"Nothing is decided: {message}.", [FieldError("registration_ids", message)])
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        _ensure_may(session, tournament, actor)
        rows = session.scalars(
            select(Registration)
            .where(Registration.tournament_id == tournament_id, Registration.id.in_(wanted))
            .order_by(Registration.waitlisted_at.is_(None), Registration.waitlisted_at, Registration.id)
            .execution_options(populate_existing=True)
        ).all()
        if len(rows) < len(wanted):
            raise NotFound("One of them is no registration of this tournament.", code="registration_not_found")
        changed, refused = [], []
        for registration in rows:
            if registration.status == DECISIONS[decision]:
                continue
            try:
                _step(session, tournament, registration, decision, reason, actor=actor, now=now)
            except DomainError as error:
                refused.append((registration.id, error.message))
            else:
                changed.append(registration.id)
        if changed:
            waitlist.fill(session, tournament, actor=actor, now=now)
        return Decided(tuple(changed), tuple(refused))


def _step(
    session: Session,
    tournament: Tournament,
    registration: Registration,
    decision: str,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    to = DECISIONS[decision]
    # Before anything is written, since others of the same transaction may go on.
    lifecycle.move(lifecycle.REGISTRATION, registration.status, to, official=True)
    if decision == "approve":
        _ensure_place(session, tournament, registration)
    before = entry_moves.move(
        session, tournament, registration, to, actor=actor, now=now, reason=reason, official=True
    )  # fmt: skip
    session.flush()
    audit.record(
        session, actor, _AUDITED.get(decision, f"registration.{to}"), now=now, tournament_id=tournament.id,
        registration_id=registration.id, before=before, after=to, reason=reason,
    )  # fmt: skip


_AUDITED: Final = {"override": "registration.overridden"}


def _ensure_place(session: Session, tournament: Tournament, registration: Registration) -> None:
    is_holding = registration.status in ("pending", "submitted")
    if not is_holding and entry_moves.places_free(session, tournament) == 0:
        raise Conflict(
            "All places are taken; make room first, raise the number of places, or admit over the limit with a reason.",
            code="tournament_full",
        )


def _ensure_may(session: Session, tournament: Tournament, actor: Actor) -> None:
    permissions.ensure(session, actor, Action.MANAGE_PARTICIPANTS, tournament)
    if tournament.status in _OVER:
        raise TransitionError(f"Tournament {tournament.id} is {tournament.status}; nothing is decided any more.")


def _checked(decision: str, reason: str) -> str:
    if decision not in DECISIONS:
        message = f"must be one of {', '.join(DECISIONS)}"
        raise ResultError(f"The decision {message}.", [FieldError("decision", message)])
    return checked_reason(reason) if decision in _NEED_REASON else ""
