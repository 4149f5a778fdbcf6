"""Who runs a tournament, by API: its officials, listed, appointed, dismissed."""

from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.services.organizer_pages.keeping import read_official_ids
from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import officials
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.schemas.appointments import AppointBody, OfficialsTold

_ALL: Final = "/tournaments/<int(max=2147483647):tournament_id>/officials/"
_READS: Final[dict[str, Any]] = {
    "family": "Tournaments",
    "scope": "organize",
    "rate": rates.ORGANIZE,
    "gives": TypeAdapter(OfficialsTold),
    "problems": {403: "forbidden", 404: "tournament_not_found"},
}
_CHANGES: Final[dict[str, Any]] = _READS | {
    "takes_key": True,
    "problems": _READS["problems"]
    | {409: "idempotency_running", 422: "invalid_result (handle, role), idempotency_key_reused"},
}


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ALL, "tournament_officials", tournament_officials)
    bp.add_url_rule(_ALL, "appoint_official", appoint_official, methods=("POST",))
    bp.add_url_rule(
        _ALL + "<int(max=2147483647):user_id>/", "dismiss_official", dismiss_official, methods=("DELETE",)
    )  # fmt: skip


@access.open_to(access.ORGANIZER)
@operation(summary="The officials of a tournament", **_READS)
def tournament_officials(tournament_id: int) -> Response:
    """Its owner, co-organizers and referees."""
    return as_json(OfficialsTold.model_validate(read_official_ids(tournament_id, actor=access.actor())))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Appoint an official",
    description="A co-organizer or a referee, by the handle of an account that may organize; or change which.",
    body=AppointBody,
    **_CHANGES,
)
def appoint_official(tournament_id: int, body: AppointBody) -> Response:
    """Twice is the same as once."""
    officials.appoint(tournament_id, body.handle, body.role, actor=access.actor(), now=utc_now())
    return _told(tournament_id)


@access.open_to(access.ORGANIZER)
@operation(
    summary="Dismiss an official",
    description="Who is not on the list stays off it.",
    **_CHANGES,
)
def dismiss_official(tournament_id: int, user_id: int) -> Response:
    """What they did stands."""
    officials.dismiss(tournament_id, user_id, actor=access.actor(), now=utc_now())
    return _told(tournament_id)


def _told(tournament_id: int) -> Response:
    # Who has dismissed themselves is told so, and finds the list no more.
    return as_json(OfficialsTold.model_validate(officials.told(tournament_id)))
