"""Disputes about results: opened by a side or an official, talked about, shown evidence for, given to the staff.

Deciding them is `dispute_decisions`. While a confirmed result is disputed it counts for no board.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import lifecycle
from webapp.domain.disputes import (
    COMMENT_LENGTH,
    DECIDE_WITHIN,
    DISPUTE,
    STAFF_DECIDE_WITHIN,
    UNDECIDED,
    can_be_disputed,
    checked_reason_code,
    checked_text,
)
from webapp.domain.errors import Conflict, Forbidden, NotFound
from webapp.domain.permissions import Action
from webapp.models import Dispute, DisputeComment, Match, ResultSubmission, Tournament
from webapp.services.matches import confirmation, pauses, reporting, result_entries, sides
from webapp.services.matches.confirmation import Case
from webapp.services.ranking import standings
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import transaction


class DisputeCase(NamedTuple):
    """A dispute, locked with its match and tournament."""

    case: Case
    dispute: Dispute


class Objection(NamedTuple):
    """What a dispute says: by which side (None: an official), to which report, why, and what the result was."""

    registration_id: int | None
    submission: ResultSubmission | None
    reason_code: str
    text: str
    claim: Sequence[Any] | None = None


def open_dispute(
    match_id: int,
    *,
    reason_code: str,
    text: str,
    claim: Sequence[Any] | None = None,
    report_revision: int | None = None,
    expected_revision: int | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """Object to a reported result, or to a confirmed one within 24 hours; returns the dispute's id.

    By a side of the match, or by an official. The claim is the result as it was, as plain entries
    (`result_entries`). Raises DisputeError, ResultError for a claim that cannot have been played, NotFound for who has
    no part in the match, Conflict where one is open already (`dispute_open`), where the result is not what the writer
    saw (`stale_revision`), and where it is too late.
    """
    with transaction() as session:
        tournament, match = _locked(session, match_id)
        side_id = _side_of(session, tournament, match, actor)
        if expected_revision is not None and match.revision != expected_revision:
            raise Conflict("The result was changed meanwhile; look at it again.", code="stale_revision")
        submission = None
        if side_id is not None and match.state == "pending_result":
            revision = match.report_revision if report_revision is None else report_revision
            submission = reporting.answerable(session, tournament, match, side_id, revision, actor)
        objection = Objection(side_id, submission, reason_code, text, claim)
        return open_in(session, tournament, match, objection, actor=actor, now=now).id


def open_in(
    session: Session, tournament: Tournament, match: Match, objection: Objection, *, actor: Actor, now: datetime
) -> Dispute:
    """What opening a dispute writes, in the transaction of whoever holds the tournament and may speak for the side.

    A confirmed result is taken out of the board until the dispute is decided. Raises like `open_dispute`.
    """
    submission, claim = objection.submission, objection.claim
    reason_code, text = checked_reason_code(objection.reason_code), checked_text(objection.text)
    confirmation.ensure_not_archived(tournament)
    pauses.ensure_not_paused(tournament)
    _ensure_disputable(session, match, now)
    case = confirmation.case_of(session, tournament, match, actor=actor, now=now)
    handler = result_entries.of_tournament(tournament)
    if claim is not None:
        handler.check(case, claim)
    dispute = Dispute(
        tournament_id=tournament.id, match_id=match.id, registration_id=objection.registration_id,
        opened_by_id=actor.user_id, submission_id=None if submission is None else submission.id,
        base_revision=0 if match.completed_at is None else match.revision,
        reason_code=reason_code, text=text, claim=None if claim is None else [list(entry) for entry in claim],
        deadline_at=now + DECIDE_WITHIN, created_at=now,
    )  # fmt: skip
    session.add(dispute)
    if submission is not None:
        submission.state, submission.answered_at, submission.answered_by_id = "disputed", now, actor.user_id
    session.flush()
    take_out(case, handler, dispute.id)
    audit.record(
        session, actor, "dispute.opened", now=now, tournament_id=tournament.id, match_id=match.id,
        dispute_id=dispute.id, participant_id=objection.registration_id, reason_code=reason_code, before=match.revision,
    )  # fmt: skip
    return dispute


def comment(
    dispute_id: int, text: str, *, is_internal: bool = False, actor: Actor, now: datetime
) -> int:  # fmt: skip
    """Say something about a dispute that is not decided; officials may write notes that only officials read.

    The same words by the same person right after each other are one comment. Returns its id.
    """
    text = checked_text(text, length=COMMENT_LENGTH)
    with transaction() as session:
        found = locked(session, dispute_id, actor, now)
        case, dispute = found
        is_official = may_decide(session, case.tournament, actor)
        if is_internal and not is_official:
            raise Forbidden("Notes are for officials.")
        ensure_undecided(dispute)
        last = session.scalar(
            select(DisputeComment).where(DisputeComment.dispute_id == dispute_id).order_by(DisputeComment.id.desc())
        )
        if last is not None and (last.author_id, last.text, last.is_internal) == (actor.user_id, text, is_internal):
            return last.id
        said = DisputeComment(
            dispute_id=dispute_id, author_id=actor.user_id, text=text, is_internal=is_internal, created_at=now
        )
        session.add(said)
        session.flush()
        return said.id


def take(dispute_id: int, *, expected_revision: int | None = None, actor: Actor, now: datetime) -> None:
    """An official looks after the dispute from now on; twice is the same as once."""
    with transaction() as session:
        case, dispute = decidable(session, dispute_id, expected_revision, actor, now)
        if dispute.assigned_to_id == actor.user_id and dispute.state != "open":
            return
        before = dispute.state
        if before == "open":
            dispute.state = lifecycle.move(DISPUTE, before, "under_review")
        dispute.assigned_to_id = actor.user_id
        dispute.revision += 1
        _audited(case, dispute, "dispute.taken", before=before, after=dispute.state)


def escalate(
    dispute_id: int, *, reason: str, expected_revision: int | None = None, actor: Actor, now: datetime
) -> None:
    """Give the dispute to the staff: from then on they alone decide. Twice is the same as once."""
    reason = checked_reason(reason)
    with transaction() as session:
        found = locked(session, dispute_id, actor, now)
        permissions.ensure(session, actor, Action.RESOLVE_DISPUTES, found.case.tournament)
        if found.dispute.state == "escalated":
            return
        ensure_fresh(found.dispute, expected_revision)
        escalate_in(found, reason=reason)


def escalate_in(found: DisputeCase, *, reason: str) -> None:
    """What escalating writes, in the caller's transaction."""
    case, dispute = found
    before = dispute.state
    dispute.state = lifecycle.move(DISPUTE, before, "escalated")
    dispute.escalated_at, dispute.deadline_at = case.now, case.now + STAFF_DECIDE_WITHIN
    dispute.assigned_to_id = None
    dispute.revision += 1
    _audited(case, dispute, "dispute.escalated", before=before, after="escalated", reason=reason)


