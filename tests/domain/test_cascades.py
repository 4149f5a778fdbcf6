from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.cascades import CASCADES, KEYS, CascadeKey, cascade_to_data, parse_cascade
from webapp.domain.errors import RulesError


def test_the_named_cascades_are_those_of_the_specification() -> None:
    shown = {
        name: " ".join(f"{key.name}{'↑' if key.ascending else '↓'}" for key in cascade)
        for name, cascade in CASCADES.items()
    }
    assert shown == {
        "engine": "points↓ kills↓ wins↓ matches_played↑ earliest_win_at↑",
        "service": "points↓ wins↓ matches_played↑ earliest_win_at↑",
        "battle-royale": "points↓ kills↓ best_placement↑ last_completed_at↑",
        "pubgm": "points↓ wins↓ placement_points↓ kill_points↓ last_match_placement↑",
    }


def test_every_key_of_the_specification_is_known() -> None:
    assert set(KEYS) == {
        "points", "kills", "wins", "losses", "matches_played", "best_placement", "avg_placement", "placement_points",
        "kill_points", "last_match_placement", "last_completed_at", "earliest_win_at", "score_difference", "score_for",
        "games_won", "head_to_head", "buchholz", "buchholz_difference", "sonneborn_berger", "avg_kills", "time_alive_s",
        "countback", "seed", "lot",
    }  # fmt: skip
    fractions = {name for name, info in KEYS.items() if info.scale == 100}
    assert fractions == {"avg_placement", "avg_kills", "buchholz", "sonneborn_berger"}


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ("points", CascadeKey("points", ascending=False)),
        ("losses", CascadeKey("losses", ascending=True)),
        ("points:asc", CascadeKey("points", ascending=True)),
        ("seed:desc", CascadeKey("seed", ascending=False)),
        ("-losses", CascadeKey("losses", ascending=False)),
        ("+points", CascadeKey("points", ascending=True)),
        (" kills ", CascadeKey("kills", ascending=False)),
        ("head_to_head", CascadeKey("head_to_head", ascending=False, among_tied=True)),
        ({"key": "wins"}, CascadeKey("wins", ascending=False)),
        ({"key": "wins", "direction": "asc"}, CascadeKey("wins", ascending=True)),
        (
            {"key": "score_difference", "among": "tied"},
            CascadeKey("score_difference", ascending=False, among_tied=True),
        ),
        ({"key": "points", "among": "all"}, CascadeKey("points", ascending=False)),
        (
            {"key": "head_to_head", "direction": "desc", "among": "tied", "restart": True},
            CascadeKey("head_to_head", ascending=False, among_tied=True, restart=True),
        ),
    ],
)
def test_an_entry_may_be_written_in_several_ways(entry: Any, key: CascadeKey) -> None:
    assert parse_cascade([entry]) == (key,)


@pytest.mark.parametrize("last", ["participant_id", "participant_id:asc", "+participant_id", {"key": "participant_id"}])
def test_the_participant_id_at_the_end_is_accepted_and_left_out(last: Any) -> None:
    assert parse_cascade(["points", last]) == parse_cascade(["points"])


def test_the_same_key_over_all_matches_and_among_the_tied_are_two_steps() -> None:
    among = {"key": "points", "among": "tied"}
    assert len(parse_cascade(["points", "score_difference", among])) == 3


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        (
            "engin",
            "cascade",
            "unknown cascade 'engin' (did you mean 'engine'?); known cascades: engine, service, battle-royale, pubgm",
        ),
        (7, "cascade", "a cascade's name (engine, service, battle-royale, pubgm) or a list of keys, not 7"),
        ([], "cascade", "at least one key before participant_id, such as points"),
        (["participant_id"], "cascade", "at least one key before participant_id, such as points"),
        (["kils"], "cascade[0]", "unknown key 'kils' (did you mean 'kills'?); known keys: points, kills, wins"),
        (["points", 3], "cascade[1]", "a key's name or a table with key, direction, among, restart, not 3"),
        (["points", "wins", "points"], "cascade[2]", "'points' is there twice; a key can decide only once"),
        (["points", "-points"], "cascade[1]", "'points' is there twice"),
        (
            ["participant_id", "points"],
            "cascade[0]",
            "participant_id settles everything, so it can only come last and ascending",
        ),
        (["points", "participant_id:desc"], "cascade[1]", "it can only come last and ascending"),
        (["points:down"], "cascade[0]", "'direction' must be asc or ascending or desc or descending, not 'down'"),
        (["-points:desc"], "cascade[0]", "gives its direction twice"),
        (
            [{"key": "wins", "dir": "asc"}],
            "cascade[0]",
            "unknown setting 'dir'; a key may have key, direction, among, restart",
        ),
        ([{"direction": "asc"}], "cascade[0]", "'key' must name one of the known keys"),
        ([{"key": "wins", "restart": 1}], "cascade[0]", "'restart' must be true or false, not 1"),
        ([{"key": "wins", "among": "friends"}], "cascade[0]", "'among' must be tied or all, not 'friends'"),
        ([{"key": "wins", "direction": True}], "cascade[0]", "'direction' must be asc or"),
        (
            [{"key": "seed", "among": "tied"}],
            "cascade[0]",
            "'seed' does not come from matches, so it cannot be counted among the tied",
        ),
        ([{"key": "head_to_head", "among": "all"}], "cascade[0]", "'head_to_head' compares the tied with each other"),
    ],
)
def test_what_cannot_be_a_cascade_is_refused(value: Any, path: str, message: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse_cascade(value)
    assert [field.path for field in caught.value.fields] == [path]
    assert message in caught.value.fields[0].message


def test_every_wrong_entry_is_named_at_once() -> None:
    with pytest.raises(RulesError) as caught:
        parse_cascade(["pints", "points", "wons"], path="rules.cascade")
    assert [field.path for field in caught.value.fields] == ["rules.cascade[0]", "rules.cascade[2]"]


_keys = st.builds(
    CascadeKey,
    st.sampled_from([name for name in KEYS if name not in {"head_to_head", "seed", "lot"}]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(_keys, min_size=1, unique_by=lambda key: (key.name, key.among_tied)))
def test_a_cascade_written_down_is_read_back_the_same(cascade: list[CascadeKey]) -> None:
    assert parse_cascade(cascade_to_data(cascade)) == tuple(cascade)
