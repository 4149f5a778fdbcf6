"""Points of one battle-royale match, and which results of a match are refused (spec 01, "Battle-royale points")."""

import heapq
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from webapp.domain.errors import FieldError, ResultError
from webapp.domain.ruleset import Ruleset
from webapp.domain.ruleset_values import points_of

# Far beyond any match, and low enough that no sum of points leaves 64 bits.
_LARGEST = 1_000_000_000


class BattleRoyaleLine(NamedTuple):
    """What happened to one participant in one match.

    `placement` from 1, None for a DNF. `placement_high` is the other end of a range when only that is known (5th-7th).
    """

    participant_id: int
    placement: int | None
    kills: int
    placement_high: int | None = None
    time_alive_s: int | None = None


class ScoredLine(NamedTuple):
    """A line with its points; kills are as entered, whatever cap the points have."""

    participant_id: int
    placement: int | None
    placement_high: int | None
    kills: int
    placement_points: int
    kill_points: int
    time_alive_s: int | None

    @property
    def points(self) -> int:
        """The points of the match."""
        return self.placement_points + self.kill_points


def score_match(lines: Sequence[BattleRoyaleLine], rules: Ruleset) -> list[ScoredLine]:
    """The points of each line, in the same order. Lines must have passed check_match."""
    return [
        ScoredLine(
            line.participant_id,
            line.placement,
            line.placement_high,
            line.kills,
            _placement_points(line, rules),
            _kill_points(line, rules),
            line.time_alive_s,
        )
        for line in lines
    ]


def _placement_points(line: BattleRoyaleLine, rules: Ruleset) -> int:
    table = rules.placement_points
    return _mean([table[place - 1] if place <= len(table) else 0 for place in _places(line)])


def _kill_points(line: BattleRoyaleLine, rules: Ruleset) -> int:
    kills = line.kills if rules.kill_cap is None else min(line.kills, rules.kill_cap)
    if rules.kill_bands:
        return points_of(rules.kill_bands, kills, otherwise=0)
    if line.placement is None or not rules.points_per_kill_by_placement:
        return kills * rules.points_per_kill
    by_placement = rules.points_per_kill_by_placement
    points = [kills * points_of(by_placement, place, otherwise=rules.points_per_kill) for place in _places(line)]
    return _mean(points)


def _places(line: BattleRoyaleLine) -> range:
    if line.placement is None:
        return range(0)
    return range(line.placement, (line.placement_high or line.placement) + 1)


def _mean(points: Sequence[int]) -> int:
    """The mean of the points of several places, halves rounded up; 0 for no place (a DNF)."""
    count = len(points)
    return (2 * sum(points) + count) // (2 * count) if count else 0


def check_match(
    lines: Sequence[BattleRoyaleLine],
    *,
    roster: Collection[int],
    lobby_size: int | None,
    side_size: int | None = None,
    sides: int | None = None,
    rows: Sequence[str] | None = None,
) -> list[FieldError]:
    """Checks the results of one match against its roster (participant ids of the tournament) and its lobby.

    Places go to `lobby_size`, or to the size of the roster without it. `side_size`, players a side, allows a warning
    of more kills than the lobby held players: as many sides as there are lines, or `sides` while lines are still to
    come. `rows` names the lines in messages (`line 12`), by default `row 1`, `row 2` … Returns warnings; raises
    ResultError with every wrong row.
    """
    named = [(rows[index] if rows else f"row {index + 1}", line) for index, line in enumerate(lines)]
    places = lobby_size or len(roster)
    errors = [error for row, line in named for error in _line_errors(row, line, places)]
    errors.extend(_participant_errors(named, roster))
    errors.extend(
        FieldError(row, f"is one too many: the lobby holds {lobby_size}")
        for row, _ in named[lobby_size or len(named) :]
    )
    if not errors:
        errors.extend(_place_errors(named))
    if errors:
        raise ResultError.listing("The result cannot be taken", errors)
    return _kill_warnings(named, side_size, max(sides or 0, len(named)))


