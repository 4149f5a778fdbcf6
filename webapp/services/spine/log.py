"""The tournament's log: numbered facts, written in the transaction of the change under the tournament's lock."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from webapp.domain.errors import NotFound
from webapp.domain.events import CATALOGUE, TEAM_ROOM
from webapp.models import Event, Tournament
from webapp.services.live import heads
from webapp.services.spine import outbox
from webapp.services.spine.actors import Actor
from webapp.services.spine.bulk import insert_rows
from webapp.services.spine.transaction import after_commit


class Fact(NamedTuple):
    """Something that happened to a tournament, as the catalogue of events knows it, and whom it concerns."""

    event_type: str
    data: Mapping[str, Any]
    match_id: int | None = None
    registration_id: int | None = None


def lock_tournament(session: Session, tournament_id: int) -> Tournament:
    """The tournament, locked until the transaction ends; raises NotFound.

    Locks are always taken in the order tournament, ledger, audit head.
    """
    tournament = session.scalar(_LOCKED, {"tournament_id": tournament_id})
    if tournament is None:
        raise NotFound(f"There is no tournament {tournament_id}.", code="tournament_not_found")
    return tournament


def locking(wanted: ColumnElement[bool]) -> Select[Tournament]:
    """A statement that locks the tournament meant by `wanted`, unless it is deleted, and reads it as it is now."""
    return (
        select(Tournament)
        .where(wanted, Tournament.deleted_at.is_(None))
        # Rows that point at it may be written meanwhile: who is told of something waits for nobody who plays.
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


_LOCKED: Final = locking(Tournament.id == bindparam("tournament_id"))


def record(
    session: Session,
    tournament: Tournament,
    event_type: str,
    data: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    match_id: int | None = None,
    registration_id: int | None = None,
) -> int:
    """Append a fact to the log of the locked tournament, announce it to watchers, and return its number."""
    fact = Fact(event_type, data, match_id, registration_id)
    return record_many(session, tournament, [fact], actor=actor, now=now, announce=True)


def record_many(
    session: Session,
    tournament: Tournament,
    facts: Iterable[Fact],
    *,
    actor: Actor,
    now: datetime,
    announce: bool = False,
) -> int:
    """Append facts to the log of the locked tournament in their order; returns the last number.

    Asks for a new ranking where the catalogue says that one of them changes the board, and for the announcement to
    watchers if `announce`: of thousands of matches that ended long ago the `rank_update` that follows says it all.
    Raises ValueError for a fact whose data are not what the catalogue names, or which it says nothing brings about.
    """
    first = tournament.log_seq + 1
    at = now.astimezone(UTC)
    rows = [_row(tournament, fact, seq=seq, actor=actor, at=at) for seq, fact in enumerate(facts, start=first)]
    if not rows:
        return tournament.log_seq
    if session.new:
        # What the facts are about must be there before them.
        session.flush()
    insert_rows(session, Event, rows)
    tournament.log_seq = rows[-1]["seq"]
    for row in rows:
        kind = CATALOGUE[row["type"]]
        tournament.roster_seq = row["seq"] if kind.changes_roster else tournament.roster_seq
        tournament.results_seq = row["seq"] if kind.changes_board else tournament.results_seq
    if tournament.results_seq >= first:
        outbox.want(session, "rank", str(tournament.id), now=now)
    if announce:
        outbox.want(session, "publish", str(tournament.id), now=now)
    outbox.want(session, "route", str(tournament.id), now=now)
    after_commit(session, partial(heads.note, tournament.id, tournament.log_seq))
    return tournament.log_seq


def _row(tournament: Tournament, fact: Fact, *, seq: int, actor: Actor, at: datetime) -> dict[str, Any]:
    kind = CATALOGUE[fact.event_type]
    if not kind.has_cause:
        raise ValueError(f"the catalogue of events says that nothing brings {fact.event_type} about")
    if kind.rooms == (TEAM_ROOM,):
        raise ValueError(f"{fact.event_type} belongs to a team's log")
    if fact.data.keys() != kind.fields:
        raise ValueError(f"{fact.event_type} needs the fields {sorted(kind.fields)}, got {sorted(fact.data)}")
    return {
        "id": uuid7(),
        "type": fact.event_type,
        "tournament_id": tournament.id,
        "seq": seq,
        "match_id": fact.match_id,
        "registration_id": fact.registration_id,
        "actor_id": actor.user_id,
        "data": dict(fact.data),
        "created_at": at,
    }
