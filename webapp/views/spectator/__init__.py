"""Pages that follow a tournament, and their parts that keep themselves current."""

from flask import Blueprint, Flask

from webapp.views.spectator import bracket, calm, exports, history, match, replay, tournament, why, winners

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
bp.add_url_rule(_TOURNAMENT + "bracket/", "bracket", bracket.bracket)
bp.add_url_rule(_TOURNAMENT + "bracket/fragment/", "bracket_fragment", bracket.bracket_fragment)
bp.add_url_rule(_TOURNAMENT + "feed/fragment/", "feed", calm.tournament_feed)
bp.add_url_rule(_TOURNAMENT + "following/fragment/", "following", calm.following)
bp.add_url_rule(_TOURNAMENT + "changes/fragment/", "changes", calm.changes)
bp.add_url_rule(_TOURNAMENT + "chart/fragment/", "chart", history.chart)
bp.add_url_rule(_TOURNAMENT + "replay/", "replay", replay.replay)
bp.add_url_rule(_TOURNAMENT + "replay/fragment/", "replay_frame", replay.replay_frame)
bp.add_url_rule(_TOURNAMENT + "winners/", "winners", winners.winners)
bp.add_url_rule(_PARTICIPANT, "participant", tournament.participant)
bp.add_url_rule(_PARTICIPANT + "why/", "why", why.why)
bp.add_url_rule(_MATCH, "match", match.match)
bp.add_url_rule(_MATCH + "scoreboard/fragment/", "scoreboard", match.scoreboard)
bp.add_url_rule(_MATCH + "feed/fragment/", "match_feed", calm.match_feed)


def register(app: Flask) -> None:
    """Serve these pages."""
    app.register_blueprint(bp)
