"""A tournament's schedule as calendars take it."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Revision(NamedTuple):
    """How often an entry was changed since it was made, and when that was done last."""

    number: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """Something with a beginning. `key` is its own for ever, whatever else is changed of it."""

    key: str
    title: str
    details: str
    path: str
    starts_at: datetime
    is_cancelled: bool
    revision: Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleView:
    """All that is planned of a tournament, the tournament itself first, then its matches by their numbers."""

    tournament_id: int
    log_number: int
    slug: str
    name: str
    is_listed: bool
    entries: tuple[CalendarEntry, ...]
