"""Disputes by API: object to a result, decide about it, list. Pages call the same services."""

from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.services.disputes import dispute_decisions, dispute_evidence, dispute_lists, disputes
from webapp.services.disputes.dispute_decisions import Decision
from webapp.services.disputes.dispute_lists import Wanted
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import WRONG_FILE, as_json, operation
from webapp.views.api.paging import around
from webapp.views.api.requests import InvalidRequest
from webapp.views.api.results import entries_of
from webapp.views.api.schemas.disputes import (
    CommentBody,
    Commented,
    DisputeBody,
    Disputes,
    DisputesQuery,
    DisputeTold,
    EscalateBody,
    EvidenceBody,
    EvidenceTold,
    ResolveBody,
    Resolved,
    Shown,
    TakeBody,
)

FAMILY: Final = "Disputes"
_MATCH: Final = "/tournaments/matches/<int(max=2147483647):match_id>/"
_RESULT: Final = "/tournaments/results/<int(max=2147483647):match_id>/"
_ONE: Final = "/tournaments/disputes/<int(max=2147483647):dispute_id>/"
_POST: Final = ("POST",)
_SIDES: Final[dict[str, Any]] = {"family": FAMILY, "scope": "play", "rate": rates.PLAY, "takes_key": True}
_OFFICIALS: Final[dict[str, Any]] = {"family": FAMILY, "scope": "organize", "rate": rates.ORGANIZE, "takes_key": True}
_REUSED: Final = "idempotency_key_reused"
_OBJECTS: Final[dict[str, Any]] = _SIDES | {
    "summary": "Object to a result",
    "description": "To a reported one, or within 24 hours to a confirmed one, which counts for no board until the"
    " dispute is decided. By a side of the match or an official.",
    "body": DisputeBody,
    "gives": TypeAdapter(DisputeTold),
    "problems": {
        404: "match_not_found, tournament_not_found",
        409: "dispute_open, dispute_too_late, nothing_to_dispute, stale_revision, nothing_to_answer, own_report,"
        " tournament_paused, tournament_archived, tournament_not_live, idempotency_running",
        422: f"invalid_dispute, invalid_series, invalid_result, invalid_draft, {_REUSED}",
    },
}


def register(bp: Blueprint) -> None:
    """Serve this family."""
    bp.add_url_rule(_MATCH + "dispute/", "open_dispute", open_dispute, methods=_POST)
    bp.add_url_rule(_MATCH + "resolve-dispute/", "resolve_dispute", resolve_dispute, methods=_POST)
    bp.add_url_rule(_RESULT + "report-dispute/", "report_dispute", report_dispute, methods=_POST)
    bp.add_url_rule(_ONE, "dispute_detail", dispute_detail)
    bp.add_url_rule(_ONE + "comment/", "comment_on_dispute", comment_on_dispute, methods=_POST)
    bp.add_url_rule(_ONE + "evidence/", "evidence_list", evidence_list)
    bp.add_url_rule(_ONE + "evidence/", "add_evidence", add_evidence, methods=_POST)
    bp.add_url_rule(_ONE + "take/", "take_dispute", take_dispute, methods=_POST)
    bp.add_url_rule(_ONE + "escalate/", "escalate_dispute", escalate_dispute, methods=_POST)
    bp.add_url_rule("/admin/tournaments/<int(max=2147483647):tournament_id>/disputes/", "list_disputes", list_disputes)


@access.open_to(access.LOGGED_IN)
@operation(**_OBJECTS)
def open_dispute(match_id: int, body: DisputeBody) -> Response:
    """The page of the objection does the same."""
    return _opened(match_id, body)


@access.open_to(access.LOGGED_IN)
@operation(**_OBJECTS)
def report_dispute(match_id: int, body: DisputeBody) -> Response:
    """The same by another address."""
    return _opened(match_id, body)


@access.open_to(access.ORGANIZER)
@operation(
    summary="Decide the dispute about a match",
    description="Where later matches were played on what changes, `choices` say what becomes of each; those that are"
    " missing are named in the refusal (`choices_needed`).",
    body=ResolveBody,
    gives=TypeAdapter(Resolved),
    problems={
        404: "match_not_found, tournament_not_found, dispute_not_found",
        409: "stale_revision, dispute_decided, choices_needed, nothing_reported, tournament_not_live,"
        " tournament_archived, bracket_moved_on, illegal_transition, idempotency_running",
        422: f"invalid_result, invalid_series, invalid_draft, invalid_dispute, {_REUSED}",
    },
    **_OFFICIALS,
)
def resolve_dispute(match_id: int, body: ResolveBody) -> Response:
    """The page of the dispute does the same."""
    choices = {sent.match_id: sent.choice for sent in body.choices}
    done = dispute_decisions.decide(
        dispute_lists.open_one(match_id, actor=access.actor()),
        Decision(body.resolution, entries_of(body.games, body.lines), body.lost_by, choices),
        reason=body.reason, expected_revision=body.dispute_revision, actor=access.actor(), now=utc_now(),
    )  # fmt: skip
    return as_json(
        Resolved.model_validate(
            {
                "dispute_id": done.dispute_id,
                "state": done.state,
                "match_id": match_id,
                "match_state": done.match_state,
                "match_revision": done.revision,
            }
        )
    )


