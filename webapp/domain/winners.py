"""Who won a tournament: the rules that are applied in their order, and what each of them said.

It begins with places that a bracket or a board gives: groups of participants, the best first, of whom those in one
group are level. Groups that touch the first three places are separated by the tie rules, one after the other; what no
rule separates waits for an official.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, Final, NamedTuple

PODIUM: Final = 3
LEVEL: Final = "level"
DECIDED: Final = "decided"
NARROWED: Final = "narrowed"
NOT_APPLICABLE: Final = "not_applicable"
REVIEW: Final = "review"
PASSED: Final = "passed"
SHARED: Final = "shared"


class Method(StrEnum):
    """How the first was found."""

    NORMAL = "normal"
    TIEBREAK = "tiebreak"
    FORFEIT_CHAIN = "forfeit_chain"
    MATCH_POINT = "match_point"
    MANUAL = "manual"


class TieRule(NamedTuple):
    """A rule that separates who is level; less is better where it is `ascending`."""

    name: str
    ascending: bool


TIE_RULES: Final = (
    TieRule("head_to_head", ascending=False),
    TieRule("score_difference", ascending=False),
    TieRule("seed", ascending=True),
    TieRule("completion_time", ascending=True),
)
"""In the order in which they are asked."""

Values = Mapping[int, int | None]
ValuesOf = Callable[[str, Sequence[int]], Values]
"""What a rule says of the members of a tied group; None, or nobody, where it has nothing to say."""


class Step(NamedTuple):
    """One rule, what it looked at (ids and numbers), and what came of it."""

    rule: str
    data: Mapping[str, Any]
    outcome: str

    def to_mapping(self) -> dict[str, Any]:
        """As it is stored."""
        return {"rule": self.rule, "data": dict(self.data), "outcome": self.outcome}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What is known once everything is played.

    `source` names where `places` come from: `bracket_final` or `board`. `is_set_by_staff`: staff have moved the first.
    `may_share` are the places (from 1) that level participants may share. `way` are the winner's matches, as
    `way_of` tells them: whether each was given to them by forfeit.
    """

    source: str
    places: Sequence[Sequence[int]]
    values_of: ValuesOf
    way_of: Callable[[int], Sequence[bool]]
    is_set_by_staff: bool = False
    has_match_point: bool = False
    """Whether the first has won by match point."""
    is_race_open: bool = False
    """Whether the rules play to match point, nobody has won by it, and matches were left to be played."""
    was_played: bool = True
    may_share: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first three, how the first was found, the rules applied in their order, and whether an official is asked."""

    podium: tuple[int | None, int | None, int | None]
    method: Method
    steps: tuple[Step, ...]
    requires_review: bool


def determine(finish: Finish) -> Verdict:
    """The winners. The same finish always gives the same verdict."""
    separation = _Separation(finish)
    separation.run()
    steps = [_first_step(finish), *separation.steps]
    if finish.has_match_point and not finish.is_set_by_staff:
        steps.insert(0, Step("match_point", {"participants": separation.order[:1], "place": 1}, DECIDED))
    review = separation.is_undecided
    if finish.is_race_open:
        steps.append(Step("match_point", {}, REVIEW))
        review = True
    way = finish.way_of(separation.order[0]) if separation.order else ()
    is_chain = bool(way) and 2 * sum(way) >= len(way)
    if way:
        data = {"participant_id": separation.order[0], "matches": len(way), "forfeits": sum(way)}
        steps.append(Step("forfeit_chain", data, REVIEW if is_chain else PASSED))
    first, second, third = [*separation.order[:PODIUM], None, None, None][:PODIUM]
    method = _method(finish, is_chain=is_chain, by_tiebreak=separation.broke_first)
    return Verdict((first, second, third), method, tuple(steps), review or is_chain)


def _first_step(finish: Finish) -> Step:
    shown: list[list[int]] = []
    for group in finish.places:
        if sum(map(len, shown)) >= PODIUM:
            break
        shown.append(sorted(group))
    is_tied = any(len(group) > 1 for group in shown)
    return Step(finish.source, {"places": shown}, "tied" if is_tied else DECIDED)


def _method(finish: Finish, *, is_chain: bool, by_tiebreak: bool) -> Method:
    if finish.is_set_by_staff:
        return Method.MANUAL
    if finish.has_match_point:
        return Method.MATCH_POINT
    if is_chain:
        return Method.FORFEIT_CHAIN
    return Method.TIEBREAK if by_tiebreak else Method.NORMAL


class _Separation:
    """The groups that touch the first three places, taken apart one after the other."""

    def __init__(self, finish: Finish) -> None:
        self._finish = finish
        self.order: list[int] = []
        self.steps: list[Step] = []
        self.is_undecided = False
        self.broke_first = False

    def run(self) -> None:
        for group in self._finish.places:
            place = len(self.order) + 1
            if place > PODIUM:
                return
            if len(group) == 1:
                self.order += group
            elif place in self._finish.may_share:
                self.steps.append(Step("shared_place", _about(place, group), SHARED))
                self.order += sorted(group)
            else:
                self._separate(list(group), place)

    def _separate(self, group: list[int], place: int) -> None:
        before = len(self.steps)
        if not self._finish.was_played:
            self._undecided(group, place)
        else:
            self._apply(group, place, 0)
        has_decided = any(step.outcome in (DECIDED, NARROWED) for step in self.steps[before:])
        self.broke_first = self.broke_first or (place == 1 and has_decided)

    def _apply(self, group: list[int], place: int, at: int) -> None:
        """Ask the rules from `at` on about a group that begins at `place`; what is behind the podium stays level."""
        if len(group) == 1 or place > PODIUM:
            self.order += sorted(group)
            return
        if at == len(TIE_RULES):
            self._undecided(group, place)
            return
        rule = TIE_RULES[at]
        values = self._finish.values_of(rule.name, group)
        parts = _parts(group, values, ascending=rule.ascending)
        shown = [[who, values.get(who)] for who in sorted(group)]
        if parts is None:
            outcome = NOT_APPLICABLE
        elif len(parts) == 1:
            outcome = LEVEL
        else:
            outcome = DECIDED if len(parts) == len(group) else NARROWED
        self.steps.append(Step(rule.name, _about(place, group) | {"values": shown}, outcome))
        for part in parts or [group]:
            self._apply(part, place, at + 1)
            place += len(part)

    def _undecided(self, group: list[int], place: int) -> None:
        self.steps.append(Step("review", _about(place, group), REVIEW))
        self.is_undecided = True
        self.order += sorted(group)


def _about(place: int, group: Sequence[int]) -> dict[str, Any]:
    return {"place": place, "participants": sorted(group)}


def _parts(group: Sequence[int], values: Values, *, ascending: bool) -> list[list[int]] | None:
    """The group taken apart by the values, the best part first; None where somebody has no value."""
    known = {who: value for who in group if (value := values.get(who)) is not None}
    if len(known) < len(group):
        return None
    sign = 1 if ascending else -1
    ordered = sorted(group, key=lambda who: (sign * known[who], who))
    return [list(part) for _, part in groupby(ordered, key=known.__getitem__)]
