"""The ranking kernel: columns in, order, ranks and reasons out.

The cascade is worked off in passes. A pass sorts the rows that are still tied by as many keys as fit into one 64-bit
word, and notes at each place where two neighbours part which key parted them. Rows that a pass leaves tied go to the
next one, so the last keys of a cascade touch few rows. Keys among the tied are passes of their own, counted for all
tied groups at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from webapp.domain.cascades import KEYS, CascadeKey
from webapp.domain.columns import NOWHERE, BoolColumn, IntColumn, column, counted, filled, positions_of
from webapp.domain.meetings import NO_GROUP, Meetings, is_among_tied
from webapp.domain.packing import WORD_BITS, Field, field_of, index_bits, lexicographic_ranks, narrowed, sort_by
from webapp.domain.standing_columns import Standings

FIRST = -1
"""`decided_by` of the first position: nobody is before it."""
BY_MATCH_POINT = -2
"""`decided_by` of the second position when the first won by match point."""
BY_OVERRIDE = -3
"""`decided_by` of a position when staff set the rank of the row there or of the row before it."""

MATCH_POINT_KEY = "match_point"
OVERRIDE_KEY = "override"
ID_KEY = "participant_id"
_NOT_OF_A_CASCADE = {BY_MATCH_POINT: MATCH_POINT_KEY, BY_OVERRIDE: OVERRIDE_KEY}


@dataclass(frozen=True, slots=True)
class Ranking:
    """The order of a board and why it is so.

    `order[position]` is the row that stands there, best first. `ranks` and `tied` hold a value a row: the rank (1 is
    best) and whether only the id separates the row from a neighbour. `decided_by` holds a value a position: the index
    in the cascade of the key that put it behind the position before, len(cascade) for the id, BY_MATCH_POINT,
    BY_OVERRIDE, or FIRST. `is_override` marks the rows whose rank staff have set, `computed_ranks` are the ranks that
    rows have without any override (domain/overrides.py).
    """

    order: IntColumn
    ranks: IntColumn
    tied: BoolColumn
    decided_by: IntColumn
    is_override: BoolColumn
    computed_ranks: IntColumn

    def __len__(self) -> int:
        return self.order.size


def decider_name(decided_by: int, cascade: Sequence[CascadeKey]) -> str | None:
    """The name of a `decided_by`: a key's, `match_point`, `override`, `participant_id`, None for the first position."""
    if decided_by == FIRST:
        return None
    if decided_by in _NOT_OF_A_CASCADE:
        return _NOT_OF_A_CASCADE[decided_by]
    return ID_KEY if decided_by == len(cascade) else cascade[decided_by].name


def rank(
    standings: Standings, cascade: Sequence[CascadeKey], *, ties: str = "id", meetings: Meetings | None = None
) -> Ranking:
    """Orders the rows of `standings` by `cascade`, then by id.

    `ties` "id" gives ranks 1…N, "shared" gives rows that only the id separates one rank and skips the next (1, 2, 2,
    4). A champion by match point is first whatever the points, and is in no tied group. `meetings` must be given when
    a key compares the tied (`needs_meetings`). Raises ValueError without them, or for a key whose column is not
    there.
    """
    if ties not in {"id", "shared"}:
        raise ValueError(f"ties are 'id' or 'shared', not {ties!r}")
    cascade_run = _CascadeRun(standings, cascade, meetings)
    cascade_run.run()
    return ranked(cascade_run.order, cascade_run.decided_by, len(cascade), shared=ties == "shared")


