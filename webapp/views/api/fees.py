"""Entry fees by API."""

from typing import Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.domain.errors import FieldError
from webapp.services.files import uploads
from webapp.services.registration import payments
from webapp.services.registration.payments import PaymentState
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import WRONG_FILE, as_json, operation
from webapp.views.api.requests import InvalidRequest
from webapp.views.api.schemas.entries import (
    ManyVerified,
    PaymentDecisionBody,
    PaymentResult,
    PaymentVerifyBody,
    ProofBody,
    VerifyManyBody,
)

FAMILY: Final = "Payments"
_ONE: Final = "/tournaments/payments/<int(max=2147483647):payment_id>/"
_REFUSES: Final = {
    404: "payment_not_found, tournament_not_found",
    409: "payment_changed, illegal_transition, idempotency_running",
    422: "invalid_result (reason), idempotency_key_reused",
}


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ONE + "submit-proof/", "submit_proof", submit_proof, methods=["POST"])
    bp.add_url_rule(
        "/tournaments/<int(max=2147483647):tournament_id>/payments/verify/", "verify_payments", verify_payments,
        methods=["POST"],
    )  # fmt: skip
    bp.add_url_rule(_ONE + "verify/", "verify_payment", verify_payment, methods=["POST"])
    bp.add_url_rule(_ONE + "reject/", "reject_payment", reject_payment, methods=["POST"])
    bp.add_url_rule(_ONE + "refund/", "refund_payment", refund_payment, methods=["POST"])


@access.open_to(access.PLAYER)
@operation(
    summary="Say that the fee is paid",
    description="With the reference by which it can be found, a proof, or both. After a rejection once more.",
    family=FAMILY,
    scope="play",
    rate=rates.PLAY,
    body=ProofBody,
    file="proof",
    gives=TypeAdapter(PaymentResult),
    takes_key=True,
    problems={
        404: "payment_not_found, registration_not_found",
        409: "nothing_to_pay, illegal_transition, idempotency_running",
        413: "file_too_large",
        422: f"invalid_result (method, reference), {WRONG_FILE}, idempotency_key_reused",
    },
)
def submit_proof(payment_id: int, body: ProofBody, file: bytes | None = None) -> Response:
    """By who registered, or the team's captain."""
    proof = None if file is None else uploads.receive(file, "proof")
    done = payments.submit_proof(
        payment_id, method=body.method, reference=body.reference, proof=proof, actor=access.actor(), now=utc_now()
    )
    return _told(done)


@access.open_to(access.ORGANIZER)
@operation(
    summary="Verify a payment",
    description="The registration is admitted by it. Twice is the same as once.",
    family=FAMILY,
    scope="organize",
    rate=rates.ORGANIZE,
    body=PaymentVerifyBody,
    gives=TypeAdapter(PaymentResult),
    takes_key=True,
    problems=_REFUSES | {422: "idempotency_key_reused"},
)
def verify_payment(payment_id: int, body: PaymentVerifyBody) -> Response:
    """The money is there."""
    return _told(payments.verify(payment_id, revision=body.revision, actor=access.actor(), now=utc_now()))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Verify many payments",
    description="What cannot be verified is named and stays; the others go on. Twice is the same as once.",
    family=FAMILY,
    scope="organize",
    rate=rates.ORGANIZE,
    body=VerifyManyBody,
    gives=TypeAdapter(ManyVerified),
    takes_key=True,
    problems={
        404: "tournament_not_found, payment_not_found",
        409: "idempotency_running",
        422: "invalid_result, idempotency_key_reused",
    },
)
def verify_payments(tournament_id: int, body: VerifyManyBody) -> Response:
    """The ticks on the page do the same."""
    seen = {sent.payment_id: sent.revision for sent in body.payments}
    if len(seen) < len(body.payments):
        raise InvalidRequest.listing("The body is wrong", [FieldError("payments", "name each payment once")])
    done = payments.verify_many(tournament_id, seen, actor=access.actor(), now=utc_now())
    told = {
        "tournament_id": tournament_id,
        "payment_ids": done.verified,
        "registration_ids": done.admitted,
        "refused": [{"payment_id": one.payment_id, "code": one.code, "detail": one.message} for one in done.refused],
    }
    return as_json(ManyVerified.model_validate(told))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Reject a payment",
    description="The payer reads the reason and may submit it again.",
    family=FAMILY,
    scope="organize",
    rate=rates.ORGANIZE,
    body=PaymentDecisionBody,
    gives=TypeAdapter(PaymentResult),
    takes_key=True,
    problems=_REFUSES,
)
def reject_payment(payment_id: int, body: PaymentDecisionBody) -> Response:
    """It is not there."""
    return _told(
        payments.reject(payment_id, reason=body.reason, revision=body.revision, actor=access.actor(), now=utc_now())
    )  # fmt: skip


@access.open_to(access.ORGANIZER)
@operation(
    summary="Note that a payment was sent back",
    family=FAMILY,
    scope="organize",
    rate=rates.ORGANIZE,
    body=PaymentDecisionBody,
    gives=TypeAdapter(PaymentResult),
    takes_key=True,
    problems=_REFUSES,
)
def refund_payment(payment_id: int, body: PaymentDecisionBody) -> Response:
    """It went back."""
    return _told(
        payments.refund(payment_id, reason=body.reason, revision=body.revision, actor=access.actor(), now=utc_now())
    )  # fmt: skip


def _told(done: PaymentState) -> Response:
    return as_json(
        PaymentResult.model_validate(
            {
                "payment_id": done.payment_id, "status": done.state, "revision": done.revision,
                "registration_status": done.registration_status,
            }
        )
    )  # fmt: skip
