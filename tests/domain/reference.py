"""The rules once more, in plain Python and as literally as they are written, to compare the columns with.

Slow on purpose: no numpy, no sorting tricks, no shared code with webapp/domain beyond the names of keys.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import NamedTuple, TypeAlias

from tests.domain.builders import Adjusted, Duel, Scored
from webapp.domain.cascades import CascadeKey

Value: TypeAlias = int | tuple[int, ...] | None
Table: TypeAlias = dict[int, dict[str, Value]]


class NaiveRanking(NamedTuple):
    order: list[int]
    decided_by: list[int]
    ranks: dict[int, int]
    tied: set[int]


def naive_rank(
    ids: Sequence[int],
    cascade: Sequence[CascadeKey],
    table: Table,
    among: Callable[[str, list[int]], dict[int, Value]],
    *,
    shared: bool = False,
    champion: int | None = None,
) -> NaiveRanking:
    """Spec 02, "Cascades", read aloud: split by a key, restart inside what it split if it says so, else go on."""
    order: list[int] = []
    decided_by: list[int] = []

    def place(group: list[int], index: int, reason: int) -> None:
        if len(group) == 1 or index == len(cascade):
            for member in sorted(group):
                order.append(member)
                decided_by.append(reason)
                reason = len(cascade)
            return
        key = cascade[index]
        is_among = key.among_tied or key.name == "head_to_head"
        values = among(key.name, group) if is_among else {member: table[member][key.name] for member in group}
        buckets: dict[Value, list[int]] = defaultdict(list)
        for member in group:
            buckets[values[member]].append(member)
        present = sorted((value for value in buckets if value is not None), reverse=not key.ascending)
        for value in [*present, *([None] if None in buckets else [])]:
            is_split = len(buckets[value]) < len(group)
            place(buckets[value], 0 if key.restart and is_split else index + 1, reason)
            reason = index

    if champion is None:
        place(sorted(ids), 0, -1)
    else:
        order, decided_by = [champion], [-1]
        others = sorted(set(ids) - {champion})
        if others:
            place(others, 0, -2)
    ranks: dict[int, int] = {}
    tied: set[int] = set()
    for position, member in enumerate(order):
        is_level = position > 0 and decided_by[position] == len(cascade)
        ranks[member] = ranks[order[position - 1]] if is_level and shared else position + 1
        if is_level:
            tied |= {member, order[position - 1]}
    return NaiveRanking(order, decided_by, ranks, tied)


def hundredths(value: Fraction) -> int:
    return floor(value * 100 + Fraction(1, 2))


def naive_battle_royale(
    ids: Sequence[int], rows: Sequence[Scored], ledger: Sequence[Adjusted] = (), *, count_best: int | None = None
) -> Table:
    table: Table = {}
    longest = max([0, *(sum(row.placed.participant == one for row in rows) for one in ids)])
    for one in ids:
        mine = sorted((row for row in rows if row.placed.participant == one), key=lambda row: row.placed.match)
        best = sorted(mine, key=lambda row: -(row.placement_points + row.kill_points))  # stable: earlier match first
        counting = best if count_best is None else best[:count_best]
        adjusted = sum(entry.points for entry in ledger if entry.participant == one)
        placed = [row.placed for row in mine if row.placed.placement is not None]
        wins = [row for row in placed if row.placement == 1 and row.high in {None, 1}]
        middles = [Fraction(row.placement + (row.high or row.placement), 2) for row in placed if row.placement]
        brought = [row.placed for row in counting if row.placement_points + row.kill_points]
        reached = [row.at for row in brought if row.at is not None] or [
            row.placed.at for row in mine if row.placed.at is not None
        ]
        kills = sum(row.placed.kills for row in mine)
        single = [row.placement_points + row.kill_points for row in best]
        table[one] = {
            "points": sum(row.placement_points + row.kill_points for row in counting) + adjusted,
            "adjustment": adjusted,
            "placement_points": sum(row.placement_points for row in counting),
            "kill_points": sum(row.kill_points for row in counting),
            "kills": kills,
            "wins": len(wins),
            "losses": len(mine) - len(wins),
            "draws": 0,
            "matches_played": len(mine),
            "best_placement": min([row.placement for row in placed if row.placement], default=None),
            "avg_placement": hundredths(sum(middles, Fraction(0)) / len(middles)) if middles else None,
            "last_match_placement": mine[-1].placed.placement if mine else None,
            "earliest_win_at": min([row.at for row in wins if row.at is not None], default=None),
            "last_completed_at": max(reached, default=None),
            "time_alive_s": sum(row.placed.alive or 0 for row in mine),
            "avg_kills": hundredths(Fraction(kills, len(mine))) if mine else 0,
            "countback": tuple(single + [0] * (longest - len(single))),
        }
    return table


def naive_battle_royale_among(rows: Sequence[Scored], key: str, group: list[int]) -> dict[int, Value]:
    inside = [row for row in rows if row.placed.participant in group]
    matches = {row.placed.match for row in inside}
    meetings = [[row for row in inside if row.placed.match == match] for match in matches]
    meetings = [meeting for meeting in meetings if len(meeting) > 1]
    if key != "head_to_head":
        table = naive_battle_royale(group, [row for meeting in meetings for row in meeting])
        return {one: table[one][key] for one in group}
    ahead: dict[int, Value] = dict.fromkeys(group, 0)
    for meeting in meetings:
        for row in meeting:
            mine = row.placed.placement
            behind = [
                other
                for other in meeting
                if mine is not None and (other.placed.placement is None or other.placed.placement > mine)
            ]
            ahead[row.placed.participant] += len(behind)  # type: ignore[operator]  # whole numbers by construction
    return ahead


class Side(NamedTuple):
    """One participant's view of one match."""

    number: int
    opponent: int | None
    outcome: str
    score_for: int
    score_against: int
    games: int
    at: int | None
    forfeit: int


