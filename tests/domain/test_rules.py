import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.cascades import CASCADES
from webapp.domain.errors import RulesError
from webapp.domain.presets import preset
from webapp.domain.rules import SETTINGS, Band, MatchPoint, Ruleset, parse_ruleset


def test_rules_that_name_nothing_score_nothing_and_rank_by_the_engine_cascade() -> None:
    assert parse_ruleset({}) == Ruleset(name="custom", cascade=CASCADES["engine"])


def test_a_whole_rules_file_is_read() -> None:
    rules = parse_ruleset(
        tomllib.loads("""
            name = "spring-cup"
            title = "Spring Cup"
            version = 3
            source = "Rule book 4.2"
            confidence = "official"
            points_per_kill = 2
            placement_points = [10, 6, 5]
            kill_cap = 8
            cascade = ["points", "countback", "participant_id"]
            ties = "shared"
            count_best = 8
            head_start = [5, 3, 1]
            lobby_size = 20
            win_points = 2
            draw_points = 1
            loss_points = 0
            match_point = { threshold = 80, cap = 8 }
        """)
    )
    assert rules == Ruleset(
        name="spring-cup", title="Spring Cup", version=3, source="Rule book 4.2", confidence="official",
        points_per_kill=2, placement_points=(10, 6, 5), kill_cap=8, match_point=MatchPoint(80, 8),
        cascade=rules.cascade, ties="shared", count_best=8, head_start_by_seed=(5, 3, 1), lobby_size=20, win_points=2,
    )  # fmt: skip
    assert [key.name for key in rules.cascade] == ["points", "countback"]


@pytest.mark.parametrize(
    "bands",
    [
        {"3-4": 1, "5–6": 2, "7+": 3},
        {"7 +": 3, "3 to 4": 1, "5..6": 2},
        [{"low": 3, "high": 4, "points": 1}, {"low": 5, "high": 6, "points": 2}, {"low": 7, "points": 3}],
    ],
)
@pytest.mark.parametrize("key", ["kill_bands", "points_per_kill_by_placement"])
def test_bands_may_be_a_table_or_a_list(key: str, bands: Any) -> None:
    rules = parse_ruleset({key: bands})
    assert getattr(rules, key) == (Band(3, 4, 1), Band(5, 6, 2), Band(7, None, 3))


def test_placement_points_may_be_a_table_of_places() -> None:
    rules = parse_ruleset({"placement_points": {"1": 12, "2-3": 8, "5": 1}})
    assert rules.placement_points == (12, 8, 8, 0, 1)


def test_head_start_may_be_by_name() -> None:
    assert parse_ruleset({"head_start": {"Team A": 4}}).head_start == {"Team A": 4}


def test_a_preset_can_be_extended() -> None:
    rules = parse_ruleset({"extends": "algs", "match_point": {"threshold": 50}}, name="final")
    algs = preset("algs")
    assert (rules.placement_points, rules.cascade) == (algs.placement_points, algs.cascade)
    assert rules.match_point == MatchPoint(50, None)
    assert (rules.name, rules.title, rules.confidence, rules.version) == (
        "final", "Apex Legends Global Series, changed", "house", 1,
    )  # fmt: skip
    assert rules.source == "preset algs, version 1, changed"


def test_nothing_takes_an_inherited_rule_away() -> None:
    assert parse_ruleset({"extends": "algs", "cascade": None}).cascade == CASCADES["engine"]


