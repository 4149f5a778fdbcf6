"""Matches before their result: schedule, start, running scores."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from webapp.domain import lifecycle
from webapp.domain.errors import Conflict, FieldError, NotFound, ResultError
from webapp.domain.games import load_games
from webapp.domain.names import UnusableNameError, clean_name
from webapp.domain.permissions import Action
from webapp.models import Match, Registration, Tournament
from webapp.services.bracketing import progression
from webapp.services.live import freezes
from webapp.services.matches import dispute_endings, pauses, reports, schedules, sides
from webapp.services.matches.dispute_endings import CalledOff
from webapp.services.spine import audit, log, permissions, undo
from webapp.services.spine.actors import Actor
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import transaction

_OVER = ("completed", "cancelled", "archived")


class Fixture(NamedTuple):
    """A match to be scheduled; both sides None for a battle-royale lobby."""

    label: str
    scheduled_at: datetime | None = None
    map: str | None = None
    side_a_id: int | None = None
    side_b_id: int | None = None
    best_of: int = 1
    round: int | None = None
    stage: str | None = None


def schedule(
    tournament_id: int,
    fixtures: Sequence[Fixture],
    *,
    length: timedelta = schedules.MATCH_LENGTH,
    actor: Actor,
    now: datetime,
) -> list[int]:
    """Add matches after those that are there, each of which takes that long; returns their ids in order.

    Raises ResultError naming every fixture that cannot be played, or has somebody in two matches at once, Conflict once
    the tournament is over.
    """
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_MATCHES, tournament)
        if tournament.status in _OVER:
            raise Conflict(f"Tournament {tournament_id} is {tournament.status}; no match can be added any more.")
        return add_fixtures(session, tournament, fixtures, length=length, actor=actor, now=now)


def add_fixtures(
    session: Session,
    tournament: Tournament,
    fixtures: Sequence[Fixture],
    *,
    length: timedelta = schedules.MATCH_LENGTH,
    actor: Actor,
    now: datetime,
) -> list[int]:
    """What scheduling writes, in the caller's transaction: matches numbered on, event, audit."""
    _check_fixtures(session, tournament, fixtures)
    if not fixtures:
        return []
    last = session.scalar(
        select(Match.number).where(Match.tournament_id == tournament.id).order_by(Match.number.desc()).limit(1)
    )
    rows = [
        {"tournament_id": tournament.id, "number": number, "state": "scheduled"} | fixture._asdict()
        for number, fixture in enumerate(fixtures, start=(last or 0) + 1)
    ]
    ids = list(session.scalars(insert(Match).returning(Match.id, sort_by_parameter_order=True), rows))
    _ensure_no_clash(session, tournament, ids, fixtures, length)
    log.record(session, tournament, "match_scheduled", {"match_ids": ids}, actor=actor, now=now)
    audit.record(session, actor, "match.scheduled", now=now, tournament_id=tournament.id, match_ids=ids)
    return ids


def start_match(match_id: int, *, actor: Actor, now: datetime) -> bool:
    """A match begins; False when it is being played already.

    Raises Conflict while its tournament is not live, and for one that waits for its sides (`match_without_sides`).
    """
    with transaction() as session:
        tournament, match = lock_match(session, match_id, actor, Action.MANAGE_MATCHES)
        if match.state == "live":
            return False
        ensure_live(tournament)
        pauses.ensure_not_paused(tournament)
        before = match.state
        match.state = lifecycle.move(lifecycle.MATCH, before, "live", official=True)
        if tournament.format != "battle-royale":
            sides.both_of(match)
        match.started_at = now
        log.record(
            session, tournament, "match_started", {"number": match.number}, actor=actor, now=now, match_id=match.id
        )
        audit.record(
            session, actor, "match.started", now=now, tournament_id=tournament.id, match_id=match.id,
            before=before, after="live",
        )  # fmt: skip
        return True


