"""Schedules as iCalendar files (RFC 5545), the same bytes for the same schedule."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from icalendar import Calendar, Event

from webapp.services.pages.calendar_view import CalendarEntry, ScheduleView

_PRODUCT: Final = "-//DeltaCrown//Schedule//EN"
_ASK_AGAIN: Final = timedelta(minutes=15)
# Nobody knows before when a match will end. Calendars draw what has no end as a line, and ask people not to be free.
_SHOWN_AS: Final = timedelta(hours=1)


def schedule_file(view: ScheduleView, *, base_url: str) -> bytes:
    """The schedule for calendars that subscribe to it; every moment is in UTC, every entry keeps its UID for ever."""
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", view.name)
    calendar.add("refresh-interval", _ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", _ASK_AGAIN)
    for entry in view.entries:
        calendar.add_component(_event(entry, base_url))
    written: bytes = calendar.to_ical()
    return written


def _event(entry: CalendarEntry, base_url: str) -> Event:
    event = Event()
    event.add("uid", f"{entry.key}@{urlsplit(base_url).hostname}")
    # Of the last change and not of the moment of asking: who asks twice gets the same.
    event.add("dtstamp", entry.revision.at.replace(microsecond=0))
    event.add("last-modified", entry.revision.at.replace(microsecond=0))
    event.add("sequence", entry.revision.number)
    event.add("dtstart", entry.starts_at.replace(microsecond=0))
    event.add("duration", _SHOWN_AS)
    event.add("transp", "TRANSPARENT")
    event.add("summary", entry.title)
    event.add("description", entry.details)
    event.add("url", base_url + entry.path)
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    return event
