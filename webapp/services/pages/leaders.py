"""The first three of many published boards, for cards; a stored version never changes, so each is decoded once."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.columns import MISSING
from webapp.models import Board as BoardRow
from webapp.models import BoardVersion
from webapp.services.boards.subject_results import Subject, subject_names
from webapp.services.operations import flags
from webapp.services.pages.board_view import medal_of
from webapp.services.pages.tournament_view import Leader
from webapp.services.ranking import scopes
from webapp.services.registration.participant_names import names_of

SHOWN: Final = 3
_KEPT: Final = 512


class _Place(NamedTuple):
    participant_id: int
    """Of a wider board the id of the team or player."""
    is_team: bool
    rank: int
    points: int


class _KnownTops:
    """The tops of the versions this process decoded last."""

    def __init__(self) -> None:
        self._tops: OrderedDict[UUID, tuple[_Place, ...]] = OrderedDict()
        self._lock = Lock()

    def take(self, wanted: Sequence[UUID]) -> dict[UUID, tuple[_Place, ...]]:
        with self._lock:
            return {version_id: self._tops[version_id] for version_id in wanted if version_id in self._tops}

    def put(self, tops: dict[UUID, tuple[_Place, ...]]) -> None:
        with self._lock:
            self._tops.update(tops)
            while len(self._tops) > _KEPT:
                self._tops.popitem(last=False)


_known = _KnownTops()


def leaders_of(session: Session, tournament_ids: Sequence[int]) -> dict[int, tuple[Leader, ...]]:
    """The first three by tournament; nobody where nothing was played, or while the engine is switched off."""
    if not (flags.is_on("LEADERBOARDS_COMPUTE_ENABLED") and flags.is_on("LEADERBOARDS_ENGINE_V2_ENABLED")):
        return {}
    scope_of = {str(scopes.tournament(tournament_id)): tournament_id for tournament_id in tournament_ids}
    tops = _tops_of_scopes(session, list(scope_of))
    names = names_of(session, [place.participant_id for top in tops.values() for place in top])
    return {
        scope_of[scope]: tuple(_leader(place, names.get(place.participant_id)) for place in top)
        for scope, top in tops.items()
    }


def leaders_of_scopes(session: Session, scope_names: Sequence[str]) -> dict[str, tuple[Leader, ...]]:
    """The first three teams or players by season or all time; nobody while computing is switched off."""
    if not flags.is_on("LEADERBOARDS_COMPUTE_ENABLED"):
        return {}
    tops = _tops_of_scopes(session, scope_names)
    names = subject_names(session, [_subject(place) for top in tops.values() for place in top])
    return {scope: tuple(_leader(place, names.get(_subject(place))) for place in top) for scope, top in tops.items()}


def _subject(place: _Place) -> Subject:
    return Subject("team" if place.is_team else "player", place.participant_id)


def _leader(place: _Place, name: str | None) -> Leader:
    return Leader(place.rank, medal_of(place.rank), name or "", place.points)


def _tops_of_scopes(session: Session, scope_names: Sequence[str]) -> dict[str, tuple[_Place, ...]]:
    shown = session.execute(
        select(BoardRow.scope, BoardRow.board_version_id).where(
            BoardRow.scope.in_(scope_names), BoardRow.audience == "public"
        )
    ).all()
    tops = _tops(session, [version_id for _, version_id in shown])
    return {scope: tops[version_id] for scope, version_id in shown}


def _tops(session: Session, version_ids: Sequence[UUID]) -> dict[UUID, tuple[_Place, ...]]:
    known = _known.take(version_ids)
    missing = [version_id for version_id in version_ids if version_id not in known]
    if missing:
        payloads = session.execute(select(BoardVersion.id, BoardVersion.payload).where(BoardVersion.id.in_(missing)))
        decoded = {version_id: _top_of(Board.from_bytes(payload)) for version_id, payload in payloads}
        _known.put(decoded)
        known |= decoded
    return known


def _top_of(board: Board) -> tuple[_Place, ...]:
    columns = board.standings.columns
    if not (columns["matches_played"].any() or columns["points"].any()):
        return ()
    return tuple(
        _Place(
            int(board.standings.participant_id[row]),
            int(board.team_id[row]) != MISSING,
            int(board.ranking.ranks[row]),
            int(board.standings.columns["points"][row]),
        )
        for row in board.rows_by_rank(0, SHOWN).tolist()
    )
