"""Invitations into teams: sent by the captain, answered by who is asked, good for seven days."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, FieldError, NotFound
from webapp.domain.names import name_key, quoted
from webapp.domain.teams import INVITE_LASTS, MOST_MEMBERS, TeamError, checked_role
from webapp.models import Team, TeamInvite, TeamMember, User
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.teams import team_log, team_rosters, teams

_AT_ONCE: Final = 500


def invite(team_id: int, handle: str, *, role: str = "player", actor: Actor, now: datetime) -> int:
    """Ask somebody into the team; the invitation's id. One that is open already stays, and is given again.

    For the captain and staff. Raises TeamError for a role or a handle that is nobody's, Conflict: `already_member`,
    `team_full`, `team_disbanded`.
    """
    checked_role(role)
    with transaction() as session:
        team = team_log.lock_for_captain(session, team_id, actor)
        user_id = _asked(session, handle)
        if team_rosters.membership(session, team_id, user_id) is not None:
            raise Conflict(f"{quoted(handle)} is in the team already.", code="already_member")
        open_one = _open_invite(session, team_id, user_id)
        if open_one is not None:
            if open_one.expires_at > now:
                return open_one.id
            _answered(session, team, open_one, "expired", actor=actor, now=now)
        _ensure_room(session, team_id, now)
        sent = TeamInvite(
            team_id=team_id, user_id=user_id, role=role, invited_by_id=actor.user_id, created_at=now,
            expires_at=now + INVITE_LASTS,
        )  # fmt: skip
        session.add(sent)
        session.flush()
        data = {"invite_id": sent.id, "user_id": user_id}
        team_log.record(session, team, "invite_sent", "invite_sent", data, actor=actor, now=now)
        return sent.id


def accept(invite_id: int, *, actor: Actor, now: datetime) -> int:
    """Join the team that asks; its id. Twice is the same as once.

    Raises NotFound to everybody but who is asked, Conflict: `invite_answered`, `invite_expired`, `in_another_team`,
    `team_full`, `team_disbanded`.
    """
    with transaction() as session:
        team, open_one = _locked(session, invite_id, actor, now, wanted="accepted")
        if open_one is None:
            return team.id
        teams.ensure_in_no_team(session, open_one.user_id, team.game)
        if team_rosters.count_of(session, team.id) >= MOST_MEMBERS:
            raise _full()
        session.add(
            TeamMember(
                team_id=team.id, user_id=open_one.user_id, game=team.game, role=open_one.role, joined_at=now
            )
        )  # fmt: skip
        try:
            _answered(session, team, open_one, "accepted", actor=actor, now=now)
        except IntegrityError as error:
            raise Conflict("You joined another team of this game a moment ago.", code="in_another_team") from error
        return team.id


def decline(invite_id: int, *, actor: Actor, now: datetime) -> None:
    """Say no. Twice is the same as once; raises like `accept`."""
    with transaction() as session:
        team, open_one = _locked(session, invite_id, actor, now, wanted="declined")
        if open_one is not None:
            _answered(session, team, open_one, "declined", actor=actor, now=now)


def withdraw(team_id: int, invite_id: int, *, actor: Actor, now: datetime) -> None:
    """Take an invitation back, for the captain and staff; one that ran out or was taken back stays as it is.

    Raises NotFound, Forbidden, Conflict (`invite_answered`) where who was asked has said yes or no.
    """
    with transaction() as session:
        team = team_log.lock_for_captain(session, team_id, actor)
        found = session.get(TeamInvite, invite_id, populate_existing=True)
        if found is None or found.team_id != team_id:
            raise _missing()
        if found.state == "pending":
            _answered(session, team, found, "withdrawn", actor=actor, now=now)
        elif found.state in ("accepted", "declined"):
            raise Conflict(f"The invitation was {found.state} already.", code="invite_answered")


def expire(*, now: datetime) -> int:
    """Close the invitations whose time has passed; returns how many. They counted for nothing before."""
    with read_snapshot() as session:
        due = select(TeamInvite.id, TeamInvite.team_id).where(
            TeamInvite.state == "pending", TeamInvite.expires_at <= now
        )
        found = session.execute(due.order_by(TeamInvite.team_id).limit(_AT_ONCE)).all()
    closed = 0
    for invite_id, team_id in found:
        with transaction() as session:
            team = team_log.lock_team(session, team_id)
            late = session.get_one(TeamInvite, invite_id, populate_existing=True)
            if late.state == "pending":
                _answered(session, team, late, "expired", actor=SYSTEM, now=now)
                closed += 1
    return closed


def _asked(session: Session, handle: str) -> int:
    """Whose handle that is; a player known from results alone could never answer."""
    found = session.execute(
        select(User.id, User.password_hash).where(User.handle_key == name_key(handle.strip()))
    ).one_or_none()
    if found is None or found.password_hash is None:
        problem = FieldError("handle", "is nobody's here; write it as its owner does")
        raise TeamError.listing("Nobody was invited", [problem])
    return int(found.id)


def _open_invite(session: Session, team_id: int, user_id: int) -> TeamInvite | None:
    return session.scalar(
        select(TeamInvite).where(
            TeamInvite.team_id == team_id, TeamInvite.user_id == user_id, TeamInvite.state == "pending"
        )
    )


def _ensure_room(session: Session, team_id: int, now: datetime) -> None:
    waiting = session.scalar(
        select(func.count()).where(
            TeamInvite.team_id == team_id, TeamInvite.state == "pending", TeamInvite.expires_at > now
        )
    )
    if team_rosters.count_of(session, team_id) + (waiting or 0) >= MOST_MEMBERS:
        raise _full()


def _locked(
    session: Session, invite_id: int, actor: Actor, now: datetime, *, wanted: str
) -> tuple[Team, TeamInvite | None]:
    """The locked team and the actor's invitation; None instead of one that has the `wanted` answer already."""
    team_id = session.scalar(
        select(TeamInvite.team_id).where(TeamInvite.id == invite_id, TeamInvite.user_id == actor.user_id)
    )
    if team_id is None:
        raise _missing()
    team = team_log.lock_team(session, team_id)
    found = session.get_one(TeamInvite, invite_id, populate_existing=True)
    if found.state == wanted:
        return team, None
    team_log.ensure_there(team)
    if found.state == "expired" or (found.state == "pending" and found.expires_at <= now):
        raise Conflict("The invitation has expired; ask the captain for another one.", code="invite_expired")
    if found.state != "pending":
        raise Conflict(f"The invitation was {found.state} already.", code="invite_answered")
    return team, found


def _answered(session: Session, team: Team, found: TeamInvite, state: str, *, actor: Actor, now: datetime) -> None:
    found.state, found.answered_at = state, now
    data = {"invite_id": found.id, "user_id": found.user_id, "status": state}
    team_log.record(session, team, "invite_responded", f"invite_{state}", data, actor=actor, now=now)


def _full() -> Conflict:
    return Conflict(f"A team has at most {MOST_MEMBERS} members, with those who are invited.", code="team_full")


def _missing() -> NotFound:
    return NotFound("There is no such invitation, or it is not for you.", code="invite_not_found")