def sides_of(one: int, duels: Sequence[Duel]) -> list[Side]:
    sides = []
    for duel in sorted(duels):
        if one not in {duel.a, duel.b}:
            continue
        mine = duel.a == one
        outcome = "draw" if duel.winner is None else ("win" if duel.winner == one else "loss")
        if duel.winner is None and duel.forfeit:
            outcome = "loss"
        scores = (duel.score_a, duel.score_b) if mine else (duel.score_b, duel.score_a)
        games = duel.games_a if mine else duel.games_b
        sides.append(Side(duel.number, duel.b if mine else duel.a, outcome, *scores, games, duel.at, duel.forfeit))
    return sides


def is_played(side: Side) -> bool:
    return side.opponent is not None and not side.forfeit


def adjusted_score(sides: Sequence[Side], points: Mapping[str, int]) -> int:
    """A half for every round after the last one that was played, whatever it brought."""
    stood = [index for index, side in enumerate(sides) if is_played(side) or side.outcome == "win"]
    last = stood[-1] if stood else -1
    return sum(points["draw" if index > last else side.outcome] for index, side in enumerate(sides))


NOT_OF_SERIES: dict[str, Value] = {
    "kills": 0,
    "placement_points": 0,
    "kill_points": 0,
    "avg_kills": 0,
    "time_alive_s": 0,
    "best_placement": None,
    "avg_placement": None,
    "last_match_placement": None,
}


def naive_series(
    ids: Sequence[int],
    duels: Sequence[Duel],
    ledger: Sequence[Adjusted] = (),
    *,
    worth: tuple[int, int, int] = (3, 1, 0),
) -> Table:
    points = dict(zip(("win", "draw", "loss"), worth, strict=True))
    rounds = {one: sides_of(one, duels) for one in ids}
    final = {one: sum(points[side.outcome] for side in sides) for one, sides in rounds.items()}
    balance = {
        one: sum({"win": 1, "draw": 0, "loss": -1}[side.outcome] for side in sides) for one, sides in rounds.items()
    }

    table: Table = {}
    for one, sides in rounds.items():
        worths = [
            (adjusted_score(rounds[side.opponent], points) if is_played(side) and side.opponent else final[one])
            for side in sides
        ]
        share = {"win": Fraction(1), "draw": Fraction(1, 2), "loss": Fraction(0)}
        wins = [side for side in sides if side.outcome == "win"]
        brought = [side.at for side in sides if points[side.outcome] and side.at is not None]
        reached = brought or [side.at for side in sides if side.at is not None]
        adjustment = sum(entry.points for entry in ledger if entry.participant == one)
        table[one] = {
            "points": final[one] + adjustment,
            "adjustment": adjustment,
            "wins": len(wins),
            "draws": sum(side.outcome == "draw" for side in sides),
            "losses": sum(side.outcome == "loss" for side in sides),
            "matches_played": len(sides),
            "score_for": sum(side.score_for for side in sides),
            "score_against": sum(side.score_against for side in sides),
            "score_difference": sum(side.score_for - side.score_against for side in sides),
            "games_won": sum(side.games for side in sides),
            "earliest_win_at": min([side.at for side in wins if side.at is not None], default=None),
            "last_completed_at": max(reached, default=None),
            "buchholz": 100 * sum(worths),
            "buchholz_difference": sum(balance[side.opponent] for side in sides if side.opponent is not None),
            "sonneborn_berger": int(
                100 * sum(share[side.outcome] * worth for side, worth in zip(sides, worths, strict=True))
            ),
            **NOT_OF_SERIES,
        }
    return table


def naive_series_among(
    duels: Sequence[Duel], key: str, group: list[int], worth: tuple[int, int, int]
) -> dict[int, Value]:
    inside = [duel for duel in duels if duel.a in group and duel.b in group]
    table = naive_series(group, inside, worth=worth)
    return {one: table[one]["points" if key == "head_to_head" else key] for one in group}
