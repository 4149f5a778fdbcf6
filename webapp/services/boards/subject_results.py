"""Where a team or a player stands: on the boards of tournaments, of seasons, of all time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from webapp.domain.columns import NOWHERE, positions_of
from webapp.models import Registration, Team, Tournament, User
from webapp.services.boards.days import began_at
from webapp.services.live import visibility
from webapp.services.operations import flags
from webapp.services.ranking import board_store, scopes
from webapp.services.ranking.board_store import PublishedBoard


class Subject(NamedTuple):
    """A team or a player, of which a season is made; `kind` is `team` or `player`."""

    kind: str
    id: int

    @classmethod
    def of(cls, registration: Registration) -> "Subject":
        """Who takes part by this registration."""
        if registration.team_id is not None:
            return cls("team", registration.team_id)
        assert registration.user_id is not None
        return cls("player", registration.user_id)

    @property
    def is_it(self) -> ColumnElement[bool]:
        """The condition on registrations that they are this subject's."""
        return (Registration.team_id if self.kind == "team" else Registration.user_id) == self.id


def subject_names(session: Session, subjects: Collection[Subject]) -> dict[Subject, str]:
    """Public names of teams and players, read at once."""
    names: dict[Subject, str] = {}
    for kind, statement, column in (
        ("team", select(Team.id, Team.name), Team.id),
        ("player", select(User.id, User.handle), User.id),
    ):
        ids = {subject.id for subject in subjects if subject.kind == kind}
        if ids:
            rows = session.execute(statement.where(column.in_(sorted(ids))))
            names |= {Subject(kind, id_): name for id_, name in rows}
    return names


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands on a published board of `entries_count` rows."""

    version: int
    rank: int
    points: int
    entries_count: int
    at: datetime


@dataclass(frozen=True, slots=True)
class TournamentResult:
    """A tournament that a team or player takes part in; `place` is None before its board's first version."""

    tournament_id: int
    participant_id: int
    status: str
    began_at: datetime
    place: Place | None


def results_of(
    session: Session, subject: Subject, *, audience: str, limit: int | None = None, offset: int = 0
) -> list[TournamentResult]:
    """The public tournaments of a team or player, the newest first, with its place on the board of each."""
    rows = session.execute(
        _tournaments_of(subject)
        .with_only_columns(Tournament.id, Registration.id, visibility.status_column(), began_at())
        .order_by(began_at().desc(), Tournament.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    shown = _published(session, [scopes.tournament(row[0]) for row in rows], audience)
    return [
        TournamentResult(
            tournament_id, participant_id, status, began, place_on(shown.get(_name(tournament_id)), participant_id)
        )
        for tournament_id, participant_id, status, began in rows
    ]


def count_of(session: Session, subject: Subject) -> int:
    """In how many public tournaments a team or player takes part. Who is in none is not for the public to know of."""
    return session.scalar(_tournaments_of(subject).with_only_columns(func.count())) or 0


def wider_scopes(session: Session, subject: Subject) -> list[scopes.Scope]:
    """The seasons, the newest first, and games that a team's or player's public tournaments count for."""
    began = func.max(began_at())
    rows = session.execute(
        _tournaments_of(subject)
        .with_only_columns(Tournament.game, Tournament.season, began)
        .group_by(Tournament.game, Tournament.season)
        .order_by(began.desc(), Tournament.game)
    ).all()
    seasons = [scopes.season(row.game, row.season) for row in rows if row.season is not None]
    return [*seasons, *(scopes.all_time(game) for game in dict.fromkeys(row.game for row in rows))]


def places_of(
    session: Session, subject: Subject, wanted: Collection[scopes.Scope], *, audience: str
) -> dict[scopes.Scope, Place]:
    """Where a team or player stands in these seasons and all times; those without it are left out."""
    shown = _published(session, wanted, audience)
    places = {scope: place_on(shown.get(str(scope)), subject.id) for scope in wanted}
    return {scope: place for scope, place in places.items() if place is not None}


def place_on(published: PublishedBoard | None, entry_id: int) -> Place | None:
    """Where a participant (or, on a wider board, a team or player) stands.

    None where there is no such row, and while nothing has been played: then everybody is level on nothing.
    """
    if published is None:
        return None
    board = published.board
    columns = board.standings.columns
    if not (columns["matches_played"].any() or columns["points"].any()):
        return None
    row = int(positions_of(np.array([entry_id], np.int64), board.standings.participant_id)[0])
    if row == NOWHERE:
        return None
    return Place(
        version=published.version,
        rank=int(board.ranking.ranks[row]),
        points=int(columns["points"][row]),
        entries_count=len(board),
        at=published.computed_at,
    )


def _tournaments_of(subject: Subject) -> Select[Tournament]:
    return (
        select(Tournament)
        .join(Registration, Registration.tournament_id == Tournament.id)
        .where(
            subject.is_it,
            visibility.takes_part(),
            Tournament.visibility == "public",
            Tournament.status != "draft",
            Tournament.deleted_at.is_(None),
        )
    )


def _published(session: Session, wanted: Collection[scopes.Scope], audience: str) -> dict[str, PublishedBoard]:
    """Nothing while computing is off: then no board shows any standing."""
    if not flags.is_on("LEADERBOARDS_COMPUTE_ENABLED"):
        return {}
    return board_store.load_many(session, wanted, audience)


def _name(tournament_id: int) -> str:
    return str(scopes.tournament(tournament_id))
