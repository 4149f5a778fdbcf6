"""Deciding disputes: every resolution in one transaction with what follows from it for result, board and bracket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.awards import DISPUTE as BY_DISPUTE
from webapp.domain.disputes import DisputeState, Resolution, checked_resolution
from webapp.domain.errors import Conflict, FieldError, ResultError
from webapp.models import Dispute, ResultSubmission
from webapp.services.boards import history
from webapp.services.bracketing import progression
from webapp.services.disputes import corrections
from webapp.services.disputes.corrections import Change, Effect
from webapp.services.disputes.dispute_undo import Kept
from webapp.services.disputes.disputes import DisputeCase, decidable
from webapp.services.matches import dispute_endings, result_entries
from webapp.services.matches.confirmation import Case
from webapp.services.ranking import standings
from webapp.services.spine.actors import Actor
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import transaction

REJECT = "reject"
"""In the place of a resolution: the dispute is turned down, and the result stands."""


@dataclass(frozen=True, slots=True)
class Decision:
    """How a dispute is to be decided: a resolution or `reject`, and what that one needs."""

    resolution: str
    entries: Sequence[Any] = ()
    """The result, for `custom_result` (`result_entries`)."""
    lost_by: int | None = None
    """Which side loses, for `forfeit`."""
    choices: Mapping[int, str] = field(default_factory=dict)
    """For matches played on the old outcome: replay, keep or void (`corrections`)."""


class Decided(NamedTuple):
    """What came of a dispute."""

    dispute_id: int
    state: str
    match_state: str
    revision: int
    """The match's."""
    undo_id: int


def decide(
    dispute_id: int,
    decision: Decision,
    *,
    reason: str,
    expected_revision: int | None = None,
    actor: Actor,
    now: datetime,
) -> Decided:
    """Decide a dispute for good.

    Raises ResultError for a reason or a result that cannot be, ChoicesNeeded where later matches were played on what
    changes, Forbidden, Conflict for one that was changed (`stale_revision`) or decided (`dispute_decided`) meanwhile.
    """
    reason = checked_reason(reason)
    with transaction() as session:
        found = decidable(session, dispute_id, expected_revision, actor, now)
        affected = _put_back(found.case, found.dispute)
        kept = Kept(found)
        _decided(found, decision, affected, reason=reason)
        match = found.case.match
        return Decided(dispute_id, found.dispute.state, match.state, match.revision, kept.offer())


def decide_in(found: DisputeCase, decision: Decision, *, reason: str) -> Effect:
    """What a decision writes, in the transaction of whoever may decide; says which played matches it reached."""
    return _decided(found, decision, _put_back(found.case, found.dispute), reason=reason)


def _decided(found: DisputeCase, decision: Decision, affected: set[int], *, reason: str) -> Effect:
    """The same once the match is as it was before the dispute, which touched the totals of `affected`."""
    case, dispute = found
    is_rejected = decision.resolution == REJECT
    resolution = None if is_rejected else checked_resolution(decision.resolution)
    to = DisputeState.REJECTED if is_rejected else DisputeState.RESOLVED
    dispute_endings.close(case, dispute, to, resolution, reason=reason)
    report = None if dispute.submission_id is None else case.session.get(ResultSubmission, dispute.submission_id)
    stands = resolution in (None, Resolution.APPROVE_ORIGINAL)
    effect = Effect(changed=not dispute.base_revision)
    if stands and not dispute.base_revision:
        entries = _reported(case.session, dispute)
        result_entries.of_tournament(case.tournament).confirm(case, entries, lets_stand=reason)
    elif resolution is not None and not stands:
        effect = _change(case, dispute, resolution, decision, reason=reason)
    else:
        # Nobody goes anywhere else, but a stage that waited for this decision alone is over with it.
        progression.after_end(case.session, case.tournament, case.match, actor=case.actor, now=case.now)
    if report is not None:
        report.state = "confirmed" if stands else "superseded"
    seq = dispute_endings.tell(case, dispute)
    standings.refresh(case.session, case.tournament, case.rules, affected, seq=seq)
    return effect


def _change(case: Case, dispute: Dispute, resolution: Resolution, decision: Decision, *, reason: str) -> Effect:
    entries = _claimed(dispute) if resolution is Resolution.APPROVE_DISPUTE else decision.entries
    if resolution is Resolution.REPLAY:
        change = Change("replay")
    elif resolution is Resolution.FORFEIT:
        change = Change("forfeit", lost_by=decision.lost_by, decided_by=BY_DISPUTE)
    elif not entries:
        raise ResultError.listing("The dispute cannot be decided so", [FieldError("entries", "say what the result is")])
    elif not dispute.base_revision:
        result_entries.of_tournament(case.tournament).confirm(case, entries, lets_stand=reason)
        return Effect(changed=True)
    else:
        change = Change("correct", entries)
    return corrections.change_in(case, change, decision.choices, reason=reason)


def _put_back(case: Case, dispute: Dispute) -> set[int]:
    """The match as it was before it was disputed, its result counting again; returns whose totals that touches."""
    match = case.match
    if not dispute.base_revision:
        match.state = "pending_result"
        return set()
    match.state = "completed"
    handler = result_entries.of_tournament(case.tournament)
    if handler.kind.field == "results":
        told = history.result_before_dispute(case.session, case.tournament.id, match.id, dispute.id) or {}
        lines = result_entries.parsed(case.tournament, match, told["results"])
        with case.session.no_autoflush:
            match.winner_id = handler.kind.put(case, lines)
    case.session.flush()
    return handler.kind.participants(case, handler.kind.stored(case))


def _reported(session: Session, dispute: Dispute) -> Sequence[Any]:
    """The report that the dispute is about, or the newest one of the match."""
    report = None if dispute.submission_id is None else session.get(ResultSubmission, dispute.submission_id)
    if report is None:
        report = session.scalar(
            select(ResultSubmission)
            .where(ResultSubmission.match_id == dispute.match_id, ResultSubmission.state != "superseded")
            .order_by(ResultSubmission.id.desc())
            .limit(1)
        )
    if report is None:
        raise Conflict("Nobody has reported a result that could stand; say what it is.", code="nothing_reported")
    return report.entries


def _claimed(dispute: Dispute) -> Sequence[Any]:
    if not dispute.claim:
        problem = FieldError("resolution", "the side has not said what the result was; say it yourself")
        raise ResultError.listing("The dispute cannot be decided so", [problem])
    return dispute.claim
