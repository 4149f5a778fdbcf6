"""Pages for everybody: the front page, the list of tournaments, the page about one."""

from flask import Blueprint, Flask

from webapp.views.public import pages

bp = Blueprint("public", __name__)
bp.add_url_rule("/", "home", pages.home)
bp.add_url_rule("/tournaments/", "tournaments", pages.tournaments)
bp.add_url_rule("/tournaments/<slug>/", "tournament", pages.tournament)


def register(app: Flask) -> None:
    """Serve these pages."""
    app.register_blueprint(bp)
