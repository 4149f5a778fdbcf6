"""Undo of a decision: the match is what it was when the dispute was opened, and the dispute waits for its decision."""

from typing import Any, Final

from sqlalchemy import select

from webapp.domain.errors import Conflict, Forbidden
from webapp.models import Dispute, Match, ResultSubmission
from webapp.services.disputes import corrections, disputes, match_memory
from webapp.services.disputes.disputes import DisputeCase
from webapp.services.disputes.match_memory import Memory
from webapp.services.matches import confirmation
from webapp.services.spine import undo
from webapp.services.spine.undo import UndoCase
from webapp.services.tournaments import outcomes

_REASON: Final = "The decision was undone."
ACTION: Final = "dispute.decided"


class Kept:
    """What a decision is undone by, taken down once the match is as it was before it was disputed."""

    def __init__(self, found: DisputeCase) -> None:
        """Take it down, before anything is decided."""
        case, dispute = found
        self._found, self._state = found, dispute.state
        self._memory = Memory.of(case, corrections.played_on(case))
        self._reports = _reports_of(found)

    def offer(self) -> int:
        """Keep it for ten minutes, after everything that the decision wrote; returns the undo's id."""
        case, dispute = self._found
        case.session.flush()
        data = {
            "dispute_id": dispute.id,
            "revision": dispute.revision,
            "state": self._state,
            "reports": [[report.id, state] for report, state in self._reports],
            "match": _face_of(case.match, match_memory.faces(case.session, case.tournament.id)),
            **self._memory.changes(),
        }
        return undo.offer(case.session, case.tournament, case.actor, ACTION, data, now=case.now)


def put_back(undone: UndoCase) -> None:
    """The dispute is open again; Conflict where dispute or match have changed since, Forbidden for one of the staff."""
    session, tournament, data = undone.session, undone.tournament, undone.data
    dispute = session.get_one(Dispute, data["dispute_id"], populate_existing=True)
    match = session.get_one(Match, dispute.match_id, populate_existing=True)
    if data["state"] == "escalated" and undone.actor.role != "admin":
        raise Forbidden("This dispute was with the staff; they undo what was decided.")
    face = _face_of(match, match_memory.faces(session, tournament.id))
    if (dispute.revision, face) != (data["revision"], data["match"]):
        raise Conflict(f"It cannot be undone any more: match {match.number} changed since.", code="undo_overtaken")
    match_memory.put_back(session, tournament, data, reason=_REASON, actor=undone.actor, now=undone.now)
    if not dispute.base_revision:
        match.state = "pending_result"
    for report_id, state in data["reports"]:
        session.get_one(ResultSubmission, report_id).state = state
    _reopen(undone, dispute, match)


def _reopen(undone: UndoCase, dispute: Dispute, match: Match) -> None:
    session, tournament, actor, now = undone.session, undone.tournament, undone.actor, undone.now
    case = confirmation.case_of(session, tournament, match, actor=actor, now=now)
    disputes.reopen(case, dispute, undone.data["state"], reason=_REASON)
    outcomes.review_after_change(session, tournament, case.rules, actor=actor, now=now)


def _reports_of(found: DisputeCase) -> list[tuple[ResultSubmission, str]]:
    """The reports of the match, each with its state of now."""
    case, _ = found
    rows = case.session.scalars(select(ResultSubmission).where(ResultSubmission.match_id == case.match.id))
    return [(row, row.state) for row in rows.all()]


def _face_of(match: Match, faces: dict[int, match_memory.Face]) -> dict[str, Any]:
    return faces[match.id]
