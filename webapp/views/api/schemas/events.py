"""The public log of a tournament."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from webapp.views.api.schemas.base import Asked, Instant, Limit, Number, Told, digits


class EventsQuery(Asked):
    """From where on."""

    since: Annotated[Number, Field(description="The number of the last event that you have; 0 for none.")] = 0
    limit: Limit = 100
    wait: (
        Annotated[
            int,
            Field(ge=0, le=20),
            BeforeValidator(digits),
            Field(
                description="Answer with the sockets' messages, if there are none yet after so many seconds at most."
            ),
        ]
        | None
    ) = None
    audience: Annotated[
        Literal["public", "official"] | None,
        Field(description="With `wait`: whose messages; an official's token gets those of officials by default."),
    ] = None


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


class Messages(Told):
    """With `wait`: what the sockets tell, each with its `type` and `seq`, and what to ask with next time."""

    count: int
    messages: list[dict[str, Any]]
    next_since: int
    has_more: bool
