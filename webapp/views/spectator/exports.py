"""A board to take away."""

from flask import Response

from webapp.services.boards import board_files
from webapp.services.spine.clock import utc_now
from webapp.views import access


@access.open_to(access.EVERYBODY)
def leaderboard_csv(tournament_id: int) -> Response:
    """The public board for spreadsheet programs, streamed."""
    pieces = board_files.public_csv(tournament_id, now=utc_now())
    return _download(Response(pieces, mimetype="text/csv"), f"leaderboard-{tournament_id}.csv")


@access.open_to(access.EVERYBODY)
def leaderboard_json(tournament_id: int) -> Response:
    """The public board for programs, with ids alone."""
    document = board_files.public_json(tournament_id, now=utc_now())
    return _download(Response(document, mimetype="application/json"), f"leaderboard-{tournament_id}.json")


def _download(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "public, max-age=1"
    return response
