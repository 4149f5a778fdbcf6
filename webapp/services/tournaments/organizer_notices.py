"""What the organizers of a tournament tell everybody, or those who take part alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import FieldError, NotFound, ResultError
from webapp.domain.permissions import Action
from webapp.models import Announcement, Tournament
from webapp.services.matches import pauses
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction

AUDIENCES: Final = ("all", "participants")
LONGEST: Final = 2000
SHOWN: Final = 20


def publish(tournament_id: int, text: str, *, audience: str, actor: Actor, now: datetime) -> int:
    """Announce something; returns its id.

    Raises ResultError for a text or audience that cannot be used, Conflict `tournament_paused` while all stands still.
    """
    text = _checked(text, audience)
    with transaction() as session:
        tournament = _announced(session, tournament_id, actor)
        pauses.ensure_not_paused(tournament)
        row = Announcement(
            tournament_id=tournament_id, author_id=actor.user_id, audience=audience, text=text, created_at=now
        )
        session.add(row)
        session.flush()
        _note(session, tournament, row, "published", actor=actor, now=now)
        return row.id


def withdraw(tournament_id: int, announcement_id: int, *, actor: Actor, now: datetime) -> None:
    """Take an announcement back: it is shown no more. Twice is the same as once."""
    with transaction() as session:
        tournament = _announced(session, tournament_id, actor)
        row = session.get(Announcement, announcement_id)
        if row is None or row.tournament_id != tournament_id:
            raise NotFound(f"There is no announcement {announcement_id}.", code="announcement_not_found")
        if row.withdrawn_at is not None:
            return
        row.withdrawn_at = now
        _note(session, tournament, row, "withdrawn", actor=actor, now=now)


def list_of(session: Session, tournament_id: int, *, audiences: Sequence[str] = AUDIENCES) -> list[Announcement]:
    """The announcements that stand, the newest first."""
    statement = (
        select(Announcement)
        .where(
            Announcement.tournament_id == tournament_id,
            Announcement.withdrawn_at.is_(None),
            Announcement.audience.in_(audiences),
        )
        .order_by(Announcement.id.desc())
        .limit(SHOWN)
    )
    return list(session.scalars(statement))


def _announced(session: Session, tournament_id: int, actor: Actor) -> Tournament:
    tournament = log.lock_tournament(session, tournament_id)
    permissions.ensure(session, actor, Action.ANNOUNCE, tournament)
    return tournament


def _checked(text: str, audience: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    problems = []
    if not text:
        problems.append(FieldError("text", "is empty; write what is to be known"))
    if len(text) > LONGEST:
        problems.append(FieldError("text", f"shorten it to at most {LONGEST} characters"))
    if any(not (character.isprintable() or character in "\n\t") for character in text):
        problems.append(FieldError("text", "holds a character that cannot be shown; write it anew"))
    if audience not in AUDIENCES:
        problems.append(FieldError("audience", f"choose one of {', '.join(AUDIENCES)}"))
    if problems:
        raise ResultError.listing("The announcement cannot be published", problems)
    return text


def _note(
    session: Session, tournament: Tournament, row: Announcement, status: str, *, actor: Actor, now: datetime
) -> None:
    data = {"announcement_id": row.id, "audience": row.audience, "status": status}
    log.record(session, tournament, "announcement", data, actor=actor, now=now)
    audit.record(session, actor, f"announcement.{status}", now=now, tournament_id=tournament.id, **data)