def cancel_match(match_id: int, *, reason: str, actor: Actor, now: datetime) -> bool:
    """Take a match that has no result off the schedule; False when it is off already.

    What its sides have reported or disputed is closed with it. Raises Conflict for a match with a confirmed result
    (void that, or where it is disputed decide the dispute), TransitionError for one that is over.
    """
    reason = checked_reason(reason)
    with transaction() as session:
        tournament, match = lock_match(session, match_id, actor, Action.MANAGE_MATCHES)
        if match.state == "cancelled":
            return False
        _ensure_without_result(match)
        before = undo.match_face(match)
        record_cancelled(session, tournament, match, reason=reason, actor=actor, now=now)
        reports.close_in(session, match, None)
        dispute_endings.close_overtaken(CalledOff(session, tournament, match, actor, now))
        undo.offer_of_match(session, tournament, match, "match.cancelled", before, actor=actor, now=now)
        progression.after_end(session, tournament, match, actor=actor, now=now)
        freezes.begin_if_due(session, tournament, actor=actor, now=now)
        return True


def record_cancelled(
    session: Session, tournament: Tournament, match: Match, *, reason: str, actor: Actor, now: datetime
) -> None:
    """What cancelling a match without a result writes, in the caller's transaction."""
    before = match.state
    match.state = lifecycle.move(lifecycle.MATCH, before, "cancelled", official=True)
    match.live_lines = None
    data = {"number": match.number}
    log.record(session, tournament, "match_cancelled", data, actor=actor, now=now, match_id=match.id)
    audit.record(
        session, actor, "match.cancelled", now=now, tournament_id=tournament.id, match_id=match.id,
        before=before, after="cancelled", reason=reason,
    )  # fmt: skip


def update_score(match_id: int, lines: Sequence[Sequence[int]], *, actor: Actor, now: datetime) -> None:
    """The running score of a live match, which is shown and never counted; the same score again changes nothing.

    A line is [participant, placement or -1, kills] in a battle royale and [game number, score A, score B] in a series.
    Raises ResultError naming every line of another form, Conflict for a match that is not live.
    """
    with transaction() as session:
        tournament, match = lock_match(session, match_id, actor, Action.ENTER_RESULTS)
        if match.state != "live":
            raise Conflict(f"Match {match.number} is {match.state}; running scores belong to a live match.")
        is_series = match.side_a_id is not None
        errors = list(_running_errors(lines, least=(1, 0, 0) if is_series else (1, -1, 0)))
        if not errors and not is_series:
            errors = list(_strangers(session, tournament, [line[0] for line in lines]))
        if errors:
            raise ResultError.listing("The running score cannot be taken", errors)
        running = [list(line) for line in lines]
        if running == match.live_lines:
            return
        match.live_lines = running
        data = {"lines": [] if is_series else running, "games": running if is_series else []}
        log.record(session, tournament, "score_updated", data, actor=actor, now=now, match_id=match.id)


def lock_match(
    session: Session, match_id: int, actor: Actor, action: Action, expected_revision: int | None = None
) -> tuple[Tournament, Match]:
    """The match with its tournament locked, for an actor who may do that to it (`permissions.ensure`).

    Raises NotFound, or Conflict when the match changed since `expected_revision`.
    """
    tournament = session.scalar(_TOURNAMENT_OF_MATCH, {"match_id": match_id})
    if tournament is None:
        raise NotFound(f"There is no match {match_id}.", code="match_not_found")
    permissions.ensure(session, actor, action, tournament)
    match = session.get_one(Match, match_id, populate_existing=True)
    if expected_revision is not None and match.revision != expected_revision:
        raise Conflict(
            f"Match {match.number} was changed meanwhile: you saw revision {expected_revision}, "
            f"it is at {match.revision}.",
            code="stale_revision",
        )
    return tournament, match


_TOURNAMENT_OF_MATCH: Final = log.locking(
    Tournament.id == select(Match.tournament_id).where(Match.id == bindparam("match_id")).scalar_subquery()
)


def ensure_live(tournament: Tournament) -> None:
    """Matches are played and their results confirmed while the tournament is live."""
    if tournament.status != "live":
        raise Conflict(
            f"Tournament {tournament.id} is {tournament.status}; matches are played while it is live.",
            code="tournament_not_live",
        )


