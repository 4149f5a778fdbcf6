"""Boards as readers get them: the published version, or what the flags say instead."""

import time
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.models import Tournament
from webapp.services.boards import frozen_boards
from webapp.services.live import visibility
from webapp.services.operations import flags
from webapp.services.ranking import board_store, ranking, scopes, standings
from webapp.services.ranking.board_store import FrozenNote, PublishedBoard

PAUSED: Final = ranking.DISABLED_SOURCE
LIVE: Final = ranking.LIVE_SOURCE


def find_tournament(session: Session, tournament_id: int) -> Tournament:
    """The tournament, unless there is none or it was deleted (NotFound)."""
    tournament = session.scalar(
        select(Tournament).where(Tournament.id == tournament_id, Tournament.deleted_at.is_(None))
    )
    if tournament is None:
        raise NotFound(f"There is no tournament {tournament_id}.", code="tournament_not_found")
    return tournament


def of_tournament(session: Session, tournament: Tournament, audience: str, *, now: datetime) -> PublishedBoard:
    """The board of a tournament for an audience; points and ranks are always of one version.

    With LEADERBOARDS_COMPUTE_ENABLED off it is empty (source `disabled`); with LEADERBOARDS_ENGINE_V2_ENABLED off it is
    computed by the plain service (source `live`, no deltas), by the same cascade. Before the first version it is empty.
    While it is frozen the public gets it as of then, `frozen` saying so.
    """
    rules = standings.rules_of(tournament)
    scope = scopes.tournament(tournament.id)
    if not flags.is_on("LEADERBOARDS_COMPUTE_ENABLED"):
        return empty(scope, audience, rules.hash, source=PAUSED, now=now)
    if visibility.is_frozen(tournament, audience):
        return frozen_boards.of_public(session, tournament, rules, now=now)
    if not flags.is_on("LEADERBOARDS_ENGINE_V2_ENABLED"):
        started = time.perf_counter()
        board = ranking.compute_board(session, tournament, rules)
        duration_us = round((time.perf_counter() - started) * 1_000_000)
        return PublishedBoard(
            str(scope), audience, 0, tournament.results_seq, rules.hash, LIVE, now, duration_us, board
        )  # fmt: skip
    published = board_store.load(session, scope, audience)
    return published or empty(scope, audience, rules.hash, source=ranking.ENGINE_SOURCE, now=now)


def shown(session: Session, tournament: Tournament, audience: str, *, now: datetime) -> PublishedBoard:
    """Like `of_tournament`, as a reader of the board itself has it: while rows are revealed, those alone.

    Everything beside the board (histories, explanations, seasons) stays as of the freeze until the reveal is over.
    """
    published = of_tournament(session, tournament, audience, now=now)
    return frozen_boards.with_revealed(session, published, tournament)


def note_for(session: Session, tournament: Tournament, audience: str) -> FrozenNote | None:
    """That the board is frozen for this audience; None where it is not."""
    if not visibility.is_frozen(tournament, audience):
        return None
    freeze = frozen_boards.in_force(session, tournament.id)
    return None if freeze is None else frozen_boards.note_of(freeze)


def of_scope(session: Session, scope: scopes.Scope, audience: str, *, now: datetime) -> PublishedBoard:
    """The board of a season or of all time; empty before its first version or while computing is switched off.

    Without the engine no tournament publishes versions that could be added up, so the last one stands.
    """
    if not flags.is_on("LEADERBOARDS_COMPUTE_ENABLED"):
        return empty(scope, audience, "", source=PAUSED, now=now)
    return board_store.load(session, scope, audience) or empty(
        scope, audience, "", source=ranking.ENGINE_SOURCE, now=now
    )


def empty(scope: scopes.Scope, audience: str, rules_hash: str, *, source: str, now: datetime) -> PublishedBoard:
    """A board without entries, as version 0."""
    return PublishedBoard(str(scope), audience, 0, 0, rules_hash, source, now, 0, ranking.empty_board())
