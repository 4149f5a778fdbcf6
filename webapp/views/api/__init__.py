"""The JSON API: operations by family, their description, the page to read it on."""

from typing import Final

import orjson
from flask import Blueprint, Flask, Response

from webapp.domain.errors import FeatureDisabled
from webapp.domain.uploads import UploadError
from webapp.errors import WORDS, Problem, error_response
from webapp.views import access
from webapp.views.api import (
    announcements,
    appointments,
    bearer,
    brackets,
    checkins,
    corrections,
    deleted,
    disputes,
    downloads,
    drafts,
    entries,
    events,
    fees,
    fixtures,
    games,
    leaderboards,
    matches,
    names,
    officials,
    pages,
    participants,
    questions,
    rates,
    settings,
    sides,
    staff,
    teams,
    templates,
    tokens,
    tournaments,
    unchanged,
    versions,
    webhooks,
)
from webapp.views.api.operation import ScopeMissing
from webapp.views.api.requests import UnreadableRequest, UnsupportedBody

bp = Blueprint("api", __name__, url_prefix="/api")

# Ids beyond the column's range are no addresses: the database would refuse to compare them.
_ID: Final = "<int(max=2147483647):{}>"
_TOURNAMENT: Final = f"/tournaments/{_ID.format('tournament_id')}/"
_SERIES: Final = f"{_TOURNAMENT}series/{_ID.format('match_id')}/"
_HISTORY: Final = f"/tournaments/leaderboards/participant/{_ID.format('participant_id')}/history/"

bp.add_url_rule("/", "browse", pages.browse)
bp.add_url_rule("/openapi.json", "openapi", pages.openapi)
bp.add_url_rule(_TOURNAMENT + "leaderboard/", "leaderboard", leaderboards.leaderboard)
bp.add_url_rule(_TOURNAMENT + "leaderboard/deltas/", "deltas", leaderboards.deltas)
bp.add_url_rule(_TOURNAMENT + "events/", "events", events.events)
bp.add_url_rule(_TOURNAMENT + "metadata/", "tournament_metadata", names.tournament_metadata)
bp.add_url_rule(_TOURNAMENT + "override-placement/", "override_placement", staff.override_placement, methods=["POST"])
bp.add_url_rule(_SERIES, "series", leaderboards.series)
bp.add_url_rule(_HISTORY, "participant_history", leaderboards.participant_history)
bp.add_url_rule("/tournaments/leaderboards/scoped/", "scoped", leaderboards.scoped)
bp.add_url_rule("/profiles/", "profiles", names.profiles)
bp.add_url_rule("/teams/", "teams", names.teams)
bp.add_url_rule(f"/admin/leaderboards/inspect/{_ID.format('tournament_id')}/", "inspect", staff.inspect)
bp.add_url_rule("/admin/leaderboards/cache/status/", "status_of_cache", staff.status_of_cache)
bp.add_url_rule("/admin/leaderboards/cache/invalidate/", "invalidate_cache", staff.invalidate_cache, methods=["POST"])
bp.add_url_rule("/token/", "token", tokens.token, methods=["POST"])
bp.add_url_rule("/token/refresh/", "refresh", tokens.refresh, methods=["POST"])
bp.add_url_rule("/token/verify/", "verify", tokens.verify, methods=["POST"])

brackets.register(bp)
matches.register(bp)
sides.register(bp)
officials.register(bp)
disputes.register(bp)
corrections.register(bp)
games.register(bp)
checkins.register(bp)
entries.register(bp)
fees.register(bp)
teams.register(bp)
tournaments.register(bp)
settings.register(bp)
templates.register(bp)
questions.register(bp)
appointments.register(bp)
fixtures.register(bp)
drafts.register(bp)
participants.register(bp)
versions.register(bp)
announcements.register(bp)
downloads.register(bp)
deleted.register(bp)
webhooks.register(bp)

bp.after_request(rates.add_headers)
bp.after_request(unchanged.tag)


@bp.errorhandler(FeatureDisabled)
def _switched_off(error: FeatureDisabled) -> Response:
    response = error_response(Problem(503, error.code, WORDS[503]._replace(message=error.message)))
    document = orjson.loads(response.data) | {"retry_after_seconds": error.retry_after_s}
    response.data = orjson.dumps(document)
    response.headers["Retry-After"] = str(error.retry_after_s)
    return response


@bp.errorhandler(ScopeMissing)
def _scope_missing(error: ScopeMissing) -> Response:
    response = error_response(Problem(403, error.code, WORDS[403]._replace(message=error.message)))
    response.headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{error.needed}"'
    return response


@bp.errorhandler(UnreadableRequest)
def _unreadable(error: UnreadableRequest) -> Response:
    return error_response(Problem(400, error.code, WORDS[400]._replace(message=error.message)))


@bp.errorhandler(UploadError)
def _wrong_file(error: UploadError) -> Response:
    status = 413 if error.code == "file_too_large" else 422
    return error_response(Problem(status, error.code, WORDS[status]._replace(message=error.message), error.fields))


@bp.errorhandler(UnsupportedBody)
def _unsupported(error: UnsupportedBody) -> Response:
    return error_response(Problem(415, error.code, WORDS[415]._replace(message=error.message)))


def register(app: Flask) -> None:
    """Serve the API."""
    access.use_bearer(app, bearer.load)
    unchanged.init_unchanged(app)
    rates.init_rates(app)
    app.register_blueprint(bp)
