import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.checkin import Entrant, may_undo, refill, window_of

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

entrants = st.lists(
    st.tuples(st.integers(1, 60), st.none() | st.integers(1, 40), st.booleans()), unique_by=lambda one: one[0]
).map(lambda rows: [Entrant(*row) for row in rows])


@pytest.mark.parametrize(
    ("status", "opens", "starts", "at", "code"),
    [
        ("registration_closed", None, START, START - 30 * MINUTE, None),
        ("registration_open", None, START, START - MINUTE, None),
        ("registration_open", START - 90 * MINUTE, START, START - 80 * MINUTE, None),
        ("registration_open", START, None, START + MINUTE, None),
        ("registration_closed", None, START, START - 31 * MINUTE, "checkin_not_open"),
        ("registration_open", None, None, START, "checkin_not_open"),
        ("registration_closed", None, START, START, "checkin_over"),
        ("live", None, START, START - MINUTE, "checkin_over"),
        ("draft", None, START, START - MINUTE, "checkin_not_open"),
    ],
)
def test_the_clock_decides_whether_check_in_is_open(
    status: str, opens: datetime | None, starts: datetime | None, at: datetime, code: str | None
) -> None:
    shut = window_of(status, opens, starts).why_shut(at)
    assert (shut.code if shut else None) == code


def test_taking_it_back_alone_is_possible_for_a_quarter_of_an_hour() -> None:
    assert may_undo(START, START + 15 * MINUTE)
    assert not may_undo(START, START + 15 * MINUTE + timedelta(seconds=1))


def test_who_is_not_here_is_out_and_the_waitlist_refills_behind_the_seeds_that_close_up() -> None:
    field = [Entrant(1, 3, True), Entrant(2, 1, False), Entrant(3, None, True), Entrant(4, 2, True)]
    waiting = [Entrant(9, None, False), Entrant(8, None, True), Entrant(7, None, True)]
    done = refill(field, waiting, 4)
    assert (done.no_shows, done.promoted) == ((2,), (8,))
    assert done.seeds == {4: 1, 1: 2, 3: 3, 8: 4}
    assert done.changed_seeds(field) == {4: 1, 1: 2, 3: 3, 8: 4}
    assert refill(field, waiting, None).promoted == (8, 7)
    assert refill(field, waiting, 3).promoted == ()


@given(entrants, entrants, st.none() | st.integers(2, 40), st.integers())
def test_a_refill_is_always_within_the_places_whole_and_repeatable(
    field: list[Entrant], waiting: list[Entrant], places: int | None, seed: int
) -> None:
    waiting = [one._replace(id=one.id + 100) for one in waiting]
    done = refill(field, waiting, places)
    here = {one.id for one in field if one.is_here}
    assert set(done.seeds) == here | set(done.promoted)
    assert sorted(done.seeds.values()) == list(range(1, len(done.seeds) + 1))
    assert set(done.no_shows) == {one.id for one in field} - here
    assert places is None or not done.promoted or len(done.seeds) <= places
    standing_by = [one.id for one in waiting if one.is_here]
    assert list(done.promoted) == standing_by[: len(done.promoted)]
    shuffled = random.Random(seed).sample(field, len(field))
    assert refill(shuffled, waiting, places).fingerprint == done.fingerprint
