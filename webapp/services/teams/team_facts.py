"""A team as programs read it: ids and states, no names."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.models import Team, TeamInvite
from webapp.services.boards import subject_results
from webapp.services.boards.subject_results import Subject
from webapp.services.spine.transaction import read_snapshot
from webapp.services.teams import team_rosters


def of_team(team_id: int) -> dict[str, Any]:
    """Who is in the team and as what. Raises NotFound for none, and for one known from results that are not public."""
    with read_snapshot() as session:
        team = session.get(Team, team_id)
        if team is None or not (team.log_seq or subject_results.count_of(session, Subject("team", team_id))):
            raise NotFound(f"There is no team {team_id}.", code="team_not_found")
        members = team_rosters.members_of(session, team_id)
        return {
            "id": team.id,
            "game": team.game,
            "status": "active" if team.disbanded_at is None else "disbanded",
            "captain_id": team.captain_id,
            "logo_id": team.logo_id,
            "members": [{"user_id": member.user_id, "role": member.role} for member in members],
            "points": team.points / 100,
            "points_at": team.points_at,
            "seq": team.log_seq,
        }


def of_invite(invite_id: int) -> dict[str, Any]:
    """Where an invitation stands; for callers who have just been let do something to it."""
    with read_snapshot() as session:
        return _told(session.get_one(TeamInvite, invite_id))


def open_invites(user_id: int, *, now: datetime) -> list[dict[str, Any]]:
    """The invitations that wait for somebody's answer, the oldest first."""
    with read_snapshot() as session:
        return [_told(invite) for invite in _open(session, user_id, now)]


def _told(invite: TeamInvite) -> dict[str, Any]:
    return {
        "id": invite.id, "team_id": invite.team_id, "user_id": invite.user_id, "role": invite.role,
        "status": invite.state, "expires_at": invite.expires_at,
    }  # fmt: skip


def _open(session: Session, user_id: int, now: datetime) -> list[TeamInvite]:
    found = select(TeamInvite).where(
        TeamInvite.user_id == user_id, TeamInvite.state == "pending", TeamInvite.expires_at > now
    )
    return list(session.scalars(found.order_by(TeamInvite.id)))
