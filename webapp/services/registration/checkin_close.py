"""Closing check-in: who is not there is out, the waitlist refills, all are seeded anew; previewed, and undone once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.checkin import Entrant, Refill, refill
from webapp.domain.errors import Conflict
from webapp.domain.permissions import Action
from webapp.models import Registration, Stage, Tournament, UndoableAction
from webapp.services.boards import boards
from webapp.services.registration import checkins, entry_moves, waitlist
from webapp.services.spine import audit, log, permissions, undo
from webapp.services.spine.actors import Actor
from webapp.services.spine.log import Fact
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.spine.undo import UndoCase

ACTION: Final = "checkin.closed"
LEAST_LEFT: Final = 2


def preview(tournament_id: int, *, actor: Actor) -> Refill:
    """What closing check-in now would do; nothing is changed."""
    with read_snapshot() as session:
        tournament = boards.find_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_PARTICIPANTS, tournament)
        return plan_of(session, tournament)


def close(tournament_id: int, *, seen: str | None = None, actor: Actor, now: datetime) -> Refill:
    """Close check-in; returns what that did. Once closed, closing it again changes nothing.

    `seen` is the fingerprint of the preview that was looked at. Raises Conflict: `preview_changed` when it would be
    another by now, `checkin_not_open` before it opened, `checkin_over` after the start, `bracket_exists`,
    `too_few_left`.
    """
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_PARTICIPANTS, tournament)
        if tournament.reseeded_seq is not None:
            return Refill((), (), {})
        _ensure_may_close(session, tournament, now)
        return close_in(session, tournament, seen=seen, actor=actor, now=now)


def close_in(
    session: Session, tournament: Tournament, *, seen: str | None = None, actor: Actor, now: datetime
) -> Refill:
    """What closing writes, in the caller's transaction: states, seeds, events, audit, and what undoing it needs."""
    plan, rows = _plan(session, tournament)
    if seen is not None and seen != plan.fingerprint:
        raise Conflict("Somebody checked in or out meanwhile; look at the preview again.", code="preview_changed")
    if len(plan.seeds) < LEAST_LEFT:
        raise Conflict(
            f"{len(plan.seeds)} would be left in the field; check in those who are there first.", code="too_few_left"
        )
    before = [_as_it_was(rows[one]) for one in sorted(rows)]
    for one in plan.no_shows:
        entry_moves.move(session, tournament, rows[one], "no_show", actor=actor, now=now)
        rows[one].seed = None
    for one in plan.promoted:
        entry_moves.move(session, tournament, rows[one], "approved", actor=actor, now=now)
        if tournament.entry_fee:
            waitlist.owe(session, tournament, rows[one], actor=actor, now=now)
    for one, seed in plan.seeds.items():
        rows[one].seed = seed
    told = {"no_show_ids": list(plan.no_shows), "promoted_ids": list(plan.promoted)}
    seeds = [[one, seed] for one, seed in plan.seeds.items()]
    tournament.reseeded_seq = log.record(
        session, tournament, "checkin_closed", {**told, "seeds": seeds}, actor=actor, now=now
    )
    audit.record(session, actor, ACTION, now=now, tournament_id=tournament.id, **told)
    undo.offer(session, tournament, actor, ACTION, {"registrations": before}, now=now)
    return plan


def reopen(tournament_id: int, *, actor: Actor, now: datetime) -> bool:
    """Take the close back, once: everybody is what they were before, seeds too; whether that changed anything.

    Raises Conflict (`cannot_reopen`) once the tournament is under way, has a bracket, or somebody came or went since.
    """
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_PARTICIPANTS, tournament)
        closed_seq = tournament.reseeded_seq
        done = select(UndoableAction).where(
            UndoableAction.tournament_id == tournament_id,
            UndoableAction.action == ACTION,
            UndoableAction.seq == closed_seq,
            UndoableAction.undone_at.is_(None),
        )
        action = session.scalar(done) if closed_seq is not None else None
        if action is None:
            return False
        put_back(UndoCase(session, tournament, ACTION, action.data, actor, now))
        action.undone_at, action.undone_by_id = now, actor.user_id
        audit.record(
            session, actor, "checkin.reopened", now=now, tournament_id=tournament_id, closed_seq=closed_seq
        )  # fmt: skip
        return True


