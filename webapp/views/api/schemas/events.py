"""The public log of a tournament."""

from typing import Annotated, Any

from pydantic import Field

from webapp.views.api.schemas.base import Asked, Instant, Limit, Number, Told


class EventsQuery(Asked):
    """From where on."""

    since: Annotated[Number, Field(description="The number of the last event that you have; 0 for none.")] = 0
    limit: Limit = 100


class Event(Told):
    """Something that happened: ids, numbers and states."""

    id: str
    type: str
    tournament_id: int
    seq: int = Field(description="The tournament's own number. Missing numbers are of events for officials.")
    match_id: int | None
    participant_id: int | None
    data: dict[str, Any]
    created_at: Instant


class Events(Told):
    """Events in their order, and what to ask with next time."""

    count: int
    events: list[Event]
    next_since: int
    has_more: bool
