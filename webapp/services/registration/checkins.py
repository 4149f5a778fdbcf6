"""Check-in: people say that they are there; officials say it for them, up to 200 at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.checkin import MOST_AT_ONCE, UNDO_WITHIN, CheckinWindow, may_undo, window_of
from webapp.domain.errors import Conflict, FieldError, NotFound, ResultError
from webapp.domain.permissions import Action
from webapp.models import Registration, Tournament
from webapp.services.registration import entry_owners
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.log import Fact
from webapp.services.spine.transaction import read_snapshot, transaction

MAY_CHECK_IN = ("approved", "waitlisted")
"""Who waits stands by: at the close of check-in free places go to those of the waitlist who are there."""
FORCED = "checkin_forced"
"""What the audit calls a check-in that an official did for somebody."""


class CheckinState(NamedTuple):
    """How it stands with one registration. `can_undo`: whether the asker may take it back now."""

    registration_id: int
    checked_in: bool
    checked_in_at: datetime | None
    checked_in_by: int | None
    can_undo: bool
    window: CheckinWindow


def window_of_tournament(tournament: Tournament) -> CheckinWindow:
    """When people of the tournament check in."""
    return window_of(tournament.status, tournament.checkin_opens_at, tournament.starts_at)


def may_come(tournament: Tournament, registration: Registration) -> bool:
    """Whether checking in means anything for this one: who waits when check-in was closed has to be admitted first."""
    has_missed_it = registration.status == "waitlisted" and tournament.reseeded_seq is not None
    return registration.status in MAY_CHECK_IN and not has_missed_it


def check_in(registration_id: int, *, actor: Actor, now: datetime) -> CheckinState:
    """Say that one is there: the owner while check-in is open, officials at any time before the start.

    Twice is the same as once. Raises NotFound, Conflict (`checkin_not_open`, `checkin_over`, `not_admitted`).
    """
    with transaction() as session:
        tournament, registration = entry_owners.locked(session, registration_id)
        is_official = _may_act(session, tournament, registration, actor)
        if registration.checked_in_at is None:
            _ensure_may_come(tournament, registration, is_official=is_official, now=now)
            registration.checked_in_at, registration.checked_in_by_id = now, actor.user_id
            _tell(session, tournament, [registration_id], FORCED if is_official else "checked_in", actor=actor, now=now)
        return _state(session, tournament, registration, actor, now)


def undo(registration_id: int, *, actor: Actor, now: datetime) -> CheckinState:
    """Take it back: the owner within 15 minutes, officials at any time before the start. Twice is the same as once.

    Raises NotFound, Conflict (`checkin_over`, `checkin_undo_late`).
    """
    with transaction() as session:
        tournament, registration = entry_owners.locked(session, registration_id)
        is_official = _may_act(session, tournament, registration, actor)
        if registration.checked_in_at is not None:
            _ensure_may_go(tournament, registration.checked_in_at, is_official=is_official, now=now)
            registration.checked_in_at = registration.checked_in_by_id = None
            _tell(session, tournament, [registration_id], "checkin_undone", actor=actor, now=now)
        return _state(session, tournament, registration, actor, now)


def check_in_many(tournament_id: int, registration_ids: Sequence[int], *, actor: Actor, now: datetime) -> list[int]:
    """Check in many at once, all or none; returns those who were not yet. Raises Conflict, ResultError."""
    wanted = list(dict.fromkeys(registration_ids))
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        message = f"choose 1 to {MOST_AT_ONCE} at once"
        raise ResultError(f"Nobody is checked in: {message}.", [FieldError("registration_ids", message)])
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.CHECK_IN_PARTICIPANTS, tournament)
        _ensure_before_start(tournament)
        found = select(Registration).where(Registration.tournament_id == tournament_id, Registration.id.in_(wanted))
        rows = {row.id: row for row in session.scalars(found.execution_options(populate_existing=True))}
        wrong = [
            FieldError(f"registration_ids[{place}]", _why_not(rows.get(one)))
            for place, one in enumerate(wanted)
            if one not in rows or not may_come(tournament, rows[one])
        ]
        if wrong:
            raise ResultError.listing("Nobody is checked in", wrong)
        new = [one for one in wanted if rows[one].checked_in_at is None]
        for one in new:
            rows[one].checked_in_at, rows[one].checked_in_by_id = now, actor.user_id
        if new:
            _tell(session, tournament, new, FORCED, actor=actor, now=now)
        return new


def status(registration_id: int, *, actor: Actor, now: datetime) -> CheckinState:
    """How it stands, for the owner and officials. Raises NotFound to everybody else."""
    with read_snapshot() as session:
        registration = session.get(Registration, registration_id)
        tournament = session.get(Tournament, registration.tournament_id) if registration else None
        if registration is None or tournament is None or tournament.deleted_at is not None:
            raise NotFound(f"There is no registration {registration_id} of yours.", code="registration_not_found")
        _may_act(session, tournament, registration, actor)
        return _state(session, tournament, registration, actor, now)


def _may_act(session: Session, tournament: Tournament, registration: Registration, actor: Actor) -> bool:
    """Whether the actor is an official; raises NotFound for who is neither that nor the owner."""
    if permissions.may(session, actor, Action.CHECK_IN_PARTICIPANTS, tournament):
        return True
    entry_owners.ensure_owner(session, registration, actor)
    return False


def _ensure_before_start(tournament: Tournament) -> None:
    if window_of_tournament(tournament).has_begun_play:
        raise Conflict(f"The tournament is {tournament.status}; nobody is checked in now.", code="checkin_over")


def _ensure_may_come(tournament: Tournament, registration: Registration, *, is_official: bool, now: datetime) -> None:
    if is_official:
        _ensure_before_start(tournament)
    elif shut := window_of_tournament(tournament).why_shut(now):
        raise shut
    if registration.status not in MAY_CHECK_IN:
        raise Conflict(
            f"The registration is {registration.status}; who takes part or waits checks in.", code="not_admitted"
        )
    if not may_come(tournament, registration):
        raise Conflict(f"The registration {_why_not(registration)}.", code="not_admitted")


def _why_not(registration: Registration | None) -> str:
    if registration is None or registration.status not in MAY_CHECK_IN:
        return "does not take part"
    return "is on the waitlist, and check-in is closed: it has to be admitted first"


def _ensure_may_go(tournament: Tournament, checked_in_at: datetime, *, is_official: bool, now: datetime) -> None:
    if is_official:
        _ensure_before_start(tournament)
        return
    if shut := window_of_tournament(tournament).why_shut(now):
        raise shut
    if not may_undo(checked_in_at, now):
        minutes = int(UNDO_WITHIN.total_seconds() // 60)
        raise Conflict(f"After {minutes} minutes only an organizer takes it back; ask one.", code="checkin_undo_late")


def _tell(
    session: Session, tournament: Tournament, ids: Sequence[int], done: str, *, actor: Actor, now: datetime
) -> None:
    is_undone = done == "checkin_undone"
    event, state = (done, done) if is_undone else ("registration_checked_in", "checked_in")
    facts = [Fact(event, {"status": state}, registration_id=one) for one in ids]
    log.record_many(session, tournament, facts, actor=actor, now=now, announce=True)
    audit.record(
        session, actor, f"registration.{done}", now=now, tournament_id=tournament.id, registration_ids=list(ids)
    )  # fmt: skip


def _state(
    session: Session, tournament: Tournament, registration: Registration, actor: Actor, now: datetime
) -> CheckinState:
    at, window = registration.checked_in_at, window_of_tournament(tournament)
    is_official = permissions.may(session, actor, Action.CHECK_IN_PARTICIPANTS, tournament)
    can_undo = at is not None and (
        not window.has_begun_play if is_official else window.is_open(now) and may_undo(at, now)
    )
    return CheckinState(registration.id, at is not None, at, registration.checked_in_by_id, can_undo, window)
