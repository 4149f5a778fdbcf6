"""What the API of tournaments takes and gives."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from webapp.views.api.schemas.base import Asked, Id, Instant, Number, Offset, Sent, Switch, Text, Told, digits

Status = Literal["registration_open", "registration_closed", "live", "completed", "archived", "cancelled"]
Format = Literal["battle-royale", "single-elimination", "double-elimination", "round-robin", "swiss"]
Ordering = Literal["-starts_at", "starts_at", "name", "-prize_pool", "prize_pool", "entry_fee", "-entry_fee"]
PageSize = Annotated[int, Field(ge=1, le=100), BeforeValidator(digits)]


def _instant(value: object) -> object:
    """A moment as a query writes it: without a zone it is UTC."""
    if not isinstance(value, str):
        return value
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError("moment", "write a moment such as 2026-11-21T18:00:00Z") from None


Moment = Annotated[datetime, BeforeValidator(_instant)]


class PageQuery(Asked):
    """Which page of a list."""

    limit: PageSize = 20
    offset: Offset = 0


class DiscoverQuery(PageQuery):
    """What is looked for; money is in the currency's smallest unit."""

    search: Annotated[Text, Field(max_length=80)] = ""
    game: Annotated[Text, Field(max_length=40)] = ""
    status: Status | Literal["draft"] | None = Field(default=None, description="`draft`: those that you organize.")
    format: Format | None = None
    min_prize: Number | None = None
    max_prize: Number | None = None
    min_fee: Number | None = None
    max_fee: Number | None = None
    free_only: Switch = 0
    start_after: Moment | None = None
    start_before: Moment | None = None
    is_official: Switch | None = None
    organizer: Annotated[Text, Field(max_length=80)] = ""
    ordering: Ordering = "-starts_at"


class Found(Told):
    """A tournament in a list, without names."""

    id: int
    slug: str
    game: str
    format: str
    status: str
    starts_at: Instant | None
    started_at: Instant | None
    completed_at: Instant | None
    registration_opens_at: Instant | None
    registration_closes_at: Instant | None
    places: int | None
    entry_fee: int
    prize_pool: int
    currency: str | None
    region: str | None
    season: str | None
    is_official: bool
    is_featured: bool
    organizer_id: int | None


class FoundPage(Told):
    """A page of what was found; `count` is how many there are."""

    count: int
    next: str | None
    previous: str | None
    results: list[Found]


class ReviewBody(Sent):
    """An official's word about the winners."""

    decision: Literal["confirm", "computed", "by_hand"]
    winner_id: Id | None = None
    runner_up_id: Id | None = None
    third_place_id: Id | None = None
    reason: Annotated[Text, Field(min_length=10, max_length=500, description="Stays on record.")]


class Reviewed(Told):
    """What stands from then on."""

    tournament_id: int
    changed: bool
    winner_id: int | None
    runner_up_id: int | None
    third_place_id: int | None
    determination_method: str
    requires_review: bool


class WhyBody(Sent):
    """Why, for what stays on record."""

    reason: Annotated[Text, Field(min_length=10, max_length=500, description="Stays on record.")]


class StatusAnswer(Told):
    """Where the tournament stands now."""

    tournament_id: int
    status: str
