"""Pages of the organizer."""

from flask import Blueprint, Flask

from webapp.views import once
from webapp.views.organizer import details, freeze, grid, imports, matches, overlays, overview, participants

bp = Blueprint("organizer", __name__, url_prefix="/organizer")
grid.register(bp)

_POST = ("POST",)
_FORM = ("GET", "POST")
_ONE = "/tournaments/<int(max=2147483647):tournament_id>/"
_MATCH = _ONE + "matches/<int(max=2147483647):match_id>/"
_OVERLAY_LINK = _ONE + "overlays/<int(max=2147483647):link_id>/"
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
bp.add_url_rule(_ONE + "overlays/", "overlays", overlays.overlays, methods=_FORM)
bp.add_url_rule(_OVERLAY_LINK + "revoke/", "revoke_overlay", overlays.revoke_overlay, methods=_POST)
bp.add_url_rule(_ONE + "freeze/", "freeze", freeze.freeze, methods=_FORM)
bp.add_url_rule(_ONE + "freeze/now/", "freeze_now", freeze.freeze_now, methods=_POST)
bp.add_url_rule(_ONE + "freeze/call-off/", "call_off_freeze", freeze.call_off_freeze, methods=_POST)
bp.add_url_rule(_ONE + "freeze/end/", "unfreeze", freeze.unfreeze, methods=_POST)
bp.add_url_rule(_ONE + "reveal/", "reveal", freeze.reveal)
bp.add_url_rule(_ONE + "reveal/start/", "start_reveal", freeze.start_reveal, methods=_POST)
bp.add_url_rule(_ONE + "reveal/step/", "step_reveal", freeze.step_reveal, methods=_POST)
bp.add_url_rule(_ONE + "import/", "import_results", imports.import_results, methods=_FORM)


def register(app: Flask) -> None:
    """Serve these pages."""
    app.register_blueprint(bp)
    imports.init_uploads(app)
    once.init_once(app)
