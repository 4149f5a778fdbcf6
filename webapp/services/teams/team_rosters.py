"""Who belongs to a team, and whom it is led by: reads within the caller's session."""

from typing import Final, NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from webapp.domain.teams import ROLES
from webapp.models import Team, TeamMember, User
from webapp.services.teams import player_ids

_BY_ROLE: Final = case({role: place for place, role in enumerate(ROLES)}, value=TeamMember.role)


class Member(NamedTuple):
    """Somebody in a team, with the id by which the game knows them if they ever gave it."""

    user_id: int
    handle: str
    role: str
    player_id: str | None


def members_of(session: Session, team_id: int) -> list[Member]:
    """Who is in the team now: the captain, players, substitutes, coaches, each by the time of joining."""
    rows = session.execute(
        select(TeamMember.user_id, User.handle, TeamMember.role, TeamMember.game)
        .join(User, User.id == TeamMember.user_id)
        .where(TeamMember.team_id == team_id, TeamMember.left_at.is_(None))
        .order_by(_BY_ROLE, TeamMember.joined_at, TeamMember.id)
    ).all()
    known = player_ids.known(session, [row.user_id for row in rows], rows[0].game) if rows else {}
    return [Member(row.user_id, row.handle, row.role, known.get(row.user_id)) for row in rows]


def count_of(session: Session, team_id: int) -> int:
    """How many are in the team."""
    counted = select(func.count()).where(TeamMember.team_id == team_id, TeamMember.left_at.is_(None))
    return session.scalar(counted) or 0


def membership(session: Session, team_id: int, user_id: int) -> TeamMember | None:
    """What somebody is in the team now; None for who is not in it."""
    return session.scalar(
        select(TeamMember).where(
            TeamMember.team_id == team_id, TeamMember.user_id == user_id, TeamMember.left_at.is_(None)
        )
    )


def team_in_game(session: Session, user_id: int, game: str) -> Team | None:
    """The one team of that game that somebody is in."""
    return session.scalar(
        select(Team)
        .join(TeamMember, TeamMember.team_id == Team.id)
        .where(TeamMember.user_id == user_id, TeamMember.game == game, TeamMember.left_at.is_(None))
    )


def is_led_by(session: Session, team_id: int, user_id: int) -> bool:
    """Whether somebody is the captain of the team, and the team still there: who may act for it."""
    led = select(Team.id).where(Team.id == team_id, Team.captain_id == user_id, Team.disbanded_at.is_(None))
    return session.scalar(led) is not None


def teams_led_by(session: Session, user_id: int, game: str) -> list[Team]:
    """The teams of a game for which somebody may act."""
    led = select(Team).where(Team.captain_id == user_id, Team.game == game, Team.disbanded_at.is_(None))
    return list(session.scalars(led.order_by(Team.id)))


def teams_of(session: Session, user_id: int) -> list[TeamMember]:
    """The teams that somebody is in, by game."""
    found = select(TeamMember).where(TeamMember.user_id == user_id, TeamMember.left_at.is_(None))
    return list(session.scalars(found.order_by(TeamMember.game)))
