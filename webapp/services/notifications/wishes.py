"""How people want to be told, read for many at once, and which channels are there to tell them by."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.notifications.channels import Wishes, due, wanted
from webapp.domain.notifications.kinds import IN_APP, Kind
from webapp.models import NotificationPreference, NotificationSettings
from webapp.services.notifications import outside

_DEFAULT = Wishes()
_COLUMNS = ("time_zone", "is_in_app_on", "is_email_on", "is_discord_on", "quiet_from", "quiet_until")


class Ways(NamedTuple):
    """How one person is told of something."""

    is_in_app: bool
    at: Mapping[str, datetime]
    """When at the earliest, by each channel that it goes out by."""

    def __bool__(self) -> bool:
        return self.is_in_app or bool(self.at)


def ways_of(
    session: Session, user_ids: Collection[int], kind: Kind, *, is_in_app_alone: bool, now: datetime
) -> dict[int, Ways]:
    """How each person is told of something of this kind. `is_in_app_alone`: it is too old to be sent to anybody."""
    ids = sorted(user_ids)
    wishes = _wishes_of(session, ids, kind.name)
    channels = {} if is_in_app_alone else outside.CHANNELS
    reached = {name: channel.reached(session, ids) for name, channel in channels.items()}
    found = {}
    for user_id, wish in wishes.items():
        names = wanted(kind, wish)
        out = [name for name, people in reached.items() if name in names and user_id in people]
        found[user_id] = Ways(IN_APP in names, {name: due(name, kind, wish, now) for name in out})
    return found


def _wishes_of(session: Session, user_ids: Sequence[int], kind: str) -> Mapping[int, Wishes]:
    chosen: dict[int, dict[tuple[str, str], bool]] = {}
    preferences = select(
        NotificationPreference.user_id, NotificationPreference.channel, NotificationPreference.is_on
    ).where(NotificationPreference.user_id.in_(user_ids), NotificationPreference.kind == kind)
    for user_id, channel, is_on in session.execute(preferences):
        chosen.setdefault(user_id, {})[kind, channel] = is_on
    columns = [getattr(NotificationSettings, name) for name in _COLUMNS]
    rows = session.execute(
        select(NotificationSettings.user_id, *columns).where(NotificationSettings.user_id.in_(user_ids))
    )
    own = {row[0]: Wishes(*row[1:]) for row in rows}
    return {user_id: replace(own.get(user_id, _DEFAULT), chosen=chosen.get(user_id, {})) for user_id in user_ids}
