"""Who is in a team: roles, handing over, leaving, being removed."""

from datetime import datetime

from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, NotFound
from webapp.domain.teams import CAPTAIN, checked_role
from webapp.models import Team, TeamMember
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction
from webapp.services.teams import team_log, team_rosters


def set_role(team_id: int, user_id: int, role: str, *, actor: Actor, now: datetime) -> bool:
    """Make a member player, substitute or coach; False when they are that already. For the captain and staff.

    Raises TeamError for another word, NotFound, Conflict (`captain_stays`) for the captain, who hands over instead.
    """
    checked_role(role)
    with transaction() as session:
        team = team_log.lock_for_captain(session, team_id, actor)
        member = _member(session, team_id, user_id)
        if member.role == CAPTAIN:
            raise Conflict("The captain hands the team over first.", code="captain_stays")
        if member.role == role:
            return False
        member.role = role
        team_log.record(session, team, "team_updated", "updated", {"changed": ["roles"]}, actor=actor, now=now)
        return True


def hand_over(team_id: int, user_id: int, *, actor: Actor, now: datetime) -> bool:
    """Make a member the captain, and the captain a player; False when they are it already. For the captain and staff.

    Raises NotFound for somebody who is not in the team, Conflict (`team_disbanded`).
    """
    with transaction() as session:
        team = team_log.lock_for_captain(session, team_id, actor)
        member = _member(session, team_id, user_id)
        if team.captain_id == user_id:
            return False
        if team.captain_id is not None:
            before = team_rosters.membership(session, team_id, team.captain_id)
            if before is not None:
                before.role = "player"
        member.role, team.captain_id = CAPTAIN, user_id
        team_log.record(
            session, team, "team_updated", "handed_over", {"changed": ["captain_id"]}, actor=actor, now=now
        )  # fmt: skip
        return True


def remove(team_id: int, user_id: int, *, actor: Actor, now: datetime) -> None:
    """Take a member out. For the captain and staff; one who is not in the team any more stays out.

    What they are registered for stands. Raises Conflict (`captain_stays`) for the captain.
    """
    with transaction() as session:
        team = team_log.lock_for_captain(session, team_id, actor)
        _go(session, team, user_id, "member_removed", actor=actor, now=now)


def leave(team_id: int, *, actor: Actor, now: datetime) -> None:
    """Leave a team; who is not in it any more stays out. Raises NotFound, Conflict (`captain_stays`)."""
    assert actor.user_id is not None
    with transaction() as session:
        team = team_log.lock_team(session, team_id)
        _go(session, team, actor.user_id, "member_left", actor=actor, now=now)


def _go(session: Session, team: Team, user_id: int, action: str, *, actor: Actor, now: datetime) -> None:
    member = team_rosters.membership(session, team.id, user_id)
    if member is None:
        return
    if member.role == CAPTAIN:
        raise Conflict(
            "The captain stays: hand the team over first, or disband it if nobody is left.", code="captain_stays"
        )
    member.left_at = now
    team_log.record(session, team, "member_removed", action, {"user_id": user_id}, actor=actor, now=now)


def _member(session: Session, team_id: int, user_id: int) -> TeamMember:
    member = team_rosters.membership(session, team_id, user_id)
    if member is None:
        raise NotFound("Nobody of that id is in the team.", code="member_not_found")
    return member