def ensure_can_end(tournament: Tournament, match: Match) -> None:
    """Like `ensure_live`; but what a correction set to be played again is played after the tournament's end too."""
    if tournament.status != "completed" or not match.revision:
        ensure_live(tournament)


def _ensure_without_result(match: Match) -> None:
    if match.completed_at is None:
        return
    what = "result, which is disputed; decide the dispute" if match.state == "disputed" else "result; void it"
    raise Conflict(f"Match {match.number} has a confirmed {what}.", code="match_has_result")


def _ensure_no_clash(
    session: Session, tournament: Tournament, ids: Sequence[int], fixtures: Sequence[Fixture], length: timedelta
) -> None:
    """Nobody is planned for two matches at once; the refusal names the fixture by its place."""
    place_of = {str(match_id): place for place, match_id in enumerate(ids, start=1)}
    times = {match_id: fixture.scheduled_at for match_id, fixture in zip(ids, fixtures, strict=True)}
    try:
        schedules.ensure_no_clash(session, tournament, times, length=length, field="{}")
    except ResultError as clash:
        errors = [FieldError(f"fixture {place_of[error.path]}: scheduled_at", error.message) for error in clash.fields]
        raise ResultError.listing("The matches cannot be scheduled", errors) from clash


def _check_fixtures(session: Session, tournament: Tournament, fixtures: Sequence[Fixture]) -> None:
    sides = {side for fixture in fixtures for side in (fixture.side_a_id, fixture.side_b_id) if side is not None}
    taking_part = select(Registration.id).where(
        Registration.tournament_id == tournament.id, Registration.status == "approved"
    )
    members = set(session.scalars(taking_part)) if sides else set()
    errors = [
        FieldError(f"fixture {place}: {error.path}", error.message)
        for place, fixture in enumerate(fixtures, start=1)
        for error in _fixture_errors(tournament, fixture, members)
    ]
    if errors:
        raise ResultError.listing("The matches cannot be scheduled", errors)


def name_errors(label: str, map_name: str | None) -> Iterator[FieldError]:
    """What is wrong with a match's label and map."""
    for field, name in (("label", label), ("map", map_name or "")):
        try:
            clean_name(name)
        except UnusableNameError as error:
            yield FieldError(field, str(error))


def _fixture_errors(tournament: Tournament, fixture: Fixture, members: set[int]) -> Iterator[FieldError]:
    yield from name_errors(fixture.label, fixture.map)
    sides = [side for side in (fixture.side_a_id, fixture.side_b_id) if side is not None]
    if tournament.format == "battle-royale":
        if sides:
            yield FieldError("sides", "a battle-royale lobby has no two sides")
        return
    best_of = load_games()[tournament.game].best_of
    if fixture.best_of not in best_of:
        yield FieldError("best_of", f"must be one of {', '.join(map(str, best_of))}, not {fixture.best_of}")
    for side in sides:
        if side not in members:
            yield FieldError("sides", f"participant {side} does not take part in tournament {tournament.id}")
    if len(sides) == 2 and sides[0] == sides[1]:
        yield FieldError("sides", f"participant {sides[0]} cannot play against itself")


def _running_errors(lines: Sequence[Sequence[int]], *, least: tuple[int, int, int]) -> Iterator[FieldError]:
    first_seen: dict[int, int] = {}
    for place, line in enumerate(lines, start=1):
        if len(line) != 3 or not all(type(value) is int for value in line):
            yield FieldError(f"line {place}", "must be three whole numbers")
        elif any(value < low for value, low in zip(line, least, strict=True)):
            yield FieldError(f"line {place}", f"must be {least[0]}, {least[1]} and {least[2]} or more")
        elif first_seen.setdefault(line[0], place) != place:
            yield FieldError(f"line {place}", f"{line[0]} is in line {first_seen[line[0]]} already")


def _strangers(session: Session, tournament: Tournament, participant_ids: Sequence[int]) -> Iterator[FieldError]:
    members = set(session.scalars(select(Registration.id).where(Registration.tournament_id == tournament.id)))
    for place, participant_id in enumerate(participant_ids, start=1):
        if participant_id not in members:
            yield FieldError(f"line {place}", f"participant {participant_id} does not take part in this tournament")
