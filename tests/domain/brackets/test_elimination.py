"""Laws of elimination brackets of every size, and two real ones played again."""

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

import pytest

from tests.domain.brackets.play import Played, play
from tests.real_data import real_rows
from webapp.domain.brackets.elimination import MOST, double, single
from webapp.domain.brackets.placements import placements
from webapp.domain.brackets.progress import End
from webapp.domain.brackets.structure import Bracket, Node, Section, Slot

SIZES = range(2, 129)
FULL = (4, 8, 16, 32, 64, 128, 256)


@cache
def every_bracket(size: int) -> tuple[tuple[str, Bracket], ...]:
    some = (size // 4, size // 2, size - 2)[size % 3]
    starters = [(f"{some} in losers", double(size, in_losers=some))] if 0 < some <= size - 2 else []
    return (
        ("single", single(size)),
        ("third place", single(size, third_place=True)),
        ("double", double(size)),
        ("no reset", double(size, reset=False)),
        *starters,
    )


def seeds_of(bracket: Bracket) -> list[int]:
    return sorted(int(source.of) for node in bracket.nodes for source in (node.a, node.b) if source.kind == "seed")


@pytest.mark.parametrize("size", SIZES)
def test_every_way_out_is_one_way_in_and_nobody_waits_for_a_later_match(size: int) -> None:
    for name, bracket in every_bracket(size):
        known: set[str] = set()
        ways_in: Counter[tuple[str, str]] = Counter()
        for node in bracket.nodes:
            for source in (node.a, node.b):
                assert source.kind == "seed" or source.of in known, name
                ways_in[source] += 1
            known.add(node.key)
        assert len(known) == len(bracket.nodes) == len(bracket.by_key), name
        assert set(ways_in.values()) == {1}, name
        for node in bracket.nodes:
            for kind, slot in (("winner", node.winner_to), ("loser", node.loser_to)):
                if slot is not None:
                    side = getattr(bracket.by_key[slot.node], slot.side)
                    assert side == (kind, node.key), name
                else:
                    assert (kind, node.key) not in ways_in, name
        assert seeds_of(bracket) == list(range(1, size + 1)), name


@pytest.mark.parametrize("size", SIZES)
def test_as_many_matches_as_are_needed_and_no_more(size: int) -> None:
    assert len(single(size).nodes) == size - 1
    assert len(single(size, third_place=True).nodes) == size - 1 + (size > 3)
    assert len(double(size, reset=False).nodes) == 2 * size - 2
    assert len(double(size).nodes) == 2 * size - 1
    for in_losers in range(0, size - 1, 3):
        assert len(double(size, in_losers=in_losers).nodes) == 2 * size - 1 - in_losers


@pytest.mark.parametrize("size", SIZES)
def test_the_best_have_the_byes_and_meet_as_late_as_can_be(size: int) -> None:
    rounds: dict[int, int] = {}
    for node in single(size).nodes:
        for source in (node.a, node.b):
            if source.kind == "seed":
                rounds[int(source.of)] = node.round
    full = 1 << (size - 1).bit_length()
    byes = full - size
    assert {seed for seed, number in rounds.items() if number > 1} == set(range(1, byes + 1))
    # Where everybody wins who is seeded better, each round leaves the best half.
    for found in by_rounds(play(single(size), lambda a, b: min(a, b)), Section.WINNERS):
        left = sorted(who for match in found for who in match.sides)
        assert all(sum(match.sides) == 1 + full // 2 ** (match.node.round - 1) for match in found), left


def by_rounds(played: Sequence[Played], section: Section) -> list[list[Played]]:
    numbers = sorted({match.node.round for match in played if match.node.section is section})
    return [[m for m in played if m.node.section is section and m.node.round == number] for number in numbers]


@pytest.mark.parametrize("size", SIZES)
def test_whoever_wins_only_the_champion_has_not_lost_once_or_twice(size: int) -> None:
    chance = random.Random(1000 + size)
    for name, bracket in every_bracket(size):
        played = play(bracket, lambda *sides: chance.choice(sides))
        lost = Counter(match.loser for match in played if match.node.section is not Section.THIRD_PLACE)
        begun_with_a_loss = int(name.split()[0]) if name.endswith("losers") else 0
        lost.update(range(size - begun_with_a_loss + 1, size + 1))
        champion = played[-1].winner
        lives = 1 if name in ("single", "third place") else 2
        others = {who: times for who, times in lost.items() if who != champion}
        if name == "no reset":
            # The one from the winners' side may have been beaten in the grand final alone.
            others[played[-1].loser] = lives
        assert others == dict.fromkeys(set(range(1, size + 1)) - {champion}, lives), name
        assert lost[champion] < lives, name


@pytest.mark.parametrize("size", SIZES)
def test_everybody_has_one_place_and_no_two_share_what_they_do_not(size: int) -> None:
    chance = random.Random(size)
    for name, bracket in every_bracket(size):
        played = play(bracket, lambda *sides: chance.choice(sides))
        not_needed = {"GF2": End(None, None)} if bracket.nodes[-1].is_conditional else {}
        ends = not_needed | {match.node.key: match.end for match in played}
        found = placements(bracket, ends)
        assert sorted(place.participant_id for place in found) == list(range(1, size + 1)), name
        assert found[0] == (played[-1].winner, 1, 1), name
        assert found[1] == (played[-1].loser, 2, 2), name
        taken = Counter((place.first, place.last) for place in found)
        assert all(times == last - first + 1 for (first, last), times in taken.items()), name
        assert [place.first for place in found] == sorted(place.first for place in found), name


@pytest.mark.parametrize("size", FULL)
@pytest.mark.parametrize("starters", [False, True])
def test_who_has_met_meets_again_as_late_as_the_rounds_allow(size: int, starters: bool) -> None:
    bracket = double(2 * size, in_losers=size) if starters else double(size)
    winners = [node for node in bracket.nodes if node.section is Section.WINNERS]
    last_round = max(node.round for node in winners)
    for first in winners:
        for fell in ancestors(bracket, first):
            # The one who lost at once and the one who won then and fell later: where can their ways cross?
            where = crossing(bracket, first.loser_to, fell.loser_to)
            there = bracket.by_key[where]
            dropping = [source for source in (there.a, there.b) if source == ("loser", fell.key)]
            matches_there = 2 ** (last_round - fell.round)
            if matches_there >= fell.round:
                assert not dropping, f"{first.key} is played again in {where}"


def ancestors(bracket: Bracket, node: Node) -> Iterator[Node]:
    while node.winner_to is not None and bracket.by_key[node.winner_to.node].section is Section.WINNERS:
        node = bracket.by_key[node.winner_to.node]
        yield node


def crossing(bracket: Bracket, one: Slot | None, other: Slot | None) -> str:
    assert one is not None
    assert other is not None
    way = {node.key for node in (bracket.by_key[one.node], *to_the_end(bracket, one.node))}
    return next(node.key for node in (bracket.by_key[other.node], *to_the_end(bracket, other.node)) if node.key in way)


def to_the_end(bracket: Bracket, key: str) -> Iterator[Node]:
    slot = bracket.by_key[key].winner_to
    while slot is not None:
        node = bracket.by_key[slot.node]
        yield node
        slot = node.winner_to


def test_two_whom_one_round_parts_meet_again_when_two_are_left_at_the_earliest() -> None:
    bracket = double(MOST)
    for node in bracket.nodes:
        if node.section is Section.WINNERS and node.round < 9:
            above = next(ancestors(bracket, node))
            there = crossing(bracket, node.loser_to, above.loser_to)
            assert bracket.by_key[there].round >= 17, node.key


@pytest.mark.parametrize("size", [-1, 0, 1, MOST + 1])
def test_no_bracket_of_one_or_of_too_many(size: int) -> None:
    for make in (single, double):
        with pytest.raises(ValueError, match="2 to 1024 participants"):
            make(size)


@pytest.mark.parametrize(("size", "in_losers"), [(2, 1), (8, 7), (8, -1)])
def test_two_at_least_begin_without_a_loss(size: int, in_losers: int) -> None:
    with pytest.raises(ValueError, match="cannot begin in the losers' bracket"):
        double(size, in_losers=in_losers)


def test_the_largest_bracket_is_drawn_in_less_than_a_second() -> None:
    began = time.perf_counter()
    assert len(double(MOST).nodes) == 2047
    assert time.perf_counter() - began < 1


def test_eight_in_double_elimination_as_everybody_draws_it() -> None:
    bracket = double(8)
    assert [(node.key, str(node.a), str(node.b)) for node in bracket.nodes] == [
        ("W1-1", "seed:1", "seed:8"),
        ("W1-2", "seed:4", "seed:5"),
        ("W1-3", "seed:2", "seed:7"),
        ("W1-4", "seed:3", "seed:6"),
        ("W2-1", "winner:W1-1", "winner:W1-2"),
        ("W2-2", "winner:W1-3", "winner:W1-4"),
        ("L1-1", "loser:W1-1", "loser:W1-2"),
        ("L1-2", "loser:W1-3", "loser:W1-4"),
        ("L2-1", "loser:W2-2", "winner:L1-1"),
        ("L2-2", "loser:W2-1", "winner:L1-2"),
        ("W3-1", "winner:W2-1", "winner:W2-2"),
        ("L3-1", "winner:L2-1", "winner:L2-2"),
        ("L4-1", "loser:W3-1", "winner:L3-1"),
        ("GF", "winner:W3-1", "winner:L4-1"),
        ("GF2", "loser:GF", "winner:GF"),
    ]


# -- real brackets

_FOLDER = "brackets_melee_double_elim"


def replayed(bracket: Bracket, results: Sequence[tuple[int, int, int]]) -> list[Played]:
    """Matches as (seed, seed, winner), in the order in which they were played, each found as the pair of a node."""
    left = list(results)

    def winner(a: int, b: int) -> int:
        place = next(at for at, match in enumerate(left) if {a, b} == {*match[:2]})
        return left.pop(place)[2]

    played = play(bracket, winner)
    assert left == []
    return played


def test_a_challonge_bracket_of_41_is_the_one_we_draw() -> None:
    people = {row["participant_id"]: row for row in real_rows(_FOLDER, "challonge_sf_game_night_21_participants.csv")}
    seed = {who: int(row["seed"]) for who, row in people.items()}
    matches = real_rows(_FOLDER, "challonge_sf_game_night_21_matches.csv")
    results = [(seed[row["player1_id"]], seed[row["player2_id"]], seed[row["winner_id"]]) for row in matches]
    # The file tells the grand final first.
    played = replayed(double(41), results)
    found = placements(double(41), {match.node.key: match.end for match in played})
    assert {place.participant_id: place.first for place in found} == {
        seed[who]: int(row["final_rank"]) for who, row in people.items()
    }


def test_a_start_gg_bracket_where_half_begin_with_a_loss_is_the_one_we_draw() -> None:
    people = {row["entrant_id"]: row for row in real_rows(_FOLDER, "startgg_final_bracket_32_entrants.csv")}
    seed = {who: int(row["group_seed"]) for who, row in people.items()}
    sets = real_rows(_FOLDER, "startgg_final_bracket_32_sets.csv")
    in_order = sorted(sets, key=lambda row: row["identifier"])
    results = [(seed[row["entrant1"]], seed[row["entrant2"]], seed[row["winner"]]) for row in in_order]
    bracket = double(32, in_losers=16)
    found = placements(bracket, {match.node.key: match.end for match in replayed(bracket, results)})
    assert {place.participant_id: place.first for place in found} == {
        seed[who]: int(row["official_placement"]) for who, row in people.items()
    }
