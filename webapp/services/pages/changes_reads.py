"""Reads of what changed since a reader looked: the deltas of a board from a version on, and the matches behind them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.deltas import NO_RANK, RankChanges, composed
from webapp.models import Event, Match, Tournament
from webapp.services.boards import boards
from webapp.services.boards.history import version_event
from webapp.services.live import known_matches
from webapp.services.pages.changes_view import ChangesView, FinishedMatch, MovedLine
from webapp.services.pages.tournament_reads import find_visible
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.transaction import read_snapshot

SHOWN_MOVED: Final = 8
SHOWN_FINISHED: Final = 5
FINISHED_READ: Final = 100
VERSIONS_AT_MOST: Final = 60
"""Deltas of a large board are long; who was away for more of them looks at the board itself."""


def read_changes(tournament_id: int, since_version: int, *, audience: str, now: datetime) -> ChangesView:
    """What the board of an audience changed after a version. Everything told is in the board that is shown.

    Raises NotFound for a tournament that the public does not see.
    """
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
        published = boards.of_tournament(session, tournament, audience, now=now)
        since, newest = max(since_version, 0), published.version
        is_too_long_ago = newest - since > VERSIONS_AT_MOST
        changes = None if is_too_long_ago or since >= newest else _moves(_changes(session, tournament, since, newest))
        finished = _finished(session, tournament, since, published.seq) if changes is not None else []
        names = names_of(session, _named(changes, finished))
        return ChangesView(
            tournament_id=tournament.id,
            log_number=tournament.log_seq,
            since_version=since,
            version=newest,
            leaders=_new_leaders(changes, names),
            moved=_moved(changes, names),
            moved_count=0 if changes is None else len(changes),
            finished=tuple(
                FinishedMatch(match.id, match.number, match.label, names.get(match.winner_id or 0))
                for match in finished[:SHOWN_FINISHED]
            ),
            finished_count=len(finished),
            is_too_long_ago=is_too_long_ago,
        )


def _changes(session: Session, tournament: Tournament, since: int, newest: int) -> RankChanges:
    updates = (
        select(Event.data)
        .where(Event.tournament_id == tournament.id, Event.type == "rank_update")
        .order_by(Event.seq)
        .offset(since)
        .limit(newest - since)
    )
    return composed([RankChanges.from_columns(data["changes"]) for data in session.scalars(updates)])


def _moves(changes: RankChanges) -> RankChanges:
    """Those whose rank changed, by the rank they have now; who left the board comes last."""
    moved = changes.take(np.flatnonzero(changes.previous_rank != changes.current_rank))
    has_left = moved.current_rank == NO_RANK
    return moved.take(np.lexsort((moved.participant_id, moved.current_rank, has_left)))


def _finished(session: Session, tournament: Tournament, since: int, up_to_seq: int) -> Sequence[Match]:
    """The matches whose result came into the board after that version, the newest first."""
    after = version_event(session, tournament.id, since).seq if since else 0
    told = select(func.max(Event.seq).label("seq"), Event.match_id).where(
        Event.tournament_id == tournament.id,
        Event.type == "match_completed",
        Event.seq > after,
        Event.seq <= up_to_seq,
    )
    newest = told.group_by(Event.match_id).subquery()
    known = known_matches.of_tournament(session, tournament)
    found = session.scalars(
        select(Match).join(newest, newest.c.match_id == Match.id).order_by(newest.c.seq.desc()).limit(FINISHED_READ)
    )
    return [known.of(match) for match in found]


def _named(changes: RankChanges | None, finished: Sequence[Match]) -> set[int]:
    moved = [] if changes is None else changes.participant_id[:SHOWN_MOVED].tolist()
    winners = [match.winner_id for match in finished[:SHOWN_FINISHED] if match.winner_id is not None]
    return {*moved, *winners}


def _new_leaders(changes: RankChanges | None, names: dict[int, str]) -> tuple[str, ...]:
    if changes is None:
        return ()
    leading = changes.participant_id[changes.current_rank == 1][:SHOWN_MOVED]
    return tuple(names[who] for who in leading.tolist())


def _moved(changes: RankChanges | None, names: dict[int, str]) -> tuple[MovedLine, ...]:
    if changes is None:
        return ()
    shown = changes.take(np.arange(min(SHOWN_MOVED, len(changes))))
    return tuple(
        MovedLine(who, names.get(who, f"#{who}"), previous or None, rank or None)
        for who, previous, rank in zip(
            shown.participant_id.tolist(), shown.previous_rank.tolist(), shown.current_rank.tolist(), strict=True
        )
    )
