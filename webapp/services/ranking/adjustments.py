"""The ledger of signed points beside the results: penalties, bonuses, head starts."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, FieldError, NotFound, ResultError
from webapp.domain.permissions import Action
from webapp.domain.rules import Ruleset
from webapp.models import Adjustment, Match, Registration, Tournament
from webapp.services.matches.confirmation import MatchOutcome, ensure_not_archived
from webapp.services.ranking import standings
from webapp.services.registration.participant_names import names_of
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.log import Fact
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import outcomes

KINDS: Final[Mapping[str, int]] = {"penalty": -1, "bonus": 1, "head_start": 1}
"""The kinds of adjustments with the sign of their points."""
HEAD_START_REASON: Final = "Head start given by the rules of the tournament."


def adjust(
    tournament_id: int,
    registration_id: int,
    *,
    kind: str,
    points: int,
    reason: str,
    actor: Actor,
    now: datetime,
    match_id: int | None = None,
) -> MatchOutcome:
    """Add signed points with a reason to a participant: a penalty (below zero), a bonus or a head start (above).

    With `match_id` they count from that match on. Raises ResultError for points or a reason that cannot be, NotFound
    for a participant or match of another tournament, Conflict once the tournament is archived.
    """
    reason = checked_reason(reason)
    _check_points(kind, points)
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.ADJUST_POINTS, tournament)
        ensure_not_archived(tournament)
        match = _checked_place(session, tournament_id, registration_id, match_id)
        adjustment = Adjustment(
            tournament_id=tournament_id, registration_id=registration_id, match_id=match_id, kind=kind,
            points=points, reason=reason, seq=tournament.log_seq + 1, created_at=now,
        )  # fmt: skip
        session.add(adjustment)
        session.flush()
        data = {"adjustment_id": adjustment.id, "kind": kind, "points": points}
        seq = log.record(
            session, tournament, "adjustment_recorded", data, actor=actor, now=now,
            match_id=match_id, registration_id=registration_id,
        )  # fmt: skip
        rules = standings.rules_of(tournament)
        standings.refresh(session, tournament, rules, [registration_id], seq=seq)
        audit.record(
            session, actor, "adjustment.recorded", now=now, tournament_id=tournament_id, match_id=match_id,
            registration_id=registration_id, kind=kind, points=points, reason=reason,
        )  # fmt: skip
        outcomes.review_after_change(session, tournament, rules, actor=actor, now=now)
        return MatchOutcome(match_id or 0, match.revision if match else 0, seq, changed=True)


def give_head_starts(
    session: Session,
    tournament: Tournament,
    *,
    actor: Actor,
    now: datetime,
    only: Collection[int] | None = None,
) -> None:
    """Write the head starts that the rules give by name or seed, in the caller's transaction; to everybody once.

    `only` some registrations get theirs: who joins when the tournament has begun. Without it everybody does, and a name
    that nobody has is refused (Conflict).
    """
    rules = standings.rules_of(tournament)
    if not rules.head_start and not rules.head_start_by_seed:
        return
    points = _head_starts(session, tournament, rules, is_start=only is None)
    served = _served(session, tournament.id)
    wanted = points.keys() - served if only is None else (points.keys() & only) - served
    points = {who: given for who, given in points.items() if given and who in wanted}
    if not points:
        return
    rows = [
        {
            "tournament_id": tournament.id, "registration_id": registration_id, "match_id": None,
            "kind": "head_start", "points": given, "reason": HEAD_START_REASON, "seq": seq, "created_at": now,
        }
        for seq, (registration_id, given) in enumerate(points.items(), start=tournament.log_seq + 1)
    ]  # fmt: skip
    ids = session.scalars(insert(Adjustment).returning(Adjustment.id, sort_by_parameter_order=True), rows)
    facts = [
        Fact(
            "adjustment_recorded",
            {"adjustment_id": adjustment_id, "kind": "head_start", "points": given},
            registration_id=registration_id,
        )
        for adjustment_id, (registration_id, given) in zip(ids, points.items(), strict=True)
    ]
    seq = log.record_many(session, tournament, facts, actor=actor, now=now, announce=True)
    standings.refresh(session, tournament, rules, points, seq=seq)
    audit.record(
        session, actor, "head_starts.given", now=now, tournament_id=tournament.id,
        points=[list(given) for given in points.items()],
    )  # fmt: skip


def _served(session: Session, tournament_id: int) -> set[int]:
    """Who has had a head start by the rules."""
    head_starts = select(Adjustment.registration_id).where(
        Adjustment.tournament_id == tournament_id,
        Adjustment.kind == "head_start",
        Adjustment.reason == HEAD_START_REASON,
    )
    return set(session.scalars(head_starts))


def _check_points(kind: str, points: int) -> None:
    if kind not in KINDS:
        message = f"{kind!r} is none of {', '.join(KINDS)}"
        raise ResultError.listing("The points cannot be given", [FieldError("kind", message)])
    if points * KINDS[kind] <= 0:
        message = "a penalty is below zero, a bonus or head start above"
        raise ResultError(f"{points} points cannot be a {kind}: {message}.", [FieldError("points", message)])


def _checked_place(session: Session, tournament_id: int, registration_id: int, match_id: int | None) -> Match | None:
    registration = session.get(Registration, registration_id)
    if registration is None or registration.tournament_id != tournament_id:
        raise NotFound(
            f"Participant {registration_id} is not in tournament {tournament_id}.", code="participant_not_found"
        )
    match = None if match_id is None else session.get(Match, match_id)
    if match_id is not None and (match is None or match.tournament_id != tournament_id):
        raise NotFound(f"Match {match_id} is not in tournament {tournament_id}.", code="match_not_found")
    return match


def _head_starts(session: Session, tournament: Tournament, rules: Ruleset, *, is_start: bool) -> dict[int, int]:
    taking_part = session.execute(
        select(Registration.id, Registration.seed)
        .where(Registration.tournament_id == tournament.id, Registration.status == "approved")
        .order_by(Registration.id)
    ).all()
    if rules.head_start_by_seed:
        by_seed = dict(enumerate(rules.head_start_by_seed, start=1))
        return {row.id: by_seed.get(row.seed or 0, 0) for row in taking_part}
    names = names_of(session, [row.id for row in taking_part])
    unknown = sorted(rules.head_start.keys() - set(names.values()))
    if unknown and is_start:
        raise Conflict(
            f"The rules give a head start to {', '.join(unknown)}, but nobody of that name is registered.",
            [FieldError(f"head_start.{name}", "is not registered") for name in unknown],
            code="head_start_unknown",
        )
    return {row.id: rules.head_start.get(names[row.id], 0) for row in taking_part}
