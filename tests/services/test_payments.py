from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.entering import OPENED_AT, enter, open_tournament, players, seeds, statuses
from tests.personas import Persona
from tests.trail import trail
from tests.uploaded import PDF, picture
from webapp.domain.errors import Conflict, DomainError, Forbidden, NotFound, ResultError, TransitionError
from webapp.models import Payment, Tournament
from webapp.services.files import uploads
from webapp.services.registration import entries, payments
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction

REASON = "Nothing of this amount has arrived"


@pytest.fixture
def fee(app: Flask, tmp_path: Path) -> int:
    """A tournament of two places with a fee."""
    return open_tournament(
        places=2, entry_fee=50_000, currency="BDT", payment_methods=[{"name": "bKash", "instructions": "Send it"}]
    )


def payment_of(registration_id: int) -> Payment:
    with read_snapshot() as session:
        found = session.scalars(select(Payment).where(Payment.registration_id == registration_id)).one()
        session.expunge(found)
        return found


def pay(payment_id: int, player: Actor, *, reference: str = "TX1", proof: bytes | None = None) -> payments.PaymentState:
    received = uploads.receive(proof, "proof") if proof else None
    return payments.submit_proof(
        payment_id, method="bKash", reference=reference, proof=received, actor=player, now=OPENED_AT
    )


def test_a_fee_is_owed_paid_and_verified_and_that_admits(fee: int) -> None:
    one, _ = players(2)
    entered = enter(fee, one)
    payment = payment_of(entered.registration_id)
    assert (entered.status, payment.state, payment.amount, payment.currency) == ("pending", "pending", 50_000, "BDT")
    with trail() as found:
        done = pay(payment.id, one)
    assert done == (payment.id, "submitted", 1, "submitted")
    assert found.events == [("payment_proof_submitted", {"payment_id": payment.id, "status": "submitted"})]
    assert [action for action, _ in found.audited] == ["payment.submitted"]
    with trail() as found:
        done = payments.verify(payment.id, revision=1, actor=SYSTEM, now=OPENED_AT)
    assert done == (payment.id, "verified", 2, "approved")
    assert [kind for kind, _ in found.events] == ["payment_verified", "registration_approved"]
    with trail() as found:
        assert payments.verify(payment.id, revision=1, actor=SYSTEM, now=OPENED_AT) == done
    assert (found.events, found.audited) == ([], [])


