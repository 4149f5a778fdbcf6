"""How somebody wants to be told: which kinds by which channel, when not, and in which zone that is meant.

What differs from the defaults of `domain.notifications.kinds` is stored, and nothing else: who never chose follows a
default that changes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.domain.errors import DomainError, FieldError
from webapp.domain.notifications.kinds import CHANNELS, DIGEST, DISCORD, EMAIL, IN_APP, KINDS, is_on
from webapp.models import NotificationPreference, NotificationSettings
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.spine.upserts import insert_ignoring_conflicts

EVERY: Final = frozenset((kind, channel) for kind in KINDS for channel in CHANNELS)
"""Every kind by every channel."""
USUAL: Final = frozenset((kind.name, channel) for kind in KINDS.values() for channel in kind.on)
MINUTES_A_DAY: Final = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person chooses. Minutes are counted from midnight in `time_zone`; quiet hours may span it."""

    on: frozenset[tuple[str, str]] = USUAL
    """Kinds with the channels by which they come."""
    channels: frozenset[str] = frozenset(CHANNELS)
    """Channels by which anything comes at all."""
    time_zone: str = "UTC"
    quiet_from: int | None = None
    quiet_until: int | None = None
    has_digest: bool = True
    digest_minute: int = 480


@dataclass(frozen=True, slots=True)
class Preferences:
    """What counts for a person now. `is_chosen`: they have chosen something at some time."""

    choice: Choice
    is_chosen: bool
    email_stopped_at: datetime | None


def read_preferences(user_id: int) -> Preferences:
    """What counts for the person: the defaults, but for what they chose."""
    with read_snapshot() as session:
        row = session.get(NotificationSettings, user_id)
        on = frozenset(_on(_chosen(session, user_id)))
        if row is None:
            return Preferences(Choice(on=on), is_chosen=False, email_stopped_at=None)
        choice = Choice(
            on=on, channels=frozenset(_channels(row)), time_zone=row.time_zone, quiet_from=row.quiet_from,
            quiet_until=row.quiet_until, has_digest=row.has_digest, digest_minute=row.digest_minute,
        )  # fmt: skip
        return Preferences(choice, is_chosen=True, email_stopped_at=row.email_stopped_at)


def save(user_id: int, choice: Choice, *, now: datetime) -> None:
    """Let this count from now on; the same again changes nothing.

    Raises DomainError with the fields that cannot be: an unknown zone, quiet hours of which one end is missing or that
    end as they begin, minutes beyond the day.
    """
    _check(choice)
    with transaction() as session:
        row = settings_in(session, user_id, now=now)
        row.time_zone, row.quiet_from, row.quiet_until = choice.time_zone, choice.quiet_from, choice.quiet_until
        row.has_digest, row.digest_minute = choice.has_digest, choice.digest_minute
        row.is_in_app_on, row.is_email_on, row.is_discord_on = (each in choice.channels for each in CHANNELS)
        row.updated_at = now
        session.execute(delete(NotificationPreference).where(NotificationPreference.user_id == user_id))
        session.add_all(
            NotificationPreference(user_id=user_id, kind=kind, channel=channel, is_on=(kind, channel) in choice.on)
            for kind, channel in sorted(choice.on.symmetric_difference(USUAL) & EVERY)
        )


def switch_off_in(session: Session, user_id: int, kind: str, channel: str, *, now: datetime) -> bool:
    """Let a kind come no more by a channel, in the caller's transaction; the kind `digest` is the daily mail.

    Returns whether it came until now.
    """
    row = settings_in(session, user_id, now=now)
    if kind == DIGEST:
        was_on, row.has_digest = row.has_digest, False
        return was_on
    was_on = is_on(KINDS[kind], channel, _chosen(session, user_id))
    if was_on:
        session.merge(NotificationPreference(user_id=user_id, kind=kind, channel=channel, is_on=False))
    return was_on


def settings_in(session: Session, user_id: int, *, now: datetime) -> NotificationSettings:
    """The person's row, locked; made from the defaults where there is none."""
    insert_ignoring_conflicts(session, NotificationSettings, [{"user_id": user_id, "updated_at": now}])
    return session.get_one(NotificationSettings, user_id, with_for_update=True, populate_existing=True)


def resume_email(user_id: int, *, now: datetime) -> None:
    """Write to the person's address again, which a server had said does not exist."""
    with transaction() as session:
        settings_in(session, user_id, now=now).email_stopped_at = None


@cache
def zones() -> tuple[str, ...]:
    """The zones that can be chosen, by their names."""
    named = {zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))}
    return ("UTC", *sorted(named))


def _chosen(session: Session, user_id: int) -> dict[tuple[str, str], bool]:
    rows = session.execute(
        select(NotificationPreference.kind, NotificationPreference.channel, NotificationPreference.is_on).where(
            NotificationPreference.user_id == user_id
        )
    )
    return {(row.kind, row.channel): row.is_on for row in rows}


def _on(chosen: dict[tuple[str, str], bool]) -> Collection[tuple[str, str]]:
    return [(kind, channel) for kind, channel in EVERY if is_on(KINDS[kind], channel, chosen)]


def _channels(row: NotificationSettings) -> list[str]:
    states = {IN_APP: row.is_in_app_on, EMAIL: row.is_email_on, DISCORD: row.is_discord_on}
    return [channel for channel, is_wanted in states.items() if is_wanted]


def _check(choice: Choice) -> None:
    wrong = []
    if choice.time_zone not in zones():
        wrong.append(FieldError("time_zone", "is no zone that is known here"))
    if (choice.quiet_from is None) != (choice.quiet_until is None):
        missing = "quiet_from" if choice.quiet_from is None else "quiet_until"
        wrong.append(FieldError(missing, "is missing; give both ends of the quiet hours, or none"))
    elif choice.quiet_from is not None and choice.quiet_from == choice.quiet_until:
        wrong.append(FieldError("quiet_until", "is when they begin; to hear nothing at all, switch the channels off"))
    minutes = {name: getattr(choice, name) for name in ("quiet_from", "quiet_until", "digest_minute")}
    wrong += [
        FieldError(name, "is no time of a day")
        for name, minute in minutes.items()
        if minute is not None and not 0 <= minute < MINUTES_A_DAY
    ]
    if wrong:
        raise DomainError.listing("These preferences cannot be", wrong)
