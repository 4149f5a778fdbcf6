"""One step of a registration, in the caller's transaction: its state, its players, its seed, the event."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from webapp.domain import lifecycle
from webapp.domain.registration import HOLDING, OUT
from webapp.models import Registration, RegistrationPlayer, Tournament
from webapp.services.ranking import adjustments
from webapp.services.spine.actors import Actor
from webapp.services.spine.log import Fact, record_many


def move(
    session: Session,
    tournament: Tournament,
    registration: Registration,
    to: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    official: bool = False,
) -> str:
    """Take the registration to that state and tell it; returns the state before. The same state changes nothing.

    Who is admitted gets the next free seed, and a head start where the tournament is under way. Raises TransitionError.
    """
    before = registration.status
    if before == to:
        return before
    registration.status = lifecycle.move(lifecycle.REGISTRATION, before, to, official=official)
    registration.waitlisted_at = now if to == "waitlisted" else None
    registration.offered_until = None
    registration.decision_reason = reason
    if to == "approved" and registration.seed is None:
        registration.seed = next_seed(session, tournament.id)
    if (before in OUT) != (to in OUT):
        free_players(session, registration, is_active=to not in OUT)
    facts = [Fact(name, {"status": to}, registration_id=registration.id) for name in _events(before, to)]
    record_many(session, tournament, facts, actor=actor, now=now, announce=True)
    if to == "approved" and tournament.status == "live":
        adjustments.give_head_starts(session, tournament, actor=actor, now=now, only={registration.id})
    return before


def free_players(session: Session, registration: Registration, *, is_active: bool) -> None:
    """Let the players of a registration go, or count them again unless they have registered elsewhere meanwhile."""
    mine = update(RegistrationPlayer).where(RegistrationPlayer.registration_id == registration.id)
    if is_active:
        others = select(RegistrationPlayer.user_id, RegistrationPlayer.identity).where(
            RegistrationPlayer.tournament_id == registration.tournament_id,
            RegistrationPlayer.registration_id != registration.id,
            RegistrationPlayer.is_active,
        )
        rows = session.execute(others).all()
        identities = [row.identity for row in rows if row.identity is not None]
        mine = mine.where(
            RegistrationPlayer.user_id.not_in([row.user_id for row in rows]),
            RegistrationPlayer.identity.is_(None) | RegistrationPlayer.identity.not_in(identities),
        )
    session.execute(mine.values(is_active=is_active))


def places_taken(session: Session, tournament_id: int) -> int:
    """How many places are held: by those who take part, who wait for a decision, and who have yet to pay."""
    held = select(func.count()).where(Registration.tournament_id == tournament_id, Registration.status.in_(HOLDING))
    return session.scalar(held) or 0


def places_free(session: Session, tournament: Tournament) -> int | None:
    """How many places are left; None where there is no limit."""
    if tournament.places is None:
        return None
    return max(tournament.places - places_taken(session, tournament.id), 0)


def next_seed(session: Session, tournament_id: int) -> int:
    """The seed behind all others."""
    last = session.scalar(select(func.max(Registration.seed)).where(Registration.tournament_id == tournament_id))
    return (last or 0) + 1


def _events(before: str, to: str) -> tuple[str, ...]:
    """What a step is called in the log. Only who was approved has taken part, and only then the field changes."""
    if to in ("withdrawn", "rejected", "no_show"):
        return ("registration_withdrawn",) if before == "approved" else ("registration_cancelled",)
    if to == "waitlisted":
        return ("registration_waitlisted",)
    promoted = ("waitlist_promoted",) if before == "waitlisted" else ()
    return (*promoted, "registration_approved") if to == "approved" else promoted
