"""Reads of what is said of a frozen board."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Event, Match, Tournament
from webapp.services.live import visibility
from webapp.services.pages.board_view import FrozenNotice
from webapp.services.ranking.board_store import FrozenNote


def frozen_notice(session: Session, tournament: Tournament, note: FrozenNote | None) -> FrozenNotice | None:
    """The notice of a board that is kept still; None for one that is not."""
    if note is None:
        return None
    last = session.scalar(
        select(Match.number)
        .join(Event, Event.match_id == Match.id)
        .where(
            Event.tournament_id == tournament.id,
            Event.type == "match_completed",
            Event.seq <= visibility.known_seq(tournament),
        )
        .order_by(Event.seq.desc())
        .limit(1)
    )
    return FrozenNotice(note.at, last, note.reveal_by, note.is_paused)
