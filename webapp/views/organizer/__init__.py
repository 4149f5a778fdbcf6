"""Pages of the organizer."""

from flask import Blueprint, Flask

from webapp.views import once, webhooks
from webapp.views.organizer import (
    bracket,
    checkin_desk,
    control,
    corrections,
    creation,
    custom_fields,
    details,
    disputes,
    freeze,
    grid,
    imports,
    keeping,
    league,
    match_desk,
    matches,
    overlays,
    overview,
    participants,
    payments,
    radar,
    registrations,
    schedule,
    series_result,
    templates,
    undo,
    winners,
)

bp = Blueprint("organizer", __name__, url_prefix="/organizer")
bracket.register(bp)
control.register(bp)
corrections.register(bp)
disputes.register(bp)
grid.register(bp)
registrations.register(bp)
payments.register(bp)
custom_fields.register(bp)
checkin_desk.register(bp)
creation.register(bp)
keeping.register(bp)
league.register(bp)
match_desk.register(bp)
radar.register(bp)
schedule.register(bp)
series_result.register(bp)
templates.register(bp)
undo.register(bp)
winners.register(bp)
webhooks.register(bp, webhooks.ORGANIZERS)

_POST = ("POST",)
_FORM = ("GET", "POST")
_ONE = "/tournaments/<int(max=2147483647):tournament_id>/"
_MATCH = _ONE + "matches/<int(max=2147483647):match_id>/"
_OVERLAY_LINK = _ONE + "overlays/<int(max=2147483647):link_id>/"
_PARTICIPANT = _ONE + "participants/<int(max=2147483647):participant_id>/"

bp.add_url_rule("/", "dashboard", overview.dashboard)
bp.add_url_rule("/rules/", "rules", details.rules, methods=_POST)
bp.add_url_rule(_ONE, "tournament", overview.tournament)
bp.add_url_rule(_ONE + "edit/", "edit", details.edit, methods=_FORM)
bp.add_url_rule(_ONE + "open/", "open_registration", overview.open_registration, methods=_POST)
bp.add_url_rule(_ONE + "start/", "start", overview.start, methods=_POST)
bp.add_url_rule(_ONE + "complete/", "complete", overview.complete, methods=_POST)
bp.add_url_rule(_ONE + "archive/", "archive", overview.archive, methods=_POST)
bp.add_url_rule(_ONE + "cancel/", "cancel", overview.cancel, methods=_POST)
bp.add_url_rule(_ONE + "stop/", "emergency_stop", overview.emergency_stop, methods=_POST)
bp.add_url_rule(_ONE + "resume/", "resume_play", overview.resume_play, methods=_POST)
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
