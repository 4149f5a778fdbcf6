"""What belongs to who is logged in."""

from flask import Blueprint, Flask

from webapp.views.me import account, disputes, line_up, matches, notifications, registrations, teams, tokens

bp = Blueprint("me", __name__, url_prefix="/me")
bp.add_url_rule("/teams/", "teams", teams.teams)
registrations.register_pages(bp)
line_up.register(bp)
matches.register(bp)
disputes.register(bp)
notifications.register(bp)

bp.add_url_rule("/", "start", account.start)
bp.add_url_rule("/password/", "password", account.password, methods=("GET", "POST"))
bp.add_url_rule("/email/verify/", "send_verification", account.send_verification, methods=("POST",))
bp.add_url_rule("/sessions/", "sessions", account.open_sessions)
bp.add_url_rule(
    "/sessions/<int(max=2147483647):session_id>/end/", "end_session", account.end_session, methods=("POST",)
)
bp.add_url_rule("/tokens/", "tokens", tokens.own_tokens, methods=("GET", "POST"))
bp.add_url_rule(
    "/tokens/<int(max=2147483647):token_id>/revoke/", "revoke_token", tokens.revoke_token, methods=("POST",)
)


def register(app: Flask) -> None:
    """Serve these pages."""
    app.register_blueprint(bp)
    notifications.init_bell(app)
