"""Freezes of a board for the public: planned, begun, called off, ended. `reveals` ends them step by step."""

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from webapp.domain import lifecycle
from webapp.domain.errors import Conflict, FieldError, NotFound, ResultError
from webapp.domain.freezes import FREEZE, HOLDING, IN_FORCE, Plan, begins
from webapp.domain.permissions import Action
from webapp.models import Freeze, Match, Tournament
from webapp.services.ranking import board_store, ranking, scopes, snapshots, standings
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction

MOST_LAST_MATCHES: Final = 100
OPEN_MATCHES: Final = ("scheduled", "ready", "live", "pending_result", "disputed")
_BEFORE_THE_END: Final = ("draft", "registration_open", "registration_closed", "live")

logger = structlog.get_logger(__name__)


def plan(
    tournament_id: int,
    *,
    starts_at: datetime | None = None,
    last_matches: int | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """Let the board be frozen by itself: at an instant, or when no more than so many matches are still to be played.

    Returns the freeze's id. What is due already begins at once. Raises ResultError for a plan that cannot be, Conflict
    where there is a freeze already and once the tournament is over.
    """
    _check_plan(starts_at, last_matches, now)
    with transaction() as session:
        tournament = _allowed(session, tournament_id, actor)
        if in_force(session, tournament_id) is not None:
            raise Conflict("There is a freeze already; call it off or end it first.", code="freeze_in_force")
        _ensure_before_the_end(tournament)
        freeze = _added(session, tournament, Plan(starts_at, last_matches), actor=actor, now=now)
        log.record(session, tournament, "tournament_updated", {"changed": ["freeze"]}, actor=actor, now=now)
        audit.record(
            session, actor, "freeze.planned", now=now, tournament_id=tournament_id, freeze_id=freeze.id,
            starts_at=starts_at and starts_at.isoformat(), last_matches=last_matches,
        )  # fmt: skip
        begin_if_due(session, tournament, actor=actor, now=now)
        return freeze.id


def freeze_now(tournament_id: int, *, actor: Actor, now: datetime) -> int:
    """Freeze the board of a live tournament at this moment, planned or not; twice is the same as once.

    From now on everybody but officials sees everything as of now. Returns the freeze's id. Raises Conflict for a
    tournament that is not live.
    """
    with transaction() as session:
        tournament = _allowed(session, tournament_id, actor)
        freeze = in_force(session, tournament_id)
        if freeze is not None and freeze.state in HOLDING:
            return freeze.id
        if tournament.status != "live":
            raise Conflict(
                f"The tournament is {tournament.status}; a board is frozen while it is live.",
                code="tournament_not_live",
            )
        if freeze is None:
            freeze = _added(session, tournament, Plan(), actor=actor, now=now)
        _begin(session, tournament, freeze, actor=actor, now=now)
        return freeze.id


def call_off(tournament_id: int, *, actor: Actor, now: datetime) -> None:
    """Drop a plan; where there is none nothing happens. Raises TransitionError once it has begun: then it is ended."""
    with transaction() as session:
        tournament = _allowed(session, tournament_id, actor)
        freeze = in_force(session, tournament_id)
        if freeze is None:
            return
        freeze.state = lifecycle.move(FREEZE, freeze.state, "called_off")
        freeze.ended_at = now
        log.record(session, tournament, "tournament_updated", {"changed": ["freeze"]}, actor=actor, now=now)
        audit.record(
            session, actor, "freeze.called_off", now=now, tournament_id=tournament_id, freeze_id=freeze.id
        )  # fmt: skip


def unfreeze(tournament_id: int, *, actor: Actor, now: datetime) -> None:
    """Show everybody everything, whatever has been revealed so far; where nothing is frozen nothing happens.

    Raises TransitionError for a freeze that has not begun: that is called off.
    """
    with transaction() as session:
        tournament = _allowed(session, tournament_id, actor)
        freeze = in_force(session, tournament_id)
        if freeze is None:
            return
        before, freeze.state = freeze.state, lifecycle.move(FREEZE, freeze.state, "ended")
        freeze.ended_at, freeze.is_paused, freeze.revealed_rows = now, False, None
        tournament.frozen_seq = None
        scope = scopes.tournament(tournament_id)
        ranking.final_board(session, tournament, standings.rules_of(tournament), now=now)
        version = board_store.show_what_officials_see(session, scope)
        data = {"freeze_id": freeze.id, "version": version}
        log.record(session, tournament, "board_unfrozen", data, actor=actor, now=now)
        audit.record(
            session, actor, "freeze.ended", now=now, tournament_id=tournament_id, freeze_id=freeze.id, before=before,
            revealed=freeze.revealed,
        )  # fmt: skip
        if tournament.status in ("completed", "archived"):
            # The final board that was stored for the public at the end was the frozen one.
            snapshots.take(session, scope, reason="completed", now=now)
        ranking.want_wider_boards(session, tournament, now=now)


def begin_due(*, now: datetime) -> list[int]:
    """Begin every planned freeze that is due, and call off those whose tournament is over; returns the tournaments.

    Each is done once, however many ask at the same moment; one that fails does not hold up the others.
    """
    with read_snapshot() as session:
        planned = session.scalars(select(Freeze.tournament_id).where(Freeze.state == "planned")).all()
    changed = []
    for tournament_id in sorted(planned):
        try:
            with transaction() as session:
                tournament = log.lock_tournament(session, tournament_id)
                is_changed = begin_if_due(session, tournament, actor=SYSTEM, now=now)
        except NotFound:
            continue
        except Exception:
            logger.exception("freeze_failed", tournament_id=tournament_id)
            continue
        if is_changed:
            changed.append(tournament_id)
    return changed


def begin_if_due(session: Session, tournament: Tournament, *, actor: Actor, now: datetime) -> bool:
    """Begin the locked tournament's planned freeze if it is due, in the caller's transaction; whether anything changed.

    To be called before a result is written, and after it: what is due before it keeps it from the public.
    """
    freeze = in_force(session, tournament.id)
    if freeze is None or freeze.state != "planned":
        return False
    if tournament.status not in _BEFORE_THE_END:
        freeze.state, freeze.ended_at = lifecycle.move(FREEZE, freeze.state, "called_off"), now
        audit.record(session, actor, "freeze.called_off", now=now, tournament_id=tournament.id, freeze_id=freeze.id)
        return True
    if tournament.status != "live":
        return False
    open_matches = _open_matches(session, tournament.id) if freeze.last_matches is not None else 0
    if not begins(Plan(freeze.starts_at, freeze.last_matches), now=now, open_matches=open_matches):
        return False
    _begin(session, tournament, freeze, actor=actor, now=now)
    return True


def in_force(session: Session, tournament_id: int) -> Freeze | None:
    """The tournament's freeze that is not over, planned or begun."""
    return session.scalar(_IN_FORCE_NOW, {"tournament_id": tournament_id})


_IN_FORCE_NOW: Final = (
    select(Freeze)
    .where(Freeze.tournament_id == bindparam("tournament_id"), Freeze.state.in_(IN_FORCE))
    .execution_options(populate_existing=True)
)


def _begin(session: Session, tournament: Tournament, freeze: Freeze, *, actor: Actor, now: datetime) -> None:
    """The public's knowledge ends with this event. What was confirmed before is on its board first."""
    ranking.final_board(session, tournament, standings.rules_of(tournament), now=now)
    known = tournament.log_seq + 1
    freeze.state = lifecycle.move(FREEZE, freeze.state, "frozen")
    freeze.frozen_seq = tournament.frozen_seq = known
    freeze.frozen_at = now
    data = {"freeze_id": freeze.id, "frozen_seq": known}
    log.record(session, tournament, "board_frozen", data, actor=actor, now=now)
    audit.record(session, actor, "freeze.begun", now=now, tournament_id=tournament.id, **data)


def _allowed(session: Session, tournament_id: int, actor: Actor) -> Tournament:
    tournament = log.lock_tournament(session, tournament_id)
    permissions.ensure(session, actor, Action.FREEZE_BOARD, tournament)
    return tournament


def _added(session: Session, tournament: Tournament, wanted: Plan, *, actor: Actor, now: datetime) -> Freeze:
    freeze = Freeze(
        tournament_id=tournament.id, state="planned", starts_at=wanted.starts_at, last_matches=wanted.last_matches,
        revealed=0, shown_rows=0, is_paused=False, actor_id=actor.user_id, created_at=now,
    )  # fmt: skip
    session.add(freeze)
    session.flush()
    return freeze


def _open_matches(session: Session, tournament_id: int) -> int:
    wanted = select(func.count()).where(Match.tournament_id == tournament_id, Match.state.in_(OPEN_MATCHES))
    return session.scalar(wanted) or 0


def _ensure_before_the_end(tournament: Tournament) -> None:
    if tournament.status not in _BEFORE_THE_END:
        raise Conflict(f"The tournament is {tournament.status}; nothing is left to freeze.", code="tournament_over")


def _check_plan(starts_at: datetime | None, last_matches: int | None, now: datetime) -> None:
    errors = []
    if starts_at is None and last_matches is None:
        errors.append(FieldError("starts_at", "say when, or before how many matches"))
    if starts_at is not None and last_matches is not None:
        errors.append(FieldError("last_matches", "choose one of the two"))
    if starts_at is not None and starts_at <= now:
        errors.append(FieldError("starts_at", "is past; freeze now instead"))
    if last_matches is not None and not 1 <= last_matches <= MOST_LAST_MATCHES:
        errors.append(FieldError("last_matches", f"must be 1 to {MOST_LAST_MATCHES}"))
    if errors:
        raise ResultError.listing("The freeze cannot be planned so", errors)
