import csv
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.real_data import real_data
from webapp.domain.errors import ResultError
from webapp.domain.presets import preset
from webapp.domain.rules import Ruleset, parse_ruleset
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.domain.scoring import check_match, score_match


def points(rules: Ruleset, *lines: Line) -> list[tuple[int, int]]:
    return [(line.placement_points, line.kill_points) for line in score_match(lines, rules)]


def test_points_are_those_of_placement_and_kills() -> None:
    scored = score_match([Line(7, 1, 5), Line(8, 9, 2), Line(9, None, 3, None, 300)], preset("super"))
    assert [(line.participant_id, line.placement_points, line.kill_points, line.points) for line in scored] == [
        (7, 10, 5, 15), (8, 0, 2, 2), (9, 0, 3, 3),
    ]  # fmt: skip
    assert scored[2] == (9, None, None, 3, 0, 3, 300)


@pytest.mark.parametrize(
    ("rules", "line", "expected"),
    [
        ({"points_per_kill": 2}, Line(1, 1, 3), (10, 6)),
        ({"points_per_kill": 1, "kill_cap": 6}, Line(1, 1, 9), (10, 6)),
        ({"points_per_kill": 1, "kill_cap": 6}, Line(1, None, 4), (0, 4)),
        ({"kill_bands": {"3-4": 1, "5–6": 2, "7+": 3}}, Line(1, 2, 2), (6, 0)),
        ({"kill_bands": {"3-4": 1, "5–6": 2, "7+": 3}}, Line(1, 2, 3), (6, 1)),
        ({"kill_bands": {"3-4": 1, "5–6": 2, "7+": 3}}, Line(1, 2, 6), (6, 2)),
        ({"kill_bands": {"3-4": 1, "5–6": 2, "7+": 3}}, Line(1, None, 20), (0, 3)),
        ({"kill_bands": {"3-4": 1, "5–6": 2, "7+": 3}, "kill_cap": 5, "points_per_kill": 9}, Line(1, 2, 20), (6, 2)),
        ({"points_per_kill": 1, "points_per_kill_by_placement": {"1": 3, "2-3": 2}}, Line(1, 1, 4), (10, 12)),
        ({"points_per_kill": 1, "points_per_kill_by_placement": {"1": 3, "2-3": 2}}, Line(1, 3, 4), (5, 8)),
        ({"points_per_kill": 1, "points_per_kill_by_placement": {"1": 3, "2-3": 2}}, Line(1, 4, 4), (4, 4)),
        ({"points_per_kill": 1, "points_per_kill_by_placement": {"1": 3, "2-3": 2}}, Line(1, None, 4), (0, 4)),
        ({"points_per_kill": 1, "points_per_kill_by_placement": {"1": 3, "2-3": 2}}, Line(1, 3, 3, 4), (5, 5)),
        ({"points_per_kill": 0}, Line(1, 1, 9), (10, 0)),
    ],
)
def test_kills_score_by_the_rules_of_the_event(rules: dict[str, Any], line: Line, expected: tuple[int, int]) -> None:
    assert points(parse_ruleset({"extends": "super", "cascade": "engine"} | rules), line) == [expected]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(5, 7, 2), (1, 2, 8), (2, 3, 6), (1, 4, 6), (7, 9, 1), (8, 9, 1), (8, 10, 0), (9, 16, 0), (3, 3, 5)],
)
def test_a_range_of_places_scores_their_mean_with_halves_rounded_up(low: int, high: int, expected: int) -> None:
    # Table 10, 6, 5, 4, 3, 2, 1, 1: 5th-7th is 6/3 = 2, 2nd-3rd 11/2 = 5.5, 1st-4th 25/4 = 6.25, 8th-10th 1/3.
    assert points(preset("super"), Line(1, low, 0, high)) == [(expected, 0)]


ROSTER = range(1, 17)
untyped: Any = Line  # what a form or a JSON body may bring