@access.open_to(access.LOGGED_IN)
@operation(
    summary="One dispute",
    family=FAMILY,
    scope="read",
    rate=rates.NAMES,
    gives=TypeAdapter(DisputeTold),
    problems={404: "dispute_not_found"},
)
def dispute_detail(dispute_id: int) -> Response:
    """For the sides of its match and officials."""
    return _told(dispute_id)


@access.open_to(access.ORGANIZER)
@operation(
    summary="The disputes of a tournament",
    family=FAMILY,
    scope="organize",
    rate=rates.ORGANIZE,
    query=DisputesQuery,
    gives=TypeAdapter(Disputes),
    problems={404: "tournament_not_found"},
)
def list_disputes(tournament_id: int, query: DisputesQuery) -> Response:
    """With counts by state."""
    wanted = Wanted(tournament_id, query.state, query.limit, query.offset)
    found = dispute_lists.listed(wanted, actor=access.actor())
    return as_json(Disputes.model_validate(found | around(query, found["count"])))


@access.open_to(access.LOGGED_IN)
@operation(
    summary="Say something about a dispute",
    description="By a side of its match or an official; the same words right again are one comment.",
    body=CommentBody,
    gives=TypeAdapter(Commented),
    problems={
        404: "dispute_not_found",
        409: "dispute_decided, idempotency_running",
        422: f"invalid_dispute, {_REUSED}",
    },
    **_SIDES,
)
def comment_on_dispute(dispute_id: int, body: CommentBody) -> Response:
    """Officials may write notes that officials alone read."""
    comment_id = disputes.comment(
        dispute_id, body.text, is_internal=body.is_internal, actor=access.actor(), now=utc_now()
    )
    return as_json(Commented(dispute_id=dispute_id, comment_id=comment_id))


@access.open_to(access.LOGGED_IN)
@operation(
    summary="Show something for a dispute",
    description="A picture, or a link. The same again is the one that is there.",
    body=EvidenceBody,
    file="evidence",
    gives=TypeAdapter(Shown),
    problems={
        404: "dispute_not_found",
        409: "dispute_decided, evidence_full, idempotency_running",
        413: "file_too_large",
        422: f"{WRONG_FILE}, invalid_dispute, {_REUSED}",
    },
    **_SIDES,
)
def add_evidence(dispute_id: int, body: EvidenceBody, file: bytes | None = None) -> Response:
    """Seen by the sides and officials."""
    if (file is None) == (body.url is None):
        raise InvalidRequest("Give either a url, or a picture as the part file of a form.")
    if file is not None:
        evidence_id = dispute_evidence.add_file(dispute_id, file, actor=access.actor(), now=utc_now())
    else:
        evidence_id = dispute_evidence.add_link(dispute_id, body.url or "", actor=access.actor(), now=utc_now())
    return as_json(Shown(dispute_id=dispute_id, evidence_id=evidence_id))


@access.open_to(access.LOGGED_IN)
@operation(
    summary="What was shown in a dispute",
    family=FAMILY,
    scope="read",
    rate=rates.NAMES,
    gives=TypeAdapter(EvidenceTold),
    problems={404: "dispute_not_found"},
)
def evidence_list(dispute_id: int) -> Response:
    """For the sides of its match and officials; pictures are fetched by their ids, links are read on the page."""
    listed = dispute_evidence.listed(dispute_id, actor=access.actor())
    return as_json(EvidenceTold.model_validate({"dispute_id": dispute_id, "evidence": listed}))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Look after a dispute",
    description="It is under review from then on. Twice is the same as once.",
    body=TakeBody,
    gives=TypeAdapter(DisputeTold),
    problems={
        404: "dispute_not_found",
        409: "stale_revision, dispute_decided, idempotency_running",
        422: _REUSED,
    },
    **_OFFICIALS,
)
def take_dispute(dispute_id: int, body: TakeBody) -> Response:
    """By who takes it."""
    disputes.take(dispute_id, expected_revision=body.dispute_revision, actor=access.actor(), now=utc_now())
    return _told(dispute_id)


@access.open_to(access.ORGANIZER)
@operation(
    summary="Give a dispute to the staff",
    description="They alone decide from then on. Twice is the same as once.",
    body=EscalateBody,
    gives=TypeAdapter(DisputeTold),
    problems={
        404: "dispute_not_found",
        409: "stale_revision, illegal_transition, idempotency_running",
        422: f"invalid_result (the reason), {_REUSED}",
    },
    **_OFFICIALS,
)
def escalate_dispute(dispute_id: int, body: EscalateBody) -> Response:
    """With a reason."""
    disputes.escalate(
        dispute_id, reason=body.reason, expected_revision=body.dispute_revision, actor=access.actor(), now=utc_now()
    )
    return _told(dispute_id)


def _opened(match_id: int, body: DisputeBody) -> Response:
    dispute_id = disputes.open_dispute(
        match_id, reason_code=body.reason_code, text=body.text, claim=entries_of(body.games, None) or None,
        report_revision=body.report_revision, expected_revision=body.revision, actor=access.actor(), now=utc_now(),
    )  # fmt: skip
    return _told(dispute_id)


def _told(dispute_id: int) -> Response:
    return as_json(DisputeTold.model_validate(dispute_lists.one(dispute_id, actor=access.actor())))
