"""How webhooks do, for staff: what was sent, what became of it, and whose circuit is open. It changes nothing."""

from typing import Any, Final

from flask import Blueprint, Response
from pydantic import TypeAdapter

from webapp.services.spine.clock import utc_now
from webapp.services.webhooks import stats
from webapp.services.webhooks.stats import DeliveryFilter
from webapp.views import access
from webapp.views.api import rates
from webapp.views.api.operation import as_json, operation
from webapp.views.api.paging import around
from webapp.views.api.schemas.webhooks import Circuits, Deliveries, DeliveriesQuery, DeliveryStats, WholeDelivery

_STAFF: Final[dict[str, Any]] = {"family": "Staff", "scope": "admin", "rate": rates.STAFF}


def register(bp: Blueprint) -> None:
    """Serve these operations."""
    bp.add_url_rule("/admin/webhooks/deliveries/", "webhook_deliveries", webhook_deliveries)
    bp.add_url_rule(
        "/admin/webhooks/deliveries/<int(max=2147483647):delivery_id>/", "webhook_delivery", webhook_delivery
    )
    bp.add_url_rule("/admin/webhooks/stats/", "webhook_stats", webhook_stats)
    bp.add_url_rule("/admin/webhooks/circuit/", "webhook_circuits", webhook_circuits)


@access.open_to(access.ADMIN)
@operation(
    summary="What was sent to webhooks",
    description="Every event for every endpoint with its attempts, the newest first; kept for 30 days.",
    query=DeliveriesQuery,
    gives=TypeAdapter(Deliveries),
    **_STAFF,
)
def webhook_deliveries(query: DeliveriesQuery) -> Response:
    """By state, endpoint, and state of the endpoint's circuit."""
    wanted = DeliveryFilter(query.status, query.endpoint, query.circuit)
    count, listed = stats.list_deliveries(wanted, limit=query.limit, offset=query.offset, actor=access.actor())
    return as_json(Deliveries.model_validate(around(query, count) | {"results": listed}))


@access.open_to(access.ADMIN)
@operation(
    summary="One delivery to a webhook",
    description="With the headers that each attempt was sent with; signatures are left out.",
    gives=TypeAdapter(WholeDelivery),
    problems={404: "delivery_not_found"},
    **_STAFF,
)
def webhook_delivery(delivery_id: int) -> Response:
    """For when a receiver says that nothing came."""
    return as_json(WholeDelivery.model_validate(stats.find_delivery(delivery_id, actor=access.actor())))


@access.open_to(access.ADMIN)
@operation(summary="How webhooks do", gives=TypeAdapter(DeliveryStats), **_STAFF)
def webhook_stats() -> Response:
    """Within 24 hours."""
    return as_json(DeliveryStats.model_validate(stats.totals(actor=access.actor(), now=utc_now())))


@access.open_to(access.ADMIN)
@operation(
    summary="The circuits of webhooks",
    description="An open circuit sends nothing for a minute, then tries one message; what waits costs no attempts.",
    gives=TypeAdapter(Circuits),
    **_STAFF,
)
def webhook_circuits() -> Response:
    """Of every endpoint that stands."""
    return as_json(Circuits.model_validate({"results": stats.circuits(actor=access.actor(), now=utc_now())}))
