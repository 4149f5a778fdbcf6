"""What notifications speak of: the names and facts behind their ids, read at once for any number of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.models import Announcement, Match, Notification, Team, Tournament, User, WebhookEndpoint
from webapp.services.registration import participant_names


@dataclass(frozen=True, slots=True)
class MatchFacts:
    """A match as a notice tells it: without anything of its result."""

    id: int
    number: int
    label: str
    scheduled_at: datetime | None
    sides: tuple[str | None, str | None] = (None, None)
    """Both names of a series; neither in a lobby of many."""

    @property
    def title(self) -> str:
        """Who plays whom, or what it is called."""
        if self.sides == (None, None):
            return self.label or f"Match {self.number}"
        return " vs ".join(side or "(to be decided)" for side in self.sides)

    @property
    def place(self) -> str:
        """What it is called, where its title does not say it."""
        return "" if self.sides == (None, None) else self.label or f"Match {self.number}"


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Everything that some notifications speak of, by id. What is not there any more is in none of these."""

    tournaments: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    """Name and slug."""
    matches: Mapping[int, MatchFacts] = field(default_factory=dict)
    participants: Mapping[int, str] = field(default_factory=dict)
    teams: Mapping[int, tuple[str, int | None]] = field(default_factory=dict)
    """Name, and whose handle is the captain's."""
    people: Mapping[int, str] = field(default_factory=dict)
    announcements: Mapping[int, str] = field(default_factory=dict)
    """Markdown of those that still stand."""
    endpoints: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    """The host that it sends to, and its scope."""


def matches_of(row: Notification) -> list[int]:
    """The matches that a notification is about."""
    several = row.data.get("match_ids") or []
    return [row.match_id] if row.match_id is not None else [int(each) for each in several]


def is_for_official(row: Notification) -> bool:
    """Whether its reader is told as somebody who looks after the tournament, and not as one of those who play."""
    if row.kind == "result_submitted":
        return row.data.get("status") == "overdue"
    return row.kind == "match_disputed" and row.registration_id is None


def read(session: Session, rows: Sequence[Notification]) -> Mentioned:
    """What these notifications speak of, by a number of questions that does not grow with theirs."""
    matches = _matches(session, {each for row in rows for each in matches_of(row)})
    sides = {side for match in matches for side in (match.side_a_id, match.side_b_id)}
    participants = _ids({row.registration_id for row in rows} | sides | _named(rows, "participant_id"))
    teams = _teams(session, _ids({row.team_id for row in rows} | _named(rows, "team_id")))
    captains = {captain_id for _, captain_id in teams.values()}
    names = participant_names.names_of(session, participants) if participants else {}
    return Mentioned(
        tournaments=_tournaments(session, _ids({row.tournament_id for row in rows})),
        matches={match.id: _facts(match, names) for match in matches},
        participants=names,
        teams=teams,
        people=_people(session, _ids(_named(rows, "user_id") | _named(rows, "captain_id") | captains)),
        announcements=_announcements(session, _ids(_named(rows, "announcement_id"))),
        endpoints=_endpoints(session, _ids(_named(rows, "endpoint_id"))),
    )


def _named(rows: Iterable[Notification], key: str) -> set[int | None]:
    return {row.data.get(key) for row in rows}


def _ids(found: Iterable[int | None]) -> set[int]:
    return {each for each in found if each is not None}


def _matches(session: Session, ids: Collection[int]) -> Sequence[Match]:
    return session.scalars(select(Match).where(_among(Match.id, ids))).all() if ids else ()


def _facts(match: Match, names: Mapping[int, str]) -> MatchFacts:
    side_a, side_b = (None if side is None else names.get(side) for side in (match.side_a_id, match.side_b_id))
    return MatchFacts(match.id, match.number, match.label, match.scheduled_at, (side_a, side_b))


def _tournaments(session: Session, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    statement = select(Tournament.id, Tournament.name, Tournament.slug).where(_among(Tournament.id, ids))
    return {key: (name, slug) for key, name, slug in session.execute(statement)} if ids else {}


def _teams(session: Session, ids: Collection[int]) -> dict[int, tuple[str, int | None]]:
    statement = select(Team.id, Team.name, Team.captain_id).where(_among(Team.id, ids))
    return {key: (name, captain_id) for key, name, captain_id in session.execute(statement)} if ids else {}


def _people(session: Session, ids: Collection[int]) -> dict[int, str]:
    statement = select(User.id, User.handle).where(_among(User.id, ids))
    return dict(session.execute(statement).all()) if ids else {}


def _announcements(session: Session, ids: Collection[int]) -> dict[int, str]:
    statement = select(Announcement.id, Announcement.text).where(
        _among(Announcement.id, ids), Announcement.withdrawn_at.is_(None)
    )
    return dict(session.execute(statement).all()) if ids else {}


def _endpoints(session: Session, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    about = select(WebhookEndpoint.id, WebhookEndpoint.host, WebhookEndpoint.scope)
    statement = about.where(_among(WebhookEndpoint.id, ids))
    return {key: (host, scope) for key, host, scope in session.execute(statement)} if ids else {}


def _among(column: InstrumentedAttribute[int], ids: Collection[int]) -> ColumnElement[bool]:
    return column.in_(sorted(ids))
