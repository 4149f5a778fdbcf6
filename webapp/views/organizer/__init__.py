"""Pages of the organizer."""

from flask import Blueprint, Flask

from webapp.views import once
from webapp.views.organizer import details, grid, imports, matches, overview, participants

bp = Blueprint("organizer", __name__, url_prefix="/organizer")
grid.register(bp)

_POST = ("POST",)
_FORM = ("GET", "POST")
_ONE = "/tournaments/<int(max=2147483647):tournament_id>/"
_MATCH = _ONE + "matches/<int(max=2147483647):match_id>/"
_PARTICIPANT = _ONE + "participants/<int(max=2147483647):participant_id>/"

bp.add_url_rule("/", "dashboard", overview.dashboard)
bp.add_url_rule("/rules/", "rules", details.rules, methods=_POST)
bp.add_url_rule("/tournaments/new/", "new", details.new, methods=_FORM)
bp.add_url_rule(_ONE, "tournament", overview.tournament)
bp.add_url_rule(_ONE + "edit/", "edit", details.edit, methods=_FORM)
bp.add_url_rule(_ONE + "open/", "open_registration", overview.open_registration, methods=_POST)
bp.add_url_rule(_ONE + "start/", "start", overview.start, methods=_POST)
bp.add_url_rule(_ONE + "complete/", "complete", overview.complete, methods=_POST)
bp.add_url_rule(_ONE + "archive/", "archive", overview.archive, methods=_POST)
bp.add_url_rule(_ONE + "cancel/", "cancel", overview.cancel, methods=_POST)
bp.add_url_rule(_ONE + "participants/", "participants", participants.participants, methods=_FORM)
bp.add_url_rule(_PARTICIPANT + "withdraw/", "withdraw", participants.withdraw, methods=_POST)
bp.add_url_rule(_PARTICIPANT + "adjust/", "adjust", participants.adjust, methods=_POST)
bp.add_url_rule(_ONE + "matches/", "matches", matches.matches, methods=_FORM)
bp.add_url_rule(_MATCH + "edit/", "edit_match", matches.edit_match, methods=_FORM)
bp.add_url_rule(_MATCH + "start/", "start_match", matches.start_match, methods=_POST)
bp.add_url_rule(_MATCH + "cancel/", "cancel_match", matches.cancel_match, methods=_POST)
bp.add_url_rule(_ONE + "import/", "import_results", imports.import_results, methods=_FORM)


def register(app: Flask) -> None:
    """Serve these pages."""
    app.register_blueprint(bp)
    imports.init_uploads(app)
    once.init_once(app)
