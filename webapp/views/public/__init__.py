"""Pages for everybody: the front page, tournaments, seasons, teams and players, the rules there are."""

from flask import Blueprint, Flask

from webapp.views.public import calendar, crawlers, pages, rules, seasons, subjects

bp = Blueprint("public", __name__)
bp.add_url_rule("/", "home", pages.home)
bp.add_url_rule("/tournaments/", "tournaments", pages.tournaments)
bp.add_url_rule("/tournaments/<slug>/", "tournament", pages.tournament)
bp.add_url_rule("/tournaments/<slug>/preview.png", "preview", crawlers.preview)
bp.add_url_rule("/tournaments/<slug>/schedule.ics", "schedule", calendar.schedule)
bp.add_url_rule("/robots.txt", "robots", crawlers.robots)
bp.add_url_rule("/sitemap.xml", "sitemap", crawlers.sitemap)
bp.add_url_rule("/sitemap-<int(max=99999):number>.xml", "sitemap_part", crawlers.sitemap_part)
bp.add_url_rule("/seasons/", "seasons", seasons.seasons)
bp.add_url_rule("/seasons/<game>/", "game_seasons", seasons.game_seasons)
bp.add_url_rule("/seasons/<game>/<slug>/", "season", seasons.season)
# Ids beyond the column's range are no addresses: the database would refuse to compare them.
bp.add_url_rule("/teams/<int(max=2147483647):subject_id>/", "team", subjects.team)
bp.add_url_rule("/players/<int(max=2147483647):subject_id>/", "player", subjects.player)
bp.add_url_rule("/rules/", "rules", rules.rules)


def register(app: Flask) -> None:
    """Serve these pages."""
    app.register_blueprint(bp)
