"""The versions of a tournament's settings by API: listed, looked at, gone back to."""

from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.services.spine.clock import utc_now
from webapp.services.tournaments import tournament_edits, version_facts
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.paging import around
from webapp.views.api.schemas.keeping import Restored, VersionsTold, VersionWhole
from webapp.views.api.schemas.tournaments import PageQuery

_ALL: Final = "/tournaments/<int(max=2147483647):tournament_id>/versions/"
_ONE: Final = _ALL + "<int(max=2147483647):number>/"
_READS: Final[dict[str, Any]] = {"family": "Tournaments", "scope": "organize", "rate": rates.ORGANIZE}


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule(_ALL, "versions", versions)
    bp.add_url_rule(_ONE, "version", version)
    bp.add_url_rule(_ONE + "restore/", "restore_version", restore_version, methods=("POST",))


@access.open_to(access.ORGANIZER)
@operation(
    summary="The versions of a tournament's settings",
    query=PageQuery,
    gives=TypeAdapter(VersionsTold),
    problems={404: "tournament_not_found"},
    **_READS,
)
def versions(tournament_id: int, query: PageQuery) -> Response:
    """One of every edit, the newest first; the first one is how it was before."""
    count, listed = version_facts.listed(tournament_id, limit=query.limit, offset=query.offset, actor=access.actor())
    return as_json(VersionsTold.model_validate(around(query, count) | {"results": listed}))


@access.open_to(access.ORGANIZER)
@operation(
    summary="A version with its settings",
    gives=TypeAdapter(VersionWhole),
    problems={404: "tournament_not_found, version_not_found"},
    **_READS,
)
def version(tournament_id: int, number: int) -> Response:
    """And which of them differ now."""
    return as_json(VersionWhole.model_validate(version_facts.one(tournament_id, number, actor=access.actor())))


@access.open_to(access.ORGANIZER)
@operation(
    summary="Go back to a version",
    description="A new version with its settings; what cannot be changed any more stays, and is named.",
    gives=TypeAdapter(Restored),
    takes_key=True,
    problems={
        404: "tournament_not_found, version_not_found",
        409: "frozen, idempotency_running",
        422: "invalid_result, idempotency_key_reused",
    },
    **_READS,
)
def restore_version(tournament_id: int, number: int) -> Response:
    """Twice is the same as once."""
    done = tournament_edits.restore(tournament_id, number, actor=access.actor(), now=utc_now())
    told = {"tournament_id": tournament_id, "number": number, "changed": done.changed, "left": done.left}
    return as_json(Restored.model_validate(told))
