"""The stuck-match radar of those who run tournaments."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from webapp.domain.permissions import Action
from webapp.models import Tournament, TournamentOfficial
from webapp.services.matches import stuck_matches
from webapp.services.matches.stuck_matches import StuckMatch
from webapp.services.organizer_pages.managed import find_managed
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot


@dataclass(frozen=True, slots=True)
class RadarView:
    """What is stuck, what holds up most first. `tournament_id` None: of everything that the reader runs."""

    tournament_id: int | None
    matches: tuple[StuckMatch, ...]
    now: datetime


def read_radar(tournament_id: int, *, actor: Actor, now: datetime) -> RadarView:
    """The radar of one tournament, for its officials. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.MANAGE_MATCHES)
        return RadarView(tournament_id, stuck_matches.of_tournament(session, tournament, now=now), now)


def read_own(actor: Actor, *, now: datetime) -> RadarView:
    """The radar of all live tournaments that the actor owns, organizes with others or referees."""
    with read_snapshot() as session:
        listed = select(TournamentOfficial.tournament_id).where(TournamentOfficial.user_id == actor.user_id)
        found = session.scalars(
            select(Tournament).where(
                Tournament.status == "live",
                Tournament.deleted_at.is_(None),
                or_(Tournament.organizer_id == actor.user_id, Tournament.id.in_(listed)),
            )
        ).all()
        return RadarView(None, stuck_matches.of_tournaments(session, found, now=now), now)
