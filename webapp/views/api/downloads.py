"""Files by API: proofs, screenshots, evidence, answers; for those alone who see them on the pages."""

from typing import Any, Final

from flask import Blueprint, Response

from webapp.services.disputes import dispute_evidence
from webapp.services.matches import reporting
from webapp.services.pages import own_entries
from webapp.services.registration import payments
from webapp.views import access, files
from webapp.views.api import rates
from webapp.views.api.operation import operation

_ID: Final = "<int(max=2147483647):{}>"
_PROOF: Final = f"/tournaments/payments/{_ID.format('payment_id')}/proof/"
_SCREENSHOT: Final = (
    f"/tournaments/matches/{_ID.format('match_id')}/reports/{_ID.format('report_id')}/screenshot/"
)  # fmt: skip
_EVIDENCE: Final = f"/tournaments/disputes/{_ID.format('dispute_id')}/evidence/{_ID.format('evidence_id')}/"
_ANSWER: Final = f"/tournaments/registrations/{_ID.format('registration_id')}/answers/<key>/"
_READS: Final[dict[str, Any]] = {"scope": "read", "rate": rates.NAMES, "problems": {404: "file_not_found"}}


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_PROOF, "payment_proof", payment_proof)
    bp.add_url_rule(_SCREENSHOT, "report_screenshot", report_screenshot)
    bp.add_url_rule(_EVIDENCE, "dispute_picture", dispute_picture)
    bp.add_url_rule(_ANSWER, "answer_file", answer_file)


@access.open_to(access.LOGGED_IN)
@operation(
    summary="The proof of a payment",
    family="Payments",
    gives_file="proof",
    **(_READS | {"problems": {404: "payment_not_found, file_not_found"}}),
)
def payment_proof(payment_id: int) -> Response:
    """For the payer, the organizers and staff."""
    found = payments.read_proof(payment_id, actor=access.actor())
    return files.give(found, called=f"proof-{payment_id}", is_saved=True)


@access.open_to(access.LOGGED_IN)
@operation(summary="The screenshot of a report", family="Matches", gives_file="screenshot", **_READS)
def report_screenshot(match_id: int, report_id: int) -> Response:
    """For the sides of the match and its officials."""
    found = reporting.screenshot(match_id, report_id, actor=access.actor())
    return files.give(found, called=f"report-{report_id}", is_saved=True)


@access.open_to(access.LOGGED_IN)
@operation(summary="A picture that is evidence", family="Disputes", gives_file="evidence", **_READS)
def dispute_picture(dispute_id: int, evidence_id: int) -> Response:
    """For the sides of the match and its officials."""
    found = dispute_evidence.picture(dispute_id, evidence_id, actor=access.actor())
    return files.give(found, called=f"evidence-{evidence_id}", is_saved=True)


@access.open_to(access.LOGGED_IN)
@operation(summary="A file that answers a question", family="Registration", gives_file="answer", **_READS)
def answer_file(registration_id: int, key: str) -> Response:
    """For who looks after the registration, the organizers and staff."""
    found = own_entries.read_answer_file(registration_id, key, actor=access.actor())
    return files.give(found, called=f"answer-{registration_id}", is_saved=True)
