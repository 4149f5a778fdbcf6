"""Line-ups that a team keeps for its next registrations."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict
from webapp.domain.teams import MOST_LINE_UPS, checked_line_up
from webapp.models import LineUp, Team
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction
from webapp.services.teams import team_log, team_rosters


def line_ups_of(session: Session, team_id: int) -> list[LineUp]:
    """The line-ups of a team by name; players as `{user_id, role, player_id}`."""
    return list(session.scalars(select(LineUp).where(LineUp.team_id == team_id).order_by(LineUp.name)))


def save(team_id: int, name: str, roles: Mapping[int, str], *, actor: Actor, now: datetime) -> int:
    """Keep who plays as what (members by id) under a name, in place of what had that name; the line-up's id.

    The ids in the game are those that the members last gave. For the captain and staff. Raises TeamError with
    everything that is wrong, Conflict (`too_many_line_ups`, `team_disbanded`).
    """
    with transaction() as session:
        team = team_log.lock_for_captain(session, team_id, actor)
        members = {member.user_id: member for member in team_rosters.members_of(session, team_id)}
        players = [
            {"user_id": user_id, "role": role, "player_id": members[user_id].player_id if user_id in members else None}
            for user_id, role in roles.items()
        ]
        cleaned, checked = checked_line_up(name, players, members)
        kept = keep(session, team, cleaned, checked, now=now)
        team_log.record(session, team, "team_updated", "updated", {"changed": ["line_ups"]}, actor=actor, now=now)
        return kept.id


def keep(session: Session, team: Team, name: str, players: Sequence[Mapping[str, Any]], *, now: datetime) -> LineUp:
    """Write a line-up whose name and players are checked, in the caller's transaction under the team's lock."""
    kept = session.scalar(select(LineUp).where(LineUp.team_id == team.id, LineUp.name == name))
    if kept is None:
        if (session.scalar(select(func.count()).where(LineUp.team_id == team.id)) or 0) >= MOST_LINE_UPS:
            raise Conflict(
                f"A team keeps at most {MOST_LINE_UPS} line-ups; delete one first.", code="too_many_line_ups"
            )
        kept = LineUp(team_id=team.id, name=name, created_at=now)
        session.add(kept)
    kept.players = [dict(player) for player in players]
    session.flush()
    return kept


def delete(team_id: int, line_up_id: int, *, actor: Actor, now: datetime) -> None:
    """Forget a line-up; one that is not there is forgotten already. For the captain and staff."""
    with transaction() as session:
        team = team_log.lock_for_captain(session, team_id, actor)
        kept = session.get(LineUp, line_up_id)
        if kept is None or kept.team_id != team_id:
            return
        session.delete(kept)
        team_log.record(session, team, "team_updated", "updated", {"changed": ["line_ups"]}, actor=actor, now=now)
