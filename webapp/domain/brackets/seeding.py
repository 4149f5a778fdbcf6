"""Seeding: in which order participants go into a bracket, and where a seed stands in it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from webapp.domain.columns import MISSING
from webapp.domain.errors import BracketError, FieldError
from webapp.domain.lots import lots

METHODS: Final = ("slot", "random", "manual", "ranked")


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody to be seeded. `points` are ranking points of the team; 0 is a team without ranking."""

    participant_id: int
    seed: int | None = None
    """The slot that the participant was given, if any."""
    team_id: int | None = None
    points: int = 0
    founded_at: datetime | None = None
    name: str = ""


def seeded(
    entrants: Collection[Entrant],
    method: str,
    *,
    random_seed: str = "",
    order: Sequence[int] = (),
    unranked_last: bool = False,
) -> tuple[int, ...]:
    """The participants' ids by seed, seed 1 first.

    `slot` goes by the slots given (those without one last, by id), `random` follows from `random_seed` alone, `manual`
    is `order`, `ranked` goes by ranking points, then the older team, then the lower team id. Raises BracketError for an
    order that is not everybody once, for ranked seeding of players, and, unless they are to come last, naming every
    team that has no ranking.
    """
    if method not in METHODS:
        raise BracketError(f"The seeding is one of {', '.join(METHODS)}, not {method!r}.", code="unknown_seeding")
    if method == "manual":
        _check_order(entrants, order)
        return tuple(order)
    if method == "random":
        return _random(entrants, random_seed)
    if method == "ranked":
        _check_ranked(entrants, unranked_last=unranked_last)
    key: Callable[[Entrant], tuple[float, ...]] = _by_rank if method == "ranked" else _by_slot
    return tuple(entrant.participant_id for entrant in sorted(entrants, key=key))


def standard_order(size: int) -> tuple[int, ...]:
    """The seeds of a full bracket of `size` (a power of two) from top to bottom.

    Neighbours meet in the first round, the better one above; the best 2, 4, 8 … are kept apart as long as can be.
    """
    order: tuple[int, ...] = (1,)
    while len(order) < size:
        both = 2 * len(order) + 1
        order = tuple(seed for better in order for seed in (better, both - better))
    return order


def _by_slot(entrant: Entrant) -> tuple[float, ...]:
    return (int(MISSING) if entrant.seed is None else entrant.seed, entrant.participant_id)


def _by_rank(entrant: Entrant) -> tuple[float, ...]:
    founded = entrant.founded_at.timestamp() if entrant.founded_at else float("inf")
    return (-entrant.points, founded, entrant.team_id or 0)


def _random(entrants: Collection[Entrant], random_seed: str) -> tuple[int, ...]:
    ids = np.array(sorted(entrant.participant_id for entrant in entrants), np.int64)
    drawn = lots(ids, random_seed)
    return tuple(int(ids[place]) for place in np.lexsort((ids, drawn)))


def _check_order(entrants: Collection[Entrant], order: Sequence[int]) -> None:
    wanted = {entrant.participant_id for entrant in entrants}
    errors = [
        FieldError(f"seed {place}", f"participant {who} {what}") for place, who, what in _misplaced(order, wanted)
    ]
    missing = sorted(wanted - set(order))
    errors += [FieldError("order", f"participant {who} is missing") for who in missing]
    if errors:
        raise BracketError.listing("The seeding cannot be used", errors)


def _misplaced(order: Sequence[int], wanted: Collection[int]) -> list[tuple[int, int, str]]:
    first_seen: dict[int, int] = {}
    found = []
    for place, who in enumerate(order, start=1):
        if who not in wanted:
            found.append((place, who, "is not among those who take part"))
        elif first_seen.setdefault(who, place) != place:
            found.append((place, who, f"is seed {first_seen[who]} already"))
    return found


def _check_ranked(entrants: Collection[Entrant], *, unranked_last: bool) -> None:
    if any(entrant.team_id is None for entrant in entrants):
        raise BracketError(
            "Only teams have ranking points: players are seeded by slot, at random or by hand.",
            code="ranking_needs_teams",
        )
    unranked = [entrant for entrant in entrants if not entrant.points]
    if unranked and not unranked_last:
        in_order = sorted(unranked, key=lambda entrant: entrant.participant_id)
        names = "; ".join(entrant.name or f"participant {entrant.participant_id}" for entrant in in_order)
        # The sentence is for people; programs are told ids alone.
        errors = [FieldError(f"participant {entrant.participant_id}", "has no ranking points") for entrant in in_order]
        raise BracketError(
            f"These teams have no ranking points, so place them last or seed by hand: {names}.",
            errors,
            code="unranked_teams",
        )