def put_back(case: UndoCase) -> None:
    """What taking the close back writes; raises Conflict where it is too late."""
    tournament, closed_seq = case.tournament, case.tournament.reseeded_seq
    _ensure_untouched(case.session, tournament)
    restore(case.session, tournament, case.data["registrations"], actor=case.actor, now=case.now)
    tournament.reseeded_seq = None
    data = {"closed_seq": closed_seq}
    log.record(case.session, tournament, "checkin_reopened", data, actor=case.actor, now=case.now)


def plan_of(session: Session, tournament: Tournament) -> Refill:
    """What closing check-in now would do."""
    return _plan(session, tournament)[0]


def can_close(session: Session, tournament: Tournament, now: datetime) -> bool:
    """Whether check-in may be closed now."""
    try:
        _ensure_may_close(session, tournament, now)
    except Conflict:
        return False
    return tournament.reseeded_seq is None


def can_reopen(session: Session, tournament: Tournament) -> bool:
    """Whether taking the close back is still possible."""
    try:
        _ensure_untouched(session, tournament)
    except Conflict:
        return False
    return tournament.reseeded_seq is not None


def restore(
    session: Session, tournament: Tournament, before: Sequence[dict[str, Any]], *, actor: Actor, now: datetime
) -> None:
    """Make registrations what they were, and tell who is in the field and who is not."""
    facts = []
    for was in before:
        registration = session.get_one(Registration, was["id"], populate_existing=True)
        if (registration.status == "approved") != (was["status"] == "approved"):
            returns = was["status"] == "approved"
            name = "registration_approved" if returns else "registration_withdrawn"
            facts.append(Fact(name, {"status": was["status"]}, registration_id=registration.id))
        registration.status, registration.seed = was["status"], was["seed"]
        registration.waitlisted_at = _instant(was["waitlisted_at"])
        registration.offered_until = _instant(was["offered_until"])
        registration.decision_reason = was["decision_reason"]
    log.record_many(session, tournament, facts, actor=actor, now=now, announce=True)


def _plan(session: Session, tournament: Tournament) -> tuple[Refill, dict[int, Registration]]:
    found = select(Registration).where(Registration.tournament_id == tournament.id, Registration.status == "approved")
    field = session.scalars(found.order_by(Registration.id)).all()
    waiting = waitlist.in_order(session, tournament.id)
    plan = refill(_entrants(field), _entrants(waiting), tournament.places)
    return plan, {row.id: row for row in (*field, *waiting)}


def _entrants(rows: Sequence[Registration]) -> list[Entrant]:
    return [Entrant(row.id, row.seed, row.checked_in_at is not None) for row in rows]


def _ensure_may_close(session: Session, tournament: Tournament, now: datetime) -> None:
    window = checkins.window_of_tournament(tournament)
    if not tournament.has_checkin:
        raise Conflict("This tournament asks nobody to check in; its settings can ask for it.", code="no_checkin")
    if window.has_begun_play:
        raise Conflict(f"The tournament is {tournament.status}; check-in is over.", code="checkin_over")
    if window.opens_at is None or now < window.opens_at:
        raise Conflict("Check-in has not opened yet.", code="checkin_not_open")
    _ensure_no_bracket(session, tournament)


def _ensure_no_bracket(session: Session, tournament: Tournament) -> None:
    generated = select(Stage.id).where(Stage.tournament_id == tournament.id, Stage.state != "planned")
    if session.scalar(generated.limit(1)) is not None:
        raise Conflict("The bracket is generated already; generate it anew afterwards.", code="bracket_exists")


def _ensure_untouched(session: Session, tournament: Tournament) -> None:
    _ensure_no_bracket(session, tournament)
    is_same = tournament.reseeded_seq is not None and tournament.roster_seq <= tournament.reseeded_seq
    if checkins.window_of_tournament(tournament).has_begun_play or not is_same:
        raise Conflict(
            "The tournament has gone on since: somebody came or went, or it is drawn or played. The close stays.",
            code="cannot_reopen",
        )


def _as_it_was(registration: Registration) -> dict[str, Any]:
    def moment(at: datetime | None) -> str | None:
        return None if at is None else at.isoformat()

    return {
        "id": registration.id,
        "status": registration.status,
        "seed": registration.seed,
        "waitlisted_at": moment(registration.waitlisted_at),
        "offered_until": moment(registration.offered_until),
        "decision_reason": registration.decision_reason,
    }


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