def reopen(case: Case, dispute: Dispute, state: str, *, reason: str) -> None:
    """A decided dispute is in that state again, its match as it was before it was disputed: what ended it is undone."""
    before, dispute.state = dispute.state, state
    dispute.resolution = dispute.resolved_by_id = dispute.resolved_at = None
    dispute.resolution_reason = ""
    dispute.revision += 1
    case.session.flush()
    take_out(case, result_entries.of_tournament(case.tournament), dispute.id)
    _audited(case, dispute, "dispute.reopened", before=before, after=dispute.state, reason=reason)


def locked(session: Session, dispute_id: int, actor: Actor, now: datetime) -> DisputeCase:
    """The dispute with its match and tournament locked, for a side of the match or an official; else NotFound."""
    found = session.get(Dispute, dispute_id)
    if found is None:
        raise NotFound(f"There is no dispute {dispute_id}.", code="dispute_not_found")
    tournament, match = _locked(session, found.match_id)
    if not may_decide(session, tournament, actor):
        _ensure_party(session, match, actor, dispute_id)
    dispute = session.get_one(Dispute, dispute_id, populate_existing=True)
    return DisputeCase(Case(session, tournament, match, standings.rules_of(tournament), actor, now), dispute)


def decidable(
    session: Session, dispute_id: int, expected_revision: int | None, actor: Actor, now: datetime
) -> DisputeCase:
    """The dispute for somebody who may decide it now.

    Raises Forbidden (one that is with the staff is theirs alone), Conflict for one that has changed since
    `expected_revision` (`stale_revision`) or is decided.
    """
    found = locked(session, dispute_id, actor, now)
    permissions.ensure(session, actor, Action.RESOLVE_DISPUTES, found.case.tournament)
    if found.dispute.state == "escalated" and actor.role != "admin":
        raise Forbidden("This dispute is with the staff now; they decide it.")
    ensure_fresh(found.dispute, expected_revision)
    ensure_undecided(found.dispute)
    return found