def test_restart_applies_to_the_keys_that_compare_the_tied() -> None:
    rules = parse_ruleset({"cascade": ["points", "head_to_head", {"key": "wins", "among": "tied"}], "restart": True})
    assert [key.restart for key in rules.cascade] == [False, True, True]


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        ({"points_per_kil": 1}, "points_per_kil", "unknown setting (did you mean 'points_per_kill'?); known: name, title"),
        ({"points_per_kill": True}, "points_per_kill", "a whole number of 0 or more, not true"),
        ({"points_per_kill": 1.5}, "points_per_kill", "a whole number of 0 or more, not 1.5"),
        ({"points_per_kill": "1"}, "points_per_kill", "a whole number of 0 or more, not '1'"),
        ({"points_per_kill": -1}, "points_per_kill", "must be 0 or more, not -1"),
        ({"points_per_kill": 10**30}, "points_per_kill", "must be at most 1000000000"),
        ({"placement_points": [10, -6]}, "placement_points[1]", "must be 0 or more, not -6"),
        ({"placement_points": [10, False]}, "placement_points[1]", "a whole number of 0 or more, not false"),
        ({"placement_points": "10, 6"}, "placement_points", "must be a list of whole numbers, not '10, 6'"),
        ({"placement_points": [1] * 1001}, "placement_points", "must have at most 1000 entries, not 1001"),
        ({"placement_points": {"first": 10}}, 'placement_points["first"]', "must be a band such as 3, 3-4 or 7+"),
        ({"placement_points": {"0": 10}}, "placement_points", "the band 0-0 must start at 1 or more"),
        ({"placement_points": {"3+": 1}}, "placement_points", "must name places up to 1000 at most"),
        ({"kill_cap": 0}, "kill_cap", "must be 1 or more, not 0"),
        ({"kill_bands": {"3-4": 1, "4+": 2}}, "kill_bands", "the bands 3-4 and 4+ overlap at 4"),
        ({"kill_bands": {"3+": 1, "7-8": 2}}, "kill_bands", "the bands 3+ and 7-8 overlap at 7"),
        ({"kill_bands": {"4-3": 1}}, "kill_bands", "the band 4-3 must end where it starts or later"),
        ({"kill_bands": {"3-4": -1}}, 'kill_bands["3-4"]', "must be 0 or more, not -1"),
        ({"kill_bands": [{"low": 3}]}, "kill_bands[0]", "needs points"),
        ({"kill_bands": [{"low": 3, "points": 1, "hi": 4}]}, "kill_bands[0].hi", "unknown setting (did you mean 'high'?)"),
        ({"kill_bands": [3]}, "kill_bands[0]", "must be a band {low, high, points}, not 3"),
        ({"kill_bands": 3}, "kill_bands", "or a list of bands, not 3"),
        ({"points_per_kill_by_placement": {"0-3": 2}}, "points_per_kill_by_placement", "the band 0-3 must start at 1 or more"),
        ({"kill_bands": {"1+": 1}, "points_per_kill_by_placement": {"1": 2}}, "kill_bands", "give either kill_bands or points_per_kill_by_placement"),
        ({"match_point": 50}, "match_point", "must be a table with threshold and, if there is one, cap, not 50"),
        ({"match_point": {"cap": 8}}, "match_point.threshold", "is missing"),
        ({"match_point": {"threshold": 0}}, "match_point.threshold", "must be 1 or more, not 0"),
        ({"match_point": {"threshold": 80, "cap": 0}}, "match_point.cap", "must be 1 or more, not 0"),
        ({"match_point": {"threshold": 80, "limit": 8}}, "match_point.limit", "unknown setting; known: threshold, cap"),
        ({"cascade": ["points", "pints"]}, "cascade[1]", "unknown key 'pints' (did you mean 'points'?)"),
        ({"cascade": ["participant_id"]}, "cascade", "at least one key before participant_id"),
        ({"cascade": "enginge"}, "cascade", "unknown cascade 'enginge' (did you mean 'engine'?)"),
        ({"restart": "yes"}, "restart", "must be true or false, not 'yes'"),
        ({"ties": "share"}, "ties", "must be id or shared, not 'share' (did you mean 'shared'?)"),
        ({"confidence": "sure"}, "confidence", "must be official or reported or community or house, not 'sure'"),
        ({"count_best": 0}, "count_best", "must be 1 or more, not 0"),
        ({"lobby_size": 0}, "lobby_size", "must be 1 or more, not 0"),
        ({"version": 0}, "version", "must be 1 or more, not 0"),
        ({"win_points": -3}, "win_points", "must be 0 or more, not -3"),
        ({"head_start": [1, "x"]}, "head_start[1]", "a whole number of 0 or more, not 'x'"),
        ({"head_start": {"Team A": -2}}, 'head_start["Team A"]', "must be 0 or more, not -2"),
        ({"head_start": {" ": 2}}, 'head_start[" "]', "must be the name of a participant"),
        ({"head_start": 5}, "head_start", "must be a list of whole numbers, not 5"),
        ({"title": 5}, "title", "must be text, not 5"),
        ({"name": 5}, "name", "must be text, not 5"),
        ({"extends": "alg"}, "extends", "unknown preset 'alg' (did you mean 'algs'?); known presets: algs, blueprint, classic-15, ffws, super"),
        ({"extends": 3}, "extends", "unknown preset 3"),
    ],
)  # fmt: skip
def test_wrong_rules_are_refused_with_path_and_what_would_be_right(
    data: dict[str, Any], path: str, message: str
) -> None:
    with pytest.raises(RulesError) as caught:
        parse_ruleset(data)
    assert [field.path for field in caught.value.fields] == [path]
    assert message in caught.value.fields[0].message
    assert f"{path}: " in caught.value.message


