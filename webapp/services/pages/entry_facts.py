"""A registration as programs read it: ids and states; what was answered and written stays on the pages."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.domain.permissions import Action
from webapp.models import Payment, Registration, RegistrationPlayer, Tournament
from webapp.services.pages.own_entries import waiting_place
from webapp.services.registration import custom_fields, entry_owners
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot


def one(registration_id: int, *, actor: Actor) -> dict[str, Any]:
    """A registration for who looks after it or plays in it, its organizers and staff. Raises NotFound to others."""
    with read_snapshot() as session:
        registration = session.get(Registration, registration_id)
        tournament = session.get(Tournament, registration.tournament_id) if registration else None
        if registration is None or tournament is None or not _may_read(session, tournament, registration, actor):
            raise NotFound(f"There is no registration {registration_id} of yours.", code="registration_not_found")
        payment = session.scalar(select(Payment).where(Payment.registration_id == registration_id))
        kinds = {rule.key: rule.kind for rule in custom_fields.rules_of(session, tournament.id)}
        answered = [key for key in kinds if key in registration.answers]
        return {
            "registration_id": registration.id,
            "tournament_id": tournament.id,
            "team_id": registration.team_id,
            "user_id": registration.user_id,
            "status": registration.status,
            "payment_id": payment.id if payment else None,
            "payment_status": payment.state if payment else None,
            "checked_in": registration.checked_in_at is not None,
            "waiting_place": waiting_place(session, registration),
            "offered_until": registration.offered_until,
            "players": _players(session, registration_id),
            "answered": answered,
            "file_answers": [key for key in answered if kinds[key] == "media"],
        }


def _may_read(session: Session, tournament: Tournament, registration: Registration, actor: Actor) -> bool:
    if tournament.deleted_at is not None:
        return False
    if entry_owners.is_owner(session, registration, actor) or _plays(session, registration, actor):
        return True
    return permissions.may(session, actor, Action.MANAGE_PARTICIPANTS, tournament)


def _plays(session: Session, registration: Registration, actor: Actor) -> bool:
    found = select(RegistrationPlayer.id).where(
        RegistrationPlayer.registration_id == registration.id,
        RegistrationPlayer.user_id == actor.user_id,
        RegistrationPlayer.is_active,
    )
    return actor.user_id is not None and session.scalar(found) is not None


def _players(session: Session, registration_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(RegistrationPlayer.user_id, RegistrationPlayer.role)
        .where(RegistrationPlayer.registration_id == registration_id)
        .order_by(RegistrationPlayer.id)
    )
    return [{"user_id": user_id, "role": role} for user_id, role in rows]
