from dataclasses import FrozenInstanceError

import pytest

from webapp.domain.errors import RulesError
from webapp.domain.presets import load_presets, preset
from webapp.domain.ruleset import CONFIDENCES


@pytest.mark.parametrize(
    ("name", "table", "cascade", "confidence"),
    [
        ("blueprint", (12, 9, 7, 5, 4, 3, 2, 1), "points kills best_placement last_completed_at", "house"),
        (
            "super",
            (10, 6, 5, 4, 3, 2, 1, 1),
            "points wins placement_points kill_points last_match_placement",
            "official",
        ),
        ("ffws", (12, 9, 8, 7, 6, 5, 4, 3, 2, 1), "points kills best_placement last_completed_at", "reported"),
        ("algs", (12, 9, 7, 5, 4, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1), "points countback", "community"),
        (
            "classic-15",
            (15, 12, 10, 8, 6, 4, 2, 1, 1, 1, 1, 1),
            "points kills best_placement last_completed_at",
            "community",
        ),
    ],
)
def test_presets_are_those_of_the_specification(
    name: str, table: tuple[int, ...], cascade: str, confidence: str
) -> None:
    rules = preset(name)
    assert (rules.name, rules.points_per_kill, rules.placement_points) == (name, 1, table)
    assert " ".join(key.name for key in rules.cascade) == cascade
    assert rules.confidence == confidence


def test_every_preset_says_where_it_comes_from_and_has_a_hash_of_its_own() -> None:
    presets = load_presets()
    assert list(presets) == ["algs", "blueprint", "classic-15", "ffws", "super"]
    assert all(rules.title and rules.source and rules.version >= 1 for rules in presets.values())
    assert {rules.confidence for rules in presets.values()} <= set(CONFIDENCES)
    assert len({rules.hash for rules in presets.values()}) == len(presets)


def test_a_preset_cannot_be_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        preset("algs").points_per_kill = 2  # type: ignore[misc]  # that is the point


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RulesError) as caught:
        preset("alg")
    assert caught.value.message == (
        "Unknown points preset 'alg' (did you mean 'algs'?); known presets: algs, blueprint, classic-15, ffws, super"
    )
