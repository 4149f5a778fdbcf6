"""Deleted tournaments by API: listed and brought back by staff."""

from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.services.spine.clock import utc_now
from webapp.services.staff_pages.deleted_list import list_deleted
from webapp.services.tournaments import tournament_removal
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.paging import around
from webapp.views.api.schemas.keeping import BroughtBack, DeletedTold
from webapp.views.api.schemas.tournaments import PageQuery

_STAFF: Final[dict[str, Any]] = {"family": "Staff", "scope": "admin", "rate": rates.STAFF}


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule("/admin/tournaments/deleted/", "deleted_tournaments", deleted_tournaments)
    bp.add_url_rule(
        "/admin/tournaments/<int(max=2147483647):tournament_id>/restore/", "restore_tournament", restore_tournament,
        methods=("POST",),
    )  # fmt: skip


@access.open_to(access.ADMIN)
@operation(summary="Tournaments that were deleted", query=PageQuery, gives=TypeAdapter(DeletedTold), **_STAFF)
def deleted_tournaments(query: PageQuery) -> Response:
    """The latest first."""
    count, listed = list_deleted(limit=query.limit, offset=query.offset, actor=access.actor())
    return as_json(DeletedTold.model_validate(around(query, count) | {"results": listed}))


@access.open_to(access.ADMIN)
@operation(
    summary="Bring a deleted tournament back",
    description="As it was. Twice is the same as once.",
    gives=TypeAdapter(BroughtBack),
    takes_key=True,
    problems={404: "tournament_not_found", 409: "idempotency_running", 422: "idempotency_key_reused"},
    **_STAFF,
)
def restore_tournament(tournament_id: int) -> Response:
    """The page of staff does the same."""
    tournament_removal.restore(tournament_id, actor=access.actor(), now=utc_now())
    return as_json(BroughtBack(tournament_id=tournament_id))
