"""As many pairs as there can be: compared with trying everything."""

from functools import cache
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.brackets.matching import all_can_be_paired, most_pairs, surely_makes_pairs

Barred = dict[int, frozenset[int]]


@st.composite
def meetings(draw: st.DrawFn) -> tuple[list[int], Barred]:
    people = draw(st.permutations(range(draw(st.integers(0, 10)))))
    possible = list(combinations(sorted(people), 2))
    pairs = draw(st.sets(st.sampled_from(possible))) if possible else set()
    barred = {person: frozenset(a + b - person for a, b in pairs if person in (a, b)) for person in people}
    return people, barred


def most_by_trying(people: list[int], barred: Barred) -> int:
    @cache
    def most(left: tuple[int, ...]) -> int:
        if not left:
            return 0
        first, *others = left
        ways = (
            1 + most(tuple(person for person in others if person != other))
            for other in others
            if other not in barred[first]
        )
        return max(most(tuple(others)), *ways, 0)

    return most(tuple(people))


@given(meetings())
def test_there_are_as_many_pairs_as_can_be_and_no_barred_one(case: tuple[list[int], Barred]) -> None:
    people, barred = case
    partners = most_pairs(people, barred)

    assert all(partners[partners[person]] == person and partners[person] not in barred[person] for person in partners)
    assert len(partners) == 2 * most_by_trying(people, barred)
    assert all_can_be_paired(people, barred) == (len(people) % 2 == 0 and len(partners) == len(people))


@given(meetings())
def test_what_is_called_certain_is_so(case: tuple[list[int], Barred]) -> None:
    people, barred = case

    assert not surely_makes_pairs(people, barred) or most_by_trying(people, barred) == len(people) // 2


def test_a_circle_of_odd_length_is_seen_through() -> None:
    # 0-1-2-3-4-0 and a tail 2-5: whoever begins wrongly must go around the circle.
    joined = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (2, 5)]
    barred = {
        person: frozenset(
            other for other in range(6) if (person, other) not in joined and (other, person) not in joined
        )
        for person in range(6)
    }

    assert len(most_pairs([1, 2, 3, 4, 0, 5], barred)) == 6
