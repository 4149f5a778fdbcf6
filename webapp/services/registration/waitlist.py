"""The waitlist: places that become free go to it in its order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from webapp.models import Payment, Registration, Tournament
from webapp.services.registration import entry_moves
from webapp.services.spine import audit, log
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction

OFFER: Final = timedelta(hours=24)
"""How long a free place is kept for somebody of the waitlist who has yet to pay for it."""
_BEFORE_START: Final = ("registration_open", "registration_closed")


def in_order(session: Session, tournament_id: int) -> Sequence[Registration]:
    """Who waits, the first first."""
    waiting = select(Registration).where(
        Registration.tournament_id == tournament_id, Registration.status == "waitlisted"
    )
    return session.scalars(waiting.order_by(Registration.waitlisted_at, Registration.id)).all()


def fill(session: Session, tournament: Tournament, *, actor: Actor, now: datetime) -> list[int]:
    """Give free places to the waitlist, in the caller's transaction; returns who got one. After the start: nobody.

    Where a fee is due the place is kept for a day, where the organizer decides they decide.
    """
    if tournament.status not in _BEFORE_START:
        return []
    session.flush()
    free = entry_moves.places_free(session, tournament)
    waiting = in_order(session, tournament.id)
    promoted = waiting if free is None else waiting[:free]
    for registration in promoted:
        promote(session, tournament, registration, actor=actor, now=now)
    if promoted:
        ids = [registration.id for registration in promoted]
        audit.record(
            session, actor, "waitlist.promoted", now=now, tournament_id=tournament.id, registration_ids=ids
        )  # fmt: skip
    return [registration.id for registration in promoted]


def promote(
    session: Session, tournament: Tournament, registration: Registration, *, actor: Actor, now: datetime
) -> None:
    """Let one in from the waitlist, as far as it gets by itself."""
    to = state_of_place(session, tournament, registration.id)
    entry_moves.move(session, tournament, registration, to, actor=actor, now=now)
    if to == "pending":
        registration.offered_until = now + OFFER
        owe(session, tournament, registration, actor=actor, now=now)


def state_of_place(session: Session, tournament: Tournament, registration_id: int | None) -> str:
    """The state of a registration that has just got a place; what it paid before it withdrew or waited counts."""
    if tournament.entry_fee:
        paid = session.scalar(select(Payment.state).where(Payment.registration_id == registration_id))
        if paid != "verified":
            return "submitted" if paid == "submitted" else "pending"
    return "submitted" if tournament.asks_approval else "approved"


def owe(session: Session, tournament: Tournament, registration: Registration, *, actor: Actor, now: datetime) -> None:
    """The payment of a registration that owes the fee, unless there is one already; what went back is owed anew."""
    payment = session.scalar(select(Payment).where(Payment.registration_id == registration.id))
    if payment is None:
        session.add(
            Payment(
                tournament_id=tournament.id, registration_id=registration.id, amount=tournament.entry_fee,
                currency=tournament.currency, created_at=now,
            )
        )  # fmt: skip
    elif payment.state == "refunded":
        payment.state, payment.revision = "pending", payment.revision + 1
        payment.amount, payment.currency = tournament.entry_fee, tournament.currency
        payment.method = payment.reference = payment.reason = ""
        payment.proof_id = payment.submitted_by_id = payment.submitted_at = None
        payment.decided_by_id = payment.decided_at = None
        audit.record(
            session, actor, "payment.pending", now=now, tournament_id=tournament.id, payment_id=payment.id,
            registration_id=registration.id, before="refunded", after="pending",
        )  # fmt: skip


def pass_on(*, now: datetime) -> list[int]:
    """Take back the places that were offered and not paid for in time, and offer them to the next; who lost one.

    They wait again, behind all others.
    """
    lapsed: list[int] = []
    for tournament_id in _with_lapsed_offers(now):
        with transaction() as session:
            tournament = log.lock_tournament(session, tournament_id)
            late = session.scalars(
                select(Registration).where(Registration.tournament_id == tournament_id, _has_lapsed(now))
            ).all()
            others_wait = bool(in_order(session, tournament_id))
            if not late or not others_wait or tournament.status not in _BEFORE_START:
                continue
            for registration in late:
                entry_moves.move(session, tournament, registration, "waitlisted", actor=SYSTEM, now=now)
            ids = [registration.id for registration in late]
            audit.record(
                session, SYSTEM, "waitlist.offer_lapsed", now=now, tournament_id=tournament_id, registration_ids=ids
            )  # fmt: skip
            fill(session, tournament, actor=SYSTEM, now=now)
            lapsed += ids
    return lapsed


def _with_lapsed_offers(now: datetime) -> Sequence[int]:
    with read_snapshot() as session:
        ids = (
            select(Registration.tournament_id)
            .join(Tournament, Tournament.id == Registration.tournament_id)
            .where(_has_lapsed(now), Tournament.deleted_at.is_(None), Tournament.status.in_(_BEFORE_START))
        )
        return session.scalars(ids.distinct()).all()


def _has_lapsed(now: datetime) -> ColumnElement[bool]:
    return and_(Registration.status == "pending", Registration.offered_until <= now)
