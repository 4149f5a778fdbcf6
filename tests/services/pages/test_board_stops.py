"""Which versions of a long tournament are worth a place."""

from itertools import pairwise

from tests.arenas import OPENED_AT
from webapp.services.pages.board_stops import Stop, thinned


def stop(version: int, *matches: int, after: int | None = None) -> Stop:
    return Stop(version, version * 2, OPENED_AT, matches, matches[-1] if matches else after)


def test_a_few_versions_all_stay() -> None:
    stops = [stop(1), stop(2, 1), stop(3, after=1)]
    assert thinned(stops, 3) == stops


def test_of_many_those_stay_that_the_next_match_found_and_the_newest() -> None:
    stops = [stop(1), stop(2, 1), stop(3, after=1), stop(4, after=1), stop(5, 2), stop(6, after=2)]
    assert [one.version for one in thinned(stops, 4)] == [1, 4, 6]


def test_of_more_matches_than_places_some_stay_evenly_with_the_first_and_the_last() -> None:
    stops = [stop(number, number) for number in range(1, 1001)]
    versions = [one.version for one in thinned(stops, 11)]
    assert (versions[0], versions[-1], len(versions)) == (1, 1000, 11)
    assert {after - before for before, after in pairwise(versions)} <= {99, 100, 101}