def ensure_fresh(dispute: Dispute, expected_revision: int | None) -> None:
    """Raises Conflict where the dispute is not as whoever decides has seen it."""
    if expected_revision is not None and dispute.revision != expected_revision:
        raise Conflict(
            f"The dispute was changed meanwhile: you saw revision {expected_revision}, it is at {dispute.revision}.",
            code="stale_revision",
        )


def ensure_undecided(dispute: Dispute) -> None:
    """Raises Conflict for a dispute that is decided."""
    if dispute.state not in UNDECIDED:
        raise Conflict(f"The dispute is {dispute.state}; nothing more can be done to it.", code="dispute_decided")


def may_decide(session: Session, tournament: Tournament, actor: Actor) -> bool:
    """Whether the actor is one of the officials who decide disputes of the tournament."""
    return permissions.may(session, actor, Action.RESOLVE_DISPUTES, tournament)


def _audited(case: Case, dispute: Dispute, what: str, **data: Any) -> None:
    audit.record(
        case.session, case.actor, what, now=case.now, tournament_id=case.tournament.id, match_id=case.match.id,
        dispute_id=dispute.id, revision=dispute.revision, **data,
    )  # fmt: skip


def _locked(session: Session, match_id: int) -> tuple[Tournament, Match]:
    tournament_id = session.scalar(select(Match.tournament_id).where(Match.id == match_id))
    if tournament_id is None:
        raise NotFound(f"There is no match {match_id}.", code="match_not_found")
    tournament = log.lock_tournament(session, tournament_id)
    return tournament, session.get_one(Match, match_id, populate_existing=True)


def _side_of(session: Session, tournament: Tournament, match: Match, actor: Actor) -> int | None:
    """For whom the actor objects; None for an official who plays in no side. Raises NotFound for everybody else."""
    try:
        return sides.ensure_side(session, actor, match)
    except NotFound:
        if may_decide(session, tournament, actor):
            return None
        raise


def _ensure_party(session: Session, match: Match, actor: Actor, dispute_id: int) -> None:
    try:
        sides.ensure_side(session, actor, match)
    except NotFound:
        raise NotFound(f"There is no dispute {dispute_id} of yours.", code="dispute_not_found") from None


def _ensure_disputable(session: Session, match: Match, now: datetime) -> None:
    undecided = select(Dispute.id).where(Dispute.match_id == match.id, Dispute.state.in_(UNDECIDED))
    if session.scalar(undecided.limit(1)) is not None:
        raise Conflict(f"A dispute about match {match.number} is open already.", code="dispute_open")
    if can_be_disputed(match.state, match.completed_at, now):
        return
    if match.state == "completed":
        message = f"The result of match {match.number} was confirmed more than 24 hours ago."
        raise Conflict(message, code="dispute_too_late")
    raise Conflict(
        f"Match {match.number} is {match.state}; a reported or confirmed result can be disputed.",
        code="nothing_to_dispute",
    )


def take_out(case: Case, handler: result_entries.Handler, dispute_id: int) -> None:
    """The match is disputed; a result that counted counts no longer, though it is kept."""
    match = case.match
    affected = handler.kind.participants(case, handler.kind.stored(case)) if match.revision else set()
    if match.revision and handler.kind.field == "results":
        # Lines count wherever they are; the log keeps them. Games count by the state of their match.
        handler.kind.take_out(case)
    match.state = lifecycle.move(lifecycle.MATCH, match.state, "disputed")
    data = {"number": match.number, "dispute_id": dispute_id}
    seq = log.record(
        case.session, case.tournament, "match_disputed", data, actor=case.actor, now=case.now, match_id=match.id
    )
    standings.refresh(case.session, case.tournament, case.rules, affected, seq=seq)
