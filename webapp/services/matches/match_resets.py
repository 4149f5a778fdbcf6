"""A match set back to the schedule, as if nobody had begun it."""

from datetime import datetime

from sqlalchemy import select

from webapp.domain import lifecycle
from webapp.domain.permissions import Action
from webapp.models import MatchGame, Result
from webapp.services.disputes.match_memory import Memory
from webapp.services.matches.confirmation import Case, case_of, ensure_not_archived, moved_on
from webapp.services.matches.matches import lock_match
from webapp.services.ranking import standings
from webapp.services.spine import audit, log, undo
from webapp.services.spine.actors import Actor
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import outcomes


def reset(match_id: int, *, reason: str, actor: Actor, now: datetime, expected_revision: int | None = None) -> bool:
    """Set a match back to scheduled, whatever has been played, reported or confirmed; False when it is there already.

    Its result is taken out. Where a match of the bracket that follows on it has begun it is a Conflict
    (`bracket_moved_on`): that takes a correction, which says what becomes of the other one.
    """
    reason = checked_reason(reason)
    with transaction() as session:
        tournament, match = lock_match(session, match_id, actor, Action.CORRECT_RESULTS, expected_revision)
        if match.state == "scheduled" and match.started_at is None and match.ready_a_at is match.ready_b_at is None:
            return False
        case = case_of(session, tournament, match, actor=actor, now=now)
        before = Memory.of(case, {match.id})
        reset_in(case, reason=reason)
        undo.offer(session, tournament, actor, "match.reset", before.changes(), now=now)
        return True


def reset_in(case: Case, *, reason: str) -> None:
    """What resetting a match writes, in the transaction of whoever has locked it and may do so."""
    session, tournament, match, actor, now = case.session, case.tournament, case.match, case.actor, case.now
    ensure_not_archived(tournament)
    before = match.state
    if before != "scheduled":
        match.state = lifecycle.move(lifecycle.MATCH, before, "scheduled", official=True)
    if match.completed_at is not None:
        _take_out(case)
    match.started_at = match.completed_at = match.live_lines = match.ready_a_at = match.ready_b_at = None
    moved_on(case, None)
    data = {"match_ids": [match.id]}
    log.record(session, tournament, "match_scheduled", data, actor=actor, now=now, match_id=match.id)
    audit.record(
        session, actor, "match.reset", now=now, tournament_id=tournament.id, match_id=match.id,
        revision=match.revision, before=before, after="scheduled", reason=reason,
    )  # fmt: skip
    outcomes.review_after_change(session, tournament, case.rules, actor=actor, now=now)


def _take_out(case: Case) -> None:
    match = case.match
    lines = case.session.scalars(select(Result.registration_id).where(Result.match_id == match.id))
    affected = {*lines} | {side for side in (match.side_a_id, match.side_b_id) if side is not None}
    for table in (Result, MatchGame):
        for row in case.session.scalars(select(table).where(table.match_id == match.id)):
            case.session.delete(row)
    match.winner_id = match.decided_by = match.forfeited_by_id = None
    previous, match.revision = match.revision, match.revision + 1
    data = {"number": match.number, "revision": match.revision, "previous_revision": previous}
    seq = log.record(
        case.session, case.tournament, "result_voided", data, actor=case.actor, now=case.now, match_id=match.id
    )
    standings.refresh(case.session, case.tournament, case.rules, affected, seq=seq)
