"""What pages about webhooks show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from webapp.services.pages.paging import Paging

STATES: Final[Mapping[str, str]] = {
    "pending": "waits",
    "held": "held until the board is shown",
    "delivered": "delivered",
    "failed": "failed for good",
    "exhausted": "given up",
}
"""What the states of deliveries are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEndpoint:
    """An endpoint on a list. `title` is its description, else the host of its address."""

    id: int
    kind: str
    scope: str
    title: str
    host: str
    owner: str
    is_from_environment: bool
    tournament_name: str | None
    events_count: int
    """How many kinds of events were chosen; 0 for all."""
    condition: str
    """`disabled`, `paused`, `open`, `half_open`, or `good`."""
    last_success_at: datetime | None
    last_failure_at: datetime | None
    delivered: int
    failed: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointList:
    """A page of endpoints, the newest first; what was sent to them is counted over a day."""

    endpoints: tuple[ListedEndpoint, ...]
    paging: Paging
    is_sending: bool
    """Whether webhooks are sent at all on this site."""
    is_sending_discord: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """How the receiver fares: in which state its circuit is, and until when nothing is sent."""

    state: str
    since: datetime | None
    next_try_at: datetime | None
    failures_in_a_row: int
    failing_since: datetime | None
    opened_today: int
    throttled_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDelivery:
    """A delivery on a list, with its last attempt. `duration_ms`, `status_code`, `error` are that attempt's."""

    id: int
    type: str
    tournament_name: str | None
    seq: int | None
    state: str
    is_manual: bool
    tries: int
    created_at: datetime
    next_at: datetime
    delivered_at: datetime | None
    status_code: int | None
    error: str
    duration_ms: int | None


@dataclass(frozen=True, slots=True)
class DeliveryQuery:
    """Which deliveries are looked for; empty values look for all."""

    state: str = ""
    event_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointPage:
    """An endpoint with a page of what was sent to it."""

    endpoint: ListedEndpoint
    description: str
    created_at: datetime
    event_types: tuple[str, ...]
    tournament_id: int | None
    disabled_at: datetime | None
    disabled_reason: str
    missed_since: datetime | None
    paused_at: datetime | None
    before_ends_at: datetime | None
    """Until when the secret before signs as well."""
    circuit: Circuit
    is_sending: bool
    query: DeliveryQuery
    deliveries: tuple[ListedDelivery, ...]
    paging: Paging
    known_types: tuple[str, ...]
    tournaments: tuple[tuple[int, str], ...]
    """Ids and names of those whose log can be replayed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAttempt:
    """One try and all that is kept of it."""

    at: datetime
    is_manual: bool
    is_success: bool
    status_code: int | None
    duration_ms: int
    error: str
    headers: Mapping[str, str]
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPage:
    """A delivery with its body and all its attempts, the newest first."""

    endpoint: ListedEndpoint
    delivery: ListedDelivery
    event_id: str
    tournament_id: int | None
    body: str
    attempts: tuple[ShownAttempt, ...]
