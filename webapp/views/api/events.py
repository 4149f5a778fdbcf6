"""The public log of a tournament, for programs that follow it."""

from flask import Response
from pydantic import TypeAdapter

from webapp.services import api_reads
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.schemas.events import Events, EventsQuery
from webapp.views.api.unchanged import by_log


@access.open_to(access.LOGGED_IN)
@by_log
@operation(
    summary="What happened in a tournament since an event",
    description="The log that boards and sockets are made of, in its order. Ask again with `next_since`.",
    family="Log",
    scope="read",
    rate=rates.EVENTS,
    query=EventsQuery,
    gives=TypeAdapter(Events),
    is_switchable=True,
    problems={404: "tournament_not_found"},
)
def events(tournament_id: int, query: EventsQuery) -> Response:
    """Following the log."""
    return as_json(Events.model_validate(api_reads.events_since(tournament_id, query.since, limit=query.limit)))
