"""The public pages there are, for search engines: in files of a bounded size, each read at once."""

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from webapp.models import Board as BoardRow
from webapp.models import BoardVersion, Event, Stage, Tournament
from webapp.services.pages.season_view import wider_scope
from webapp.services.pages.tournament_view import PHASES
from webapp.services.ranking import scopes
from webapp.services.spine.transaction import read_snapshot

TOURNAMENTS_A_FILE: Final = 16_000
"""Each has up to three pages, and a file may name 50,000."""
_LISTED: Final = (
    Tournament.visibility == "public",
    Tournament.status.in_(PHASES),
    Tournament.deleted_at.is_(None),
)


class TournamentEntry(NamedTuple):
    """A public tournament, and when anything that the public may know of it last happened."""

    id: int
    slug: str
    changed_at: datetime | None
    has_bracket: bool
    """Whether the public knows of one."""


class SeasonEntry(NamedTuple):
    """A season's board, or all time's."""

    game: str
    slug: str
    changed_at: datetime


def count_files() -> int:
    """How many files the tournaments take; at least one."""
    with read_snapshot() as session:
        count = session.scalar(select(func.count()).select_from(Tournament).where(*_LISTED)) or 0
    return max(1, -(-count // TOURNAMENTS_A_FILE))


def read_tournaments(number: int) -> list[TournamentEntry]:
    """The tournaments of a file, counted from 1."""
    known = func.coalesce(Tournament.frozen_seq, Tournament.log_seq)
    with read_snapshot() as session:
        rows = session.execute(
            select(Tournament.id, Tournament.slug, Event.created_at, _has_bracket())
            .outerjoin(Event, and_(Event.tournament_id == Tournament.id, Event.seq == known))
            .where(*_LISTED)
            .order_by(Tournament.id)
            .offset((number - 1) * TOURNAMENTS_A_FILE)
            .limit(TOURNAMENTS_A_FILE)
        )
        return [TournamentEntry(*row) for row in rows]


def _has_bracket() -> ColumnElement[bool]:
    """Whether a bracket was drawn; while the board is frozen, whether that was before."""
    drawn = exists().where(Stage.tournament_id == Tournament.id, Stage.state != "planned")
    before = exists().where(
        Event.tournament_id == Tournament.id, Event.type == "bracket_generated", Event.seq <= Tournament.frozen_seq
    )
    return and_(drawn, or_(Tournament.frozen_seq.is_(None), before.correlate(Tournament)))


def read_seasons() -> list[SeasonEntry]:
    """The boards of seasons and of all time that somebody stands on."""
    with read_snapshot() as session:
        rows = session.execute(
            select(BoardRow.scope, BoardVersion.computed_at)
            .join(BoardVersion, BoardVersion.id == BoardRow.board_version_id)
            .where(
                BoardRow.audience == "public",
                or_(BoardRow.scope.startswith("season:"), BoardRow.scope.startswith("all_time:")),
                BoardVersion.entries_count > 0,
            )
            .order_by(BoardRow.scope)
        )
        found = [(scopes.Scope(*scope.split(":", 1)), at) for scope, at in rows]
    return [SeasonEntry(key.game, key.slug, at) for key, at in ((wider_scope(scope, ""), at) for scope, at in found)]
