"""Matches of those who take part no more: the other side wins without playing. In the transaction of the caller."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from webapp.domain import lifecycle
from webapp.domain.awards import FORFEIT, WALK_OVER, state_after
from webapp.models import Match, Registration, Tournament
from webapp.services.ranking import standings
from webapp.services.spine import audit, log
from webapp.services.spine.actors import Actor

REASON: Final = "The other side takes part no more."
WAITING: Final = ("scheduled", "ready")
_AUDITED: Final = {WALK_OVER: "match.walked_over", FORFEIT: "match.forfeited"}
_LEAGUES: Final = ("round-robin", "swiss")


def due_among(session: Session, reached: Collection[Match]) -> list[Match]:
    """Those of the matches that both sides have come to and one of them does not play any more, in their order."""
    waiting = [match for match in reached if match.state in WAITING and None not in (match.side_a_id, match.side_b_id)]
    gone = _gone(session, {side for match in waiting for side in (match.side_a_id, match.side_b_id)})
    due = (match for match in waiting if not gone.isdisjoint((match.side_a_id, match.side_b_id)))
    return sorted(due, key=lambda match: match.number)


def _gone(session: Session, side_ids: Collection[int | None]) -> set[int]:
    if not side_ids:
        return set()
    return set(session.scalars(_WITHDRAWN, {"sides": list(side_ids)}))


_WITHDRAWN: Final = select(Registration.id).where(
    Registration.id.in_(bindparam("sides", expanding=True)), Registration.status == "withdrawn"
)


def give(session: Session, tournament: Tournament, match: Match, *, actor: Actor, now: datetime) -> None:
    """End a match that one side or both do not come to; who goes on from it is the caller's to see to.

    Where both are gone neither wins in a league; in a bracket, where one has to go on, side a does.
    """
    gone = _gone(session, (match.side_a_id, match.side_b_id))
    staying = next((side for side in (match.side_a_id, match.side_b_id) if side not in gone), None)
    if staying is None and tournament.format not in _LEAGUES:
        staying = match.side_a_id
    lost_by = None if staying is None else match.side_b_id if staying == match.side_a_id else match.side_a_id
    before, way = match.state, WALK_OVER if match.state in WAITING else FORFEIT
    match.state = lifecycle.move(lifecycle.MATCH, before, state_after(way), official=True)
    match.winner_id, match.forfeited_by_id, match.decided_by = staying, lost_by, way
    match.live_lines, match.completed_at = None, now
    match.revision += 1
    seq = log.record(
        session, tournament, "match_completed", _data(match, now), actor=actor, now=now, match_id=match.id
    )  # fmt: skip
    # The totals are read from what is written.
    session.flush()
    sides = {side for side in (match.side_a_id, match.side_b_id) if side is not None}
    standings.refresh(session, tournament, standings.rules_of(tournament), sides, seq=seq)
    audit.record(
        session, actor, _AUDITED[way], now=now, tournament_id=tournament.id, match_id=match.id,
        revision=match.revision, before=before, after=match.state, winner_id=match.winner_id,
        forfeited_by_id=match.forfeited_by_id, reason=REASON,
    )  # fmt: skip


def _data(match: Match, now: datetime) -> dict[str, Any]:
    return {
        "number": match.number,
        "revision": match.revision,
        "winner_id": match.winner_id,
        "completed_at": now.isoformat(),
        "decided_by": match.decided_by,
        "sides": [match.side_a_id, match.side_b_id],
        "results": [],
        "games": [],
    }
