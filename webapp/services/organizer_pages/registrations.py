"""Registrations and payments of a tournament as its organizers see them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from webapp.domain.money import shown_amount
from webapp.domain.permissions import Action
from webapp.models import Payment, Registration, Team, Tournament, User
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.pages.entry_view import AnswerLine, PaymentView, PlayerLine
from webapp.services.pages.own_entries import answers_of, payment_view, players_of
from webapp.services.pages.paging import Paging
from webapp.services.registration import custom_fields, entry_moves
from webapp.services.registration.participant_names import name_column
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

A_PAGE: Final = 50
STATUSES: Final = ("submitted", "pending", "approved", "waitlisted", "rejected", "withdrawn", "no_show")
PAYMENT_STATES: Final = ("submitted", "pending", "rejected", "verified", "refunded")


@dataclass(frozen=True, slots=True)
class ManagedEntry:
    """A registration with what it brought."""

    id: int
    name: str
    status: str
    created_at: datetime
    reason: str
    is_checked_in: bool
    payment: PaymentView | None
    players: tuple[PlayerLine, ...]
    answers: tuple[AnswerLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationsView:
    """One page of registrations of a state (all, when it is empty), and how many there are of each."""

    head: ManagedHead
    status: str
    counts: Mapping[str, int]
    entries: tuple[ManagedEntry, ...]
    paging: Paging
    places: int | None
    taken: int
    has_fee: bool
    fields_count: int


@dataclass(frozen=True, slots=True)
class ManagedPayment:
    """A payment in the queue."""

    registration_id: int
    name: str
    status: str
    payment: PaymentView


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsView:
    """One page of payments of a state; those to be verified first by when they came."""

    head: ManagedHead
    state: str
    counts: Mapping[str, int]
    payments: tuple[ManagedPayment, ...]
    paging: Paging
    fee: str


def read_registrations(tournament_id: int, *, actor: Actor, status: str, page: int) -> RegistrationsView:
    """The registrations for who decides about them. Raises NotFound, Forbidden."""
    status = status if status in STATUSES else ""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.MANAGE_PARTICIPANTS)
        counts = _counts(session, Registration.status, Registration.tournament_id == tournament_id)
        found = _of(tournament_id)
        if status:
            found = found.where(Registration.status == status)
        paging = Paging.of(page, size=A_PAGE, total=counts.get(status, 0) if status else sum(counts.values()))
        # Those about whom somebody decides, the waitlist in its order, then everybody else.
        turn = case((Registration.status == "submitted", 0), (Registration.status == "waitlisted", 1), else_=2)
        in_order = found.order_by(turn, Registration.waitlisted_at, Registration.id)
        rows = session.execute(in_order.offset(paging.offset).limit(paging.size)).all()
        return RegistrationsView(
            head=head_of(session, tournament, actor),
            status=status,
            counts=counts,
            entries=tuple(_entries(session, tournament, rows)),
            paging=paging,
            places=tournament.places,
            taken=entry_moves.places_taken(session, tournament_id),
            has_fee=tournament.entry_fee > 0,
            fields_count=len(custom_fields.rules_of(session, tournament_id)),
        )


def read_payments(tournament_id: int, *, actor: Actor, state: str, page: int) -> PaymentsView:
    """The payments for who verifies them. Raises NotFound, Forbidden."""
    state = state if state in PAYMENT_STATES else "submitted"
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.VERIFY_PAYMENTS)
        counts = _counts(session, Payment.state, Payment.tournament_id == tournament_id)
        paging = Paging.of(page, size=A_PAGE, total=counts.get(state, 0))
        found = _of(tournament_id).where(Payment.state == state)
        in_order = found.order_by(Payment.submitted_at.is_(None), Payment.submitted_at, Payment.id)
        rows = session.execute(in_order.offset(paging.offset).limit(paging.size)).all()
        listed = []
        for row in rows:
            seen = payment_view(row.Payment)
            assert seen is not None
            listed.append(ManagedPayment(row.Registration.id, row.name, row.Registration.status, seen))
        return PaymentsView(
            head=head_of(session, tournament, actor),
            state=state,
            counts=counts,
            payments=tuple(listed),
            paging=paging,
            fee=shown_amount(tournament.entry_fee, tournament.currency) if tournament.entry_fee else "",
        )


def export_registrations(tournament_id: int, *, actor: Actor) -> tuple[list[str], list[list[object]]]:
    """All registrations as a table: head and rows, answers included. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        find_managed(session, tournament_id, actor, Action.MANAGE_PARTICIPANTS)
        asked = custom_fields.rules_of(session, tournament_id)
        rows = session.execute(_of(tournament_id).order_by(Registration.id)).all()
        line_ups = players_of(session, [row.Registration.id for row in rows])
        head = ["registration", "name", "status", "seed", "checked_in", "payment", "reference", "players"]
        return head + [rule.key for rule in asked], [
            [
                row.Registration.id, row.name, row.Registration.status, row.Registration.seed,
                "yes" if row.Registration.checked_in_at else "no", row.Payment.state if row.Payment else None,
                row.Payment.reference if row.Payment else None,
                _line_up_cell(line_ups.get(row.Registration.id, ())),
                *(_cell(row.Registration.answers.get(rule.key)) for rule in asked),
            ]
            for row in rows
        ]  # fmt: skip


def _entries(session: Session, tournament: Tournament, rows: Any) -> Iterator[ManagedEntry]:
    line_ups = players_of(session, [row.Registration.id for row in rows])
    asked = custom_fields.rules_of(session, tournament.id)
    for row in rows:
        registration = row.Registration
        yield ManagedEntry(
            registration.id, row.name, registration.status, registration.created_at, registration.decision_reason,
            registration.checked_in_at is not None, payment_view(row.Payment), line_ups.get(registration.id, ()),
            answers_of(asked, registration.answers),
        )  # fmt: skip


def _counts(session: Session, column: Any, condition: Any) -> dict[str, int]:
    return dict(session.execute(select(column, func.count()).where(condition).group_by(column)).all())


def _of(tournament_id: int) -> Select[Registration, Payment, str]:
    return (
        select(Registration, Payment, name_column().label("name"))
        .outerjoin(Payment, Payment.registration_id == Registration.id)
        .outerjoin(Team, Team.id == Registration.team_id)
        .outerjoin(User, User.id == Registration.user_id)
        .where(Registration.tournament_id == tournament_id)
    )


def _line_up_cell(players: tuple[PlayerLine, ...]) -> str:
    return "; ".join(f"{who.handle} ({who.player_id or who.role})" for who in players)


def _cell(answer: object) -> object:
    return {True: "yes", False: "no"}[answer] if isinstance(answer, bool) else answer
