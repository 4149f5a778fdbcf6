"""Whose a registration is: the player's, the team's captain's, and of who registered it while they are in the team."""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.models import Registration, Team, TeamMember, Tournament
from webapp.services.spine import log
from webapp.services.spine.actors import Actor


def owned_by(user_id: int) -> ColumnElement[bool]:
    """The condition for registrations that are this person's to act for."""
    own_teams = select(TeamMember.team_id).where(TeamMember.user_id == user_id, TeamMember.left_at.is_(None))
    return or_(
        Registration.user_id == user_id,
        and_(Registration.registered_by_id == user_id, Registration.team_id.in_(own_teams)),
        Registration.team_id.in_(select(Team.id).where(Team.captain_id == user_id)),
    )


def is_owner(session: Session, registration: Registration, actor: Actor) -> bool:
    """Whether the registration is the actor's to act for."""
    if actor.user_id is None:
        return False
    found = select(Registration.id).where(Registration.id == registration.id, owned_by(actor.user_id))
    return session.scalar(found) is not None


def locked(session: Session, registration_id: int) -> tuple[Tournament, Registration]:
    """The registration, fresh, and its tournament, locked. Raises NotFound."""
    tournament_id = session.scalar(select(Registration.tournament_id).where(Registration.id == registration_id))
    if tournament_id is None:
        raise _missing(registration_id)
    tournament = log.lock_tournament(session, tournament_id)
    return tournament, session.get_one(Registration, registration_id, populate_existing=True)


def ensure_owner(session: Session, registration: Registration, actor: Actor) -> None:
    """Nothing, when the registration is the actor's; raises NotFound to everybody else."""
    if not is_owner(session, registration, actor):
        raise _missing(registration.id)


def _missing(registration_id: int) -> NotFound:
    return NotFound(f"There is no registration {registration_id} of yours.", code="registration_not_found")
