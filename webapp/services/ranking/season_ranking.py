"""Season and all-time boards, added up from published boards and never from single matches."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Select, String, cast, literal, select
from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.cascades import ENGINE
from webapp.domain.deltas import rank_changes
from webapp.domain.ranking import rank
from webapp.domain.seasons import fold_rounds
from webapp.models import Board as BoardRow
from webapp.models import BoardVersion, Season, Tournament
from webapp.models.boards import AUDIENCES
from webapp.services.operations import flags
from webapp.services.ranking import board_store, ranking, scopes
from webapp.services.spine import outbox
from webapp.services.spine.transaction import read_snapshot, transaction

COUNTED_STATUSES: Final = ("live", "completed", "archived")
_ATTEMPTS: Final = 2


class SeasonRule(NamedTuple):
    """How the rounds of a board add up."""

    count_best: int | None
    ties: str

    @property
    def hash(self) -> str:
        """What stands in the place of a tournament's rules hash."""
        return f"best={self.count_best};ties={self.ties}"


EVERY_ROUND: Final = SeasonRule(None, "id")
"""All rounds count and the id separates: the rule of all time, and of a season without one of its own."""


class _Rounds(NamedTuple):
    """What a board is added up from: the version of each round's board that each audience sees, and the rule."""

    public: Mapping[str, UUID]
    official: Mapping[str, UUID]
    rule: SeasonRule


def compute_season_rankings(game: str, season: str, *, now: datetime) -> ranking.Computation | None:
    """The board of a season: each tournament of it is a round. Publishes a new version when something differs.

    None while computing is switched off.
    """

    def rounds(session: Session) -> _Rounds:
        return _shown(session, _tournament_scopes(game, season), rules_of(session, game, [season])[season])

    return _compute(scopes.season(game, season), rounds, now=now)


def compute_all_time_rankings(game: str, *, now: datetime) -> ranking.Computation | None:
    """A game's board of all time: its seasons' boards and the tournaments outside any season.

    None while computing is switched off.
    """

    def rounds(session: Session) -> _Rounds:
        seasons = select(BoardRow.scope).where(BoardRow.scope.startswith(f"season:{game}:", autoescape=True))
        return _shown(session, seasons.union(_tournament_scopes(game, None)), EVERY_ROUND)

    return _compute(scopes.all_time(game), rounds, now=now)


def rules_of(session: Session, game: str, seasons: Collection[str]) -> dict[str, SeasonRule]:
    """How each of these seasons counts."""
    stored = session.execute(
        select(Season.slug, Season.count_best, Season.ties).where(Season.game == game, Season.slug.in_(seasons))
    )
    return dict.fromkeys(seasons, EVERY_ROUND) | {row.slug: SeasonRule(row.count_best, row.ties) for row in stored}


def counted_in(game: str) -> tuple[ColumnElement[bool], ...]:
    """Which tournaments count for boards of a game: what is private or unlisted, for none that everybody sees."""
    return (
        Tournament.game == game,
        Tournament.status.in_(COUNTED_STATUSES),
        Tournament.deleted_at.is_(None),
        Tournament.visibility == "public",
    )


def _tournament_scopes(game: str, season: str | None) -> Select[str]:
    return select(literal("tournament:") + cast(Tournament.id, String)).where(
        *counted_in(game), Tournament.season.is_(None) if season is None else Tournament.season == season
    )


def _shown(session: Session, round_scopes: Select[str] | CompoundSelect[str], rule: SeasonRule) -> _Rounds:
    rows = session.execute(
        select(BoardRow.audience, BoardRow.scope, BoardRow.board_version_id)
        .where(BoardRow.scope.in_(round_scopes))
        .order_by(BoardRow.scope)
    ).all()
    by_audience: dict[str, dict[str, UUID]] = {audience: {} for audience in AUDIENCES}
    for audience, scope, version_id in rows:
        by_audience[audience][scope] = version_id
    return _Rounds(by_audience["public"], by_audience["official"], rule)


def _compute(
    scope: scopes.Scope, rounds_of: Callable[[Session], _Rounds], *, now: datetime
) -> ranking.Computation | None:
    """Adds up before it takes any lock, and again if a round has changed until it has one."""
    if not flags.is_on("LEADERBOARDS_COMPUTE_ENABLED"):
        return None
    for _ in range(_ATTEMPTS):
        with read_snapshot() as session:
            rounds = rounds_of(session)
            sums = _added_up_for_all(session, rounds)
        with transaction() as session:
            board_store.lock(session, scope)
            if rounds_of(session) == rounds:
                return _published(session, scope, rounds, sums, now=now)
    with transaction() as session:
        board_store.lock(session, scope)
        rounds = rounds_of(session)
        return _published(session, scope, rounds, _added_up_for_all(session, rounds), now=now)


class _AddedUp(NamedTuple):
    """A board for some audiences, and how long it took in microseconds."""

    audiences: tuple[str, ...]
    board: Board
    duration_us: int


def _added_up_for_all(session: Session, rounds: _Rounds) -> list[_AddedUp]:
    # Where an audience sees other rounds than another (a frozen board), its season must differ too.
    if rounds.public == rounds.official:
        return [_one_added_up(session, AUDIENCES, rounds.public, rounds.rule)]
    return [
        _one_added_up(session, ("public",), rounds.public, rounds.rule),
        _one_added_up(session, ("official",), rounds.official, rounds.rule),
    ]


def _one_added_up(
    session: Session, audiences: tuple[str, ...], versions: Mapping[str, UUID], rule: SeasonRule
) -> _AddedUp:
    started = time.perf_counter()
    payloads = dict(
        session.execute(
            select(BoardVersion.id, BoardVersion.payload).where(BoardVersion.id.in_(versions.values()))
        ).all()
    )
    board = added_up([Board.from_bytes(payloads[version_id]) for version_id in versions.values()], rule)
    return _AddedUp(audiences, board, round((time.perf_counter() - started) * 1_000_000))


def added_up(rounds: Sequence[Board], rule: SeasonRule) -> Board:
    """The board of the teams or players of these rounds."""
    totals, team_id = fold_rounds(rounds, count_best=rule.count_best)
    return Board(totals, rank(totals, ENGINE, ties=rule.ties), team_id, totals.participant_id)


def _published(
    session: Session, scope: scopes.Scope, rounds: _Rounds, sums: Sequence[_AddedUp], *, now: datetime
) -> ranking.Computation:
    """Stores what differs from the versions shown; the answer is about the last of them, the officials' board."""
    for audiences, board, duration_us in sums:
        if audiences == AUDIENCES:
            # Where they had parted, since a round was frozen, they see one version again.
            board_store.show_what_officials_see(session, scope)
        last = board_store.load(session, scope, audiences[-1])
        changes = rank_changes(ranking.placings(last.board) if last else None, ranking.placings(board))
        version, computed_at = (last.version, last.computed_at) if last else (0, now)
        if last is None or last.rules_hash != rounds.rule.hash or not last.board.same_as(board):
            version, computed_at = board_store.newest_version(session, scope) + 1, now
            about = board_store.Version(version, version, rounds.rule.hash, ranking.ENGINE_SOURCE, now, duration_us)
            board_store.store(session, scope, board, about, audiences=audiences)
            if scope.kind == "season":
                outbox.want(session, "all_time", scope.key.partition(":")[0], now=now)
        computation = ranking.Computation(
            scope, board, changes, version, ranking.ENGINE_SOURCE, computed_at, duration_us
        )
    return computation
