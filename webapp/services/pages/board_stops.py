"""Where a tournament's board stood still: its versions by the matches that they took in."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Event, Match, Tournament
from webapp.services.live import visibility
from webapp.services.pages.leaders_chart import evenly

MATCH_CONFIRMED = "match_completed"


class Stop(NamedTuple):
    """A version of the board: when it was published, and what of the tournament had been played."""

    version: int
    seq: int
    """The number of the event that published it: everything numbered below is in it."""
    at: datetime
    matches: tuple[int, ...]
    """The numbers of the matches whose first results it took in, as they were confirmed."""
    after: int | None
    """The number of the match that had been confirmed last; None before the first one."""


def stops_of(session: Session, tournament: Tournament, *, up_to: int, audience: str) -> list[Stop]:
    """Every version that the audience knows from the first one to version `up_to`, in two statements."""
    if not up_to:
        return []
    published = session.execute(
        select(Event.seq, Event.created_at)
        .where(
            Event.tournament_id == tournament.id,
            Event.type == "rank_update",
            Event.seq <= visibility.known_seq(tournament, audience),
        )
        .order_by(Event.seq)
        .limit(up_to)
    ).all()
    if not published:
        return []
    confirmed = session.execute(
        select(Event.seq, Match.number)
        .join(Match, Match.id == Event.match_id)
        .where(
            Event.tournament_id == tournament.id, Event.type == MATCH_CONFIRMED, Event.seq < published[-1].seq
        )
        .order_by(Event.seq)
    )  # fmt: skip
    numbers = [seq for seq, _ in published]
    matches: list[list[int]] = [[] for _ in numbers]
    for seq, number in confirmed:
        matches[bisect_left(numbers, seq)].append(number)
    stops: list[Stop] = []
    after = None
    for version, ((seq, at), taken_in) in enumerate(zip(published, matches, strict=True), start=1):
        after = taken_in[-1] if taken_in else after
        stops.append(Stop(version, seq, at, tuple(taken_in), after))
    return stops


def thinned(stops: Sequence[Stop], at_most: int) -> list[Stop]:
    """All of them, or where they are too many one a match, or where those are too many one in so many.

    One a match is the board as the next match found it. The newest version is always among them.
    """
    if len(stops) <= at_most:
        return list(stops)
    settled = [stop for stop, following in pairwise(stops) if following.matches]
    chosen = [*settled, stops[-1]]
    return [chosen[at] for at in evenly(len(chosen), at_most)]
