"""What rules come to, on a few results that everybody can picture, and what looks like a slip in them."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from webapp.domain.errors import FieldError
from webapp.domain.rules import Ruleset
from webapp.domain.scoring import BattleRoyaleLine, score_match

_SHOWN: Final = ((1, 8), (3, 2), (9, 5), (None, 4))
"""Placement and kills of the results that are worked out; None did not finish."""


class WorkedExample(NamedTuple):
    """A result with its points."""

    placement: int | None
    kills: int
    placement_points: int
    kill_points: int

    @property
    def points(self) -> int:
        """The points of the match."""
        return self.placement_points + self.kill_points


def worked_examples(rules: Ruleset) -> tuple[WorkedExample, ...]:
    """A win, a good place, one near the end and a DNF, scored by these rules."""
    lines = [BattleRoyaleLine(index, placement, kills) for index, (placement, kills) in enumerate(_SHOWN)]
    return tuple(
        WorkedExample(line.placement, line.kills, line.placement_points, line.kill_points)
        for line in score_match(lines, rules)
    )


def doubts(rules: Ruleset) -> Iterator[FieldError]:
    """What can be meant but is rarely so: a worse place that scores more, a match point out of reach."""
    for place, (better, worse) in enumerate(pairwise(rules.placement_points), start=1):
        if worse > better:
            yield FieldError(
                "placement_points", f"place {place + 1} scores more than place {place}: {worse} to {better}"
            )
    best = max(rules.placement_points, default=0)
    rule = rules.match_point
    if rule is not None and rule.threshold <= best:
        yield FieldError("match_point_threshold", "a single win reaches it; it is meant for the sum of several matches")
