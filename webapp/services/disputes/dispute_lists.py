"""Disputes as programs read them: ids, numbers and states."""

from typing import Any, NamedTuple

from sqlalchemy import func, select

from webapp.domain.disputes import UNDECIDED, DisputeState
from webapp.domain.errors import NotFound
from webapp.domain.permissions import Action
from webapp.models import Dispute, Match
from webapp.services.boards import boards
from webapp.services.disputes.dispute_evidence import is_party
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot


class Wanted(NamedTuple):
    """Which disputes of a tournament."""

    tournament_id: int
    state: str | None
    limit: int
    offset: int


def listed(wanted: Wanted, *, actor: Actor) -> dict[str, Any]:
    """A page of a tournament's disputes for its officials, and counts by state. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = boards.find_tournament(session, wanted.tournament_id)
        permissions.ensure(session, actor, Action.RESOLVE_DISPUTES, tournament)
        of_tournament = Dispute.tournament_id == wanted.tournament_id
        counted = select(Dispute.state, func.count()).where(of_tournament).group_by(Dispute.state)
        counts = dict.fromkeys((state.value for state in DisputeState), 0) | dict(session.execute(counted).all())
        found = select(Dispute).where(of_tournament).order_by(Dispute.id.desc())
        if wanted.state is not None:
            found = found.where(Dispute.state == wanted.state)
        rows = session.scalars(found.offset(wanted.offset).limit(wanted.limit)).all()
        return {
            "count": counts[wanted.state] if wanted.state else sum(counts.values()),
            "counts": counts,
            "results": [_told(row) for row in rows],
        }


def open_one(match_id: int, *, actor: Actor) -> int:
    """The id of the match's undecided dispute, for its officials. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        match = session.get(Match, match_id)
        if match is None:
            raise NotFound(f"There is no match {match_id}.", code="match_not_found")
        tournament = boards.find_tournament(session, match.tournament_id)
        permissions.ensure(session, actor, Action.RESOLVE_DISPUTES, tournament)
        found = session.scalar(select(Dispute.id).where(Dispute.match_id == match_id, Dispute.state.in_(UNDECIDED)))
        if found is None:
            raise NotFound(f"No dispute about match {match_id} waits for a decision.", code="dispute_not_found")
        return found


def one(dispute_id: int, *, actor: Actor) -> dict[str, Any]:
    """A dispute, for a side of its match or an official. Raises NotFound for everybody else."""
    with read_snapshot() as session:
        dispute = session.get(Dispute, dispute_id)
        if dispute is None or not is_party(session, dispute, actor):
            raise NotFound(f"There is no dispute {dispute_id} of yours.", code="dispute_not_found")
        return _told(dispute)


def _told(dispute: Dispute) -> dict[str, Any]:
    same = (
        "id", "tournament_id", "match_id", "reason_code", "state", "revision", "assigned_to_id", "deadline_at",
        "created_at", "resolution", "resolved_at",
    )  # fmt: skip
    return {name: getattr(dispute, name) for name in same} | {
        "participant_id": dispute.registration_id,
        "match_revision": dispute.base_revision,
    }
