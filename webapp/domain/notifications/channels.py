"""By which channels something reaches a person, and when: what they chose, opted out of, and their quiet hours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from webapp.domain.notifications.kinds import CHANNELS, DISCORD, EMAIL, IN_APP, Kind, is_on
from webapp.domain.notifications.zones import zone_of

GROUPED_FOR: Final = timedelta(seconds=30)
"""How long a mail waits for others that come with it."""
_DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a person wants to be told. `chosen` holds where they differ from the defaults: `{(kind, channel): on}`."""

    time_zone: str = "UTC"
    is_in_app_on: bool = True
    is_email_on: bool = True
    is_discord_on: bool = True
    quiet_from: int | None = None
    quiet_until: int | None = None
    chosen: Mapping[tuple[str, str], bool] = field(default_factory=dict)

    def has_on(self, channel: str) -> bool:
        """Whether the person has not opted out of the channel altogether."""
        return {IN_APP: self.is_in_app_on, EMAIL: self.is_email_on, DISCORD: self.is_discord_on}[channel]


def wanted(kind: Kind, wishes: Wishes) -> frozenset[str]:
    """The channels by which the person wants to hear of the kind."""
    return frozenset(channel for channel in CHANNELS if wishes.has_on(channel) and is_on(kind, channel, wishes.chosen))


def quiet_end(wishes: Wishes, now: datetime) -> datetime | None:
    """When the quiet hours that are on now end, in UTC; None where none are on.

    Hours are meant on the clock of the person's zone and may span midnight. What a clock that is put back shows twice
    is quiet twice; an end that the clocks skip comes as much later as they skip.
    """
    if wishes.quiet_from is None or wishes.quiet_until is None or wishes.quiet_from == wishes.quiet_until:
        return None
    zone = zone_of(wishes.time_zone)
    if not _is_quiet(wishes.quiet_from, wishes.quiet_until, now.astimezone(zone)):
        return None
    today = now.astimezone(zone).date()
    ends = (
        _instant(datetime(day.year, day.month, day.day, *divmod(wishes.quiet_until, 60), tzinfo=zone, fold=fold))
        for day in (today, today + timedelta(days=1), today + timedelta(days=2))
        for fold in (0, 1)
    )
    later = sorted(end for end in ends if end > now)
    # An end that the clocks skip has a second reading before the skip, which lies inside the hours.
    return next(end for end in later if not _is_quiet(wishes.quiet_from, wishes.quiet_until, end.astimezone(zone)))


def due(channel: str, kind: Kind, wishes: Wishes, now: datetime) -> datetime:
    """When something of the kind goes out by a channel to a person who wants it so."""
    return mail_due(kind, wishes, now) if channel == EMAIL else message_due(kind, wishes, now)


def mail_due(kind: Kind, wishes: Wishes, now: datetime) -> datetime:
    """When a mail of the kind goes out: at once, with others of its kind a little later, after quiet hours."""
    at = now + GROUPED_FOR if kind.is_grouped else now
    return max(at, message_due(kind, wishes, now))


def message_due(kind: Kind, wishes: Wishes, now: datetime) -> datetime:
    """When a message of the kind may disturb the person: now, or when their quiet hours are over."""
    end = None if kind.is_spared_quiet_hours else quiet_end(wishes, now)
    return now if end is None else end


def _is_quiet(start: int, until: int, local: datetime) -> bool:
    minute = local.hour * 60 + local.minute
    return (minute - start) % _DAY_MINUTES < (until - start) % _DAY_MINUTES


def _instant(local: datetime) -> datetime:
    return local.astimezone(UTC)
