"""Getting in and out: register, log in, log out, a new password, the address verified."""

from flask import Blueprint, Flask

from webapp.views.auth import links, pages

bp = Blueprint("auth", __name__)
_BOTH = ("GET", "POST")

bp.add_url_rule("/login/", "login", pages.login, methods=_BOTH)
bp.add_url_rule("/logout/", "logout", pages.logout, methods=("POST",))
bp.add_url_rule("/register/", "register", pages.register, methods=_BOTH)
bp.add_url_rule("/password/forgot/", "forgot", links.forgot, methods=_BOTH)
bp.add_url_rule("/password/reset/<token>/", "reset", links.reset, methods=_BOTH)
bp.add_url_rule("/email/verify/<token>/", "verify", links.verify, methods=_BOTH)


def register(app: Flask) -> None:
    """Serve these pages."""
    app.register_blueprint(bp)
