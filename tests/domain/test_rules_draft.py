from dataclasses import replace
from typing import Any

import pytest

from webapp.domain.cascades import CASCADES
from webapp.domain.errors import FieldError, RulesError
from webapp.domain.presets import load_presets, preset
from webapp.domain.rules import parse_ruleset
from webapp.domain.rules_draft import OWN, RulesDraft
from webapp.domain.rules_examples import doubts, worked_examples

OWN_TABLE = RulesDraft(table=OWN, points_per_kill="2", placement_points=("10", "6", "", "1", ""))


def refusal(draft: RulesDraft) -> list[FieldError]:
    with pytest.raises(RulesError) as refused:
        draft.settings()
    return list(refused.value.fields)


@pytest.mark.parametrize("name", load_presets())
def test_a_preset_as_it_is_stays_the_preset(name: str) -> None:
    draft = RulesDraft(table=name)
    assert parse_ruleset(draft.settings()) == preset(name)
    assert RulesDraft.of(preset(name).to_mapping()).settings() == preset(name).to_mapping()
    # Its own order, written out, is no change.
    written_out = replace(draft.filled(), order=OWN)
    assert parse_ruleset(written_out.settings()) == preset(name)


def test_what_is_added_to_a_preset_makes_rules_of_their_own_that_name_it() -> None:
    draft = RulesDraft(
        table="algs", match_point_threshold="50", match_point_cap="10", count_best="6", shares_ranks=True
    )
    rules = parse_ruleset(draft.settings())
    assert (rules.title, rules.confidence) == ("Apex Legends Global Series, changed", "house")
    assert rules.source == "preset algs, version 1, changed"
    assert rules.placement_points == preset("algs").placement_points
    assert (rules.match_point and rules.match_point.threshold, rules.match_point and rules.match_point.cap) == (50, 10)
    assert (rules.count_best, rules.ties) == (6, "shared")
    again = RulesDraft.of(rules.to_mapping())
    assert (again.table, again.order, again.count_best) == ("algs", "preset", "6")
    assert parse_ruleset(again.settings()) == rules


def test_a_table_of_ones_own_is_read_row_by_row() -> None:
    rules = parse_ruleset(OWN_TABLE.settings())
    assert (rules.title, rules.points_per_kill, rules.placement_points) == ("Own table", 2, (10, 6, 0, 1))
    # It names no order: that is settled when the tournament opens.
    assert "cascade" not in OWN_TABLE.settings()


def test_rules_go_through_the_editor_and_come_back_the_same() -> None:
    data: dict[str, Any] = {
        "title": "Copper", "points_per_kill": 1, "placement_points": [9, 5], "kill_cap": 10, "count_best": 4,
        "lobby_size": 20, "ties": "shared", "match_point": {"threshold": 30}, "head_start": {"Alpha": 5},
        "kill_bands": {"3-4": 1, "5+": 2},
        "cascade": ["points", {"key": "wins", "among": "tied", "restart": True}, "head_to_head", "losses"],
    }  # fmt: skip
    rules = parse_ruleset(data, name=OWN)
    draft = RulesDraft.of(rules.to_mapping())
    assert draft.cascade == ("points:desc", "wins:desc:tied:restart", "head_to_head:desc", "losses:asc")
    assert parse_ruleset(draft.settings(kept=rules.to_mapping())) == rules


def test_what_is_wrong_is_named_where_it_was_typed() -> None:
    draft = replace(
        OWN_TABLE, placement_points=("10", "-1", "x", "1.5"), points_per_kill="lots", kill_cap="0", count_best="99999999999",
        match_point_cap="3", order=OWN, cascade=("points:desc", "luck:desc", "points:desc"),
    )  # fmt: skip
    assert [field.path for field in refusal(draft)] == [
        "kill_cap", "count_best", "match_point_threshold", "cascade", "cascade", "place-2", "place-3", "place-4",
        "points_per_kill",
    ]  # fmt: skip
    assert refusal(replace(draft, table="supr"))[-1].message.startswith("choose a table (did you mean 'super'?)")
    assert refusal(RulesDraft(table=OWN, placement_points=("", "0"))) == [
        FieldError("place-1", "nothing would score: give points for a place or for a kill")
    ]
    assert refusal(replace(OWN_TABLE, order=OWN, cascade=()))[0].path == "cascade"
    assert refusal(replace(OWN_TABLE, title="x" * 81))[0].path == "title"


def test_the_steps_of_the_editor() -> None:
    draft = RulesDraft(table="super").after("start-from:algs")
    assert (draft.table, draft.order, draft.title) == (OWN, OWN, "Apex Legends Global Series, changed")
    assert draft.cascade == ("points:desc", "countback:desc")
    assert len(draft.placement_points) == 15
    draft = draft.after("drop-place").after("add-place").after("add-key:kills").after("add-key:losses")
    assert (len(draft.placement_points), draft.placement_points[-1]) == (15, "")
    assert draft.cascade == ("points:desc", "countback:desc", "kills:desc", "losses:asc")
    draft = draft.after("up:2").after("down:0").after("drop:3").after("up:0")
    assert draft.cascade == ("kills:desc", "points:desc", "countback:desc")
    for nothing in ("", "up:9", "drop:x", "add-key:luck", "add-key:points", "start-from:chess", "down:2", "dance"):
        assert draft.after(nothing).cascade == draft.cascade
    many = draft
    for _ in range(200):
        many = many.after("add-place")
    assert len(many.placement_points) == 100


def test_an_editor_shows_what_stands_before_anything_is_typed() -> None:
    filled = RulesDraft(table="super").filled()
    assert filled.placement_points == ("10", "6", "5", "4", "3", "2", "1", "1")
    assert parse_ruleset(replace(filled, order=OWN).settings()).cascade == CASCADES["pubgm"]
    assert RulesDraft(table=OWN).filled().placement_points == ("",) * 8


def test_worked_examples_add_up() -> None:
    found = [(example.placement, example.kills, example.points) for example in worked_examples(preset("super"))]
    assert found == [(1, 8, 18), (3, 2, 7), (9, 5, 5), (None, 4, 4)]


def test_slips_are_pointed_out_and_not_refused() -> None:
    assert list(doubts(preset("algs"))) == []
    rules = parse_ruleset({"placement_points": [5, 3, 4], "match_point": {"threshold": 5}})
    assert [str(doubt) for doubt in doubts(rules)] == [
        "placement_points: place 3 scores more than place 2: 4 to 3",
        "match_point_threshold: a single win reaches it; it is meant for the sum of several matches",
    ]
