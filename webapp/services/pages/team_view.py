"""Teams as readers see them: the list, a team's page, its captain's page, one's own teams and invitations."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.services.pages.paging import Paging
from webapp.services.pages.sponsorship_view import Showings
from webapp.services.pages.subject_view import SubjectView
from webapp.services.teams.team_rosters import Member


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamHead:
    """What is said of a team wherever it is named. Points are in hundredths; `logo_id` is of the newest logo."""

    id: int
    name: str
    tag: str | None
    game: str
    game_title: str
    logo_id: int | None
    points: int
    is_disbanded: bool

    @property
    def initials(self) -> str:
        """What stands where a logo would."""
        return (self.tag or self.name)[:2].upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamCard:
    """A team in the list; `place` is None for one without points, which nothing places."""

    team: TeamHead
    place: int | None
    members: int


@dataclass(frozen=True, slots=True)
class TeamsView:
    """A page of the list, and what was asked for."""

    cards: tuple[TeamCard, ...]
    paging: Paging
    text: str
    game: str
    games: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsPart:
    """What one tournament adds to a team's points, in hundredths."""

    slug: str
    name: str
    placement: int
    earned: int
    is_official: bool
    completed_at: datetime
    counted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPage:
    """A team's public page; `results` is None before its first public tournament."""

    team: TeamHead
    description: str
    members: tuple[Member, ...]
    parts: tuple[PointsPart, ...]
    points_at: datetime | None
    results: SubjectView | None
    may_manage: bool
    is_member: bool
    is_captain: bool
    showings: Showings


@dataclass(frozen=True, slots=True)
class OpenInvite:
    """An invitation that waits for its answer; `who` is the person asked, or the team that asks."""

    id: int
    who: str
    role: str
    expires_at: datetime
    team_id: int
    game_title: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class KeptLineUp:
    """A line-up as its captain sees it: handles, with the role of each."""

    id: int
    name: str
    players: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedTeam:
    """A team as its captain sees it."""

    team: TeamHead
    values: dict[str, Any]
    members: tuple[Member, ...]
    invites: tuple[OpenInvite, ...]
    line_ups: tuple[KeptLineUp, ...]
    captain_id: int | None
    showings: Showings


@dataclass(frozen=True, slots=True)
class OwnTeam:
    """A team that somebody is in, and as what."""

    team: TeamHead
    role: str


@dataclass(frozen=True, slots=True)
class OwnTeams:
    """One's own teams, and the invitations that wait."""

    teams: tuple[OwnTeam, ...]
    invites: tuple[OpenInvite, ...]
