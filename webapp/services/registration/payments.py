"""Entry fees: the payer sends a reference or a proof, an official verifies, rejects or refunds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain import lifecycle
from webapp.domain.errors import Conflict, DomainError, FieldError, NotFound, ResultError
from webapp.domain.permissions import Action
from webapp.models import Payment, Registration, StoredFile, Tournament
from webapp.services.files import uploads
from webapp.services.files.uploads import Received
from webapp.services.registration import entry_moves, entry_owners
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import read_snapshot, transaction

LONGEST_REFERENCE: Final = 100
MOST_AT_ONCE: Final = 200
_ENDED: Final = ("rejected", "withdrawn")
_OVER: Final = ("completed", "cancelled", "archived")
_EVENTS: Final = {"verified": "payment_verified", "rejected": "payment_rejected", "refunded": "payment_refunded"}


class PaymentState(NamedTuple):
    """Where a payment stands, and the registration that it is for."""

    payment_id: int
    state: str
    revision: int
    registration_status: str


class Unverified(NamedTuple):
    """A payment of many that stayed as it was, and why."""

    payment_id: int
    code: str
    message: str


class ManyVerified(NamedTuple):
    """What came of verifying many at once: the payments, the registrations admitted by them, and what was refused."""

    verified: tuple[int, ...]
    admitted: tuple[int, ...]
    refused: tuple[Unverified, ...]


def submit_proof(
    payment_id: int, *, method: str, reference: str, proof: Received | None, actor: Actor, now: datetime
) -> PaymentState:
    """Say that the fee is paid, by a reference, a proof, or both; after a rejection once more.

    Raises NotFound for a payment of others, Conflict where nothing is to be paid, ResultError, TransitionError.
    """
    with transaction() as session:
        tournament, registration, payment = _locked(session, payment_id)
        entry_owners.ensure_owner(session, registration, actor)
        _ensure_owed(tournament, registration)
        before = payment.state
        after = lifecycle.move(lifecycle.PAYMENT, before, "submitted")
        payment.method, payment.reference = _checked(tournament, method, reference, has_proof=proof is not None)
        if proof is not None:
            stored = uploads.add(session, proof, actor=actor, now=now, tournament_id=tournament.id)
            payment.proof_id = stored.id
        payment.submitted_by_id, payment.submitted_at = actor.user_id, now
        payment.decided_by_id = payment.decided_at = None
        payment.reason = ""
        _step(session, tournament, payment, after, "payment_proof_submitted", actor=actor, now=now)
        if registration.status == "pending":
            entry_moves.move(session, tournament, registration, "submitted", actor=actor, now=now)
        return _state_of(payment, registration)


def verify(payment_id: int, *, revision: int | None = None, actor: Actor, now: datetime) -> PaymentState:
    """The money is there: the registration is admitted by it. Twice is the same as once.

    `revision` is the payment's as it was seen; Conflict `payment_changed` when it is another by now.
    """
    with transaction() as session:
        tournament, registration, payment = _managed(session, payment_id, actor)
        if payment.state != "verified":
            _verify(session, tournament, registration, payment, revision, actor=actor, now=now)
        return _state_of(payment, registration)


def verify_many(tournament_id: int, seen: Mapping[int, int | None], *, actor: Actor, now: datetime) -> ManyVerified:
    """Verify many at once, in the order of their ids; what cannot be verified stays, the others go on.

    `seen` holds the payments, each with its revision as it was looked at (None: whatever it is by now). What is
    verified already is left alone. Raises NotFound where one is of another tournament, Forbidden, ResultError.
    """
    if not 1 <= len(seen) <= MOST_AT_ONCE:
        message = f"choose 1 to {MOST_AT_ONCE} at once"
        raise ResultError(f"No payment is verified: {message}.", [FieldError("payment_ids", message)])
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.VERIFY_PAYMENTS, tournament)
        rows = session.execute(
            select(Payment, Registration)
            .join(Registration, Registration.id == Payment.registration_id)
            .where(Payment.tournament_id == tournament_id, Payment.id.in_(seen))
            .order_by(Payment.id)
            .execution_options(populate_existing=True)
        ).all()
        if missing := seen.keys() - {payment.id for payment, _ in rows}:
            raise _missing(min(missing))
        verified, admitted, refused = [], [], []
        for payment, registration in rows:
            if payment.state == "verified":
                continue
            try:
                is_admitted = _verify(
                    session, tournament, registration, payment, seen[payment.id], actor=actor, now=now
                )  # fmt: skip
            except DomainError as error:
                refused.append(Unverified(payment.id, error.code, error.message))
            else:
                verified.append(payment.id)
                admitted += [registration.id] if is_admitted else []
        return ManyVerified(tuple(verified), tuple(admitted), tuple(refused))


def reject(payment_id: int, *, reason: str, revision: int | None = None, actor: Actor, now: datetime) -> PaymentState:
    """The money is not there, or the proof is none; the payer reads why and may submit again."""
    reason = checked_reason(reason)
    return _decided(payment_id, "rejected", reason, revision, actor, now)


def refund(payment_id: int, *, reason: str, revision: int | None = None, actor: Actor, now: datetime) -> PaymentState:
    """The money went back. Whether the registration stays is decided by itself."""
    reason = checked_reason(reason)
    return _decided(payment_id, "refunded", reason, revision, actor, now)


def read_proof(payment_id: int, *, actor: Actor) -> uploads.FileContent:
    """The proof: for the payer, the organizers of the tournament and staff. Raises NotFound to everybody else."""

    def may_read(session: Session, stored: StoredFile) -> bool:
        row = session.execute(
            select(Payment, Registration, Tournament)
            .join(Registration, Registration.id == Payment.registration_id)
            .join(Tournament, Tournament.id == Payment.tournament_id)
            .where(Payment.id == payment_id, Payment.proof_id == stored.id, Tournament.deleted_at.is_(None))
        ).one_or_none()
        if row is None:
            return False
        payment, registration, tournament = row
        is_payer = actor.user_id is not None and payment.submitted_by_id == actor.user_id
        if is_payer or entry_owners.is_owner(session, registration, actor):
            return True
        return permissions.may(session, actor, Action.VERIFY_PAYMENTS, tournament)

    with read_snapshot() as session:
        proof_id = session.scalar(select(Payment.proof_id).where(Payment.id == payment_id))
    if proof_id is None:
        raise _missing(payment_id)
    return uploads.read(proof_id, may_read=may_read)


def _verify(
    session: Session,
    tournament: Tournament,
    registration: Registration,
    payment: Payment,
    revision: int | None,
    *,
    actor: Actor,
    now: datetime,
) -> bool:
    """Verify one; whether its registration is admitted by it. What refuses it does so before anything is written."""
    _ensure_seen(payment, revision)
    _decide(session, tournament, payment, "verified", "", actor=actor, now=now)
    if registration.status not in ("pending", "submitted") or tournament.status in _OVER:
        return False
    entry_moves.move(session, tournament, registration, "approved", actor=actor, now=now)
    return True


def _decided(payment_id: int, to: str, reason: str, revision: int | None, actor: Actor, now: datetime) -> PaymentState:
    with transaction() as session:
        tournament, registration, payment = _managed(session, payment_id, actor)
        if payment.state == to:
            return _state_of(payment, registration)
        _ensure_seen(payment, revision)
        _decide(session, tournament, payment, to, reason, actor=actor, now=now)
        return _state_of(payment, registration)


def _decide(
    session: Session, tournament: Tournament, payment: Payment, to: str, reason: str, *, actor: Actor, now: datetime
) -> None:
    after = lifecycle.move(lifecycle.PAYMENT, payment.state, to, official=True)
    payment.decided_by_id, payment.decided_at, payment.reason = actor.user_id, now, reason
    _step(session, tournament, payment, after, _EVENTS[to], actor=actor, now=now)


def _step(
    session: Session, tournament: Tournament, payment: Payment, to: str, event: str, *, actor: Actor, now: datetime
) -> None:
    before, payment.state = payment.state, to
    payment.revision += 1
    log.record(
        session, tournament, event, {"payment_id": payment.id, "status": to}, actor=actor, now=now,
        registration_id=payment.registration_id,
    )  # fmt: skip
    audit.record(
        session, actor, f"payment.{to}", now=now, tournament_id=tournament.id, payment_id=payment.id,
        registration_id=payment.registration_id, before=before, after=to, reason=payment.reason,
    )  # fmt: skip


def _locked(session: Session, payment_id: int) -> tuple[Tournament, Registration, Payment]:
    registration_id = session.scalar(select(Payment.registration_id).where(Payment.id == payment_id))
    if registration_id is None:
        raise _missing(payment_id)
    tournament, registration = entry_owners.locked(session, registration_id)
    return tournament, registration, session.get_one(Payment, payment_id, populate_existing=True)


def _managed(session: Session, payment_id: int, actor: Actor) -> tuple[Tournament, Registration, Payment]:
    tournament, registration, payment = _locked(session, payment_id)
    permissions.ensure(session, actor, Action.VERIFY_PAYMENTS, tournament)
    return tournament, registration, payment


def _ensure_owed(tournament: Tournament, registration: Registration) -> None:
    if tournament.status in _OVER:
        raise Conflict(f"The tournament is {tournament.status}; nothing is to be paid now.", code="nothing_to_pay")
    if registration.status in (*_ENDED, "waitlisted"):
        raise Conflict(f"The registration is {registration.status}; nothing is to be paid now.", code="nothing_to_pay")


def _ensure_seen(payment: Payment, revision: int | None) -> None:
    if revision is not None and revision != payment.revision:
        raise Conflict(
            f"The payment is {payment.state} by now; look at it again before you decide.", code="payment_changed"
        )


def _checked(tournament: Tournament, method: str, reference: str, *, has_proof: bool) -> tuple[str, str]:
    method, reference = method.strip(), " ".join(reference.split())
    known = [str(each["name"]) for each in tournament.payment_methods]
    errors = []
    if known and method not in known:
        errors.append(FieldError("method", f"choose one of {', '.join(known)}"))
    if len(reference) > LONGEST_REFERENCE or not reference.isprintable():
        errors.append(FieldError("reference", f"write at most {LONGEST_REFERENCE} characters"))
    if not reference and not has_proof:
        errors.append(FieldError("reference", "give the payment's number, or a proof of it"))
    if len(method) > LONGEST_REFERENCE:
        errors.append(FieldError("method", f"write at most {LONGEST_REFERENCE} characters"))
    if errors:
        raise ResultError.listing("The payment cannot be taken", errors)
    return method, reference


def _state_of(payment: Payment, registration: Registration) -> PaymentState:
    return PaymentState(payment.id, payment.state, payment.revision, registration.status)


def _missing(payment_id: int) -> NotFound:
    return NotFound(f"There is no payment {payment_id} of yours.", code="payment_not_found")
