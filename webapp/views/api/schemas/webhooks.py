"""What staff are told of webhooks: ids, states and numbers; no addresses, no secrets, no signatures."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from webapp.views.api.schemas.base import Asked, Id, Instant, Limit, Offset, Told

State = Literal["pending", "held", "delivered", "failed", "exhausted"]
Circuit = Literal["closed", "open", "half_open"]


class DeliveriesQuery(Asked):
    """Which deliveries, and which part of them."""

    status: Annotated[State, Field(description="In this state.")] | None = None
    endpoint: Annotated[Id, Field(description="To this endpoint.")] | None = None
    circuit: Annotated[Circuit, Field(description="To endpoints whose circuit is in this state.")] | None = None
    limit: Limit = 50
    offset: Offset = 0


class Attempt(Told):
    """One try. `error` says in one word what went wrong where no status does."""

    at: Instant
    status_code: int | None
    duration_ms: int
    error: str | None


class WholeAttempt(Attempt):
    """The same, with what it was sent with."""

    is_manual: bool = Field(description="Whether somebody asked for it: a redelivery, a replay, a test.")
    headers: dict[str, str] = Field(description="Those that were sent, without the values of signatures.")
    answer_bytes: int = Field(description="How much of the answer is kept, at most 4,096; pages show it.")


class _Delivery(Told):
    id: int
    event_id: UUID
    type: str
    endpoint_id: int
    tournament_id: int | None
    seq: int | None = Field(description="The event's number in its tournament's log.")
    state: State
    is_manual: bool
    created_at: Instant
    next_at: Instant | None = Field(description="When it is tried next; null once it is over.")
    delivered_at: Instant | None


class Delivery(_Delivery):
    """One event for one endpoint."""

    attempts: list[Attempt]


class WholeDelivery(_Delivery):
    """One event for one endpoint, with all that programs are told of its attempts."""

    attempts: list[WholeAttempt]


class Deliveries(Told):
    """A page of deliveries, the newest first."""

    count: int
    next: str | None
    previous: str | None
    results: list[Delivery]


class DeliveryCounts(Told):
    """How many are in each state."""

    pending: int
    held: int
    delivered: int
    failed: int
    exhausted: int


class DeliveryStats(Told):
    """How sending did within the last 24 hours."""

    since: Instant
    deliveries: DeliveryCounts
    waiting: int = Field(description="What is to be sent now, however old.")
    success_ratio: float | None = Field(description="Delivered among what has ended; null where nothing has.")
    attempts: int
    attempts_failed: int
    p50_ms: int | None
    p95_ms: int | None


class EndpointCircuit(Told):
    """How one endpoint fares."""

    endpoint_id: int
    kind: Literal["webhook", "discord"]
    circuit: Circuit
    since: Instant | None
    next_probe_at: Instant | None = Field(description="When an open circuit lets one message through.")
    failures_in_a_row: int
    failing_since: Instant | None
    opened_today: int
    throttled_until: Instant | None
    paused_at: Instant | None
    disabled_at: Instant | None
    disabled_reason: str | None
    last_success_at: Instant | None
    last_failure_at: Instant | None


class Circuits(Told):
    """Every endpoint that stands."""

    results: list[EndpointCircuit]
