"""Check-in: when it is open, who may take it back, and what its close does to the field."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from webapp.domain.errors import Conflict

OPENS_BEFORE: Final = timedelta(minutes=30)
UNDO_WITHIN: Final = timedelta(minutes=15)
MOST_AT_ONCE: Final = 200
_BEFORE_START: Final = ("registration_open", "registration_closed")


@dataclass(frozen=True, slots=True)
class CheckinWindow:
    """From when until when people check in by themselves; `closes_at` is the start."""

    status: str
    opens_at: datetime | None
    closes_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether people may check in at this moment."""
        return self.why_shut(now) is None

    def why_shut(self, now: datetime) -> Conflict | None:
        """What is said to who checks in at another time; None while it is open."""
        if self.status == "draft":
            return Conflict("The tournament is a draft; nobody can check in.", code="checkin_not_open")
        if self.status not in _BEFORE_START or (self.closes_at is not None and now >= self.closes_at):
            return Conflict("Check-in ended with the start of the tournament.", code="checkin_over")
        if self.opens_at is None:
            return Conflict("Check-in opens once the tournament has a time to start.", code="checkin_not_open")
        if now < self.opens_at:
            return Conflict(f"Check-in opens at {self.opens_at:%Y-%m-%d %H:%M} UTC.", code="checkin_not_open")
        return None

    @property
    def has_begun_play(self) -> bool:
        """Whether the tournament was started: from then on nobody checks anybody in."""
        return self.status not in ("draft", *_BEFORE_START)


def window_of(status: str, opens_at: datetime | None, starts_at: datetime | None) -> CheckinWindow:
    """The window: it opens when the tournament says so, or half an hour before the start."""
    if opens_at is None and starts_at is not None:
        opens_at = starts_at - OPENS_BEFORE
    return CheckinWindow(status, opens_at, starts_at)


def may_undo(checked_in_at: datetime, now: datetime) -> bool:
    """Whether who checked in may still take it back alone."""
    return now - checked_in_at <= UNDO_WITHIN


class Entrant(NamedTuple):
    """Somebody in the field, or on the waitlist in its order."""

    id: int
    seed: int | None
    is_here: bool


@dataclass(frozen=True, slots=True)
class Refill:
    """What closing check-in does: who is out, who comes in from the waitlist, and the seeds of all from then on."""

    no_shows: tuple[int, ...]
    promoted: tuple[int, ...]
    seeds: Mapping[int, int]

    @property
    def fingerprint(self) -> str:
        """What tells one outcome from another: who looked at this one decides about this one."""
        parts = (self.no_shows, self.promoted, sorted(self.seeds.items()))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def changed_seeds(self, before: Sequence[Entrant]) -> dict[int, int]:
        """The seeds of those whose seed changes by it."""
        old = {entrant.id: entrant.seed for entrant in before}
        return {who: seed for who, seed in self.seeds.items() if old.get(who) != seed}


def refill(field: Sequence[Entrant], waitlist: Sequence[Entrant], places: int | None) -> Refill:
    """Who is not here leaves; free places go to those of the waitlist who are here, in its order.

    Those who stay keep the order of their seeds and close up, unseeded ones by id behind them; who comes in is seeded
    last. The same inputs give the same answer. Without a limit of places there is room for all.
    """
    here = sorted(
        (entrant for entrant in field if entrant.is_here),
        key=lambda entrant: (entrant.seed is None, entrant.seed or 0, entrant.id),
    )
    standing_by = [entrant.id for entrant in waitlist if entrant.is_here]
    room = len(standing_by) if places is None else max(places - len(here), 0)
    promoted = tuple(standing_by[:room])
    order = [*(entrant.id for entrant in here), *promoted]
    return Refill(
        no_shows=tuple(sorted(entrant.id for entrant in field if not entrant.is_here)),
        promoted=promoted,
        seeds={who: seed for seed, who in enumerate(order, start=1)},
    )
