"""What the address of a request names, before what was sent with it is looked at."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from webapp.domain.errors import NotFound
from webapp.domain.permissions import Action
from webapp.models import Dispute, Match, Payment, Registration
from webapp.services.boards import boards
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

_OF_TOURNAMENT: Final[
    Mapping[str, tuple[InstrumentedAttribute[int], ColumnElement[int] | InstrumentedAttribute[int]]]
] = {
    "match_id": (Match.id, Match.tournament_id),
    "registration_id": (Registration.id, Registration.tournament_id),
    "payment_id": (Payment.id, Payment.tournament_id),
    "dispute_id": (Dispute.id, Dispute.tournament_id),
}


def ensure_known(path: Mapping[str, Any], *, actor: Actor) -> None:
    """Nothing, when the actor has a part in the tournament that the address names, itself or by something of it.

    Raises NotFound for what is not there or not theirs to know of: what is wrong with a request is told to officials
    alone. Addresses of anything else are left to their services.
    """
    with read_snapshot() as session:
        tournament_id = path.get("tournament_id")
        for name, (column, owner) in _OF_TOURNAMENT.items():
            if name in path and tournament_id is None:
                tournament_id = session.scalar(select(owner).where(column == path[name]))
                if tournament_id is None:
                    raise NotFound(f"There is no such thing: {path[name]}.", code=name.replace("_id", "_not_found"))
        if tournament_id is not None:
            tournament = boards.find_tournament(session, tournament_id)
            permissions.ensure(session, actor, Action.SEE_OFFICIAL_BOARD, tournament)
