"""Boards from the database: everything computed again, and ten of ten thousand changed."""

import random
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import CursorResult, text

from bench.commits import commit_alone
from bench.context import Bench, Place
from bench.measurement import timed, timed_after
from bench.rows import Row, timing_row
from bench.seeding import NOW, Seeded, gather_statistics, lines_of, played_tournament
from tests.statements import count_statements
from webapp.extensions import db
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction

ROUNDS: Final = 10
LOBBY: Final = 20
AFFECTED: Final = 10

# What a scoreboard in SQL does for a new order: totals of all results with their ranks, or ranks of kept totals.
_FOLDED: Final = """
SELECT registration_id, points, kills, wins, played, first_win,
       RANK() OVER (ORDER BY points DESC, kills DESC, wins DESC, played, first_win, registration_id) AS place
FROM (SELECT r.registration_id, SUM(r.placement_points + r.kill_points) AS points, SUM(r.kills) AS kills,
             SUM(CASE WHEN r.placement = 1 THEN 1 ELSE 0 END) AS wins, COUNT(*) AS played,
             MIN(CASE WHEN r.placement = 1 THEN m.completed_at END) AS first_win
      FROM results r JOIN matches m ON m.id = r.match_id
      WHERE r.tournament_id = :tournament_id GROUP BY r.registration_id) AS totals
ORDER BY place"""
_RANKED: Final = """
SELECT registration_id, points, RANK() OVER (
    ORDER BY points DESC, kills DESC, wins DESC, matches_played, earliest_win_at, registration_id
) AS place
FROM standings WHERE tournament_id = :tournament_id ORDER BY place"""


_CHANGED: Final = """
UPDATE results SET kills = (registration_id * :factor) % 9, kill_points = (registration_id * :factor) % 9
WHERE tournament_id = :tournament_id AND match_id <= :last"""


def run(bench: Bench) -> Iterator[Row]:
    """Both on every database."""
    participants = bench.pick(10_000, 200)
    partial_runs = bench.pick(40, 3)
    for kind in bench.databases:
        with bench.place(kind, "computing") as place:
            seeded = played_tournament(participants, ROUNDS, LOBBY, still_open=partial_runs + 2)
            yield from _full(bench, place, seeded)
            yield from _partial(bench, place, seeded, partial_runs)


def _full(bench: Bench, place: Place, seeded: Seeded) -> Iterator[Row]:
    chance = random.Random(3)

    def change_everybody() -> None:
        # Every participant's first match ends otherwise, so that no row of the board stays as it was.
        with transaction() as session:
            session.execute(
                text(_CHANGED),
                {
                    "factor": chance.randrange(2, 10_000),
                    "tournament_id": seeded.tournament_id,
                    "last": len(seeded.participant_ids) // LOBBY,
                },
            )

    computed = timed_after(
        change_everybody,
        lambda _: ranking.compute_tournament_rankings(seeded.tournament_id, now=NOW),
        bench.pick(15, 2),
    )
    gather_statistics()
    peer = timed(lambda: _fetch(_FOLDED, seeded.tournament_id), bench.pick(7, 1))
    yield timing_row(
        f"full/{place.database}",
        f"full compute, {len(seeded.participant_ids):,} participants x {ROUNDS} matches, {place.title}",
        computed,
        peer=f"GROUP BY and RANK() in {place.title}, fetched",
        peer_figure=peer.median,
        note="read, folded, ranked, compared, stored",
        limits=bench.limits(500, 100),
    )


def _partial(bench: Bench, place: Place, seeded: Seeded, runs: int) -> Iterator[Row]:
    chance = random.Random(5)
    open_matches = iter(seeded.open_match_ids)

    def next_match() -> tuple[int, Any]:
        return next(open_matches), lines_of(chance.sample(seeded.participant_ids, AFFECTED), chance)

    def confirm_and_rank(match: tuple[int, Any]) -> None:
        results.confirm(match[0], match[1], actor=SYSTEM, now=NOW)
        ranking.rank_due(seeded.tournament_id, now=NOW)

    partial = timed_after(next_match, confirm_and_rank, runs)
    _check(seeded.tournament_id)
    with count_statements() as statements:
        confirm_and_rank(next_match())
    peer = timed(lambda: _fetch(_RANKED, seeded.tournament_id), bench.pick(15, 1))
    yield timing_row(
        f"partial/{place.database}",
        f"{AFFECTED} of {len(seeded.participant_ids):,} affected, confirmed to ranks stored, {place.title}",
        partial,
        peer=f"RANK() over kept totals in {place.title}, fetched",
        peer_figure=peer.median,
        note=f"{len(statements)} statements, two commits of {commit_alone().median:.1f} ms",
        limits=bench.limits(50, 10),
    )


def _fetch(statement: str, tournament_id: int) -> list[Any]:
    with db.engine.connect() as connection:
        answer: CursorResult[Any] = connection.execute(text(statement), {"tournament_id": tournament_id})
        return list(answer.cursor.fetchall())


def _check(tournament_id: int) -> None:
    """What the partial updates made is what a full computation gives."""
    again = ranking.compute_tournament_rankings(tournament_id, now=NOW)
    if len(again.deltas):
        raise AssertionError(f"partial updates left {len(again.deltas)} rows otherwise than a full computation")
