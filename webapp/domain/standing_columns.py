"""Standings: every participant's totals as columns, ready to be ranked."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.domain.columns import MISSING, IntColumn, filled

# What a column holds where the format has no such number: a series has no kills and no placements.
_DEFAULTS: Mapping[str, int] = {
    "points": 0,
    "kills": 0,
    "wins": 0,
    "losses": 0,
    "draws": 0,
    "matches_played": 0,
    "best_placement": MISSING,
    "avg_placement": MISSING,
    "placement_points": 0,
    "kill_points": 0,
    "last_match_placement": MISSING,
    "last_completed_at": MISSING,
    "earliest_win_at": MISSING,
    "time_alive_s": 0,
    "avg_kills": 0,
    "score_for": 0,
    "score_against": 0,
    "score_difference": 0,
    "games_won": 0,
    "buchholz": 0,
    "buchholz_difference": 0,
    "sonneborn_berger": 0,
    "adjustment": 0,
    "seed": MISSING,
    "lot": MISSING,
}
COLUMNS = tuple(_DEFAULTS)


@dataclass(frozen=True, slots=True)
class Standings:
    """Totals of the participants, one row each, rising by id.

    `columns` holds one value a row under the names of COLUMNS (hundredths for averages, buchholz and
    sonneborn_berger; microseconds for instants). `countback` (rows x matches) has each participant's match points
    from best to worst, with 0 for matches not played; no columns when the cascade does not use it. `eligible_since`
    is the number of the first match that a participant may win the tournament by (match point), MISSING for not
    eligible; `champion` is the id of who did win so.
    """

    participant_id: IntColumn
    columns: dict[str, IntColumn]
    countback: NDArray[np.int64]
    eligible_since: IntColumn
    champion: int | None = None

    def __len__(self) -> int:
        return self.participant_id.size


def standings_of(
    participants: IntColumn,
    totals: Mapping[str, IntColumn],
    *,
    countback: NDArray[np.int64] | None = None,
    eligible_since: IntColumn | None = None,
    champion: int | None = None,
) -> Standings:
    """Standings with all COLUMNS: those of `totals`, the others with what stands for "none" there."""
    size = participants.size
    unknown = totals.keys() - _DEFAULTS.keys()
    if unknown:
        raise ValueError(f"no such columns of a standing: {', '.join(sorted(unknown))}")
    columns = {name: totals[name] if name in totals else filled(size, none) for name, none in _DEFAULTS.items()}
    return Standings(
        participants,
        columns,
        np.zeros((size, 0), dtype=np.int64) if countback is None else countback,
        filled(size, MISSING) if eligible_since is None else eligible_since,
        champion,
    )


def check_participants(participants: IntColumn) -> None:
    """Raises ValueError unless the ids rise without doubles, as every column of a standing relies on."""
    if participants.size > 1 and not (participants[1:] > participants[:-1]).all():
        raise ValueError("participants must be given in rising order of their ids, each once")
