"""Announcements as programs read them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from webapp.domain.permissions import Relation
from webapp.models import Announcement, Registration, RegistrationPlayer, Tournament
from webapp.services.registration import entry_owners
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournament_facts
from webapp.services.tournaments.organizer_notices import AUDIENCES


def listed(tournament_id: int, *, limit: int, offset: int, actor: Actor) -> tuple[int, list[dict[str, Any]]]:
    """How much stands announced, and a part of it, the newest first: what is for everybody, and for officials and who
    takes part also what is for those alone.

    Raises NotFound for a tournament that the actor does not see.
    """
    with read_snapshot() as session:
        tournament, relation = tournament_facts.find_readable(session, tournament_id, actor)
        is_official = relation is not Relation.NONE or actor.role == "admin"
        audiences: Sequence[str] = AUDIENCES if is_official or _takes_part(session, tournament, actor) else ("all",)
        stand = (
            Announcement.tournament_id == tournament.id,
            Announcement.withdrawn_at.is_(None),
            Announcement.audience.in_(audiences),
        )
        count = session.scalar(select(func.count()).where(*stand)) or 0
        page = select(Announcement).where(*stand).order_by(Announcement.id.desc()).limit(limit).offset(offset)
        return count, [_told(row) for row in session.scalars(page)]


def _takes_part(session: Session, tournament: Tournament, actor: Actor) -> bool:
    if actor.user_id is None:
        return False
    plays = select(RegistrationPlayer.registration_id).where(
        RegistrationPlayer.user_id == actor.user_id, RegistrationPlayer.is_active
    )
    found = select(Registration.id).where(
        Registration.tournament_id == tournament.id,
        Registration.status == "approved",
        or_(entry_owners.owned_by(actor.user_id), Registration.id.in_(plays)),
    )
    return session.scalar(found.limit(1)) is not None


def _told(row: Announcement) -> dict[str, Any]:
    return {
        "id": row.id, "tournament_id": row.tournament_id, "author_id": row.author_id, "audience": row.audience,
        "text": row.text, "created_at": row.created_at,
    }  # fmt: skip
