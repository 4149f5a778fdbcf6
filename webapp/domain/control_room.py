"""The day of a tournament in one list: what needs a hand next, what holds up the most first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from webapp.domain.radar import Cause

BEFORE_PLAY: Final = ("registration_open", "registration_closed")


class Task(StrEnum):
    """What an official can be needed for, the most pressing first where as much waits for it."""

    GO_ON = "go_on"
    """Everything stands still."""
    REPORTS_DIFFER = Cause.REPORTS_DIFFER.value
    DECIDE_DISPUTE = "decide_dispute"
    UNANSWERED_REPORT = Cause.UNANSWERED_REPORT.value
    NO_REPORT = Cause.NO_REPORT.value
    PAIR_ROUND = "pair_round"
    START_STAGE = "start_stage"
    """The groups are over, and the bracket that follows is not drawn."""
    NOT_STARTED = Cause.NOT_STARTED.value
    NOT_READY = Cause.NOT_READY.value
    LOBBY_NOT_FULL = Cause.LOBBY_NOT_FULL.value
    NOT_CHECKED_IN = Cause.NOT_CHECKED_IN.value
    CLOSE_CHECKIN = "close_checkin"
    DRAW = "draw"
    START = "start"
    """Its time has come."""
    ADD_MATCHES = "add_matches"
    VERIFY_PAYMENTS = "verify_payments"
    DECIDE_ENTRIES = "decide_entries"
    COMPLETE = "complete"
    REVIEW = "review"
    """The winners wait for an official's word."""
    OPEN = "open"


ORGANIZERS_OWN: Final = frozenset(
    {
        Task.PAIR_ROUND, Task.START_STAGE, Task.CLOSE_CHECKIN, Task.DRAW, Task.START, Task.ADD_MATCHES,
        Task.VERIFY_PAYMENTS, Task.DECIDE_ENTRIES, Task.COMPLETE, Task.REVIEW, Task.OPEN,
    }
)  # fmt: skip
"""What a referee cannot do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """Something that needs a hand. `holds`: how many matches wait for it; `count`: of how many things it speaks."""

    task: Task
    holds: int = 0
    count: int = 0
    since: datetime | None = None
    match_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How far a tournament is, in numbers."""

    status: str
    is_lobbies: bool
    """Whether it is played in lobbies of many, without a bracket."""
    starts_at: datetime | None = None
    paused_at: datetime | None = None
    requires_review: bool = False
    participants: int = 0
    entries_waiting: int = 0
    payments_waiting: int = 0
    has_checkin: bool = False
    is_checkin_closed: bool = False
    is_drawn: bool = False
    matches_open: int = 0
    matches_done: int = 0
    round_due: int | None = None
    """The round of a Swiss that can be paired now."""
    is_stage_due: bool = False
    """Whether the bracket that follows the groups can be drawn now."""


def in_order(needed: Iterable[Needed]) -> tuple[Needed, ...]:
    """First what holds up the most matches, then the most pressing, then the longest."""
    tasks = list(Task)
    return tuple(
        sorted(
            needed,
            key=lambda one: (
                -one.holds,
                tasks.index(one.task),
                one.since.timestamp() if one.since else 0,
                one.match_id or 0,
            ),
        )
    )


def of_day(day: Day, *, now: datetime) -> Iterator[Needed]:
    """What the tournament as a whole asks for; its matches are asked about by the radar."""
    if day.paused_at is not None:
        yield Needed(task=Task.GO_ON, holds=max(day.matches_open, 1), since=day.paused_at)
    if day.entries_waiting and day.status in BEFORE_PLAY:
        yield Needed(task=Task.DECIDE_ENTRIES, count=day.entries_waiting)
    if day.payments_waiting:
        yield Needed(task=Task.VERIFY_PAYMENTS, count=day.payments_waiting)
    if day.status == "draft":
        yield Needed(task=Task.OPEN)
    elif day.status in BEFORE_PLAY:
        yield from _before_play(day, now)
    elif day.status == "live":
        yield from _while_played(day)
    elif day.status == "completed" and day.requires_review:
        yield Needed(task=Task.REVIEW)


def _before_play(day: Day, now: datetime) -> Iterator[Needed]:
    is_time = day.starts_at is not None and day.starts_at <= now
    holds = day.matches_open or max(day.participants - 1, 0)
    if day.has_checkin and not day.is_checkin_closed and not day.is_drawn and is_time:
        yield Needed(task=Task.CLOSE_CHECKIN, holds=holds, since=day.starts_at)
    elif not day.is_lobbies and not day.is_drawn and _can_be_drawn(day, is_time=is_time):
        yield Needed(task=Task.DRAW, holds=holds, count=day.participants, since=day.starts_at if is_time else None)
    elif is_time and day.participants > 1:
        yield Needed(task=Task.START, holds=holds, since=day.starts_at)


def _can_be_drawn(day: Day, *, is_time: bool) -> bool:
    is_known_who = day.status == "registration_closed" and (day.is_checkin_closed or not day.has_checkin)
    return day.participants > 1 and not day.matches_open and (is_time or is_known_who)


def _while_played(day: Day) -> Iterator[Needed]:
    if day.round_due is not None:
        yield Needed(task=Task.PAIR_ROUND, holds=max(day.participants // 2, 1), count=day.round_due)
    elif day.is_stage_due:
        yield Needed(task=Task.START_STAGE, holds=1)
    elif day.matches_open:
        return
    elif day.matches_done:
        yield Needed(task=Task.COMPLETE)
    elif day.is_lobbies:
        yield Needed(task=Task.ADD_MATCHES)
    else:
        yield Needed(task=Task.DRAW, holds=max(day.participants - 1, 0), count=day.participants)
