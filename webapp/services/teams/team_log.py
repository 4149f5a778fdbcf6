"""A team's own log: numbered facts, written in the transaction of the change under the team's lock."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, Forbidden, NotFound
from webapp.domain.events import CATALOGUE, TEAM_ROOM
from webapp.models import Team, TeamEvent
from webapp.services.spine import audit, outbox
from webapp.services.spine.actors import Actor


def lock_team(session: Session, team_id: int) -> Team:
    """The team, locked until the transaction ends; raises NotFound.

    Whoever needs the lock of a tournament as well takes that one first.
    """
    team = session.scalar(
        select(Team).where(Team.id == team_id).with_for_update().execution_options(populate_existing=True)
    )
    if team is None:
        raise NotFound(f"There is no team {team_id}.", code="team_not_found")
    return team


def lock_for_captain(session: Session, team_id: int, actor: Actor) -> Team:
    """The locked team, which the actor leads or, as staff, looks after.

    Raises NotFound, Forbidden for everybody else, Conflict (`team_disbanded`) for one that is no more.
    """
    team = lock_team(session, team_id)
    ensure_captain(team, actor)
    ensure_there(team)
    return team


def team_for_captain(session: Session, team_id: int, actor: Actor) -> Team:
    """The same without the lock, to be read."""
    team = session.get(Team, team_id)
    if team is None:
        raise NotFound(f"There is no team {team_id}.", code="team_not_found")
    ensure_captain(team, actor)
    ensure_there(team)
    return team


def ensure_captain(team: Team, actor: Actor) -> None:
    """Nothing for the team's captain and for staff; Forbidden for everybody else."""
    is_captain = actor.user_id is not None and team.captain_id == actor.user_id
    if not is_captain and actor.role != "admin":
        raise Forbidden("Only the captain of the team may do that.", code="not_captain")


def ensure_there(team: Team) -> None:
    """Nothing for a team that is there; Conflict for one that was disbanded."""
    if team.disbanded_at is not None:
        raise Conflict("The team was disbanded; nothing of it can change any more.", code="team_disbanded")


def record(
    session: Session, team: Team, event_type: str, action: str, data: Mapping[str, Any], *, actor: Actor,
    now: datetime, reason: str | None = None,
) -> int:  # fmt: skip
    """Append a fact to the log of the locked team and to the audit, as `action`; returns its number.

    A `reason` stands in the audit alone.

    Raises ValueError for a fact that is no team's, or whose data are not what the catalogue names.
    """
    kind = CATALOGUE[event_type]
    told = {"team_id": team.id, **data}
    if kind.rooms != (TEAM_ROOM,) or told.keys() != kind.fields:
        raise ValueError(f"{event_type} is no event of teams with the fields {sorted(told)}")
    session.flush()
    team.log_seq += 1
    session.add(
        TeamEvent(
            type=event_type, team_id=team.id, seq=team.log_seq, actor_id=actor.user_id, data=told,
            created_at=now.astimezone(UTC),
        )
    )  # fmt: skip
    audited = told if reason is None else {**told, "reason": reason}
    audit.record(session, actor, f"team.{action}", now=now, **audited)
    outbox.want(session, "route_team", str(team.id), now=now)
    return team.log_seq
