"""Results in bodies, as the services take them: games of a series, lines of a lobby."""

from collections.abc import Sequence
from typing import Any

from webapp.domain.scoring import BattleRoyaleLine
from webapp.views.api.requests import InvalidRequest
from webapp.views.api.schemas.matches import GameSent, LineSent


def lines_of(lines: Sequence[LineSent]) -> list[BattleRoyaleLine]:
    """The lines of a lobby."""
    return [
        BattleRoyaleLine(
            line.participant_id, line.placement, line.kills, placement_high=line.placement_high,
            time_alive_s=line.time_alive_s,
        )
        for line in lines
    ]  # fmt: skip


def entries_of(games: Sequence[GameSent] | None, lines: Sequence[LineSent] | None) -> list[list[Any]]:
    """Games or lines as plain entries (`services.result_entries`); none where neither is given."""
    if games and lines:
        raise InvalidRequest("Give games for a series, or lines for a lobby, not both.")
    if lines:
        return [
            [
                line.participant_id, line.placement or -1,
                -1 if line.placement_high in (None, line.placement) else line.placement_high, line.kills,
                -1 if line.time_alive_s is None else line.time_alive_s,
            ]
            for line in lines
        ]  # fmt: skip
    return [[game.number, game.score_a, game.score_b, game.map] for game in games or ()]
