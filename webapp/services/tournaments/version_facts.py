"""The versions of a tournament's settings as programs of its organizers read them."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.permissions import Action
from webapp.models import Tournament, TournamentVersion
from webapp.services.boards import boards
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournament_edits, tournament_facts
from webapp.services.tournaments.tournament_details import FIELDS, frozen_fields


def listed(tournament_id: int, *, limit: int, offset: int, actor: Actor) -> tuple[int, list[dict[str, Any]]]:
    """How many versions there are (none before the first edit), and a part of them without settings, newest first.

    Raises NotFound, Forbidden.
    """
    with read_snapshot() as session:
        tournament = _managed(session, tournament_id, actor)
        of_it = TournamentVersion.tournament_id == tournament.id
        count = session.scalar(select(func.count()).where(of_it)) or 0
        page = select(TournamentVersion).where(of_it).order_by(TournamentVersion.number.desc())
        return count, [_head(row) for row in session.scalars(page.limit(limit).offset(offset))]


def one(tournament_id: int, number: int, *, actor: Actor) -> dict[str, Any]:
    """A version with its settings, what differs now, and what of that can be brought back no more.

    Raises NotFound, Forbidden. Who has a head start is said by name, and left out.
    """
    with read_snapshot() as session:
        tournament = _managed(session, tournament_id, actor)
        version = tournament_edits.find(session, tournament_id, number)
        now, fixed = tournament_edits.snapshot_of(tournament), frozen_fields(tournament.status)
        settings = {name: version.settings[name] for name in FIELDS if name in version.settings}
        differs = sorted(name for name, value in settings.items() if value != now[name])
        return _head(version) | {
            "settings": settings | {"ruleset": tournament_facts.nameless(settings.get("ruleset", {}))},
            "differs": differs,
            "fixed": [name for name in differs if name in fixed],
        }


def _managed(session: Session, tournament_id: int, actor: Actor) -> Tournament:
    tournament = boards.find_tournament(session, tournament_id)
    permissions.ensure(session, actor, Action.MANAGE_TOURNAMENT, tournament)
    return tournament


def _head(row: TournamentVersion) -> dict[str, Any]:
    return {
        "tournament_id": row.tournament_id, "number": row.number, "author_id": row.actor_id,
        "changed": list(row.changed), "restored_from": row.restored_from, "created_at": row.created_at,
    }  # fmt: skip
