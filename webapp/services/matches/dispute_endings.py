"""The end of a dispute: what is written of it, whoever brought it about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from webapp.domain import lifecycle
from webapp.domain.disputes import DISPUTE, UNDECIDED, DisputeState, Resolution
from webapp.models import Dispute
from webapp.services.spine import audit, log

if TYPE_CHECKING:
    # Confirming a result ends a dispute about it, so that it cannot be imported here.
    from webapp.services.matches.confirmation import Case

_BY_STATE: Final = {
    "scheduled": Resolution.REPLAY,
    "completed": Resolution.CUSTOM_RESULT,
    "forfeit": Resolution.FORFEIT,
}
_OVERTAKEN: Final = "Officials decided the match by other means."


def close(case: Case, dispute: Dispute, to: DisputeState, resolution: Resolution | None, *, reason: str) -> None:
    """The dispute is over; the event about it is `tell`'s, once its match is what it is to be."""
    before = dispute.state
    dispute.state = lifecycle.move(DISPUTE, before, to)
    dispute.resolution, dispute.resolution_reason = resolution, reason
    dispute.resolved_by_id, dispute.resolved_at = case.actor.user_id, case.now
    dispute.revision += 1
    audit.record(
        case.session, case.actor, f"dispute.{to.value}", now=case.now, tournament_id=case.tournament.id,
        match_id=case.match.id, dispute_id=dispute.id, revision=dispute.revision, before=before, after=to.value,
        resolution=resolution, reason=reason,
    )  # fmt: skip


def tell(case: Case, dispute: Dispute) -> int:
    """Record what came of the match; returns the log's number."""
    match = case.match
    data = {
        "number": match.number,
        "dispute_id": dispute.id,
        "revision": match.revision,
        "winner_id": match.winner_id,
        "state": match.state,
    }
    return log.record(
        case.session, case.tournament, "match_resolved", data, actor=case.actor, now=case.now, match_id=match.id
    )


def close_overtaken(case: Case) -> None:
    """Close the dispute of a match that officials have decided, reset or called off meanwhile, if there is one."""
    if case.match.state == "disputed":
        return
    undecided = select(Dispute).where(Dispute.match_id == case.match.id, Dispute.state.in_(UNDECIDED))
    dispute = case.session.scalar(undecided)
    if dispute is None:
        return
    close(case, dispute, DisputeState.RESOLVED, _BY_STATE.get(case.match.state), reason=_OVERTAKEN)
    tell(case, dispute)
