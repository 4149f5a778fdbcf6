"""The stuck-match radar: which matches need a hand, why, since when, and how many others wait for them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """Why a match is stuck, the most pressing first where as many others wait."""

    REPORTS_DIFFER = "reports_differ"
    """Both sides have reported, and not the same."""
    DISPUTE_WAITS = "dispute_waits"
    """Somebody objects, and nobody has decided in time."""
    UNANSWERED_REPORT = "unanswered_report"
    """One side has reported, the other has not answered in time; of a lobby, no official has."""
    NO_REPORT = "no_report"
    """It has been played for longer than it can take, and nobody has reported."""
    NOT_STARTED = "not_started"
    """Its time has passed."""
    NOT_READY = "not_ready"
    """It is about to begin, and a side has not said that it is ready."""
    LOBBY_NOT_FULL = "lobby_not_full"
    """It is about to begin, and not everybody who plays in the lobby is there."""
    NOT_CHECKED_IN = "not_checked_in"
    """It is about to begin, and a side has not checked in."""


A_GAME_TAKES: Final = timedelta(minutes=40)
"""After so long a game, and `A_GAME_TAKES` for each further one that the series needs, a report is due."""
BEFORE_THE_START: Final = timedelta(minutes=10)
AFTER_THE_START: Final = timedelta(minutes=10)
A_DISPUTE_MAY_WAIT: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A match as the radar sees it."""

    match_id: int
    state: str
    best_of: int = 1
    scheduled_at: datetime | None = None
    started_at: datetime | None = None
    reported_at: tuple[datetime, ...] = ()
    """When the reports that are open came: none, one, or both sides'."""
    is_overdue: bool = False
    """Whether a report has waited too long for its answer."""
    disputed_at: datetime | None = None
    dispute_due_at: datetime | None = None
    asks_ready: bool = False
    is_ready: bool = True
    is_lobby: bool = False
    missing: int = 0
    """Participants who have not checked in: of the two sides, or of the whole lobby."""
    waiting: int = 0
    """How many other matches cannot be played before it is over."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A match that needs a hand. `missing` as in `Watched`."""

    match_id: int
    cause: Cause
    since: datetime
    waiting: int
    missing: int = 0


def stuck(matches: Iterable[Watched], *, now: datetime) -> tuple[Stuck, ...]:
    """What needs a hand: first what holds up the most other matches, then the most pressing, then the longest."""
    found = [sign for match in matches if (sign := _sign(match, now)) is not None]
    causes = list(Cause)
    return tuple(sorted(found, key=lambda sign: (-sign.waiting, causes.index(sign.cause), sign.since, sign.match_id)))


def waiting_for(nodes: Mapping[int, Sequence[int]], is_over: Mapping[int, bool]) -> dict[int, int]:
    """How many matches that are not over wait for each, directly or not.

    `nodes` names by match those into which its winner and loser go.
    """
    behind: dict[int, frozenset[int]] = {}

    def of(match_id: int) -> frozenset[int]:
        # Nodes are few deep (a double elimination of 1,024 has 32 rounds), so that this may call itself.
        if match_id not in behind:
            direct = nodes.get(match_id, ())
            behind[match_id] = frozenset(direct).union(*map(of, direct))
        return behind[match_id]

    return {match_id: sum(not is_over.get(other, True) for other in of(match_id)) for match_id in nodes}


def _sign(match: Watched, now: datetime) -> Stuck | None:
    found = _cause(match, now)
    return None if found is None else Stuck(match.match_id, found[0], found[1], match.waiting, match.missing)


def _cause(match: Watched, now: datetime) -> tuple[Cause, datetime] | None:
    if match.state == "disputed" and match.disputed_at is not None:
        decided_by = match.dispute_due_at or match.disputed_at + A_DISPUTE_MAY_WAIT
        return (Cause.DISPUTE_WAITS, match.disputed_at) if decided_by <= now else None
    if match.state == "pending_result" and match.reported_at:
        if len(match.reported_at) > 1:
            return Cause.REPORTS_DIFFER, max(match.reported_at)
        return (Cause.UNANSWERED_REPORT, match.reported_at[0]) if match.is_overdue else None
    if match.is_lobby and match.state == "live" and match.reported_at:
        return (Cause.UNANSWERED_REPORT, match.reported_at[0]) if match.is_overdue else None
    if match.state in ("live", "pending_result") and match.started_at is not None:
        due = match.started_at + A_GAME_TAKES * (match.best_of // 2 + 1)
        return (Cause.NO_REPORT, match.started_at) if due <= now else None
    if match.state in ("scheduled", "ready") and match.scheduled_at is not None:
        return _before_play(match, match.scheduled_at, now)
    return None


def _before_play(match: Watched, scheduled_at: datetime, now: datetime) -> tuple[Cause, datetime] | None:
    opens = scheduled_at - BEFORE_THE_START
    if now < opens:
        return None
    if now < scheduled_at + AFTER_THE_START:
        if match.missing:
            return Cause.LOBBY_NOT_FULL if match.is_lobby else Cause.NOT_CHECKED_IN, opens
        return (Cause.NOT_READY, opens) if match.asks_ready and not match.is_ready else None
    return Cause.NOT_STARTED, scheduled_at
