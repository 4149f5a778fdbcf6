"""A board: the standings of one scope in order, as one value that is stored, published and never changed."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from webapp.domain import column_bytes
from webapp.domain.columns import IntColumn, filled
from webapp.domain.ranking import Ranking
from webapp.domain.standings import COLUMNS, Standings

_OWN: Final = ("participant_id", "team_id", "subject_id", "eligible_since", "order", "ranks", "tied", "decided_by")


@dataclass(frozen=True, slots=True)
class Board:
    """Standings and their ranking.

    `team_id` (MISSING for players) and `subject_id` (team or user) stand beside the rows of `standings`, which rise by
    participant id; `ranking.order` says which row comes first.
    """

    standings: Standings
    ranking: Ranking
    team_id: IntColumn
    subject_id: IntColumn

    def __len__(self) -> int:
        return len(self.standings)

    def to_bytes(self) -> bytes:
        """The board as the database stores it."""
        return column_bytes.to_bytes(self.named_columns(), {"champion": self.standings.champion})

    def named_columns(self) -> dict[str, IntColumn]:
        """Everything it is made of but the champion, one value a row or position."""
        standings, ranking = self.standings, self.ranking
        own = {
            "participant_id": standings.participant_id,
            "team_id": self.team_id,
            "subject_id": self.subject_id,
            "eligible_since": standings.eligible_since,
            "order": ranking.order,
            "ranks": ranking.ranks,
            "tied": ranking.tied.astype(np.int64),
            "decided_by": ranking.decided_by,
        }
        countback = {
            f"countback_{index}": standings.countback[:, index] for index in range(standings.countback.shape[1])
        }
        return own | standings.columns | countback | self._placements()

    def _placements(self) -> dict[str, IntColumn]:
        """What overrides add: nothing to a board without any, which is stored as it was before there were overrides."""
        ranking = self.ranking
        if not ranking.is_override.any() and np.array_equal(ranking.computed_ranks, ranking.ranks):
            return {}
        return {"is_override": ranking.is_override.astype(np.int64), "computed_ranks": ranking.computed_ranks}

    @classmethod
    def from_bytes(cls, payload: bytes) -> Self:
        """The board that `to_bytes` packed."""
        columns, about = column_bytes.from_bytes(payload)
        own = {name: columns.pop(name) for name in _OWN}
        named = {name: columns.pop(name) for name in COLUMNS}
        size = own["participant_id"].size
        is_override = columns.pop("is_override", filled(size, 0)).astype(np.bool_)
        computed_ranks = columns.pop("computed_ranks", own["ranks"])
        countback = np.column_stack(list(columns.values())) if columns else np.zeros((size, 0), np.int64)
        standings = Standings(own["participant_id"], named, countback, own["eligible_since"], about["champion"])
        ranking = Ranking(
            own["order"], own["ranks"], own["tied"].astype(np.bool_), own["decided_by"], is_override, computed_ranks
        )
        return cls(standings, ranking, own["team_id"], own["subject_id"])

    def same_as(self, other: "Board") -> bool:
        """Whether both show the same: every total, rank and mark."""
        mine, theirs = self.named_columns(), other.named_columns()
        return (
            self.standings.champion == other.standings.champion
            and mine.keys() == theirs.keys()
            and all(np.array_equal(values, theirs[name]) for name, values in mine.items())
        )

    def rows_by_rank(self, start: int, stop: int) -> IntColumn:
        """The rows (indices into the standings) at positions start … stop - 1, best first."""
        return self.ranking.order[start:stop]


def spliced(standings: Standings, changed: Standings) -> Standings:
    """`standings` with the rows of `changed` in place of those with the same ids, all of which must be there."""
    at = np.searchsorted(standings.participant_id, changed.participant_id)
    columns: dict[str, IntColumn] = {}
    for name, values in standings.columns.items():
        columns[name] = values.copy()
        columns[name][at] = changed.columns[name]
    width = max(standings.countback.shape[1], changed.countback.shape[1])
    countback = _widened(standings, width)
    countback[at] = _widened(changed, width)
    # As wide as a fold of everything makes it, also when the longest row has just lost a match.
    countback = countback[:, : int(columns["matches_played"].max(initial=0))]
    return Standings(standings.participant_id, columns, countback, standings.eligible_since, standings.champion)


def _widened(standings: Standings, width: int) -> IntColumn:
    missing = width - standings.countback.shape[1]
    return np.pad(standings.countback, ((0, 0), (0, missing))).copy()
