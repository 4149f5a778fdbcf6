"""The first three of many published boards, for cards; a stored version never changes, so each is decoded once."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.models import Board as BoardRow
from webapp.models import BoardVersion
from webapp.services import flags, scopes
from webapp.services.pages.board_view import medal_of
from webapp.services.pages.tournament_view import Leader
from webapp.services.participant_names import names_of

SHOWN: Final = 3
_KEPT: Final = 512


class _Place(NamedTuple):
    participant_id: int
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
    shown = session.execute(
        select(BoardRow.scope, BoardRow.board_version_id).where(
            BoardRow.scope.in_(scope_of), BoardRow.audience == "public"
        )
    )
    versions = {scope_of[scope]: version_id for scope, version_id in shown}
    tops = _tops(session, list(versions.values()))
    names = names_of(session, [place.participant_id for top in tops.values() for place in top])
    return {
        tournament_id: tuple(
            Leader(place.rank, medal_of(place.rank), names.get(place.participant_id, ""), place.points)
            for place in tops[version_id]
        )
        for tournament_id, version_id in versions.items()
    }


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
            int(board.ranking.ranks[row]),
            int(board.standings.columns["points"][row]),
        )
        for row in board.rows_by_rank(0, SHOWN).tolist()
    )
