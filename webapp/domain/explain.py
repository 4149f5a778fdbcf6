"""Why am I 5th? The cascade walked for two neighbours, step by step, with both sides' values.

It is written without the kernel's passes: it narrows one group of rows key by key, as a referee would with a pencil.
That the order rebuilt from its traces is the order that the kernel gave is a property test of both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from webapp.domain.cascades import KEYS, CascadeKey
from webapp.domain.columns import MISSING, IntColumn, filled
from webapp.domain.meetings import NO_GROUP, Meetings, is_among_tied
from webapp.domain.ranking import BY_MATCH_POINT, ID_KEY, MATCH_POINT_KEY, OVERRIDE_KEY, Ranking
from webapp.domain.standing_columns import Standings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def shown(key: str, value: int | None) -> int | float | str | None:
    """A value as people read it: hundredths as a decimal number, instants as ISO 8601 in UTC, None for no value."""
    if value is None or value == MISSING:
        return None
    if key.endswith("_at"):
        return (_EPOCH + timedelta(microseconds=value)).isoformat()
    scale = KEYS[key].scale if key in KEYS else 1
    return value if scale == 1 else value / scale


@dataclass(frozen=True, slots=True)
class Step:
    """One comparison of two neighbours.

    `ahead` and `behind` are the values of the one before and the one after (as columns hold them, None for no value).
    `among` are the ids of the tied group that a key was counted among, () for a key over all. `attempt` is 1, and one
    more each time a key with `restart` has split the group. `nth_best` says which best match a countback compared.
    """

    key: str
    ascending: bool
    ahead: int | None
    behind: int | None
    among: tuple[int, ...] = ()
    attempt: int = 1
    nth_best: int | None = None

    @property
    def is_decided(self) -> bool:
        """Whether the two sides differ here, which ends the comparison."""
        return self.ahead != self.behind

    @property
    def favours_ahead(self) -> bool:
        """Whether the one before is better here; no value is worse than any."""
        if self.ahead is None or self.behind is None:
            return self.ahead is not None
        return self.ahead < self.behind if self.ascending else self.ahead > self.behind

    def as_data(self) -> dict[str, Any]:
        """The step for the API and for pages, with values as people read them."""
        data: dict[str, Any] = {
            "key": self.key,
            "direction": "asc" if self.ascending else "desc",
            "ahead": shown(self.key, self.ahead),
            "behind": shown(self.key, self.behind),
            "decided": self.is_decided,
            "attempt": self.attempt,
        }
        if self.among:
            data["among"] = list(self.among)
        if self.nth_best is not None:
            data["nth_best"] = self.nth_best
        return data


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why `behind_id` stands right behind `ahead_id`.

    `decided_by` is the key of the last step, or `participant_id` when all steps were level. There are no steps when it
    is `match_point` (the one before won by it) or `override` (staff have set the rank of one of the two).
    """

    ahead_id: int
    behind_id: int
    decided_by: str
    steps: tuple[Step, ...]

    def as_data(self) -> dict[str, Any]:
        """The explanation for the API and for pages."""
        return {
            "ahead_id": self.ahead_id,
            "behind_id": self.behind_id,
            "decided_by": self.decided_by,
            "steps": [step.as_data() for step in self.steps],
        }


def explain(
    standings: Standings,
    cascade: Sequence[CascadeKey],
    ranking: Ranking,
    position: int,
    *,
    meetings: Meetings | None = None,
) -> Explanation:
    """Why the row at `position` (1 is the second of the board) stands behind the row before it.

    `standings`, `cascade` and `meetings` must be those that `ranking` was made of. Raises ValueError for a position
    without a row before it.
    """
    if not 1 <= position < len(ranking):
        raise ValueError(f"position {position} has no neighbour before it; positions go from 1 to {len(ranking) - 1}")
    pair = ranking.order[[position - 1, position]]
    ahead_id, behind_id = standings.participant_id[pair].tolist()
    if ranking.is_override[pair].any():
        return Explanation(ahead_id, behind_id, OVERRIDE_KEY, ())
    if ahead_id == standings.champion:
        return Explanation(ahead_id, behind_id, MATCH_POINT_KEY, ())
    steps = _walk(standings, cascade, pair, meetings)
    decided_by = steps[-1].key if steps and steps[-1].is_decided else ID_KEY
    return Explanation(ahead_id, behind_id, decided_by, steps)


