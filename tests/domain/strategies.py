"""Random tournaments and cascades, small enough that ties of every kind are common."""

from collections.abc import Sequence

from hypothesis import strategies as st

from tests.domain.builders import Adjusted, Duel, Placed, Scored
from webapp.domain.cascades import CASCADES, KEYS, CascadeKey

# Not next to each other, not from 1, and far apart once: ids are names, not places.
IDS = (3, 5, 6, 11, 400, 70_001, 9_000_000_000)

SERIES_KEYS = tuple(name for name in KEYS if name != "countback")


def rosters(least: int = 1) -> st.SearchStrategy[list[int]]:
    return st.lists(st.sampled_from(IDS), min_size=least, max_size=len(IDS), unique=True).map(sorted)


def cascades(names: Sequence[str] = tuple(KEYS)) -> st.SearchStrategy[tuple[CascadeKey, ...]]:
    """The named cascades, and any others of up to five keys with every direction, comparison and restart."""

    def keys(name: str) -> st.SearchStrategy[CascadeKey]:
        info = KEYS[name]
        among = (
            st.just(value=True)
            if info.among_tied_default
            else st.booleans()
            if info.among_tied_possible
            else st.just(value=False)
        )
        return st.builds(CascadeKey, st.just(name), st.booleans(), among, st.booleans())

    chosen = st.lists(st.sampled_from(names), min_size=1, max_size=5, unique=True)
    own = chosen.flatmap(lambda picked: st.tuples(*(keys(name) for name in picked)))
    # What is made for ties: coarse keys first, then comparisons among the tied.
    tied = st.tuples(keys("wins"), keys("head_to_head"), *(keys(name) for name in ("points", "matches_played"))).map(
        lambda picked: tuple(picked)
    )
    return st.one_of(st.sampled_from(list(CASCADES.values())), own, tied)


@st.composite
def lobbies(draw: st.DrawFn, roster: list[int]) -> list[Scored]:
    """Battle-royale results: matches of some of the roster, with DNFs, ranges of placements and few kills."""
    rows = []
    for match in draw(st.lists(st.integers(1, 9), max_size=4, unique=True)):
        field = draw(st.lists(st.sampled_from(roster), unique=True))
        for place, one in enumerate(field, start=1):
            placement = None if draw(st.integers(0, 5)) == 0 else place
            high = draw(st.sampled_from([None, place, place + 1])) if placement else None
            at = draw(st.sampled_from([None, match * 1_000_000]))
            placed = Placed(
                one, match, placement, draw(st.integers(0, 2)), high, draw(st.sampled_from([None, 60 * place])), at
            )
            rows.append(Scored(placed, max(0, 3 - place) if placement else 0, placed.kills))
    return draw(st.permutations(rows))


@st.composite
def fixtures(draw: st.DrawFn, roster: list[int]) -> list[Duel]:
    """Matches of two sides with draws, forfeits of one or both, byes and absences."""
    rows = []
    for number in range(1, draw(st.integers(0, 10)) + 1):
        side_a = draw(st.sampled_from(roster))
        others = [one for one in roster if one != side_a]
        side_b = draw(st.sampled_from([*others, None]))
        winner = draw(st.sampled_from([side_a, side_b, None]))
        score_a, score_b = draw(st.integers(0, 2)), draw(st.integers(0, 2))
        at = draw(st.sampled_from([None, number * 1_000_000]))
        rows.append(
            Duel(number, side_a, side_b, winner, score_a, score_b, at, score_a, score_b, draw(st.integers(0, 4)) // 4)
        )
    return draw(st.permutations(rows))


def ledgers(roster: list[int]) -> st.SearchStrategy[list[Adjusted]]:
    entries = st.builds(Adjusted, st.sampled_from(roster), st.none() | st.integers(1, 9), st.integers(-3, 3))
    return st.lists(entries, max_size=3)