def refused(lines: Sequence[Line], **settings: Any) -> list[str]:
    with pytest.raises(ResultError) as caught:
        check_match(lines, **({"roster": ROSTER, "lobby_size": None} | settings))
    return [str(field) for field in caught.value.fields]


@pytest.mark.parametrize(
    ("lines", "settings", "errors"),
    [
        ([Line(1, 1, -1)], {}, ["row 1: kills: must be a whole number of 0 or more, not -1"]),
        ([untyped(1, 1, "3")], {}, ["row 1: kills: must be a whole number of 0 or more, not '3'"]),
        ([untyped(1, 1, 2.0)], {}, ["row 1: kills: must be a whole number of 0 or more, not 2.0"]),
        ([Line(1, 1, True)], {}, ["row 1: kills: must be a whole number of 0 or more, not True"]),
        ([untyped(1, 1, None)], {}, ["row 1: kills: must be a whole number of 0 or more, not None"]),
        ([Line(1, 0, 2)], {}, ["row 1: placement: must be 1 to 16, or blank for a DNF, not 0"]),
        ([Line(1, 17, 2)], {}, ["row 1: placement: must be 1 to 16, or blank for a DNF, not 17"]),
        ([Line(1, 13, 2)], {"lobby_size": 12}, ["row 1: placement: must be 1 to 12, or blank for a DNF, not 13"]),
        ([untyped(1, "1", 2)], {}, ["row 1: placement: must be 1 to 16, or blank for a DNF, not '1'"]),
        ([Line(1, True, 2)], {}, ["row 1: placement: must be 1 to 16, or blank for a DNF, not True"]),
        ([Line(1, 5, 2, 4)], {}, ["row 1: placement_high: must be 5 or more, not 4"]),
        ([Line(1, 5, 2, 17)], {}, ["row 1: placement_high: must be 1 to 16, not 17"]),
        ([Line(1, None, 2, 7)], {}, ["row 1: placement: is missing, though the end of a range is there"]),
        ([Line(1, 1, 2, None, -5)], {}, ["row 1: time_alive_s: must be whole seconds of 0 or more, not -5"]),
        ([Line(1, 3, 2), Line(2, 3, 1)], {}, ["row 2: placement: 3 is given to row 1 already"]),
        ([Line(1, 1, 2), Line(2, 2, 1), Line(1, 3, 1)], {}, ["row 3: participant: participant 1 is in row 1 already"]),
        ([Line(99, 1, 2)], {}, ["row 1: participant: participant 99 belongs to another tournament or does not exist"]),
        (
            [Line(1, 1, 2), Line(2, 2, 1), Line(3, None, 1)], {"lobby_size": 2},
            ["row 3: is one too many: the lobby holds 2"],
        ),
        (
            [Line(1, 5, 0, 7), Line(2, 5, 0, 7), Line(3, 5, 0, 7), Line(4, 5, 0, 7)], {},
            ["row 4: placement: 5-7 are given to row 1, row 2, row 3 already"],
        ),
        (
            [Line(1, 5, 0, 6), Line(2, 6, 0), Line(3, 5, 0)], {},
            ["row 2: placement: 6 is given to row 1 already"],
        ),
        (
            [Line(1, 1, -1), untyped(2, 1, "x"), Line(99, 2, 0)], {},
            [
                "row 1: kills: must be a whole number of 0 or more, not -1",
                "row 2: kills: must be a whole number of 0 or more, not 'x'",
                "row 3: participant: participant 99 belongs to another tournament or does not exist",
            ],
        ),
        ([Line(1, 3, 2), Line(2, 3, 1)], {"rows": ["line 12", "line 40"]}, ["line 40: placement: 3 is given to line 12 already"]),
    ],
)  # fmt: skip
def test_a_wrong_result_is_refused_with_the_row_that_is_wrong(
    lines: list[Line], settings: dict[str, Any], errors: list[str]
) -> None:
    assert refused(lines, **settings) == errors


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [Line(1, None, 0), Line(2, None, 4)],
        [Line(1, 1, 0), Line(2, 4, 0)],
        [Line(1, 5, 0, 7), Line(2, 5, 0, 7), Line(3, 5, 0, 7)],
        [Line(1, 5, 0, 7), Line(2, 6, 0), Line(3, 5, 0, 7)],
        [Line(1, 1, 0, 16), Line(2, 1, 0), Line(3, 16, 0)],
        [Line(1, 16, 10**6)],
    ],
)
def test_a_result_that_can_have_happened_is_taken(lines: list[Line]) -> None:
    assert check_match(lines, roster=ROSTER, lobby_size=16) == []


