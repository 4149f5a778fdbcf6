"""The public log of a tournament, for programs that follow it."""

from flask import Response
from pydantic import TypeAdapter

from webapp.domain.events import PUBLIC
from webapp.services.boards import api_reads
from webapp.services.spine.clock import utc_now
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.schemas.events import Events, EventsQuery, Messages
from webapp.views.api.unchanged import by_log


@access.open_to(access.LOGGED_IN)
@by_log
@operation(
    summary="What happened in a tournament since an event",
    description=(
        "The log that boards and sockets are made of, in its order. Ask again with `next_since`. With `wait` it is "
        "what the sockets tell, to everybody who may listen there, and the answer waits for news; numbers that belong "
        "to officials come without content."
    ),
    family="Log",
    scope="read",
    rate=rates.EVENTS,
    query=EventsQuery,
    gives=TypeAdapter(Events | Messages),
    is_switchable=True,
    problems={404: "tournament_not_found"},
)
def events(tournament_id: int, query: EventsQuery) -> Response:
    """Following the log. Where the web server is ours it has waited before (`realtime/long_polls.py`)."""
    if query.wait is not None:
        who = access.person()
        # A page in an official's browser is as public as anybody's, unless it asks for more.
        audience = query.audience or (PUBLIC if who is not None and who.session_id is not None else None)
        told = api_reads.messages_since(
            tournament_id, query.since, actor=access.actor(), audience=audience, now=utc_now()
        )
        return as_json(Messages.model_validate(told))
    return as_json(Events.model_validate(api_reads.events_since(tournament_id, query.since, limit=query.limit)))