def deciding_key(
    standings: Standings, cascade: Sequence[CascadeKey], pair: IntColumn, meetings: Meetings | None
) -> int:
    """What puts the second row of `pair` behind the first by the computed order, as a `decided_by` (see Ranking)."""
    if standings.participant_id[pair[0]] == standings.champion:
        return BY_MATCH_POINT
    steps = _walk(standings, cascade, pair, meetings)
    if not steps or not steps[-1].is_decided:
        return len(cascade)
    return [key.name for key in cascade].index(steps[-1].key)


def rebuilt_order(explanations: Iterable[Explanation]) -> list[int]:
    """The ids from first to last, from the explanations of all neighbours in any order.

    Only the values in the steps are trusted. Raises ValueError when a trace puts the pair the other way round, or
    when the traces do not form one chain.
    """
    next_of: dict[int, int] = {}
    for explanation in explanations:
        if not _traces_ahead(explanation):
            raise ValueError(f"the trace of {explanation.ahead_id} and {explanation.behind_id} says the opposite")
        next_of[explanation.ahead_id] = explanation.behind_id
    firsts = next_of.keys() - set(next_of.values())
    if next_of and len(firsts) != 1:
        raise ValueError("the traces do not form one chain")
    order = list(firsts)
    while order and order[-1] in next_of:
        order.append(next_of[order[-1]])
    return order


def _traces_ahead(explanation: Explanation) -> bool:
    if explanation.decided_by in {MATCH_POINT_KEY, OVERRIDE_KEY}:
        return True
    for step in explanation.steps:
        if step.is_decided:
            return step.favours_ahead
    return explanation.ahead_id < explanation.behind_id


def _walk(
    standings: Standings, cascade: Sequence[CascadeKey], pair: IntColumn, meetings: Meetings | None
) -> tuple[Step, ...]:
    """The steps from the first key to the one that tells the pair apart, or to the end of the cascade."""
    group = np.flatnonzero(standings.participant_id != (-1 if standings.champion is None else standings.champion))
    steps: list[Step] = []
    index, attempt = 0, 1
    while index < len(cascade):
        key = cascade[index]
        values = _values(standings, key, group, meetings)
        ahead, behind = (values[np.searchsorted(group, row)] for row in pair)
        steps.append(_step(standings, key, ahead, behind, group, attempt))
        level = group[(values == ahead).all(axis=1)]
        if steps[-1].is_decided:
            break
        is_split = level.size < group.size
        group = level
        if key.restart and is_split and any(is_among_tied(before) for before in cascade[: index + 1]):
            # Keys over all are level for the whole group by now; the chain starts again at the first that is not.
            index, attempt = next(at for at, before in enumerate(cascade) if is_among_tied(before)), attempt + 1
        else:
            index += 1
    return tuple(steps)


def _values(standings: Standings, key: CascadeKey, group: IntColumn, meetings: Meetings | None) -> IntColumn:
    """The values of a key in the group (rows x 1; rows x matches for a countback)."""
    if is_among_tied(key):
        if meetings is None:
            raise ValueError("a key that compares the tied needs the meetings between them")
        groups = filled(len(standings), NO_GROUP)
        groups[group] = 0
        return meetings.among(key.name, groups)[group].reshape(-1, 1)
    if key.name == "countback":
        return standings.countback[group]
    return standings.columns[key.name][group].reshape(-1, 1)


def _step(
    standings: Standings, key: CascadeKey, ahead: IntColumn, behind: IntColumn, group: IntColumn, attempt: int
) -> Step:
    among = tuple(standings.participant_id[group].tolist()) if is_among_tied(key) else ()
    differing = np.flatnonzero(ahead != behind)
    at = int(differing[0]) if differing.size else 0
    nth_best = at + 1 if key.name == "countback" and not among else None
    ahead_value, behind_value = (
        None if not side.size or side[at] == MISSING else int(side[at]) for side in (ahead, behind)
    )
    return Step(key.name, key.ascending, ahead_value, behind_value, among, attempt, nth_best)
