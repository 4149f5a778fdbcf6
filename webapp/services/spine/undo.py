"""Taking back what an official did within the last ten minutes: a table of actions and their inverses.

An action offers its undo in its own transaction, with the ids, numbers and states that the inverse needs. The undo is
an action of its own, with its own events and its own entry in the audit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.orm import Session, object_session

from webapp.domain.errors import Conflict, NotFound
from webapp.domain.permissions import Action
from webapp.models import Match, ResultSubmission, Tournament, UndoableAction
from webapp.services.boards import boards
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.bulk import insert_rows
from webapp.services.spine.transaction import read_snapshot, transaction

UNDOABLE_FOR: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class UndoCase:
    """What an inverse works on: the action that is taken back, in a transaction that holds its tournament."""

    session: Session
    tournament: Tournament
    action: str
    data: Mapping[str, Any]
    actor: Actor
    now: datetime


class Undoable(NamedTuple):
    """An action that can be taken back: what it is called, by which function (dotted path), and who may do that."""

    words: str
    inverse: str
    needs: Action


ACTIONS: Final[Mapping[str, Undoable]] = {
    "result.corrected": Undoable(
        "the correction", "webapp.services.disputes.correction_undo:put_back", Action.CORRECT_RESULTS
    ),
    "result.confirmed": Undoable(
        "the confirmation", "webapp.services.disputes.match_undo:take_back", Action.ENTER_RESULTS
    ),
    "match.decided": Undoable("the decision", "webapp.services.disputes.match_undo:take_back", Action.ENTER_RESULTS),
    "match.reset": Undoable("the reset", "webapp.services.disputes.correction_undo:put_back", Action.CORRECT_RESULTS),
    "match.times_set": Undoable("the times", "webapp.services.matches.schedules:put_back", Action.MANAGE_MATCHES),
    "checkin.closed": Undoable(
        "the close of check-in", "webapp.services.registration.checkin_close:put_back", Action.MANAGE_PARTICIPANTS
    ),
    "dispute.decided": Undoable(
        "the decision", "webapp.services.disputes.dispute_undo:put_back", Action.RESOLVE_DISPUTES
    ),
    "registration.withdrawn": Undoable(
        "the withdrawal", "webapp.services.registration.withdrawals:put_back", Action.MANAGE_PARTICIPANTS
    ),
    "match.cancelled": Undoable(
        "the cancellation", "webapp.services.disputes.match_undo:call_on", Action.MANAGE_MATCHES
    ),
}
"""Every action that can be undone. An inverse takes an UndoCase and raises Conflict where it is too late."""


class Undone(NamedTuple):
    """What was taken back, and whether it was now or before."""

    action: str
    words: str
    changed: bool


def offer(
    session: Session, tournament: Tournament, actor: Actor, action: str, data: Mapping[str, Any], *, now: datetime
) -> int:
    """Keep what is needed to take an action back, in its own transaction, after its events; returns the undo's id.

    Raises ValueError for an action that is not in the table.
    """
    return session.connection().execute(_KEEP, _kept(tournament, actor, action, data, now)).scalar_one()


_KEEP: Final = insert(UndoableAction).returning(UndoableAction.id)


def _kept(tournament: Tournament, actor: Actor, action: str, data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    if action not in ACTIONS:
        raise ValueError(f"{action!r} is no action that can be undone")
    return {
        "tournament_id": tournament.id, "actor_id": actor.user_id, "action": action, "data": dict(data),
        "seq": tournament.log_seq, "created_at": now,
    }  # fmt: skip


def match_face(match: Match) -> dict[str, Any]:
    """What of a match an undo puts back that no result says; taken down before the action."""
    return {
        "state": match.state,
        "live_lines": match.live_lines,
        "reports": _open_reports(match),
        **{name: _text(getattr(match, name)) for name in ("started_at", "ready_a_at", "ready_b_at")},
    }


def offer_of_match(
    session: Session, tournament: Tournament, match: Match, action: str, before: Mapping[str, Any], *, actor: Actor,
    now: datetime,
) -> None:  # fmt: skip
    """Offer to take back what ended a match without a result, `before` being its face then; not for a disputed one.

    A dispute that was decided by the way is not opened again.
    """
    if before["state"] == "disputed":
        return
    data = {
        "match_id": match.id, "revision": match.revision, "state": match.state, "before": dict(before),
        "at": now.isoformat(),
    }  # fmt: skip
    insert_rows(session, UndoableAction, [_kept(tournament, actor, action, data, now)])


def undo(action_id: int, *, tournament_id: int | None = None, actor: Actor, now: datetime) -> Undone:
    """Take an action back. Twice is the same as once.

    Raises NotFound, Forbidden, Conflict for one that is older than ten minutes (`undo_expired`), or that something has
    happened on since (`undo_overtaken`).
    """
    with transaction() as session:
        found = session.get(UndoableAction, action_id)
        if found is None or tournament_id not in (None, found.tournament_id):
            raise NotFound(f"There is nothing to undo by the number {action_id}.", code="action_not_found")
        known = ACTIONS[found.action]
        tournament = log.lock_tournament(session, found.tournament_id)
        permissions.ensure(session, actor, known.needs, tournament)
        kept = session.get_one(UndoableAction, action_id, populate_existing=True)
        if kept.undone_at is not None:
            return Undone(kept.action, known.words, changed=False)
        if now - kept.created_at > UNDOABLE_FOR:
            raise Conflict("It was done more than ten minutes ago; it cannot be undone any more.", code="undo_expired")
        _inverse(known)(UndoCase(session, tournament, kept.action, kept.data, actor, now))
        kept.undone_at, kept.undone_by_id = now, actor.user_id
        audit.record(
            session, actor, "action.undone", now=now, tournament_id=tournament.id, undo_id=kept.id,
            undone=kept.action, before=kept.seq, after=tournament.log_seq,
        )  # fmt: skip
        return Undone(kept.action, known.words, changed=True)


def newest_of(tournament_id: int, *, actor: Actor, now: datetime) -> int | None:
    """What the actor has done last to the tournament and can still take back; None where there is nothing."""
    with read_snapshot() as session:
        return session.scalar(
            select(UndoableAction.id)
            .where(*_open_to(tournament_id, actor, now))
            .order_by(UndoableAction.id.desc())
            .limit(1)
        )


class Kept(NamedTuple):
    """Something that can still be taken back."""

    action_id: int
    action: str
    created_at: datetime
    expires_at: datetime


def of_tournament(tournament_id: int, *, actor: Actor, now: datetime) -> list[Kept]:
    """What the actor has done to the tournament and can still take back, newest first. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = boards.find_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.SEE_OFFICIAL_BOARD, tournament)
        found = session.execute(
            select(UndoableAction.id, UndoableAction.action, UndoableAction.created_at)
            .where(*_open_to(tournament_id, actor, now))
            .order_by(UndoableAction.id.desc())
        )
        return [Kept(*row, row.created_at + UNDOABLE_FOR) for row in found]


def _open_to(tournament_id: int, actor: Actor, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        UndoableAction.tournament_id == tournament_id,
        UndoableAction.actor_id == actor.user_id,
        UndoableAction.undone_at.is_(None),
        UndoableAction.created_at >= now - UNDOABLE_FOR,
    )


def _open_reports(match: Match) -> list[int]:
    """The reports that wait for an answer, which the end of their match closes."""
    session = object_session(match)
    if not match.report_revision or session is None:
        return []
    waiting = select(ResultSubmission.id).where(
        ResultSubmission.match_id == match.id, ResultSubmission.state == "pending_opponent"
    )
    return list(session.scalars(waiting.order_by(ResultSubmission.id)))


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _inverse(known: Undoable) -> Callable[[UndoCase], None]:
    """The function behind a dotted path: actions offer their undo, so that what undoes them cannot be imported here."""
    module, _, name = known.inverse.partition(":")
    function: Callable[[UndoCase], None] = getattr(import_module(module), name)
    return function
