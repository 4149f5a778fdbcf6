"""What Prometheus reads: counts of the site, for its operator alone."""

import hmac
import ipaddress

from flask import Blueprint, Response, current_app, request

from webapp import metrics as counts
from webapp.config import Settings
from webapp.domain.errors import Forbidden
from webapp.services.webhooks import counts as webhook_counts
from webapp.views import access

bp = Blueprint("metrics", __name__)


@bp.get("/metrics")
@access.open_to(access.EVERYBODY)
def metrics() -> Response:
    """The counts of all web processes; to allowed addresses, or with the token."""
    settings: Settings = current_app.config["SETTINGS"]
    if not (_has_token(settings) or _is_near(settings)):
        raise Forbidden("Counts are for the operator of this site.")
    response = Response(counts.exposition(webhook_counts.Counts()), content_type=counts.CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def _has_token(settings: Settings) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = settings.metrics_token
    return (
        expected is not None and scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), expected.encode())
    )


def _is_near(settings: Settings) -> bool:
    """Whether the asking address is an allowed one.

    Behind a proxy that nobody said to trust every visitor would seem to come from the proxy's own address.
    """
    if not settings.trusted_proxies and "X-Forwarded-For" in request.headers:
        return False
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network) for network in settings.metrics_allowed_addresses)