def test_every_problem_is_reported_at_once() -> None:
    with pytest.raises(RulesError) as caught:
        parse_ruleset({"points_per_kill": -1, "tie": "id", "placement_points": [True, -2], "match_point": {"cap": 0}})
    assert [field.path for field in caught.value.fields] == [
        "tie", "points_per_kill", "match_point.threshold", "placement_points[0]", "placement_points[1]",
    ]  # fmt: skip


def test_rules_must_be_a_table() -> None:
    with pytest.raises(RulesError, match="Rules must be a table of settings"):
        parse_ruleset([1, 2])  # type: ignore[arg-type]  # what a JSON file may hold


def test_the_hash_knows_what_can_change_a_board_and_nothing_else() -> None:
    rules = parse_ruleset({"extends": "algs"})
    about = {"name": "x", "title": "y", "version": 9, "source": "z", "confidence": "official"}
    assert parse_ruleset({"extends": "algs"} | about).hash == rules.hash == preset("algs").hash
    changes: list[dict[str, Any]] = [
        {"points_per_kill": 2}, {"placement_points": [12]}, {"kill_cap": 5}, {"kill_bands": {"1+": 1}}, {"ties": "shared"},
        {"points_per_kill_by_placement": {"1": 2}}, {"match_point": {"threshold": 50}}, {"cascade": "engine"},
        {"match_point": {"threshold": 50, "cap": 8}}, {"count_best": 8}, {"head_start": [1]}, {"head_start": {"A": 1}},
        {"lobby_size": 20}, {"win_points": 2}, {"draw_points": 0}, {"loss_points": 1},
        {"cascade": [{"key": "points", "restart": True}]}, {"cascade": [{"key": "points", "among": "tied"}]},
    ]  # fmt: skip
    hashes = [rules.hash, *(parse_ruleset({"extends": "algs"} | change).hash for change in changes)]
    assert len(set(hashes)) == len(hashes)
    assert all(len(digest) == 64 for digest in hashes)


_numbers = st.integers(0, 1000)
_rules = st.fixed_dictionaries(
    {},
    optional={
        "title": st.text(),
        "points_per_kill": _numbers,
        "placement_points": st.lists(_numbers, max_size=20),
        "kill_cap": st.integers(1, 50),
        "kill_bands": st.sampled_from([[], {"3-4": 1, "5+": 2}]),
        "match_point": st.fixed_dictionaries({"threshold": st.integers(1, 100)}, optional={"cap": st.integers(1, 20)}),
        "cascade": st.sampled_from(["engine", "service", ["points", {"key": "head_to_head", "restart": True}]]),
        "ties": st.sampled_from(["id", "shared"]),
        "count_best": st.integers(1, 50),
        "head_start": st.one_of(
            st.lists(_numbers, max_size=5), st.dictionaries(st.text("abé ", min_size=1).filter(str.strip), _numbers)
        ),
        "lobby_size": st.integers(1, 100),
        "extends": st.sampled_from(["algs", "super", "blueprint"]),
    },
)


@given(_rules)
def test_rules_written_as_json_are_read_back_the_same(data: dict[str, Any]) -> None:
    rules = parse_ruleset(data)
    again = parse_ruleset(json.loads(json.dumps(rules.to_mapping())))
    assert again == rules
    assert again.hash == rules.hash


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def refusal_of(data: dict[str, Any]) -> RulesError | None:
    try:
        parse_ruleset(data)
    except RulesError as refusal:
        return refusal
    return None


@given(st.dictionaries(st.sampled_from(SETTINGS) | st.text(max_size=5), _json, max_size=5))
def test_whatever_a_file_holds_it_is_read_or_refused_with_paths(data: dict[str, Any]) -> None:
    refusal = refusal_of(data)
    assert refusal is None or refusal.fields
