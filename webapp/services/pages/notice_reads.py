"""Announcements of organizers as they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.orm import Session

from webapp.services.files.markdown import to_html
from webapp.services.tournaments import organizer_notices


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """An announcement."""

    id: int
    audience: str
    text: Markup
    created_at: datetime


def notice_lines(
    session: Session, tournament_id: int, *, audiences: Sequence[str] = organizer_notices.AUDIENCES
) -> tuple[NoticeLine, ...]:
    """The announcements that stand, the newest first."""
    rows = organizer_notices.list_of(session, tournament_id, audiences=audiences)
    return tuple(NoticeLine(row.id, row.audience, to_html(row.text), row.created_at) for row in rows)
