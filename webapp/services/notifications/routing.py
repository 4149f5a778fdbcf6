"""Working off a log for those who are told: event by event, in transactions of a thousand people at most.

A cursor a log (`event_cursors`) says how far that has come, and moves with what is written. The next step is computed
without a lock; the transaction that writes it does so only where the cursor still stands as it stood then. A process
that dies leaves behind what was written and a cursor that says so; two at once do the work of one.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import String, cast, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.models import EventCursor, Team, Tournament
from webapp.services.notifications import steps, telling
from webapp.services.notifications.logs import Log, TeamLog, TournamentLog
from webapp.services.notifications.steps import Step
from webapp.services.notifications.telling import Counts
from webapp.services.spine import log, outbox, precedence
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.crashpoints import crashpoint
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.spine.upserts import insert_new

LONGEST_RUN_S: Final = 5.0
"""After which a run asks for another one and ends: its lease is longer."""


def route_tournament(tournament_id: int, *, now: datetime) -> int:
    """Write down who is told of what has happened to the tournament; returns how many events that were.

    Twice is the same as once.
    """
    return _worked_off(TournamentLog(tournament_id), "route", str(tournament_id), now)


def route_team(team_id: int, *, now: datetime) -> int:
    """The same of what has happened to a team."""
    return _worked_off(TeamLog(team_id), "route_team", str(team_id), now)


def request_stale(*, now: datetime) -> int:
    """Ask for the routing of every log of which something is not routed; returns how many those are."""
    with read_snapshot() as session:
        behind = [
            *(("route", key) for key in _behind(session, Tournament.id, Tournament.log_seq, TournamentLog.name)),
            *(("route_team", key) for key in _behind(session, Team.id, Team.log_seq, TeamLog.name)),
        ]
    with transaction() as session:
        for handler, key in behind:
            outbox.want(session, handler, key, now=now)
    return len(behind)


def _worked_off(source: Log, handler: str, key: str, now: datetime) -> int:
    routed, end = 0, time.monotonic() + LONGEST_RUN_S
    while True:
        with read_snapshot() as session:
            left = steps.left(session, source, now=now)
        if not left.events:
            return routed
        with precedence.sparingly(is_much=left.is_much and not left.is_late) as piece:
            with read_snapshot() as session:
                step = steps.next_of(session, source, now=now)
            is_ours = step is not None and _write(source, step, now)
            piece.share = 0.0 if step is None else step.share
        if step is not None and is_ours:
            crashpoint("after_route_write")
            routed += step.after.seq - step.before.seq
        if time.monotonic() > end:
            with transaction() as session:
                outbox.want(session, handler, key, now=now)
            return routed


def _write(source: Log, step: Step, now: datetime) -> bool:
    """Write a step down; False where somebody else has done it, or a part of it, meanwhile."""
    with transaction() as session:
        source.lock(session, is_recorded=step.counted_seq is not None)
        cursor = _locked_cursor(session, source.stream)
        if (cursor.seq, cursor.after_user_id) != (step.before.seq, step.before.after_user_id):
            return False
        counts = step.before.counts
        for portion in step.portions:
            written = telling.write(session, portion.subject, portion.people, now=now)
            counts = counts.plus(written) if portion.is_counted else counts
        source.hand_on(session, step.before.seq, step.after.seq, now=now)
        cursor.seq, cursor.after_user_id = step.after.seq, step.after.after_user_id
        cursor.counts = {} if step.after.after_user_id == 0 else counts._asdict()
        if step.counted_seq is not None and counts.recipients:
            _note_counts(session, source.id, step.counted_seq, counts, now)
        session.flush()
        crashpoint("before_route_write")
    return True


def _locked_cursor(session: Session, stream: str) -> EventCursor:
    insert_new(session, EventCursor, [{"stream": stream, "seq": 0, "after_user_id": 0, "counts": {}}])
    return session.get_one(EventCursor, stream, with_for_update=True, populate_existing=True)


def _note_counts(session: Session, tournament_id: int, of_seq: int, counts: Counts, now: datetime) -> None:
    tournament = session.get_one(Tournament, tournament_id)
    data = {
        "of_seq": of_seq,
        "recipient_count": counts.recipients,
        "created": counts.created,
        "skipped": counts.skipped,
        "email_sent": counts.mails,
    }
    log.record(session, tournament, "notifications_sent", data, actor=SYSTEM, now=now)


def _behind(
    session: Session, key: InstrumentedAttribute[int], last: InstrumentedAttribute[int], name: str
) -> Sequence[str]:
    """The keys of the logs whose last number no cursor has reached."""
    stream = literal(f"{name}:") + cast(key, String)
    found = (
        select(key)
        .outerjoin(EventCursor, EventCursor.stream == stream)
        .where(last > func.coalesce(EventCursor.seq, 0))
        .order_by(key)
    )
    return [str(one) for one in session.scalars(found)]
