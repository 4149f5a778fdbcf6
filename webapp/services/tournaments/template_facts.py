"""Templates as programs read them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import func, select

from webapp.domain.errors import NotFound
from webapp.models import TournamentTemplate
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournament_templates as templates


class Wanted(NamedTuple):
    """Which templates, and which part of the list."""

    search: str
    game: str
    scope: str
    only_active: bool
    limit: int
    offset: int


def listed(wanted: Wanted, *, actor: Actor) -> dict[str, Any]:
    """A page of the templates that the actor may read, those used most first; without their settings."""
    statement = templates.matching(
        actor, search=wanted.search, game=wanted.game, scope=wanted.scope, only_active=wanted.only_active
    )
    with read_snapshot() as session:
        total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
        rows = session.scalars(statement.order_by(*templates.ORDER).limit(wanted.limit).offset(wanted.offset))
        return {"count": total, "results": [_told(row, actor) for row in rows]}


def one(template_id: int, *, actor: Actor) -> dict[str, Any]:
    """A template with its settings. Raises NotFound for one that the actor may not read."""
    with read_snapshot() as session:
        row: TournamentTemplate | None = session.scalar(
            templates.readable(actor).where(TournamentTemplate.id == template_id)
        )
        if row is None:
            raise NotFound(f"There is no template {template_id} for you.", code="template_not_found")
        settings: Mapping[str, Any] = row.settings
        return _told(row, actor) | {"settings": settings}


def _told(row: TournamentTemplate, actor: Actor) -> dict[str, Any]:
    same = (
        "id", "name", "description", "scope", "owner_id", "tournament_id", "game", "uses", "last_used_at", "is_active",
        "created_at",
    )  # fmt: skip
    return {name: getattr(row, name) for name in same} | {"may_change": templates.may_change(row, actor)}
