"""Leaderboards of all tournaments for staff: which version is out, and whether it is behind its results."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import String, cast, func, literal, select
from sqlalchemy.orm import Session

from webapp.domain.permissions import Action
from webapp.models import Board, BoardVersion, Override, Tournament
from webapp.services.boards import leaderboard_inspection
from webapp.services.boards.leaderboard_inspection import Inspection
from webapp.services.pages.paging import Paging
from webapp.services.ranking import ranking
from webapp.services.registration.participant_names import names_of
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

A_PAGE: Final = 25
ROWS_A_PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedBoard:
    """A tournament and the board that officials see of it; version 0 before the first one."""

    tournament_id: int
    name: str
    game: str
    status: str
    version: int
    entries: int
    computed_at: datetime | None
    is_behind: bool
    overrides: int


@dataclass(frozen=True, slots=True)
class BoardList:
    """A page of boards, the newest tournaments first."""

    text: str
    boards: tuple[ListedBoard, ...]
    paging: Paging


@dataclass(frozen=True, slots=True)
class InspectedBoard:
    """An inspection with the names that its ids stand for."""

    name: str
    inspection: Inspection
    names: dict[int, str]
    paging: Paging


def read_boards(*, text: str, page: int, actor: Actor) -> BoardList:
    """Tournaments whose name or id fits the text. Raises Forbidden to everybody but staff."""
    permissions.ensure_on_site(actor, Action.INSPECT_LEADERBOARDS)
    text = "".join(character for character in text.strip() if character.isprintable())
    with read_snapshot() as session:
        wanted = select(Tournament).where(Tournament.deleted_at.is_(None))
        if text:
            by_name = Tournament.name.icontains(text, autoescape=True)
            wanted = wanted.where(by_name | (cast(Tournament.id, String) == text.removeprefix("#")))
        total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
        paging = Paging.of(page, size=A_PAGE, total=total)
        listed = wanted.order_by(Tournament.id.desc()).offset(paging.offset).limit(A_PAGE)
        return BoardList(text, _boards(session, [row.id for row in session.scalars(listed)]), paging)


def read_inspection(tournament_id: int, *, page: int, actor: Actor) -> InspectedBoard:
    """One board taken apart. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        found = leaderboard_inspection.inspect(
            tournament_id, actor=actor, limit=ROWS_A_PAGE, offset=(max(page, 1) - 1) * ROWS_A_PAGE
        )
        names = names_of(session, [*(row.participant_id for row in found.rows), *found.overrides])
        paging = Paging.of(page, size=ROWS_A_PAGE, total=found.participants_count)
        return InspectedBoard(session.get_one(Tournament, tournament_id).name, found, names, paging)


def _boards(session: Session, ids: list[int]) -> tuple[ListedBoard, ...]:
    in_force = (
        select(func.count())
        .where(Override.tournament_id == Tournament.id, Override.restored_at.is_(None))
        .correlate(Tournament)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Tournament, Board.seq, BoardVersion.version, BoardVersion.entries_count, BoardVersion.computed_at, in_force
        )
        .outerjoin(
            Board,
            (Board.scope == literal("tournament:") + cast(Tournament.id, String))
            & (Board.audience == ranking.OFFICIAL),
        )
        .outerjoin(BoardVersion, BoardVersion.id == Board.board_version_id)
        .where(Tournament.id.in_(ids))
        .order_by(Tournament.id.desc())
    )
    return tuple(
        ListedBoard(
            tournament_id=tournament.id,
            name=tournament.name,
            game=tournament.game,
            status=tournament.status,
            version=version or 0,
            entries=entries or 0,
            computed_at=computed_at,
            is_behind=tournament.results_seq > (seq or 0),
            overrides=overrides,
        )
        for tournament, seq, version, entries, computed_at, overrides in rows
    )
