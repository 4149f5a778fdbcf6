"""What load balancers and monitors ask: is the process alive, is the site ready."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from webapp.services.operations import health
from webapp.services.spine.clock import utc_now
from webapp.views import access

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@access.open_to(access.EVERYBODY)
def healthz() -> ResponseReturnValue:
    """200 as long as this process answers at all; asks nobody else."""
    return {"status": "ok"}, 200, {"Cache-Control": "no-store"}


@bp.get("/readiness")
@access.open_to(access.EVERYBODY)
def readiness() -> ResponseReturnValue:
    """200 `ready` or `degraded` and what is missing; 503 `failing` when the database or its migrations are wrong."""
    found = health.readiness(utc_now())
    answer = jsonify(status=found.status, failing=found.failing, missing=found.missing)
    return answer, 503 if found.failing else 200, {"Cache-Control": "no-store"}