def test_more_kills_than_the_lobby_held_are_pointed_out_but_taken() -> None:
    lines = [Line(1, 1, 5), Line(2, 2, 4)]
    warnings = check_match(lines, roster=ROSTER, lobby_size=None, side_size=4)
    assert [str(warning) for warning in warnings] == ["row 1: kills: 5 are more than the 4 opponents in the lobby"]
    lines = [Line(1, 1, 4), Line(2, 2, 4)]
    warnings = check_match(lines, roster=ROSTER, lobby_size=None, side_size=4)
    assert [str(warning) for warning in warnings] == ["kills: 8 kills are more than 8 players in the lobby allow"]


def _arrangement_exists(ranges: Sequence[tuple[int, int]], taken: frozenset[int] = frozenset()) -> bool:
    if not ranges:
        return True
    (low, high), *others = ranges
    free = [place for place in range(low, high + 1) if place not in taken]
    return any(_arrangement_exists(others, taken | {place}) for place in free)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 2)), max_size=5))
def test_ranges_are_taken_exactly_when_everybody_can_have_a_place(pairs: list[tuple[int, int]]) -> None:
    ranges = [(low, min(low + more, 5)) for low, more in pairs]
    lines = [Line(index + 1, low, 0, high) for index, (low, high) in enumerate(ranges)]
    try:
        check_match(lines, roster=ROSTER, lobby_size=5)
        taken = True
    except ResultError:
        taken = False
    assert taken == _arrangement_exists(ranges)


@given(st.permutations(range(1, 17)), st.lists(st.integers(0, 30), min_size=16, max_size=16))
def test_a_full_match_gives_away_the_whole_table(places: Iterable[int], kills: list[int]) -> None:
    lines = [Line(index + 1, place, kills[index]) for index, place in enumerate(places)]
    assert check_match(lines, roster=ROSTER, lobby_size=16) == []
    scored = score_match(lines, preset("ffws"))
    assert sum(line.placement_points for line in scored) == sum(preset("ffws").placement_points)
    assert [line.kill_points for line in scored] == kills


@pytest.mark.parametrize(
    ("event", "file", "name", "match_columns", "team", "column"),
    [
        ("pubg_pgc2023_grand_finals", "team_results.csv", "super", ("match_no",), "team", "points"),
        ("apex_ewc_2025", "lobby_results.csv", "algs", ("lobby", "game"), "team", "points"),
        ("freefire_ffws_br_2026_split1", "team_results.csv", "ffws", ("day", "match"), "team", "points"),
    ],
)
def test_every_row_of_a_real_event_scores_as_published(
    event: str, file: str, name: str, match_columns: tuple[str, ...], team: str, column: str
) -> None:
    with (real_data(event) / file).open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    ids = {row[team]: index for index, row in enumerate(rows, start=1)}
    matches: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in rows:
        matches.setdefault(tuple(row[key] for key in match_columns), []).append(row)
    for match in matches.values():
        entered = [Line(ids[row[team]], int(row["placement"]), int(row["kills"])) for row in match]
        assert check_match(entered, roster=ids.values(), lobby_size=len(match)) == []
        assert [line.points for line in score_match(entered, preset(name))] == [int(row[column]) for row in match]
