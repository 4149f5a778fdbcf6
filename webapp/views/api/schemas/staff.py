"""What staff do and look at."""

from typing import Annotated, Any, Literal, Self, cast

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from webapp.views.api.schemas.base import LARGEST_ID, Asked, Instant, Limit, Offset, Sent, Text, Told


def whole_number(value: Any) -> Any:
    """JSON knows one kind of number: 7.0 is 7."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


BodyId = Annotated[int, Field(ge=1, le=LARGEST_ID), BeforeValidator(whole_number)]


def _without_default(schema: dict[str, Any]) -> None:
    """A field that may be left out, but not be null."""
    schema.pop("default", None)


class OverrideBody(Sent):
    """Who gets which rank, and why."""

    participant_id: BodyId
    new_rank: BodyId
    reason: Annotated[Text, Field(min_length=10, max_length=500, description="Stays on record.")]


class OverrideResult(Told):
    """What became of it. The board follows within a second."""

    tournament_id: int
    override_id: int
    participant_id: int
    previous_rank: int
    new_rank: int
    changed: bool = Field(description="False: the participant had this rank by an override already.")
    seq: int = Field(description="The number of the tournament's log with the change in it.")


class InvalidateBody(Sent):
    """Either a tournament, or a scope: `tournament`, `season`, `all_time`, `season:GAME:SEASON`, `all_time:GAME`."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["tournament_id"]}, {"required": ["scope"]}]})

    tournament_id: BodyId = Field(default=cast("int", None), json_schema_extra=_without_default)
    scope: Annotated[
        str,
        Field(
            max_length=100,
            pattern=r"^(tournament|season(:[a-z0-9-]{1,40}:[A-Za-z0-9._-]{1,40})?|all_time(:[a-z0-9-]{1,40})?)$",
        ),
    ] = Field(default=cast("str", None), json_schema_extra=_without_default)

    @model_validator(mode="after")
    def _either(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise PydanticCustomError("either", "give either tournament_id or scope")
        return self


class Invalidated(Told):
    """What was cleared; it is made again when somebody asks."""

    target: str
    cleared: int | None = Field(description="How many kept answers went; null while Redis is away and nothing is kept.")


class InspectQuery(Asked):
    """Which part of the participants."""

    limit: Limit = 50
    offset: Offset = 0


Total = int | float | str | None


class InspectedRow(Told):
    """One participant: the totals kept with its results, and those of the board."""

    participant_id: int
    team_id: int | None
    subject_id: int | None
    rank: int | None
    computed_rank: int | None = Field(description="Without overrides.")
    is_override: bool
    results: int
    changed_seq: int | None
    stored: dict[str, Total]
    published: dict[str, Total] | None
    is_consistent: bool


class ShownVersion(Told):
    """Which version an audience sees."""

    audience: Literal["public", "official"]
    version: int
    seq: int
    computed_at: Instant
    duration_ms: float
    source: str
    entries_count: int
    bytes: int


class OverrideInForce(Told):
    """A rank that staff set."""

    participant_id: int
    rank: int


class Due(Told):
    """Work that waits."""

    waiting: int
    attempts: int
    last_error: str | None


class Inspection(Told):
    """A board taken apart."""

    tournament_id: int
    status: str
    rules_hash: str
    log_seq: int
    results_seq: int
    roster_seq: int
    is_behind: bool = Field(description="Results are newer than the board.")
    overrides: list[OverrideInForce]
    matches: dict[str, int] = Field(description="How many there are, by state.")
    versions: list[ShownVersion]
    flags: dict[str, bool]
    due: Due | None
    cache_keys: int | None
    participants_count: int
    rows: list[InspectedRow]


class CacheStatus(Told):
    """How the read cache does, all processes together."""

    is_on: bool
    is_redis_there: bool
    hits: int
    misses: int
    requests: int
    hit_ratio: float | None
    invalidations: int
    evictions: int
    entries: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    ttls_s: dict[str, int]
    since: Instant | None
