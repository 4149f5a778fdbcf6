"""Times of matches: who would be in two places at once, and plans that go round by round."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.match_times import Booking, Clash, ToPlan, clashes, spread

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_matches_of_one_participant_that_lie_too_close_are_named() -> None:
    booked = [
        Booking(1, at(0), (7, 8)),
        Booking(2, at(20), (8, 9)),
        Booking(3, at(30), (7, 10)),
        Booking(4, at(20), ()),
    ]
    assert clashes(booked, HALF_AN_HOUR) == [Clash(2, 1, 8)]
    assert clashes(booked, timedelta(minutes=31)) == [Clash(2, 1, 8), Clash(3, 1, 7)]
    assert clashes(booked, timedelta(minutes=20)) == []


def test_a_plan_goes_in_order_as_many_at_once_as_there_are_places() -> None:
    plan = spread(
        [ToPlan(1, (1, 2)), ToPlan(2, (3, 4)), ToPlan(3, (5, 6)), ToPlan(4, (), (1, 2)), ToPlan(5, (), (3, 4))],
        NOON, every=HALF_AN_HOUR, at_once=2,
    )  # fmt: skip
    assert plan == {1: at(0), 2: at(0), 3: at(30), 4: at(30), 5: at(60)}


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(6, 11), st.sets(st.integers(0, 30), max_size=2)), max_size=30),
    st.integers(1, 4),
)
def test_no_plan_has_a_clash_or_a_match_before_those_that_decide_it(
    drawn: list[tuple[int, int, set[int]]], at_once: int
) -> None:
    matches = [
        ToPlan(place, (a, b), tuple(before for before in after if before < place))
        for place, (a, b, after) in enumerate(drawn)
    ]
    plan = spread(matches, NOON, every=HALF_AN_HOUR, at_once=at_once)
    assert (
        clashes([Booking(match.match_id, plan[match.match_id], match.sides) for match in matches], HALF_AN_HOUR) == []
    )
    assert all(plan[before] < plan[match.match_id] for match in matches for before in match.after)
    times = list(plan.values())
    assert all(times.count(time) <= at_once for time in times)
