"""Who may speak for a side of a match, and see what is for its participants alone."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.domain.errors import Conflict, NotFound
from webapp.models import Match, Registration, RegistrationPlayer, Team
from webapp.services.spine.actors import Actor


def spoken_for(session: Session, user_id: int, registration_ids: Collection[int]) -> frozenset[int]:
    """Those of the participants for whom the user may speak: the player, who registered, the line-up, the captain."""
    found = select(Registration.id).where(Registration.id.in_(sorted(registration_ids)), is_spoken_for_by(user_id))
    return frozenset(session.scalars(found)) if registration_ids else frozenset()


def of_user(session: Session, user_id: int) -> frozenset[int]:
    """Every participant of every tournament for whom the user may speak."""
    return frozenset(session.scalars(select(Registration.id).where(is_spoken_for_by(user_id))))


def ensure_side(session: Session, actor: Actor, match: Match) -> int:
    """The side of the match for which the actor speaks, as a registration id.

    In a battle royale that is a participant of the tournament. Raises NotFound for everybody else: a match of others
    is not theirs to know of.
    """
    if actor.user_id is not None:
        own = _own(session, actor.user_id, match)
        if own:
            return min(own)
    raise NotFound(f"There is no match {match.id} of yours.", code="match_not_found")


def both_of(match: Match) -> tuple[int, int]:
    """The two who meet; Conflict (`match_without_sides`) for a lobby and while one of them is not known."""
    if match.side_a_id is None or match.side_b_id is None:
        raise Conflict(f"Match {match.number} does not have its two sides yet.", code="match_without_sides")
    return match.side_a_id, match.side_b_id


def is_spoken_for_by(user_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether the user, or those of the statement, may speak for a registration, for statements."""
    in_line_up = select(RegistrationPlayer.registration_id).where(
        RegistrationPlayer.user_id == user_id, RegistrationPlayer.is_active
    )
    as_captain = select(Team.id).where(Team.captain_id == user_id, Team.disbanded_at.is_(None))
    return or_(
        Registration.user_id == user_id,
        Registration.registered_by_id == user_id,
        Registration.id.in_(in_line_up),
        Registration.team_id.in_(as_captain),
    )


def _own(session: Session, user_id: int, match: Match) -> frozenset[int]:
    sides = {side for side in (match.side_a_id, match.side_b_id) if side is not None}
    if sides:
        return spoken_for(session, user_id, sides)
    found = select(Registration.id).where(
        Registration.tournament_id == match.tournament_id,
        Registration.status == "approved",
        is_spoken_for_by(user_id),
    )
    return frozenset(session.scalars(found))
