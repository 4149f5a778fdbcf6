"""Who is which seed, and where it stands."""

from datetime import UTC, datetime

import pytest

from webapp.domain.brackets.seeding import Entrant, seeded, standard_order
from webapp.domain.errors import BracketError

EARLY, LATE = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)


def players(*ids: int) -> list[Entrant]:
    return [Entrant(who) for who in ids]


@pytest.mark.parametrize(("size", "order"), [(1, (1,)), (2, (1, 2)), (4, (1, 4, 2, 3)), (8, (1, 8, 4, 5, 2, 7, 3, 6))])
def test_the_standard_order(size: int, order: tuple[int, ...]) -> None:
    assert standard_order(size) == order


@pytest.mark.parametrize("size", [2**power for power in range(1, 11)])
def test_the_best_are_kept_apart_until_as_many_are_left(size: int) -> None:
    order = standard_order(size)
    assert sorted(order) == list(range(1, size + 1))
    best = 2
    while best <= size:
        part = size // best
        parts = [order[start : start + part] for start in range(0, size, part)]
        assert sorted(seed for seeds in parts for seed in seeds if seed <= best) == list(range(1, best + 1))
        assert all(sum(seed <= best for seed in seeds) == 1 for seeds in parts)
        best *= 2


def test_by_slot_those_without_one_come_last_by_id() -> None:
    field = [Entrant(8), Entrant(4), Entrant(9, seed=2), Entrant(5, seed=1), Entrant(6, seed=7)]
    assert seeded(field, "slot") == (5, 9, 6, 4, 8)


def test_a_random_order_follows_from_its_seed_alone() -> None:
    field = players(*range(1, 41))
    drawn = seeded(field, "random", random_seed="salt")
    assert drawn == seeded(field[::-1], "random", random_seed="salt")
    assert drawn != seeded(field, "random", random_seed="pepper")
    assert sorted(drawn) == list(range(1, 41))
    # Who leaves does not move the others past each other.
    without = tuple(who for who in drawn if who != 7)
    assert seeded([one for one in field if one.participant_id != 7], "random", random_seed="salt") == without


def test_ranked_goes_by_points_then_the_older_team_then_its_id() -> None:
    field = [
        Entrant(1, team_id=5, points=100, founded_at=LATE),
        Entrant(2, team_id=4, points=100, founded_at=EARLY),
        Entrant(3, team_id=3, points=100, founded_at=EARLY),
        Entrant(4, team_id=9, points=250, founded_at=LATE),
    ]
    assert seeded(field, "ranked") == (4, 3, 2, 1)


def test_teams_without_ranking_are_named_or_placed_last() -> None:
    field = [
        Entrant(1, team_id=1, name="Owls"),
        Entrant(2, team_id=2, points=1, founded_at=LATE),
        Entrant(3, team_id=3, name="Bats"),
    ]
    with pytest.raises(BracketError, match=r"no ranking points, .* by hand: Owls; Bats\.") as refused:
        seeded(field, "ranked")
    assert refused.value.code == "unranked_teams"
    assert [error.path for error in refused.value.fields] == ["participant 1", "participant 3"]
    assert seeded(field, "ranked", unranked_last=True) == (2, 1, 3)


def test_players_are_not_ranked() -> None:
    with pytest.raises(BracketError) as refused:
        seeded([Entrant(1, team_id=1, points=5), Entrant(2)], "ranked", unranked_last=True)
    assert refused.value.code == "ranking_needs_teams"


def test_by_hand_everybody_is_named_once() -> None:
    field = players(1, 2, 3)
    assert seeded(field, "manual", order=[3, 1, 2]) == (3, 1, 2)
    with pytest.raises(BracketError) as refused:
        seeded(field, "manual", order=[3, 4, 3])
    assert [str(error) for error in refused.value.fields] == [
        "seed 2: participant 4 is not among those who take part",
        "seed 3: participant 3 is seed 1 already",
        "order: participant 1 is missing",
        "order: participant 2 is missing",
    ]


def test_no_other_way_of_seeding() -> None:
    with pytest.raises(BracketError, match="one of slot, random, manual, ranked, not 'elo'"):
        seeded(players(1, 2), "elo")
