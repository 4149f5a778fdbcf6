"""The end of a dispute: what is written of it, whoever brought it about."""

from datetime import datetime
from typing import Final, NamedTuple, Protocol

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from webapp.domain import lifecycle
from webapp.domain.disputes import DISPUTE, UNDECIDED, DisputeState, Resolution
from webapp.models import Dispute, Match, Tournament
from webapp.services.spine import audit, log
from webapp.services.spine.actors import Actor

_BY_STATE: Final = {
    "scheduled": Resolution.REPLAY,
    "completed": Resolution.CUSTOM_RESULT,
    "forfeit": Resolution.FORFEIT,
}
_OVERTAKEN: Final = "Officials decided the match by other means."


class Matter(Protocol):
    """A locked match about to change, as far as the end of its dispute needs it."""

    @property
    def session(self) -> Session:
        """The caller's."""

    @property
    def tournament(self) -> Tournament:
        """Locked."""

    @property
    def match(self) -> Match:
        """Whose dispute it is."""

    @property
    def actor(self) -> Actor:
        """Who does it."""

    @property
    def now(self) -> datetime:
        """When."""


class CalledOff(NamedTuple):
    """A match that is taken off the schedule."""

    session: Session
    tournament: Tournament
    match: Match
    actor: Actor
    now: datetime


def close(case: Matter, dispute: Dispute, to: DisputeState, resolution: Resolution | None, *, reason: str) -> None:
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


def tell(case: Matter, dispute: Dispute) -> int:
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


_UNDECIDED_OF: Final = select(Dispute).where(Dispute.match_id == bindparam("match_id"), Dispute.state.in_(UNDECIDED))


def close_overtaken(case: Matter) -> None:
    """Close the dispute of a match that officials have decided, reset or called off meanwhile, if there is one."""
    if case.match.state == "disputed":
        return
    dispute = case.session.scalar(_UNDECIDED_OF, {"match_id": case.match.id})
    if dispute is None:
        return
    close(case, dispute, DisputeState.RESOLVED, _BY_STATE.get(case.match.state), reason=_OVERTAKEN)
    tell(case, dispute)
