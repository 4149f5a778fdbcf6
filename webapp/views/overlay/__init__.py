"""Overlays: pages of a fixed frame that streaming software lays over its picture."""

from flask import Blueprint, Flask, current_app

from webapp.views.overlay import pages

bp = Blueprint("overlay", __name__, url_prefix="/overlay")

# Ids beyond the column's range are no addresses: the database would refuse to compare them.
_KIND = '<any("leaderboard","ticker","match-point","next-match","bracket"):kind>/'
_TOURNAMENT = f"/tournaments/<int(max=2147483647):tournament_id>/{_KIND}"
_MATCH = "/matches/<int(max=2147483647):match_id>/scoreboard/"

bp.add_url_rule(_TOURNAMENT, "tournament", pages.tournament)
bp.add_url_rule(_TOURNAMENT + "fragment/", "tournament_fragment", pages.tournament_fragment)
bp.add_url_rule(_MATCH, "scoreboard", pages.scoreboard)
bp.add_url_rule(_MATCH + "fragment/", "scoreboard_fragment", pages.scoreboard_fragment)


def register(app: Flask) -> None:
    """Serve these pages; what they show names the release that made it, so that they can follow a new one."""
    app.register_blueprint(bp)
    app.jinja_env.globals["build_tag"] = lambda: current_app.extensions["build_tag"]
