"""Times of matches, many at once: what clashes is refused, with the match and the participant beside it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, FieldError, NotFound, ResultError
from webapp.domain.match_times import Booking, ToPlan, clashes, spread
from webapp.domain.permissions import Action
from webapp.models import BracketNode, Match, Tournament
from webapp.services.registration.participant_names import names_of
from webapp.services.spine import audit, log, permissions, undo
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.spine.undo import UndoCase

MATCH_LENGTH: Final[timedelta] = timedelta(minutes=30)
"""How long a match keeps its sides, where nobody says otherwise."""
MOST_AT_ONCE: Final = 64
_BEFORE_PLAY: Final = ("scheduled", "ready")
_TAKES_TIME: Final = ("scheduled", "ready", "live")


def set_times(
    tournament_id: int,
    times: Mapping[int, datetime | None],
    *,
    length: timedelta = MATCH_LENGTH,
    actor: Actor,
    now: datetime,
) -> list[int]:
    """Give matches their times (None: none); returns those that changed.

    Raises ResultError naming, as `at-<match id>`, every match that would have a participant in two matches at once,
    Conflict for one that has begun, NotFound for one of another tournament.
    """
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_MATCHES, tournament)
        if tournament.status in ("completed", "cancelled", "archived"):
            raise Conflict(f"Tournament {tournament_id} is {tournament.status}; nothing can be moved any more.")
        matches = _found(session, tournament_id, times)
        changed = {match.id: match for match in matches if match.scheduled_at != times[match.id]}
        begun = [match.number for match in changed.values() if match.state not in _BEFORE_PLAY]
        if begun:
            raise Conflict(f"Match {begun[0]} has begun; its time stays as it is.", code="match_begun")
        ensure_no_clash(session, tournament, {match_id: times[match_id] for match_id in changed}, length=length)
        if not changed:
            return []
        before = {str(match.id): _written(match.scheduled_at) for match in changed.values()}
        for match in changed.values():
            match.scheduled_at = times[match.id]
        ids = sorted(changed)
        log.record(session, tournament, "match_scheduled", {"match_ids": ids}, actor=actor, now=now)
        after = {str(match_id): _written(times[match_id]) for match_id in ids}
        audit.record(
            session, actor, "match.times_set", now=now, tournament_id=tournament_id, before=before, after=after
        )  # fmt: skip
        undo.offer(session, tournament, actor, "match.times_set", {"before": before, "after": after}, now=now)
        return ids


def put_back(case: UndoCase) -> None:
    """Give matches the times that they had; raises Conflict where one has been moved again, has begun, or clashes."""
    before, after = case.data["before"], case.data["after"]
    matches = _found(case.session, case.tournament.id, [int(match_id) for match_id in after])
    for match in matches:
        if match.state not in _BEFORE_PLAY or _written(match.scheduled_at) != after[str(match.id)]:
            message = f"Match {match.number} has been moved again or has begun; its time is not put back."
            raise Conflict(message, code="undo_overtaken")
    times = {
        match.id: None if (at := before[str(match.id)]) is None else datetime.fromisoformat(at) for match in matches
    }
    try:
        ensure_no_clash(case.session, case.tournament, times)
    except ResultError as clash:
        raise Conflict(clash.message, clash.fields, code="undo_overtaken") from clash
    for match in matches:
        match.scheduled_at = times[match.id]
    data = {"match_ids": sorted(times)}
    log.record(case.session, case.tournament, "match_scheduled", data, actor=case.actor, now=case.now)


def ensure_no_clash(
    session: Session,
    tournament: Tournament,
    times: Mapping[int, datetime | None],
    *,
    length: timedelta = MATCH_LENGTH,
    field: str = "at-{}",
) -> None:
    """Raises ResultError where one of these times has a participant in two matches at once; `field` takes the id."""
    if not any(times.values()):
        return
    rows = session.execute(
        select(Match.id, Match.number, Match.scheduled_at, Match.side_a_id, Match.side_b_id).where(
            Match.tournament_id == tournament.id, Match.state.in_(_TAKES_TIME)
        )
    ).all()
    bookings = [
        Booking(row.id, at, tuple(side for side in (row.side_a_id, row.side_b_id) if side is not None))
        for row in rows
        if (at := times.get(row.id, row.scheduled_at)) is not None
    ]
    found = [clash for clash in clashes(bookings, length) if {clash.match_id, clash.other_id} & times.keys()]
    if not found:
        return
    numbers = {row.id: row.number for row in rows}
    names = names_of(session, {clash.participant_id for clash in found})
    errors = []
    for clash in found:
        moved, other = clash.match_id, clash.other_id
        if moved not in times:
            moved, other = other, moved
        who = names.get(clash.participant_id, f"participant {clash.participant_id}")
        errors.append(FieldError(field.format(moved), f"{who} plays in match {numbers[other]} at that time"))
    raise ResultError.listing("The times cannot be taken", errors)


def proposed(
    tournament_id: int, first_at: datetime, *, every: timedelta, at_once: int, actor: Actor
) -> Mapping[int, datetime]:
    """A plan for every match that has not begun; nothing is written. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = session.get(Tournament, tournament_id)
        if tournament is None or tournament.deleted_at is not None:
            raise NotFound(f"There is no tournament {tournament_id}.", code="tournament_not_found")
        permissions.ensure(session, actor, Action.MANAGE_MATCHES, tournament)
        return spread(list(_to_plan(session, tournament_id)), first_at, every=every, at_once=at_once)


def _to_plan(session: Session, tournament_id: int) -> Iterator[ToPlan]:
    matches = session.scalars(
        select(Match).where(Match.tournament_id == tournament_id, Match.state.in_(_BEFORE_PLAY)).order_by(Match.number)
    ).all()
    nodes = session.scalars(select(BracketNode).where(BracketNode.tournament_id == tournament_id)).all()
    match_of = {(node.stage_id, node.key): node.match_id for node in nodes}
    before: dict[int, tuple[int, ...]] = {}
    for node in nodes:
        sources = [source.partition(":") for source in (node.source_a, node.source_b)]
        keys = [(node.stage_id, of) for kind, _, of in sources if kind in ("winner", "loser")]
        before[node.match_id] = tuple(match_of[key] for key in keys if key in match_of)
    for match in matches:
        known = tuple(side for side in (match.side_a_id, match.side_b_id) if side is not None)
        yield ToPlan(match.id, known, before.get(match.id, ()))


def _found(session: Session, tournament_id: int, ids: Collection[int]) -> Sequence[Match]:
    found = session.scalars(select(Match).where(Match.tournament_id == tournament_id, Match.id.in_(sorted(ids)))).all()
    missing = set(ids) - {match.id for match in found}
    if missing:
        raise NotFound(f"There is no match {min(missing)} in tournament {tournament_id}.", code="match_not_found")
    return found


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
