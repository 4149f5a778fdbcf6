"""Pages that follow a tournament, and their parts that keep themselves current."""

from flask import Blueprint, Flask

from webapp.views.spectator import exports, match, tournament, why

bp = Blueprint("spectator", __name__, url_prefix="/spectator")

# Ids beyond the column's range are no addresses: the database would refuse to compare them.
_TOURNAMENT = "/tournaments/<int(max=2147483647):tournament_id>/"
_PARTICIPANT = _TOURNAMENT + "participants/<int(max=2147483647):participant_id>/"
_MATCH = "/matches/<int(max=2147483647):match_id>/"

bp.add_url_rule(_TOURNAMENT, "tournament", tournament.tournament)
bp.add_url_rule(_TOURNAMENT + "leaderboard/fragment/", "leaderboard", tournament.leaderboard)
bp.add_url_rule(_TOURNAMENT + "leaderboard.csv", "leaderboard_csv", exports.leaderboard_csv)
bp.add_url_rule(_TOURNAMENT + "leaderboard.json", "leaderboard_json", exports.leaderboard_json)
bp.add_url_rule(_TOURNAMENT + "matches/fragment/", "matches", tournament.matches)
bp.add_url_rule(_PARTICIPANT, "participant", tournament.participant)
bp.add_url_rule(_PARTICIPANT + "why/", "why", why.why)
bp.add_url_rule(_MATCH, "match", match.match)
bp.add_url_rule(_MATCH + "scoreboard/fragment/", "scoreboard", match.scoreboard)


def register(app: Flask) -> None:
    """Serve these pages."""
    app.register_blueprint(bp)
