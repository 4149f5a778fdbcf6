"""The channels that lead out of the site to people: each is a module, and a line in the table below."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webapp.domain.notifications.kinds import DISCORD, EMAIL
from webapp.services.notifications import by_mail, discord
from webapp.services.notifications.written import Written

log = structlog.get_logger(__name__)


class Channel(Protocol):
    """What the module of a channel offers."""

    def reached(self, session: Session, user_ids: Collection[int]) -> Collection[int]:
        """Those of the people whom the channel reaches; nobody while it is switched off."""

    def of_notifications(self, session: Session, told: Sequence[Written], *, now: datetime) -> int:
        """Put what people are sent of their notifications into the channel's queue; returns how many are new."""


CHANNELS: Final[Mapping[str, Channel]] = {EMAIL: by_mail, DISCORD: discord}
"""By the names that preferences have for them."""


def apart(channel: str, work: Callable[[], int]) -> int:
    """Let a channel do its part. What goes wrong there is told to the log and stops no other channel.

    What goes wrong with the database is the transaction's, and goes on to who began it.
    """
    try:
        return work()
    except SQLAlchemyError:
        raise
    except Exception:
        log.exception("channel_failed", kind=channel)
        return 0
