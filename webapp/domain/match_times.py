"""When matches are played: who would have to be in two places at once, and a plan that goes round by round."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class Booking(NamedTuple):
    """A match at its time; `sides` are the participants that are known (none in a lobby of all)."""

    match_id: int
    starts_at: datetime
    sides: tuple[int, ...]


class Clash(NamedTuple):
    """A participant who would play in two matches at once; `other_id` begins first, or has the lower id."""

    match_id: int
    other_id: int
    participant_id: int


class ToPlan(NamedTuple):
    """A match to be given a time: `after` are the matches that decide who plays in it."""

    match_id: int
    sides: tuple[int, ...]
    after: tuple[int, ...] = ()


def clashes(bookings: Iterable[Booking], length: timedelta) -> list[Clash]:
    """Every pair of a participant's matches that begin less than `length` apart, in the order of time."""
    found: list[Clash] = []
    own: dict[int, list[Booking]] = {}
    for booking in sorted(bookings, key=lambda booking: (booking.starts_at, booking.match_id)):
        for side in booking.sides:
            earlier = own.setdefault(side, [])
            found += [
                Clash(booking.match_id, other.match_id, side)
                for other in earlier
                if booking.starts_at - other.starts_at < length
            ]
            earlier.append(booking)
    return found


def spread(matches: Sequence[ToPlan], first_at: datetime, *, every: timedelta, at_once: int) -> Mapping[int, datetime]:
    """A time for each match: `at_once` of them every `every`, in their order as far as it goes.

    None begins before those that decide who plays in it, and nobody has two at once.
    """
    wave_of: dict[int, int] = {}
    load: dict[int, int] = {}
    busy: set[tuple[int, int]] = set()
    for match in matches:
        wave = max((wave_of[before] + 1 for before in match.after if before in wave_of), default=0)
        while load.get(wave, 0) >= at_once or any((wave, side) in busy for side in match.sides):
            wave += 1
        wave_of[match.match_id] = wave
        load[wave] = load.get(wave, 0) + 1
        busy.update((wave, side) for side in match.sides)
    return {match_id: first_at + wave * every for match_id, wave in wave_of.items()}