def _line_errors(row: str, line: BattleRoyaleLine, places: int) -> Iterator[FieldError]:
    if not _is_whole(line.kills) or not 0 <= line.kills <= _LARGEST:
        yield FieldError(f"{row}: kills", f"must be a whole number of 0 or more, not {line.kills!r}")
    if line.time_alive_s is not None and not (_is_whole(line.time_alive_s) and 0 <= line.time_alive_s <= _LARGEST):
        yield FieldError(f"{row}: time_alive_s", f"must be whole seconds of 0 or more, not {line.time_alive_s!r}")
    if line.placement is None:
        if line.placement_high is not None:
            yield FieldError(f"{row}: placement", "is missing, though the end of a range is there")
        return
    if not _is_place(line.placement, places):
        yield FieldError(f"{row}: placement", f"must be 1 to {places}, or blank for a DNF, not {line.placement!r}")
    elif line.placement_high is not None and not _is_place(line.placement_high, places):
        yield FieldError(f"{row}: placement_high", f"must be 1 to {places}, not {line.placement_high!r}")
    elif line.placement_high is not None and line.placement_high < line.placement:
        yield FieldError(f"{row}: placement_high", f"must be {line.placement} or more, not {line.placement_high}")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_place(value: object, places: int) -> bool:
    return _is_whole(value) and isinstance(value, int) and 1 <= value <= places


def _participant_errors(named: Sequence[tuple[str, BattleRoyaleLine]], roster: Collection[int]) -> Iterator[FieldError]:
    members = frozenset(roster)
    seen: dict[int, str] = {}
    for row, line in named:
        if line.participant_id not in members:
            message = f"participant {line.participant_id} belongs to another tournament or does not exist"
            yield FieldError(f"{row}: participant", message)
        elif line.participant_id in seen:
            message = f"participant {line.participant_id} is in {seen[line.participant_id]} already"
            yield FieldError(f"{row}: participant", message)
        seen.setdefault(line.participant_id, row)


def _place_errors(named: Sequence[tuple[str, BattleRoyaleLine]]) -> Iterator[FieldError]:
    """Rows for which no place is left.

    Each participant holds one place of its range. Going through the places from the 1st on and giving each to whose
    range ends first finds an arrangement whenever there is one.
    """
    placed = sorted(
        (line.placement, line.placement_high or line.placement, index)
        for index, (_, line) in enumerate(named)
        if line.placement is not None
    )
    waiting: list[tuple[int, int]] = []
    holder: dict[int, str] = {}
    place = 0
    upcoming = 0
    while waiting or upcoming < len(placed):
        place = place + 1 if waiting else max(place + 1, placed[upcoming][0])
        while upcoming < len(placed) and placed[upcoming][0] <= place:
            heapq.heappush(waiting, placed[upcoming][1:])
            upcoming += 1
        while waiting and waiting[0][0] < place:
            yield _no_place_left(named[heapq.heappop(waiting)[1]], holder)
        if waiting:
            holder[place] = named[heapq.heappop(waiting)[1]][0]


def _no_place_left(named_line: tuple[str, BattleRoyaleLine], holder: dict[int, str]) -> FieldError:
    row, line = named_line
    held = ", ".join(holder[place] for place in _places(line))
    if len(_places(line)) == 1:
        return FieldError(f"{row}: placement", f"{line.placement} is given to {held} already")
    return FieldError(f"{row}: placement", f"{line.placement}-{line.placement_high} are given to {held} already")


def _kill_warnings(
    named: Sequence[tuple[str, BattleRoyaleLine]], side_size: int | None, sides: int
) -> list[FieldError]:
    """Kills above what the lobby could hold: some modes let players return, so they are only pointed out."""
    if side_size is None:
        return []
    players = sides * side_size
    warnings = [
        FieldError(f"{row}: kills", f"{line.kills} are more than the {players - side_size} opponents in the lobby")
        for row, line in named
        if line.kills > players - side_size
    ]
    total = sum(line.kills for _, line in named)
    if not warnings and total >= players > 0:
        warnings.append(FieldError("kills", f"{total} kills are more than {players} players in the lobby allow"))
    return warnings
