"""Match point (spec 01): from a threshold on, the next match that you win wins the tournament.

Who has at least the threshold after a match is eligible from the next match on; reaching it and winning in the same
match does not count. Everything is recomputed from the totals, so that a correction of an earlier match gives and takes
eligibility, and whom a penalty puts below the threshold again is not eligible until it is reached anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from webapp.domain.ruleset import MatchPoint


class MatchEnd(NamedTuple):
    """A finished match: everybody's total after it, and who won it (None when nobody is known to be 1st)."""

    match_number: int
    totals: Mapping[int, int]
    winner_id: int | None


@dataclass(frozen=True, slots=True)
class MatchPointState:
    """Where the race stands.

    `eligible_since`: for each eligible participant the number of the first match that it could or can win by: the one
    that followed reaching the threshold, or the next number when none has followed yet. `champion` and
    `deciding_match` are set when an eligible participant has won. `is_over` is also true at the cap, where `champion`
    stays None: the highest total wins, which the board's cascade tells. `surplus` are matches after the end, which
    decide nothing.
    """

    eligible_since: Mapping[int, int]
    champion: int | None
    deciding_match: int | None
    is_over: bool
    surplus: tuple[int, ...]


def match_point_state(rule: MatchPoint, ends: Sequence[MatchEnd]) -> MatchPointState:
    """The state after `ends`, the finished matches in their order. `rule.cap` counts matches, not their numbers."""
    eligible: dict[int, int] = {}
    for played, end in enumerate(ends, start=1):
        if end.winner_id in eligible:
            return _over(eligible, ends, played, champion=end.winner_id)
        since = ends[played].match_number if played < len(ends) else end.match_number + 1
        eligible = _eligible_after(rule, end, eligible, since)
        if played == rule.cap:
            return _over(eligible, ends, played, champion=None)
    return MatchPointState(eligible, None, None, is_over=False, surplus=())


def _eligible_after(rule: MatchPoint, end: MatchEnd, before: Mapping[int, int], since: int) -> dict[int, int]:
    return {
        participant_id: before.get(participant_id, since)
        for participant_id, total in end.totals.items()
        if total >= rule.threshold
    }


def _over(
    eligible: Mapping[int, int], ends: Sequence[MatchEnd], played: int, *, champion: int | None
) -> MatchPointState:
    surplus = tuple(end.match_number for end in ends[played:])
    return MatchPointState(eligible, champion, ends[played - 1].match_number, is_over=True, surplus=surplus)
