"""The logs that are worked off for those who are told: a tournament's, and a team's."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar, Final, NamedTuple, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.notifications.kinds import DISCORD
from webapp.domain.notifications.routing import Happened, notices, team_event_id
from webapp.models import Event, ImportedFile, Team, TeamEvent, Tournament
from webapp.services.notifications import discord_events, outside, posts
from webapp.services.notifications.posts import Post, Posts
from webapp.services.notifications.recipients import Case
from webapp.services.spine import log
from webapp.services.webhooks import fan_out

EVENTS_AT_ONCE: Final = 10
"""Events of one step."""


class Item(NamedTuple):
    """An event by its number, and what people are told of it."""

    seq: int
    posts: Sequence[Post]


class Log(Protocol):
    """A log that is worked off."""

    name: ClassVar[str]
    id: int

    @property
    def stream(self) -> str:
        """The name of its cursor."""

    def last_seq(self, session: Session) -> int:
        """The number of its last event."""

    def since(self, session: Session, after_seq: int) -> datetime | None:
        """When the next event happened; None: there is none."""

    def items(self, session: Session, after_seq: int) -> Iterator[Item]:
        """The next events."""

    def case(self, session: Session, post: Post, *, now: datetime) -> Case:
        """What the rules of who hears of a post look at."""

    def lock(self, session: Session, *, is_recorded: bool) -> None:
        """What is locked before the cursor; `is_recorded`: the log itself will be written to."""

    def hand_on(self, session: Session, after_seq: int, upto_seq: int, *, now: datetime) -> None:
        """Hand events whose people are told on to those who hear of all events."""


class TournamentLog:
    """The log of a tournament. Final ranks are found once a run."""

    name: ClassVar[str] = "tournament"

    def __init__(self, tournament_id: int) -> None:
        self.id = tournament_id
        self._ranks: Mapping[int, int] | None = None

    @property
    def stream(self) -> str:
        """The name of its cursor."""
        return f"{self.name}:{self.id}"

    def last_seq(self, session: Session) -> int:
        """The number of its last event."""
        return session.scalar(select(Tournament.log_seq).where(Tournament.id == self.id)) or 0

    def since(self, session: Session, after_seq: int) -> datetime | None:
        """When the next event happened."""
        later = (Event.tournament_id == self.id, Event.seq > after_seq)
        return session.scalar(select(Event.created_at).where(*later).order_by(Event.seq).limit(1))

    def items(self, session: Session, after_seq: int) -> Iterator[Item]:
        """The next events, read as they are asked for."""
        events = _events(session, self.id, after_seq, after_seq + EVENTS_AT_ONCE)
        tournament = session.get_one(Tournament, self.id)
        news = {event.seq for event in _news(session, tournament, events)}
        found = Posts(session, tournament, after_seq)
        return (Item(event.seq, found.of(event) if event.seq in news else ()) for event in events)

    def case(self, session: Session, post: Post, *, now: datetime) -> Case:
        """The tournament, and for its end the final ranks."""
        tournament = session.get_one(Tournament, self.id)
        if post.notice.kind == "tournament_completed" and self._ranks is None:
            self._ranks = posts.final_ranks(session, tournament, now=now)
        return Case(
            session, post.event, post.notice, now, tournament=tournament, ranks=self._ranks or {}, moves=post.moves
        )

    def lock(self, session: Session, *, is_recorded: bool) -> None:
        """The tournament, which everybody locks first: rows that refer to it wait for whoever has locked it."""
        if is_recorded:
            log.lock_tournament(session, self.id)
        else:
            held = select(Tournament.id).where(Tournament.id == self.id).with_for_update(read=True, key_share=True)
            session.execute(held)

    def hand_on(self, session: Session, after_seq: int, upto_seq: int, *, now: datetime) -> None:
        """To webhooks, and to the channels of organizers and staff."""
        tournament = session.get_one(Tournament, self.id)
        events = _events(session, self.id, after_seq, upto_seq)
        fan_out.of_events(session, tournament, events, now=now)
        news = _news(session, tournament, events)
        outside.apart(DISCORD, partial(discord_events.of_events, session, tournament, news, now=now))


class TeamLog:
    """The log of a team: its members alone hear of it."""

    name: ClassVar[str] = "team"

    def __init__(self, team_id: int) -> None:
        self.id = team_id

    @property
    def stream(self) -> str:
        """The name of its cursor."""
        return f"{self.name}:{self.id}"

    def last_seq(self, session: Session) -> int:
        """The number of its last event."""
        return session.scalar(select(Team.log_seq).where(Team.id == self.id)) or 0

    def since(self, session: Session, after_seq: int) -> datetime | None:
        """When the next event happened."""
        later = (TeamEvent.team_id == self.id, TeamEvent.seq > after_seq)
        return session.scalar(select(TeamEvent.created_at).where(*later).order_by(TeamEvent.seq).limit(1))

    def items(self, session: Session, after_seq: int) -> Iterator[Item]:
        """The next events."""
        rows = session.scalars(
            select(TeamEvent)
            .where(TeamEvent.team_id == self.id, TeamEvent.seq > after_seq)
            .order_by(TeamEvent.seq)
            .limit(EVENTS_AT_ONCE)
        ).all()
        return (Item(row.seq, _of_team(row)) for row in rows)

    def case(self, session: Session, post: Post, *, now: datetime) -> Case:
        """The team."""
        return Case(session, post.event, post.notice, now, team=session.get_one(Team, self.id))

    def lock(self, session: Session, *, is_recorded: bool) -> None:
        """Nothing: nobody who has locked a team waits for its cursor."""

    def hand_on(self, session: Session, after_seq: int, upto_seq: int, *, now: datetime) -> None:
        """Nobody hears of a team's events but its people."""


def _events(session: Session, tournament_id: int, after_seq: int, upto_seq: int) -> Sequence[Event]:
    rows = select(Event).where(Event.tournament_id == tournament_id, Event.seq > after_seq, Event.seq <= upto_seq)
    return session.scalars(rows.order_by(Event.seq)).all()


def _news(session: Session, tournament: Tournament, events: Sequence[Event]) -> Sequence[Event]:
    """Those of the events that are news to people: an old tournament, brought in with all its results, is none."""
    if not any(event.created_at == tournament.created_at for event in events):
        return events
    brought_in = select(ImportedFile.fingerprint).where(
        ImportedFile.tournament_id == tournament.id, ImportedFile.created_at == tournament.created_at
    )
    if session.scalar(brought_in.limit(1)) is None:
        return events
    return [event for event in events if event.created_at != tournament.created_at]


def _of_team(row: TeamEvent) -> list[Post]:
    event = Happened(team_event_id(row.id), row.type, row.seq, row.data, row.actor_id)
    return [Post(event, notice, row.created_at) for notice in notices(event)]
