"""Season and all-time boards of some tournaments only: those of a region, those of some days."""

import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, literal, select
from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.models import Board as BoardRow
from webapp.models import Tournament
from webapp.services.boards import boards
from webapp.services.boards.days import began_at
from webapp.services.boards.kept_boards import KeptBoards
from webapp.services.operations import flags
from webapp.services.ranking import board_store, scopes, season_ranking
from webapp.services.ranking.board_store import PublishedBoard
from webapp.services.ranking.season_ranking import EVERY_ROUND, SeasonRule, added_up

_kept = KeptBoards(boards=32, rows=100_000)
"""By what they were added up from."""


class RoundFilter(NamedTuple):
    """Which tournaments count: of one region (as it is written), begun from one day (UTC) to another, both included."""

    region: str | None = None
    first_day: date | None = None
    last_day: date | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether any tournament may be left out."""
        return self != RoundFilter()

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter as conditions on tournaments."""
        conditions: list[ColumnElement[bool]] = []
        if self.region is not None:
            conditions.append(Tournament.region == self.region)
        if self.first_day is not None:
            conditions.append(began_at() >= _midnight(self.first_day))
        if self.last_day is not None and self.last_day < date.max:
            conditions.append(began_at() < _midnight(self.last_day + timedelta(days=1)))
        return conditions


class _Rounds(NamedTuple):
    """The tournaments that count and have a board: of which season each is, and which version of it is shown."""

    seasons: tuple[str | None, ...]
    scopes: tuple[str, ...]
    versions: tuple[UUID, ...]
    rules: Mapping[str, SeasonRule]
    """How each of these seasons counts."""

    @property
    def state(self) -> str:
        """Differs when what is added up from them may."""
        rules = sorted(self.rules.items())
        return sha256(repr((self.seasons, self.scopes, self.versions, rules)).encode()).hexdigest()


def of_scope(
    session: Session, scope: scopes.Scope, rounds: RoundFilter, audience: str, *, now: datetime
) -> PublishedBoard:
    """The board of a season or of all time, of the tournaments that `rounds` leaves; with no filter the published one.

    A filtered board is added up from the tournaments' published boards as the whole one is: each season by its own
    rule, all time from its seasons. It has the whole board's version, the source `live` and no deltas, and is kept in
    memory until a round changes. Empty where nothing fits, before the first version, and while computing is off.
    """
    whole = boards.of_scope(session, scope, audience, now=now)
    if not rounds.is_narrow or not flags.is_on("LEADERBOARDS_COMPUTE_ENABLED"):
        return whole
    started = time.perf_counter()
    found = _matching(session, scope, rounds, audience)
    key = (str(scope), audience, found.state)
    board = _kept.get(key)
    if board is None:
        board = _board_of(session, scope, found, audience)
        _kept.put(key, board)
    duration_us = round((time.perf_counter() - started) * 1_000_000)
    return PublishedBoard(
        str(scope), audience, whole.version, whole.seq, _rule_of(scope, found).hash, boards.LIVE, now, duration_us,
        board,
    )  # fmt: skip


def state(session: Session, scope: scopes.Scope, rounds: RoundFilter, audience: str) -> str:
    """What differs when the filtered board may: a part of the keys of caches that hold what was made of it."""
    return _matching(session, scope, rounds, audience).state


def regions_of(session: Session, scope: scopes.Scope) -> list[str]:
    """The regions of the tournaments that count for a scope, in alphabetical order."""
    regions = select(Tournament.region).where(*in_scope(scope), Tournament.region.is_not(None)).distinct()
    return [region for region in session.scalars(regions.order_by(Tournament.region)) if region]


def in_scope(scope: scopes.Scope) -> tuple[ColumnElement[bool], ...]:
    """Which tournaments count for the board of a season or of all time."""
    game, _, season = scope.key.partition(":")
    of_season = (Tournament.season == season,) if scope.kind == "season" else ()
    return (*season_ranking.counted_in(game), *of_season)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time_of_day(), UTC)


def _matching(session: Session, scope: scopes.Scope, rounds: RoundFilter, audience: str) -> _Rounds:
    rows = session.execute(
        select(Tournament.season, BoardRow.scope, BoardRow.board_version_id)
        .join(BoardRow, BoardRow.scope == literal("tournament:") + cast(Tournament.id, String))
        .where(*in_scope(scope), *rounds.conditions(), BoardRow.audience == audience)
        .order_by(Tournament.season, Tournament.id)
    ).all()
    game = scope.key.partition(":")[0]
    rules = season_ranking.rules_of(session, game, {row.season for row in rows if row.season is not None})
    return _Rounds(
        tuple(row.season for row in rows),
        tuple(row.scope for row in rows),
        tuple(row.board_version_id for row in rows),
        rules,
    )


def _rule_of(scope: scopes.Scope, found: _Rounds) -> SeasonRule:
    return found.rules.get(scope.key.partition(":")[2], EVERY_ROUND) if scope.kind == "season" else EVERY_ROUND


def _board_of(session: Session, scope: scopes.Scope, found: _Rounds, audience: str) -> Board:
    named = [scopes.Scope(*name.split(":")) for name in found.scopes]
    shown = board_store.load_many(session, named, audience)
    by_season: dict[str | None, list[Board]] = {}
    for season, name in zip(found.seasons, found.scopes, strict=True):
        by_season.setdefault(season, []).append(shown[name].board)
    if scope.kind == "season":
        return added_up([published.board for published in shown.values()], _rule_of(scope, found))
    outside = by_season.pop(None, [])
    sums = [added_up(rounds, found.rules[season]) for season, rounds in by_season.items() if season is not None]
    return added_up([*sums, *outside], EVERY_ROUND)
