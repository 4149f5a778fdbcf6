"""What staff do by API: overrides, inspection, the cache. It stays up while the leaderboard API is switched off."""

from typing import Final

from flask import Response
from pydantic import TypeAdapter

from webapp.domain.errors import DomainError
from webapp.services.boards import leaderboard_inspection
from webapp.services.operations import cache_admin, cache_status
from webapp.services.ranking import overrides
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.schemas.staff import (
    CacheStatus,
    Inspection,
    InspectQuery,
    InvalidateBody,
    Invalidated,
    OverrideBody,
    OverrideResult,
)

FAMILY: Final = "Staff"


@access.open_to(access.ADMIN)
@operation(
    summary="Set a participant's placement",
    description="The participant takes exactly this rank, everybody else keeps their computed order around it, until"
    " staff restore it. The same rank again changes nothing, and the answer says so.",
    family=FAMILY,
    scope="overrides",
    rate=rates.OVERRIDES,
    body=OverrideBody,
    gives=TypeAdapter(OverrideResult),
    takes_key=True,
    problems={
        404: "tournament_not_found, participant_not_found",
        409: "rank_taken, tournament_archived, idempotency_running",
        422: "invalid_result (rank beyond 1…N, reason too short), idempotency_key_reused",
    },
)
def override_placement(tournament_id: int, body: OverrideBody) -> Response:
    """An override by form is the same service."""
    try:
        outcome = overrides.override(
            tournament_id, body.participant_id, body.new_rank, reason=body.reason, actor=access.actor(), now=utc_now()
        )
    except DomainError as error:
        # The service sets several at once; here there is one, whose fields have no number.
        error.fields = tuple(field._replace(path=field.path.removeprefix("placements[0].")) for field in error.fields)
        raise
    return as_json(OverrideResult(tournament_id=tournament_id, **outcome._asdict()))


@access.open_to(access.ADMIN)
@operation(
    summary="A board taken apart",
    description="Raw totals of each participant beside those of the board, match counts, flags, versions, cache.",
    family=FAMILY,
    scope="admin",
    rate=rates.STAFF,
    query=InspectQuery,
    gives=TypeAdapter(Inspection),
    problems={404: "tournament_not_found"},
)
def inspect(tournament_id: int, query: InspectQuery) -> Response:
    """For when a board looks wrong."""
    found = leaderboard_inspection.inspect(tournament_id, actor=access.actor(), limit=query.limit, offset=query.offset)
    return as_json(Inspection.model_validate(found.as_data()))


@access.open_to(access.ADMIN)
@operation(
    summary="How the read cache does",
    family=FAMILY,
    scope="admin",
    rate=rates.STAFF,
    gives=TypeAdapter(CacheStatus),
)
def status_of_cache() -> Response:
    """Hits, misses, latencies of all processes."""
    return as_json(CacheStatus.model_validate(cache_status.status(actor=access.actor()).as_data()))


@access.open_to(access.ADMIN)
@operation(
    summary="Clear what is kept of boards",
    description="Nothing that is kept is ever stale; this is for peace of mind. Audited.",
    family=FAMILY,
    scope="admin",
    rate=rates.INVALIDATION,
    body=InvalidateBody,
    gives=TypeAdapter(Invalidated),
    takes_key=True,
    problems={404: "tournament_not_found", 409: "idempotency_running", 422: "idempotency_key_reused"},
)
def invalidate_cache(body: InvalidateBody) -> Response:
    """Of one tournament, or of a scope."""
    done = cache_admin.invalidate(
        actor=access.actor(), now=utc_now(), tournament_id=body.tournament_id, scope=body.scope
    )
    return as_json(Invalidated.model_validate(done._asdict()))
