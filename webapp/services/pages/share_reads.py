"""What a tournament's pages tell search engines beside what readers see."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Registration, Team, Tournament, User
from webapp.services.live import visibility
from webapp.services.registration.participant_names import name_column

COMPETITORS_AT_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Competitor:
    """Who takes part: a team, or one person."""

    name: str
    is_team: bool

    @property
    def as_schema(self) -> dict[str, str]:
        """The participant in the words of schema.org."""
        return {"@type": "SportsTeam" if self.is_team else "Person", "name": self.name}


@dataclass(frozen=True, slots=True)
class ShareView:
    """Organizer and participants by their public names."""

    organizer: str | None
    competitors: tuple[Competitor, ...]


def share_of(session: Session, tournament: Tournament) -> ShareView | None:
    """What may be told of a public tournament; None for one that search engines are not to know."""
    if tournament.visibility != "public":
        return None
    organizer = session.get(User, tournament.organizer_id) if tournament.organizer_id else None
    takes_part = visibility.roster_of(session, tournament).takes_part()
    rows = session.execute(
        select(name_column(), Registration.team_id.is_not(None))
        .outerjoin(Team, Team.id == Registration.team_id)
        .outerjoin(User, User.id == Registration.user_id)
        .where(Registration.tournament_id == tournament.id, takes_part)
        .order_by(Registration.seed.is_(None), Registration.seed, Registration.id)
        .limit(COMPETITORS_AT_MOST)
    )
    competitors = tuple(Competitor(name, bool(is_team)) for name, is_team in rows)
    return ShareView(organizer.handle if organizer else None, competitors)
