"""Announcements for somebody who takes part, from all their tournaments."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup
from sqlalchemy import or_, select

from webapp.models import Announcement, Registration, RegistrationPlayer, Tournament
from webapp.services.files.markdown import to_html
from webapp.services.registration import entry_owners
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

SHOWN: Final = 5
_UNDER_WAY: Final = ("registration_open", "registration_closed", "live")


@dataclass(frozen=True, slots=True)
class OwnNotice:
    """An announcement, and by which tournament."""

    tournament_name: str
    slug: str
    text: Markup
    created_at: datetime


def read_own_notices(actor: Actor) -> tuple[OwnNotice, ...]:
    """The newest announcements of tournaments under way in which one has a place, for everybody or who takes part."""
    mine = actor.user_id or 0
    plays = select(RegistrationPlayer.registration_id).where(
        RegistrationPlayer.user_id == mine, RegistrationPlayer.is_active
    )
    takes_part = select(Registration.tournament_id).where(
        Registration.status == "approved", or_(entry_owners.owned_by(mine), Registration.id.in_(plays))
    )
    statement = (
        select(Tournament.name, Tournament.slug, Announcement.text, Announcement.created_at)
        .join(Tournament, Tournament.id == Announcement.tournament_id)
        .where(
            Tournament.id.in_(takes_part), Tournament.status.in_(_UNDER_WAY), Tournament.deleted_at.is_(None),
            Announcement.withdrawn_at.is_(None),
        )
        .order_by(Announcement.id.desc())
        .limit(SHOWN)
    )  # fmt: skip
    with read_snapshot() as session:
        return tuple(OwnNotice(name, slug, to_html(text), at) for name, slug, text, at in session.execute(statement))
