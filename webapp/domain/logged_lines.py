"""The lines of a battle-royale match as the log and the audit keep them."""

from collections.abc import Sequence

from webapp.domain.scoring import BattleRoyaleLine


def lines_as_data(lines: Sequence[BattleRoyaleLine]) -> list[list[int | None]]:
    """Lines as the log and the audit keep them, by participant; -1 is none.

    [participant, placement, end of the range where only that is known, kills, seconds alive]
    """
    return sorted(
        [
            line.participant_id,
            line.placement or -1,
            -1 if line.placement_high in (None, line.placement) else line.placement_high,
            line.kills,
            -1 if line.time_alive_s is None else line.time_alive_s,
        ]
        for line in lines
    )


def lines_from_data(data: Sequence[int]) -> BattleRoyaleLine:
    """A line as the log keeps it; the inverse of `lines_as_data`."""
    who, placement, high, kills, alive = data
    return BattleRoyaleLine(
        who,
        None if placement < 0 else placement,
        kills,
        placement_high=None if high < 0 else high,
        time_alive_s=None if alive < 0 else alive,
    )
