"""Registrations, payments and matches of one tournament as programs of its officials read them: ids and states."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.domain.permissions import Action
from webapp.models import Match, Payment, Registration, Tournament
from webapp.services.boards import boards
from webapp.services.matches import match_reads
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot


class Part(NamedTuple):
    """Which part of a list."""

    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class Listed:
    """How many there are, how many in each state whatever the filters, and one page of them."""

    count: int
    counts: dict[str, int]
    results: list[dict[str, Any]]


class MatchFilters(NamedTuple):
    """Which matches; None where it does not matter."""

    state: str | None = None
    stage_id: int | None = None
    round: int | None = None
    participant_id: int | None = None
    is_scheduled: bool | None = None


def registrations(
    tournament_id: int, part: Part, *, status: str | None = None, is_checked_in: bool | None = None, actor: Actor
) -> Listed:
    """The registrations for who decides about them, in their order. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = _managed(session, tournament_id, actor, Action.MANAGE_PARTICIPANTS)
        wanted = [Registration.tournament_id == tournament.id]
        counts = _counts(session, Registration.status, wanted[0])
        if status is not None:
            wanted.append(Registration.status == status)
        if is_checked_in is not None:
            wanted.append(Registration.checked_in_at.is_not(None) == is_checked_in)
        count = _count(session, Registration, wanted)
        page = (
            select(Registration, Payment)
            .outerjoin(Payment, Payment.registration_id == Registration.id)
            .where(*wanted)
            .order_by(Registration.waitlisted_at.is_not(None), Registration.waitlisted_at, Registration.id)
        )
        rows = session.execute(page.offset(part.offset).limit(part.limit))
        return Listed(count, counts, [_registration(row.Registration, row.Payment) for row in rows])


def payments(tournament_id: int, part: Part, *, status: str | None = None, actor: Actor) -> Listed:
    """The payments for who verifies them, those that came first first. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = _managed(session, tournament_id, actor, Action.VERIFY_PAYMENTS)
        wanted = [Payment.tournament_id == tournament.id]
        counts = _counts(session, Payment.state, wanted[0])
        if status is not None:
            wanted.append(Payment.state == status)
        count = _count(session, Payment, wanted)
        in_order = select(Payment).where(*wanted).order_by(
            Payment.submitted_at.is_(None), Payment.submitted_at, Payment.id
        )  # fmt: skip
        rows = session.scalars(in_order.offset(part.offset).limit(part.limit))
        return Listed(count, counts, [_payment(row) for row in rows])


def matches(tournament_id: int, part: Part, filters: MatchFilters, *, actor: Actor) -> Listed:
    """The matches as officials know them, whatever is hidden from others. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = _managed(session, tournament_id, actor, Action.SEE_OFFICIAL_BOARD)
        of_tournament = Match.tournament_id == tournament.id
        counts = _counts(session, Match.state, of_tournament)
        wanted = [of_tournament, *_of_matches(filters)]
        count = _count(session, Match, wanted)
        in_order = select(Match).where(*wanted).order_by(Match.number)
        rows = session.scalars(in_order.offset(part.offset).limit(part.limit))
        return Listed(count, counts, [match_reads.told_whole(match) for match in rows])


def _of_matches(filters: MatchFilters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.state is not None:
        wanted.append(Match.state == filters.state)
    if filters.stage_id is not None:
        wanted.append(Match.stage_id == filters.stage_id)
    if filters.round is not None:
        wanted.append(Match.round == filters.round)
    if filters.participant_id is not None:
        wanted.append((Match.side_a_id == filters.participant_id) | (Match.side_b_id == filters.participant_id))
    if filters.is_scheduled is not None:
        wanted.append(Match.scheduled_at.is_not(None) == filters.is_scheduled)
    return wanted


def _managed(session: Session, tournament_id: int, actor: Actor, action: Action) -> Tournament:
    tournament = boards.find_tournament(session, tournament_id)
    permissions.ensure(session, actor, action, tournament)
    return tournament


def _counts(session: Session, state: InstrumentedAttribute[str], where: ColumnElement[bool]) -> dict[str, int]:
    return dict(session.execute(select(state, func.count()).where(where).group_by(state)).all())


def _count(session: Session, model: type[Registration | Payment | Match], wanted: Sequence[ColumnElement[bool]]) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*wanted)) or 0


def _registration(row: Registration, payment: Payment | None) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("team_id", "user_id", "status", "seed", "created_at")}
    return told | {
        "registration_id": row.id,
        "checked_in_at": row.checked_in_at,
        "waitlisted_at": row.waitlisted_at,
        "payment_id": None if payment is None else payment.id,
        "payment_status": None if payment is None else payment.state,
    }


def _payment(row: Payment) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("registration_id", "amount", "currency", "revision", "submitted_at")}
    return told | {
        "payment_id": row.id,
        "status": row.state,
        "submitted_by_id": row.submitted_by_id,
        "decided_by_id": row.decided_by_id,
        "decided_at": row.decided_at,
        "has_proof": row.proof_id is not None,
    }
