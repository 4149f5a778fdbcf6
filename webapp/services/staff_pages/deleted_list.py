"""Tournaments that were deleted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select

from webapp.domain.permissions import Action
from webapp.models import Tournament, User
from webapp.services.pages.paging import Paging
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

A_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class DeletedLine:
    """A deleted tournament."""

    id: int
    name: str
    status: str
    owner: str | None
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeletedList:
    """One page of them."""

    lines: tuple[DeletedLine, ...]
    paging: Paging


def read_deleted(*, page: int, actor: Actor) -> DeletedList:
    """One page of the deleted tournaments, the latest first. Raises Forbidden to everybody but staff."""
    permissions.ensure_on_site(actor, Action.READ_AUDIT)
    statement = (
        select(Tournament.id, Tournament.name, Tournament.status, User.handle, Tournament.deleted_at)
        .outerjoin(User, User.id == Tournament.organizer_id)
        .where(Tournament.deleted_at.is_not(None))
        .order_by(Tournament.deleted_at.desc(), Tournament.id.desc())
    )
    with read_snapshot() as session:
        total = session.scalar(select(func.count()).where(Tournament.deleted_at.is_not(None))) or 0
        paging = Paging.of(page, size=A_PAGE, total=total)
        rows = session.execute(statement.offset(paging.offset).limit(paging.size))
        return DeletedList(tuple(DeletedLine(*row) for row in rows), paging)


def list_deleted(*, limit: int, offset: int, actor: Actor) -> tuple[int, list[dict[str, Any]]]:
    """The same for programs, by ids: how many there are, and one part of them. Raises Forbidden likewise."""
    permissions.ensure_on_site(actor, Action.READ_AUDIT)
    is_gone = Tournament.deleted_at.is_not(None)
    latest = select(Tournament).where(is_gone).order_by(Tournament.deleted_at.desc(), Tournament.id.desc())
    with read_snapshot() as session:
        total = session.scalar(select(func.count()).where(is_gone)) or 0
        return total, [
            {
                "id": row.id, "game": row.game, "status": row.status, "organizer_id": row.organizer_id,
                "deleted_at": row.deleted_at,
            }
            for row in session.scalars(latest.limit(limit).offset(offset))
        ]  # fmt: skip