def test_a_rejected_one_is_submitted_again_and_a_verified_one_refunded(fee: int) -> None:
    (one,) = players(1)
    entered = enter(fee, one)
    payment = payment_of(entered.registration_id)
    pay(payment.id, one)
    with pytest.raises(ResultError):
        payments.reject(payment.id, reason="no", actor=SYSTEM, now=OPENED_AT)
    assert payments.reject(payment.id, reason=REASON, actor=SYSTEM, now=OPENED_AT).state == "rejected"
    assert payment_of(entered.registration_id).reason == REASON
    assert pay(payment.id, one, reference="TX2").state == "submitted"
    with pytest.raises(Conflict) as caught:
        payments.verify(payment.id, revision=1, actor=SYSTEM, now=OPENED_AT)
    assert caught.value.code == "payment_changed"
    payments.verify(payment.id, revision=3, actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(ResultError):
        payments.refund(payment.id, reason="", actor=SYSTEM, now=OPENED_AT)
    done = payments.refund(payment.id, reason=REASON, actor=SYSTEM, now=OPENED_AT)
    assert (done.state, done.registration_status) == ("refunded", "approved")


def test_many_are_verified_at_once_and_what_cannot_be_stays(app: Flask) -> None:
    tournament_id = open_tournament(places=8, entry_fee=50_000, currency="BDT")
    people = players(4)
    ids = [payment_of(enter(tournament_id, person).registration_id).id for person in people]
    for payment_id, person in zip(ids[:3], people, strict=False):
        payments.submit_proof(payment_id, method="", reference="TX", proof=None, actor=person, now=OPENED_AT)
    payments.verify(ids[0], actor=SYSTEM, now=OPENED_AT)
    seen = {ids[0]: 1, ids[1]: 1, ids[2]: 7, ids[3]: None}
    with trail() as found:
        done = payments.verify_many(tournament_id, seen, actor=SYSTEM, now=OPENED_AT)
    entered = list(statuses(tournament_id))
    assert (done.verified, done.admitted) == ((ids[1],), (entered[1],))
    assert [(one.payment_id, one.code) for one in done.refused] == [
        (ids[2], "payment_changed"), (ids[3], "illegal_transition"),
    ]  # fmt: skip
    assert "look at it again" in done.refused[0].message
    assert list(statuses(tournament_id).values()) == ["approved", "approved", "submitted", "pending"]
    assert list(seeds(tournament_id).values()) == [1, 2, None, None]
    assert [kind for kind, _ in found.events] == ["payment_verified", "registration_approved"]
    assert [action for action, _ in found.audited] == ["payment.verified"]
    with trail() as found:
        again = payments.verify_many(tournament_id, {ids[0]: 1, ids[1]: 1}, actor=SYSTEM, now=OPENED_AT)
    assert (again, found.events, found.audited) == (((), (), ()), [], [])


def test_many_are_of_one_tournament_and_its_officials_and_not_too_many(fee: int, pat: Persona) -> None:
    (one,) = players(1)
    mine = payment_of(enter(fee, one).registration_id).id
    pay(mine, one)
    other = open_tournament(entry_fee=500, currency="BDT")
    theirs = payment_of(enter(other, one).registration_id).id
    with pytest.raises(NotFound, match=f"payment {theirs}"):
        payments.verify_many(fee, {mine: None, theirs: None}, actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(Forbidden):
        payments.verify_many(fee, {mine: None}, actor=pat.actor, now=OPENED_AT)
    for seen in ({}, dict.fromkeys(range(1, 202))):
        with pytest.raises(ResultError, match="choose 1 to 200 at once"):
            payments.verify_many(fee, seen, actor=SYSTEM, now=OPENED_AT)
    assert list(statuses(fee).values()) == ["submitted"]


@pytest.mark.parametrize(
    ("state", "possible"),
    [
        ("pending", {"submit"}),
        ("submitted", {"verify", "reject"}),
        ("verified", {"verify", "refund"}),
        ("rejected", {"submit", "reject"}),
        ("refunded", {"refund"}),
    ],
)
def test_from_each_state_only_its_steps_are_possible(fee: int, state: str, possible: set[str]) -> None:
    (one,) = players(1)
    payment = payment_of(enter(fee, one).registration_id)
    steps: dict[str, Callable[[], object]] = {
        "submit": lambda: pay(payment.id, one),
        "verify": lambda: payments.verify(payment.id, actor=SYSTEM, now=OPENED_AT),
        "reject": lambda: payments.reject(payment.id, reason=REASON, actor=SYSTEM, now=OPENED_AT),
        "refund": lambda: payments.refund(payment.id, reason=REASON, actor=SYSTEM, now=OPENED_AT),
    }
    for name, step in steps.items():
        with transaction() as session:
            session.get_one(Payment, payment.id).state = state
        if name in possible:
            step()
            continue
        with pytest.raises(TransitionError, match=f"A payment that is {state} cannot become"):
            step()


def test_what_is_submitted_is_checked_and_only_by_the_owner(fee: int) -> None:
    one, two = players(2)
    payment = payment_of(enter(fee, one).registration_id)
    with pytest.raises(NotFound):
        pay(payment.id, two)
    with pytest.raises(Forbidden):
        payments.verify(payment.id, actor=one, now=OPENED_AT)
    for method, reference in (("Cash", "TX1"), ("bKash", " "), ("bKash", "x" * 101), ("bKash", "a\x00b")):
        with pytest.raises(ResultError):
            payments.submit_proof(
                payment.id, method=method, reference=reference, proof=None, actor=one, now=OPENED_AT
            )  # fmt: skip
    entries.withdraw(payment_of(payment.registration_id).registration_id, actor=one, now=OPENED_AT)
    with pytest.raises(Conflict) as caught:
        pay(payment.id, one)
    assert caught.value.code == "nothing_to_pay"


def test_who_waits_pays_once_there_is_a_place_and_who_paid_before_is_admitted_by_it(fee: int) -> None:
    people = players(3)
    first, _, third = (enter(fee, person, waitlist=True).registration_id for person in people)
    payment = payment_of(first)
    pay(payment.id, people[0])
    payments.verify(payment.id, actor=SYSTEM, now=OPENED_AT)
    entries.withdraw(first, actor=people[0], now=OPENED_AT)
    assert (statuses(fee)[third], payment_of(third).state) == ("pending", "pending")
    assert enter(fee, people[0], waitlist=True).status == "waitlisted"
    entries.withdraw(third, actor=people[2], now=OPENED_AT)
    assert statuses(fee)[first] == "approved"


def test_the_proof_is_seen_by_the_payer_the_organizer_and_staff_alone(
    fee: int, olga: Persona, otto: Persona, sam: Persona, pat: Persona
) -> None:
    with transaction() as session:
        session.get_one(Tournament, fee).organizer_id = olga.user_id
    (one,) = players(1)
    payment = payment_of(enter(fee, one).registration_id)
    for someone in (one, olga.actor):
        with pytest.raises(NotFound):
            payments.read_proof(payment.id, actor=someone)
    pay(payment.id, one, reference="", proof=PDF)
    for someone in (one, olga.actor, sam.actor):
        assert payments.read_proof(payment.id, actor=someone).data == PDF
    for someone in (otto.actor, pat.actor):
        with pytest.raises(DomainError):
            payments.read_proof(payment.id, actor=someone)
    payments.reject(payment.id, reason=REASON, actor=SYSTEM, now=OPENED_AT)
    pay(payment.id, one, proof=picture("PNG", (9, 9)))
    assert payments.read_proof(payment.id, actor=one).content_type == "image/png"
