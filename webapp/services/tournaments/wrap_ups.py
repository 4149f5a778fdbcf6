"""Ending by themselves the tournaments in which everything is played and nobody has said so."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, NotFound
from webapp.models import Event, Match, Tournament
from webapp.services.bracketing import league_progress, stages
from webapp.services.ranking import standings
from webapp.services.spine import log
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

QUIET_FOR: Final = timedelta(hours=1)
"""So long nothing has happened to a tournament that is ended: a last lobby can be added, a confirmation undone."""
_PLAYED: Final = ("completed", "forfeit")

logger = structlog.get_logger(__name__)


def wrap_up(*, now: datetime) -> list[int]:
    """Complete every live tournament of which all is played, as its organizer would; returns their ids.

    Each is done once, however many ask at the same moment; one that fails does not hold up the others.
    """
    with read_snapshot() as session:
        live = select(Tournament.id).where(Tournament.status == "live", Tournament.deleted_at.is_(None))
        candidates = session.scalars(live.order_by(Tournament.id)).all()
    done = []
    for tournament_id in candidates:
        try:
            is_ended = _ended(tournament_id, now)
        except (Conflict, NotFound):
            # A match is open, or it has changed since it was looked for.
            continue
        except Exception:
            logger.exception("wrap_up_failed", tournament_id=tournament_id)
            continue
        if is_ended:
            done.append(tournament_id)
    return done


def _ended(tournament_id: int, now: datetime) -> bool:
    with read_snapshot() as session:
        if not _is_due(session, session.get_one(Tournament, tournament_id), now):
            return False
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        if not _is_due(session, tournament, now):
            return False
        tournaments.complete_in(session, tournament, actor=SYSTEM, now=now)
        return True


def _is_due(session: Session, tournament: Tournament, now: datetime) -> bool:
    """Whether all is played that will be; open matches are left to completing, which knows which of them count."""
    if tournament.status != "live" or tournament.paused_at is not None:
        return False
    last = session.scalar(
        select(Event.created_at).where(Event.tournament_id == tournament.id, Event.seq == tournament.log_seq)
    )
    if last is None or now - last < QUIET_FOR:
        return False
    played = select(exists().where(Match.tournament_id == tournament.id, Match.state.in_(_PLAYED)))
    return (
        bool(session.scalar(played)) and _are_stages_over(session, tournament) and not _is_racing(session, tournament)
    )


def _are_stages_over(session: Session, tournament: Tournament) -> bool:
    """Whether no round is to be paired any more, and the bracket that is to follow has been drawn."""
    drawn = [stage for stage in stages.of_tournament(session, tournament.id) if stage.state != "planned"]
    if any(not league_progress.is_over(stage, league_progress.matches_of(session, stage)) for stage in drawn):
        return False
    return not league_progress.awaits_bracket(drawn)


def _is_racing(session: Session, tournament: Tournament) -> bool:
    """Whether a match-point rule still waits for its champion."""
    rules = standings.rules_of(tournament)
    return rules.match_point is not None and not standings.match_point_race_of(session, tournament, rules).is_over