def ranked(
    order: IntColumn,
    decided_by: IntColumn,
    by_id: int,
    *,
    shared: bool,
    computed: IntColumn | None = None,
    is_override: BoolColumn | None = None,
) -> Ranking:
    """Ranks and marks for an order and its reasons; `by_id` is the `decided_by` of rows that only the id separates.

    `computed` are the ranks without overrides, where `is_override` rows have left them.
    """
    size = order.size
    only_id = decided_by == by_id
    tied = np.empty(size, dtype=np.bool_)
    tied[order] = only_id | np.append(only_id[1:], False)[:size]
    places = counted(size)
    if shared:
        places = np.maximum.accumulate(np.where(only_id, 0, places))
    ranks = np.empty(size, dtype=np.int64)
    ranks[order] = places + 1
    nobody: BoolColumn = np.zeros(size, dtype=np.bool_)
    return Ranking(
        order,
        ranks,
        tied,
        decided_by,
        nobody if is_override is None else is_override,
        ranks if computed is None else computed,
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """One column to sort by. `key` is its key's index; `values` None means that it is counted among the tied.

    `restart_at` is the step at which what this one split starts again, None where the key does not restart the chain.
    """

    key: int
    name: str
    values: IntColumn | None
    ascending: bool
    restart_at: int | None


def _steps(standings: Standings, cascade: Sequence[CascadeKey]) -> list[_Step]:
    steps: list[_Step] = []
    # Keys before the first one among the tied say the same of every subgroup, so a restart may skip them; without one
    # before it a restart changes nothing.
    first_among: int | None = None
    for index, key in enumerate(cascade):
        if is_among_tied(key):
            first_among = len(steps) if first_among is None else first_among
            steps.append(_Step(index, key.name, None, key.ascending, first_among if key.restart else None))
            continue
        restart_at = first_among if key.restart else None
        columns = _columns_of(standings, key.name, as_one=restart_at is not None)
        steps += [_Step(index, key.name, values, key.ascending, restart_at) for values in columns]
    return steps


def _columns_of(standings: Standings, name: str, *, as_one: bool) -> list[IntColumn]:
    if name == "countback":
        matrix = standings.countback
        if not matrix.shape[1] and standings.columns["matches_played"].any():
            raise ValueError("the standings were folded without the countback that the cascade asks for")
        return [lexicographic_ranks(matrix)] if as_one else list(matrix.T)
    if name not in standings.columns:
        raise ValueError(f"the standings have no column for the key {name!r} ({', '.join(KEYS)} are known)")
    return [standings.columns[name]]


class _CascadeRun:
    """The state of one ranking: rows in order so far, and groups of positions waiting for their next step."""

    def __init__(self, standings: Standings, cascade: Sequence[CascadeKey], meetings: Meetings | None) -> None:
        size = len(standings)
        self._steps = _steps(standings, cascade)
        self._meetings = meetings
        if meetings is None and any(step.values is None for step in self._steps):
            raise ValueError("a key that compares the tied needs the meetings between them")
        self.order = counted(size)
        self.decided_by = filled(size, len(cascade))
        self.decided_by[:1] = FIRST
        first = 0
        if standings.champion is not None:
            first = self._crown(int(positions_of(column([standings.champion]), standings.participant_id)[0]))
        # By step: positions waiting for it, and for each its group, named by the group's first position. Groups are
        # contiguous.
        self._waiting: dict[int, list[tuple[IntColumn, IntColumn]]] = {}
        self._wait(0, counted(size)[first:], filled(size - first, first))

    def run(self) -> None:
        """Works every group through the chain."""
        while self._waiting:
            step = min(self._waiting)
            parts = self._waiting.pop(step)
            positions = parts[0][0] if len(parts) == 1 else np.concatenate([part[0] for part in parts])
            groups = parts[0][1] if len(parts) == 1 else np.concatenate([part[1] for part in parts])
            self._pass(step, positions, groups)

    def _crown(self, champion: int) -> int:
        """Puts the row of the champion first; returns the position from which the cascade decides."""
        if champion == NOWHERE:
            raise ValueError("the champion is not among the participants")
        self.order[1 : champion + 1] = counted(champion)
        self.order[0] = champion
        self.decided_by[1:2] = BY_MATCH_POINT
        return 1

    def _wait(self, step: int, positions: IntColumn, groups: IntColumn) -> None:
        if step < len(self._steps) and positions.size > 1:
            self._waiting.setdefault(step, []).append((positions, groups))

    def _pass(self, step: int, positions: IntColumn, groups: IntColumn) -> None:
        rows = self.order[positions]
        group_numbers = np.cumsum(np.concatenate(([False], groups[1:] != groups[:-1])))
        fields = self._fields(step, rows, group_numbers)
        order, difference = sort_by(fields)
        self.order[positions] = rows[order]
        parted = (difference > 0) & (difference < len(fields))
        keys = np.array([self._steps[step + index].key for index in range(len(fields) - 1)], dtype=np.int64)
        self.decided_by[positions[parted]] = keys[difference[parted] - 1]
        self._regroup(step, step + len(fields) - 1, positions, group_numbers, difference < len(fields))

    def _fields(self, step: int, rows: IntColumn, group_numbers: IntColumn) -> list[Field]:
        """The group, then as many steps from `step` on as one word holds; a step that looks at groups is alone."""
        fields = [field_of(group_numbers)]
        free = WORD_BITS - index_bits(rows.size) - fields[0].bits
        for here in self._steps[step:]:
            is_first = len(fields) == 1
            if not is_first and (here.values is None or here.restart_at is not None):
                break
            values = self._among(here, rows, group_numbers) if here.values is None else here.values[rows]
            field = field_of(values, ascending=here.ascending)
            if field.bits > free and is_first:
                field = narrowed(field)
            elif field.bits > free:
                break
            fields.append(field)
            free -= field.bits
            if here.values is None or here.restart_at is not None:
                break
        return fields

    def _among(self, step: _Step, rows: IntColumn, group_numbers: IntColumn) -> IntColumn:
        assert self._meetings is not None
        groups = filled(self.order.size, NO_GROUP)
        groups[rows] = group_numbers
        return self._meetings.among(step.name, groups)[rows]

    def _regroup(
        self, step: int, next_step: int, positions: IntColumn, old_groups: IntColumn, starts_group: BoolColumn
    ) -> None:
        """Sends what is still tied to the next step, or back to where its key restarts the chain if it was split."""
        starts = np.flatnonzero(starts_group)
        sizes = np.diff(starts, append=positions.size)
        groups = np.repeat(positions[starts], sizes)
        is_open = np.repeat(sizes > 1, sizes)
        restart_at = self._steps[step].restart_at
        if restart_at is not None:
            is_split = np.repeat(sizes < np.bincount(old_groups)[old_groups[starts]], sizes)
            again = is_open & is_split
            self._wait(restart_at, positions[again], groups[again])
            is_open &= ~is_split
        self._wait(next_step, positions[is_open], groups[is_open])
