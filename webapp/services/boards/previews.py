"""Preview images of tournaments' boards: drawn at most once for whatever they say, and one at a time."""

import threading
from collections import OrderedDict
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.domain.wording import worded
from webapp.models import Tournament
from webapp.services.boards import boards, preview_drawing
from webapp.services.boards.preview_drawing import Preview, PreviewRow
from webapp.services.boards.preview_fonts import is_writable
from webapp.services.live import visibility
from webapp.services.operations import cache
from webapp.services.pages.tournament_reads import find_visible_by_slug, game_title, participant_count
from webapp.services.pages.tournament_view import PHASES, TournamentPhase
from webapp.services.ranking import board_tops
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.transaction import read_snapshot

SHOWN: Final = 5
_DRAWING: Final = "2"
"""Counts the ways of drawing: another number makes other tags."""
_KEPT: Final = 64
_IN_REDIS_S: Final = 3600
_STATUSES: Final = {
    TournamentPhase.UPCOMING: "Upcoming",
    TournamentPhase.LIVE: "Live",
    TournamentPhase.DONE: "Completed",
    TournamentPhase.CANCELLED: "Cancelled",
}


class Picture(NamedTuple):
    """A preview image. `tag` is the same for pictures that say the same."""

    tag: str
    preview: Preview


class _Drawn:
    """The pictures drawn or given out last; one is drawn at a time, so that nobody can keep all processors busy."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._guard = threading.Lock()
        self._pencil = threading.Lock()
        self.count = 0
        """How many this process has drawn."""

    def get(self, picture: Picture) -> bytes:
        file = self._look(picture.tag)
        if file is None:
            with self._pencil:
                file = self._look(picture.tag) or self._from_all(picture)
            with self._guard:
                self._files[picture.tag] = file
                while len(self._files) > _KEPT:
                    self._files.popitem(last=False)
        return file

    def _look(self, tag: str) -> bytes | None:
        with self._guard:
            if tag in self._files:
                self._files.move_to_end(tag)
            return self._files.get(tag)

    def _from_all(self, picture: Picture) -> bytes:
        file, _ = cache.through(
            f"preview:{picture.tag}", ttl_s=_IN_REDIS_S, compute=lambda: self._draw(picture.preview)
        )
        return file

    def _draw(self, preview: Preview) -> bytes:
        self.count += 1
        return preview_drawing.draw(preview)


drawn: Final = _Drawn()


def read_picture(slug: str, *, audience: str, now: datetime) -> Picture:
    """What the picture of a public tournament says now. Raises NotFound for every other tournament."""
    with read_snapshot() as session:
        tournament = find_visible_by_slug(session, slug)
        if tournament.visibility != "public":
            raise NotFound(worded("There is no tournament called %(name)s.", name=slug), code="tournament_not_found")
        preview = _preview(session, tournament, audience, now)
    return Picture(sha256(f"{_DRAWING}{preview!r}".encode()).hexdigest()[:16], preview)


def file_of(picture: Picture) -> bytes:
    """The picture as a PNG file."""
    return drawn.get(picture)


def _preview(session: Session, tournament: Tournament, audience: str, now: datetime) -> Preview:
    phase = PHASES.get(visibility.status_of(tournament), TournamentPhase.UPCOMING)
    count = participant_count(session, tournament)
    form = tournament.format.replace("-", " ").capitalize()
    return Preview(
        name=tournament.name if is_writable(tournament.name) else tournament.slug,
        kicker=f"{game_title(tournament.game)} · {form} · {count} participant{'' if count == 1 else 's'}",
        status=_STATUSES[phase],
        is_live=phase is TournamentPhase.LIVE,
        rows=_rows(session, tournament, audience, now),
        note="The board opens with the first result.",
    )


def _rows(session: Session, tournament: Tournament, audience: str, now: datetime) -> tuple[PreviewRow, ...]:
    """The leaders, once something was played; a name that no font can write gives way to the participant's number."""
    board = boards.of_tournament(session, tournament, audience, now=now).board
    columns = board.standings.columns
    if not (len(board) and (columns["matches_played"].any() or columns["points"].any())):
        return ()
    top = board_tops.top_of(board)
    ids, ranks, points = (column[:SHOWN].tolist() for column in top)
    names = names_of(session, ids)
    return tuple(
        PreviewRow(rank, name if (name := names.get(who, "")) and is_writable(name) else f"#{who}", total)
        for who, rank, total in zip(ids, ranks, points, strict=True)
    )
