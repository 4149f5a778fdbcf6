"""Who helps the owner of a tournament: co-organizers and referees."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import permissions as permission_table
from webapp.domain.errors import FieldError, NotFound, ResultError
from webapp.domain.names import name_key
from webapp.domain.permissions import Action
from webapp.models import Tournament, TournamentOfficial, User
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction

ROLES: Final = ("co_organizer", "referee")


class Official(NamedTuple):
    """Somebody who helps."""

    user_id: int
    handle: str
    role: str


def appoint(tournament_id: int, handle: str, role: str, *, actor: Actor, now: datetime) -> int:
    """Make the account with this handle a co-organizer or referee, or change which; returns its id. Twice is once.

    Raises ResultError for a handle or role that cannot be used: of an account that cannot run tournaments a relation
    would mean nothing.
    """
    if role not in ROLES:
        raise _refused("role", f"choose one of {', '.join(ROLES)}")
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_TOURNAMENT, tournament)
        user = _found(session, handle)
        if user.id == tournament.organizer_id:
            raise _refused("handle", "owns the tournament already")
        official = session.get(TournamentOfficial, (tournament_id, user.id))
        before = None if official is None else official.role
        if before == role:
            return user.id
        if official is None:
            session.add(
                TournamentOfficial(tournament_id=tournament_id, user_id=user.id, role=role, created_at=now)
            )  # fmt: skip
        else:
            official.role = role
        _note(session, tournament, "official.appointed", user.id, before, role, actor=actor, now=now)
        return user.id


def dismiss(tournament_id: int, user_id: int, *, actor: Actor, now: datetime) -> None:
    """Take somebody off the list of officials; who is not on it stays off it."""
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_TOURNAMENT, tournament)
        official = session.get(TournamentOfficial, (tournament_id, user_id))
        if official is None:
            return
        before = official.role
        session.delete(official)
        _note(session, tournament, "official.dismissed", user_id, before, None, actor=actor, now=now)


def list_of(session: Session, tournament_id: int) -> tuple[Official, ...]:
    """The officials beside the owner, co-organizers first."""
    statement = (
        select(TournamentOfficial.user_id, User.handle, TournamentOfficial.role)
        .join(User, User.id == TournamentOfficial.user_id)
        .where(TournamentOfficial.tournament_id == tournament_id)
        .order_by(TournamentOfficial.role, User.handle_key)
    )
    return tuple(Official(*row) for row in session.execute(statement))


def told(tournament_id: int) -> dict[str, Any]:
    """Who runs a tournament, by ids; for callers who have just been let do something to it."""
    with read_snapshot() as session:
        return told_of(session, tournament_id)


def told_of(session: Session, tournament_id: int) -> dict[str, Any]:
    """The same in the caller's snapshot."""
    owner_id = session.scalar(select(Tournament.organizer_id).where(Tournament.id == tournament_id))
    rows = session.execute(
        select(TournamentOfficial.user_id, TournamentOfficial.role)
        .where(TournamentOfficial.tournament_id == tournament_id)
        .order_by(TournamentOfficial.role, TournamentOfficial.user_id)
    )
    return {
        "tournament_id": tournament_id,
        "owner_id": owner_id,
        "officials": [{"user_id": user_id, "role": role} for user_id, role in rows],
    }


def _found(session: Session, handle: str) -> User:
    key = name_key(handle.strip().removeprefix("@"))
    user = session.scalar(select(User).where(User.handle_key == key)) if key.isprintable() else None
    if user is None or user.password_hash is None or user.disabled_at is not None:
        raise _refused("handle", "is nobody's who can log in")
    if not permission_table.reaches(user.role, "organizer"):
        raise _refused("handle", "is a player's; staff can give the account the role organizer first")
    return user


def _refused(field: str, message: str) -> ResultError:
    return ResultError.listing("Nobody is appointed", [FieldError(field, message)])


def _note(
    session: Session,
    tournament: Tournament,
    action: str,
    user_id: int,
    before: str | None,
    after: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    log.record(session, tournament, "tournament_updated", {"changed": ["officials"]}, actor=actor, now=now)
    audit.record(
        session, actor, action, now=now, tournament_id=tournament.id, user_id=user_id, before=before, after=after
    )


def owner_of(session: Session, tournament: Tournament) -> str:
    """The handle of the owner; raises NotFound for a tournament that nobody owns."""
    handle = session.scalar(select(User.handle).where(User.id == tournament.organizer_id))
    if handle is None:
        raise NotFound(f"Nobody owns tournament {tournament.id}.", code="owner_not_found")
    return handle
