"""Plays the demo's live tournaments, through the services that people use: about a match every half minute."""

import signal
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import select

from jobs.context import application
from webapp.domain.errors import Conflict
from webapp.extensions import db
from webapp.models import Match, Registration, Tournament
from webapp.services.demo import demo
from webapp.services.matches import matches, results, series
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

STEP_S: Final = 4.0
MATCH_S: Final = 24.0
EDITIONS: Final = {demo.LIVE_NAME: demo.open_live_tournament, demo.LEAGUE_NAME: demo.open_league}

log = structlog.get_logger(__name__)


def main() -> None:
    """Play until told to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with application().app_context():
        while not stop.is_set():
            try:
                step(now=utc_now())
            except Conflict:
                # Somebody else has played on meanwhile; the next step finds what is there now.
                log.debug("simulator_waits")
            except Exception:
                log.exception("simulator_step_failed")
            finally:
                db.session.remove()
            stop.wait(STEP_S)


def step(*, now: datetime) -> None:
    """One step in each of the demo's live tournaments."""
    for name in EDITIONS:
        with read_snapshot() as session:
            tournament = session.scalar(
                select(Tournament)
                .where(Tournament.name.startswith(name), Tournament.status == "live", Tournament.deleted_at.is_(None))
                .order_by(Tournament.id.desc())
                .limit(1)
            )
            tournament_id = tournament.id if tournament else None
        if tournament_id is not None:
            _play(tournament_id, now=now)
        elif played := _editions(name):
            EDITIONS[name](played + 1, now=now)


def _play(tournament_id: int, *, now: datetime) -> None:
    with read_snapshot() as session:
        due = (
            select(Match)
            .where(Match.tournament_id == tournament_id, Match.state.in_(("scheduled", "live")))
            .order_by(Match.state, Match.number)
            .limit(1)
        )
        match = session.scalar(due)
        ids = list(session.scalars(select(Registration.id).where(Registration.tournament_id == tournament_id)))
        if match is not None:
            session.expunge(match)
    if match is None:
        tournaments.complete(tournament_id, actor=SYSTEM, now=now)
    elif match.state == "scheduled":
        matches.start_match(match.id, actor=SYSTEM, now=now)
    else:
        _play_on(match, ids, now=now)


def _play_on(match: Match, ids: list[int], *, now: datetime) -> None:
    assert match.started_at is not None
    progress = (now - match.started_at).total_seconds() / MATCH_S
    if match.side_a_id is not None and match.side_b_id is not None:
        games = demo.series_games(match.id, match.side_a_id, match.side_b_id)
        if progress >= 1:
            series.confirm(match.id, games, actor=SYSTEM, now=now)
            return
        rounds = progress * len(games)
        running = [
            [game.number, *(int(score * min(1.0, rounds - index)) for score in _scores(match, game.score))]
            for index, game in enumerate(games)
            if rounds > index
        ]
        matches.update_score(match.id, running, actor=SYSTEM, now=now)
        return
    lines = demo.battle_lines(match.id, ids)
    if progress >= 1:
        results.confirm(match.id, lines, actor=SYSTEM, now=now)
        return
    alive = max(1, round(len(lines) * (1 - progress)))
    running = [
        [line.participant_id, place if place > alive else -1, int(line.kills * progress)]
        for place, line in enumerate(lines, start=1)
    ]
    matches.update_score(match.id, running, actor=SYSTEM, now=now)


def _scores(match: Match, score: Mapping[int, int]) -> tuple[int, int]:
    return score[match.side_a_id or 0], score[match.side_b_id or 0]


def _editions(name: str) -> int:
    with read_snapshot() as session:
        return len(session.scalars(select(Tournament.id).where(Tournament.name.startswith(name))).all())


if __name__ == "__main__":
    main()
