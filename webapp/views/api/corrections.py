"""Corrections by API: looked at on a copy, done with a reason, taken back within ten minutes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.services.disputes import change_previews, corrections
from webapp.services.disputes.change_previews import Impact
from webapp.services.disputes.corrections import Change
from webapp.services.disputes.dispute_decisions import Decision
from webapp.services.disputes.dispute_lists import open_one
from webapp.services.spine import undo
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.results import entries_of
from webapp.views.api.schemas.corrections import (
    Actions,
    ChangeBody,
    Corrected,
    CorrectionBody,
    ImpactTold,
    UndoneTold,
)
from webapp.views.api.schemas.disputes import ChoiceSent, RulingBody

FAMILY: Final = "Corrections"
_MATCH: Final = "/tournaments/matches/<int(max=2147483647):match_id>/"
_UNDO: Final = "/tournaments/<int(max=2147483647):tournament_id>/undo/"
_POST: Final = ("POST",)
_SHOWN: Final = ("state", "side_a_id", "side_b_id", "winner_id", "decided_by", "revision")
_CORRECTS: Final[dict[str, Any]] = {
    "family": FAMILY, "scope": "organize", "rate": rates.ORGANIZE, "takes_key": True,
}  # fmt: skip
_WRONG: Final = "invalid_result, invalid_series, invalid_draft"
_KEYED: Final = "idempotency_key_reused"


def register(bp: Blueprint) -> None:
    """Serve this family."""
    bp.add_url_rule(_MATCH + "correct/", "correct_match", correct_match, methods=_POST)
    bp.add_url_rule(_MATCH + "correct/preview/", "preview_correction", preview_correction, methods=_POST)
    bp.add_url_rule(_MATCH + "resolve-dispute/preview/", "preview_decision", preview_decision, methods=_POST)
    bp.add_url_rule(_UNDO, "undoable", undoable)
    bp.add_url_rule(_UNDO + "<int(max=2147483647):action_id>/", "undo_action", undo_action, methods=_POST)


@access.open_to(access.ORGANIZER)
@operation(
    summary="Correct a match",
    description="Its result is replaced, taken out, set to be played again, or given to the other side; standings and"
    " bracket follow at once. Where later matches were played on what changes, `choices` say what becomes of each;"
    " those that are missing are named in the refusal (`choices_needed`).",
    body=CorrectionBody,
    gives=TypeAdapter(Corrected),
    problems={
        404: "match_not_found, tournament_not_found",
        409: "choices_needed, stale_revision, tournament_archived, tournament_not_live, illegal_transition,"
        " idempotency_running",
        422: f"{_WRONG}, {_KEYED}",
    },
    **_CORRECTS,
)
def correct_match(match_id: int, body: CorrectionBody) -> Response:
    """The page of corrections does the same."""
    done = corrections.apply(
        match_id, _change(body), reason=body.reason, choices=_choices(body.choices), expected_revision=body.revision,
        actor=access.actor(), now=utc_now(),
    )  # fmt: skip
    told = {"match_id": done.match_id, "revision": done.revision, "changed": done.changed, "undo_id": done.undo_id}
    return as_json(Corrected.model_validate(told))


@access.open_to(access.ORGANIZER)
@operation(
    summary="What a correction would change",
    description="Worked out on a copy: every match, rank and message. Nothing is changed. Matches that nobody has"
    " chosen for are taken to be played again.",
    body=ChangeBody,
    gives=TypeAdapter(ImpactTold),
    problems={
        404: "match_not_found, tournament_not_found",
        409: "tournament_archived, tournament_not_live, illegal_transition, idempotency_running",
        422: f"{_WRONG}, {_KEYED}",
    },
    **_CORRECTS,
)
def preview_correction(match_id: int, body: ChangeBody) -> Response:
    """The preview of the page is the same."""
    impact = change_previews.of_correction(
        match_id, _change(body), _choices(body.choices), actor=access.actor(), now=utc_now()
    )
    return _told(match_id, impact)


@access.open_to(access.ORGANIZER)
@operation(
    summary="What a decision about a dispute would change",
    description="Against the result as it stands; worked out on a copy. Nothing is changed.",
    body=RulingBody,
    gives=TypeAdapter(ImpactTold),
    problems={
        404: "match_not_found, tournament_not_found, dispute_not_found",
        409: "dispute_decided, nothing_reported, tournament_archived, tournament_not_live, illegal_transition,"
        " idempotency_running",
        422: f"{_WRONG}, invalid_dispute, {_KEYED}",
    },
    **_CORRECTS,
)
def preview_decision(match_id: int, body: RulingBody) -> Response:
    """The preview of the dispute's page is the same."""
    entries = entries_of(body.games, body.lines)
    decision = Decision(body.resolution, entries, body.lost_by, _choices(body.choices))
    dispute_id = open_one(match_id, actor=access.actor())
    impact = change_previews.of_decision(dispute_id, decision, actor=access.actor(), now=utc_now())
    return _told(match_id, impact)


@access.open_to(access.ORGANIZER)
@operation(
    summary="What one can take back",
    family=FAMILY,
    scope="organize",
    rate=rates.ORGANIZE,
    gives=TypeAdapter(Actions),
    problems={404: "tournament_not_found"},
)
def undoable(tournament_id: int) -> Response:
    """What one has done oneself in the last ten minutes."""
    found = undo.of_tournament(tournament_id, actor=access.actor(), now=utc_now())
    return as_json(Actions.model_validate({"count": len(found), "results": [one._asdict() for one in found]}))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Take something back",
    description="Within ten minutes, while nothing has happened on it. Twice is the same as once.",
    gives=TypeAdapter(UndoneTold),
    problems={
        404: "action_not_found, tournament_not_found",
        409: "undo_expired, undo_overtaken, idempotency_running",
        422: _KEYED,
    },
    **_CORRECTS,
)
def undo_action(tournament_id: int, action_id: int) -> Response:
    """The button of the pages does the same."""
    done = undo.undo(action_id, tournament_id=tournament_id, actor=access.actor(), now=utc_now())
    return as_json(UndoneTold(action_id=action_id, action=done.action, changed=done.changed))


def _change(body: ChangeBody) -> Change:
    return Change(body.kind, entries_of(body.games, body.lines), body.lost_by)


def _choices(sent: Sequence[ChoiceSent]) -> dict[int, str]:
    return {one.match_id: one.choice for one in sent}


def _told(match_id: int, impact: Impact) -> Response:
    told = {
        "match_id": match_id,
        "needs_choice": impact.needs_choice,
        "matches": [
            {
                "match_id": match.match_id, "number": match.number, "before": _shown(match.before),
                "after": _shown(match.after),
            }
            for match in impact.matches
        ],
        "ranks": [move._asdict() for move in impact.ranks],
        "in_doubt": [
            {
                "match_id": match.match_id, "number": match.number, "state": match.state, "choice": match.choice,
                "is_chosen": match.is_chosen,
            }
            for match in impact.in_doubt
        ],
        "events": [told._asdict() for told in impact.told],
    }  # fmt: skip
    return as_json(ImpactTold.model_validate(told))


def _shown(face: Mapping[str, Any]) -> dict[str, Any]:
    return {name: face[name] for name in _SHOWN}
