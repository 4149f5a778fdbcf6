"""Settings of formats, and what rounds are called."""

from typing import Any

import pytest

from webapp.domain.brackets.elimination import double, single
from webapp.domain.brackets.groups import group_stage
from webapp.domain.brackets.rounds import labels_of, names_of
from webapp.domain.brackets.settings import BracketSettings, best_of_by_node, best_of_errors, parse_settings
from webapp.domain.brackets.structure import Bracket
from webapp.domain.errors import BracketError

GOOD: list[tuple[str, dict[str, Any]]] = [
    ("single-elimination", {}),
    ("single-elimination", {"third_place": True}),
    ("double-elimination", {"reset": False, "in_losers": 16}),
    ("round-robin", {"legs": 2, "groups": 4}),
    ("round-robin", {"groups": 8, "advance": 2, "then": {"format": "single-elimination", "third_place": True}}),
    ("swiss", {"rounds": 5, "pairing": "high-low", "wins_out": 3, "losses_out": 3}),
    ("swiss", {"advance": 8, "then": {"format": "double-elimination"}}),
]
BAD: list[tuple[str, dict[str, Any], list[str]]] = [
    ("single-elimination", {"third_place": 1}, ["bracket.third_place: must be true or false"]),
    ("single-elimination", {"legs": 2}, ["bracket.legs: is no setting of single-elimination"]),
    ("battle-royale", {"reset": True}, ["bracket.reset: is no setting of battle-royale"]),
    ("double-elimination", {"in_losers": -1}, ["bracket.in_losers: must be a whole number from 0 to 1024"]),
    ("round-robin", {"legs": 3, "groups": True}, [
        "bracket.legs: must be a whole number from 1 to 2", "bracket.groups: must be a whole number from 1 to 32",
    ]),
    ("swiss", {"pairing": "random"}, ["bracket.pairing: must be one of halves, high-low, major"]),
    ("swiss", {"then": {"format": "swiss"}}, [
        "bracket.then.format: must be one of single-elimination, double-elimination",
    ]),
    ("swiss", {"then": {"format": "single-elimination", "reset": True}}, [
        "bracket.advance: must say how many go on to the next stage",
        "bracket.then.reset: is no setting of single-elimination",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("form", "data"), GOOD)
def test_settings_are_stored_as_they_are_read(form: str, data: dict[str, Any]) -> None:
    assert parse_settings(data, form).to_mapping() == data


def test_what_is_as_usual_is_not_stored() -> None:
    assert parse_settings({"third_place": False}, "single-elimination") == BracketSettings()
    assert BracketSettings().to_mapping() == {}


@pytest.mark.parametrize(("form", "data", "problems"), BAD)
def test_every_wrong_setting_is_named(form: str, data: dict[str, Any], problems: list[str]) -> None:
    with pytest.raises(BracketError) as refused:
        parse_settings(data, form)
    assert [str(error) for error in refused.value.fields] == problems


@pytest.mark.parametrize(
    ("bracket", "expected"),
    [
        (single(8, third_place=True), {
            "W1-1": "Quarter-final 1", "W1-4": "Quarter-final 4", "W2-2": "Semi-final 2", "3RD": "Third place",
            "W3-1": "Final",
        }),
        (single(5), {"W1-2": "Quarter-final", "W2-1": "Semi-final 1", "W3-1": "Final"}),
        (single(20), {"W1-2": "Round 1, match 1", "W2-8": "Round 2, match 8", "W3-1": "Quarter-final 1"}),
        (double(8), {
            "W1-2": "Winners' round 1, match 2", "W3-1": "Winners' final", "L1-1": "Losers' round 1, match 1",
            "L3-1": "Losers' round 3", "L4-1": "Losers' final", "GF": "Grand final", "GF2": "Grand final, second match",
        }),
        (group_stage(8, 2, legs=1), {"A-1-1": "Group A, round 1, match 1", "B-3-2": "Group B, round 3, match 2"}),
        (group_stage(4, 1, legs=1), {"A-1-2": "Round 1, match 2"}),
        (group_stage(3, 1, legs=2), {"A-1-1": "Round 1", "A-6-1": "Round 6"}),
    ],
)  # fmt: skip
def test_matches_are_called_as_people_call_them(bracket: Bracket, expected: dict[str, str]) -> None:
    labels = labels_of(bracket)
    assert {key: labels[key] for key in expected} == expected
    assert len(set(labels.values())) == len(bracket.nodes)


def test_the_length_of_a_series_is_what_is_said_most_exactly() -> None:
    by_round = {"default": 3, "winners": 1, "semi_final": 5, "W2": 7, "final": 5, "third_place": 1}
    found = best_of_by_node(by_round, single(16, third_place=True))
    assert {key: found[key] for key in ("W1-1", "W2-1", "W3-1", "3RD", "W4-1")} == {
        "W1-1": 1, "W2-1": 7, "W3-1": 5, "3RD": 1, "W4-1": 5,
    }  # fmt: skip
    found = best_of_by_node({"losers": 1, "losers_final": 3, "final": 5, "GF2": 7}, double(8), default=3)
    assert {key: found[key] for key in ("W1-1", "L1-1", "L4-1", "GF", "GF2")} == {
        "W1-1": 3, "L1-1": 1, "L4-1": 3, "GF": 5, "GF2": 7,
    }  # fmt: skip
    assert set(best_of_by_node({}, group_stage(4, 1, legs=1)).values()) == {1}


def test_rounds_of_groups_have_one_name_in_all_groups() -> None:
    names = names_of(group_stage(8, 2, legs=1))
    assert names["A-2-1"] == names["B-2-2"] == ("R2", "group")


def test_what_is_no_round_or_no_length_is_named() -> None:
    assert list(best_of_errors({"W1": 3, "GF2": 5, "semi_final": 1, "default": 3}, (1, 3, 5))) == []
    names = (
        "default, final, semi_final, quarter_final, winners_final, losers_final, third_place, winners, losers, group, "
        "swiss, or W1, L2 …"
    )
    assert [str(error) for error in best_of_errors({"W0": 1, "last": 1, "final": 4}, (1, 3))] == [
        f"best_of_by_round.W0: is no round; name one of {names}",
        f"best_of_by_round.last: is no round; name one of {names}",
        "best_of_by_round.final: must be one of 1, 3, not 4",
    ]
