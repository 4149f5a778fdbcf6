"""A small cup as a file of results, taken in, and what became of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from webapp.domain.presets import preset
from webapp.domain.rules import Ruleset, parse_ruleset
from webapp.extensions import Base
from webapp.models import (
    Registration,
    Team,
    User,
)
from webapp.services.imports import imports
from webapp.services.imports.imports import ImportOutcome
from webapp.services.ranking import board_store, scopes
from webapp.services.ranking.board_store import PublishedBoard
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
CUP = (
    b"match,participant,placement,kills,completed_at,map,time_alive_s,penalty\n"
    b"1,Alpha,1,3,2026-04-01T18:00:00Z,Erangel,1700,\n"
    b"1,Beta,2,7,2026-04-01T18:00:00Z,Erangel,1650,2\n"
    b"1,Gamma,,1,2026-04-01T18:00:00Z,Erangel,300,\n"
    b"2,Beta,1,2,2026-04-01T19:00:00Z,Miramar,1800,\n"
    b"2,Alpha,2-3,0,2026-04-01T19:00:00Z,Miramar,1200,\n"
    b"2,Gamma,2-3,5,2026-04-01T19:00:00Z,Miramar,1200,\n"
)


def take_in(raw: bytes = CUP, **changes: Any) -> ImportOutcome:
    settings: dict[str, Any] = {
        "game": "pubgm", "name": "Spring Cup", "ruleset": preset("super"), "organizer_id": None, "season": None,
        "now": NOW, "actor": SYSTEM,
    }  # fmt: skip
    return imports.import_results(raw, **(settings | changes))


def rules(**settings: Any) -> Ruleset:
    return parse_ruleset({"points_per_kill": 1, "placement_points": [10, 6, 5], **settings})


def row_counts() -> Mapping[str, int]:
    with read_snapshot() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def published(tournament_id: int) -> PublishedBoard:
    with read_snapshot() as session:
        board = board_store.load(session, scopes.tournament(tournament_id), "official")
    assert board is not None
    return board


def standing_of(tournament_id: int) -> dict[str, tuple[int, int]]:
    """Rank and points by name."""
    board = published(tournament_id).board
    ids = board.standings.participant_id.tolist()
    with read_snapshot() as session:
        named = select(Registration.id, func.coalesce(Team.name, User.handle)).outerjoin(Team).outerjoin(User)
        names = {row[0]: row[1] for row in session.execute(named)}
    return {
        names[participant_id]: (rank, points)
        for participant_id, rank, points in zip(
            ids, board.ranking.ranks.tolist(), board.standings.columns["points"].tolist(), strict=True
        )
    }
