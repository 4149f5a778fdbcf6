"""A season of 100,000 participants, and all time: computed from the boards of its tournaments, and read."""

from collections.abc import Iterator
from itertools import count
from typing import Any, Final

import numpy as np
from sqlalchemy import text

from bench.context import Bench, Place
from bench.kernel import totals_like_those_of_a_season
from bench.measurement import Timing, timed, timed_after
from bench.rows import Row, timing_row
from bench.seeding import GAME, NOW, RULES, gather_statistics
from webapp.domain.board import Board
from webapp.domain.columns import IntColumn
from webapp.domain.ranking import rank
from webapp.domain.standing_columns import standings_of
from webapp.extensions import db
from webapp.services.boards import leaderboards
from webapp.services.operations import cache
from webapp.services.ranking import board_store, scopes, season_ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import tournaments

SEASON: Final = "2026_S1"
TOURNAMENTS: Final = 20
ROUNDS_EACH: Final = 2
PAGE: Final = 50
_ROUND_ROWS: Final = """
CREATE TABLE bench_rounds (
    subject_id BIGINT NOT NULL, points BIGINT NOT NULL, kills BIGINT NOT NULL, wins BIGINT NOT NULL,
    played BIGINT NOT NULL, first_win BIGINT NOT NULL
)"""
_SUMMED: Final = """
SELECT subject_id, points, RANK() OVER (
    ORDER BY points DESC, kills DESC, wins DESC, played, first_win, subject_id
) AS place
FROM (SELECT subject_id, SUM(points) AS points, SUM(kills) AS kills, SUM(wins) AS wins, SUM(played) AS played,
             MIN(first_win) AS first_win FROM bench_rounds GROUP BY subject_id) AS totals
ORDER BY place"""


def run(bench: Bench) -> Iterator[Row]:
    """Season and all time on every database."""
    subjects = bench.pick(100_000, 400)
    for kind in bench.databases:
        with bench.place(kind, "season", with_redis=True) as place:
            yield from _season(bench, place, Rounds(subjects))


class Rounds:
    """Tournaments in which every subject plays twice, and boards for them."""

    season = SEASON

    def __init__(self, subjects: int) -> None:
        chance = np.random.default_rng(17)
        everybody = np.concatenate([chance.permutation(subjects) + 1 for _ in range(ROUNDS_EACH)])
        self.subjects = subjects
        self._fields = np.split(everybody.astype(np.int64), TOURNAMENTS)
        self._versions = count(1)
        self._ids = [
            tournaments.create(
                f"Round {number}", game=GAME, format="battle-royale", ruleset=RULES, actor=SYSTEM, now=NOW,
                season=SEASON, status="completed", starts_at=NOW, completed_at=NOW,
            )
            for number in range(1, TOURNAMENTS + 1)
        ]  # fmt: skip

    def play_all(self) -> None:
        for index in range(TOURNAMENTS):
            self.play(index)

    def play(self, index: int = 0) -> None:
        """A new board for one of the tournaments."""
        version = next(self._versions)
        board = _board(self._fields[index], version)
        about = board_store.Version(version, version, RULES.hash, "engine_v2", NOW, 0)
        with transaction() as session:
            board_store.store(session, scopes.tournament(self._ids[index]), board, about)

    def as_rows(self) -> Iterator[dict[str, Any]]:
        names = ("subject_id", "points", "kills", "wins", "played", "first_win")
        for index, field in enumerate(self._fields):
            totals = totals_like_those_of_a_season(field.size, index)
            columns = [
                totals[name].tolist() for name in ("points", "kills", "wins", "matches_played", "earliest_win_at")
            ]
            yield from (dict(zip(names, row, strict=True)) for row in zip(field.tolist(), *columns, strict=True))


def _board(field: IntColumn, seed: int) -> Board:
    ids = np.arange(1, field.size + 1, dtype=np.int64) + seed * field.size
    standings = standings_of(ids, totals_like_those_of_a_season(field.size, seed))
    return Board(standings, rank(standings, RULES.cascade), field, field)


def _season(bench: Bench, place: Place, rounds: Rounds) -> Iterator[Row]:
    rounds.play_all()
    many = f"{rounds.subjects:,}"
    runs = bench.pick(9, 2)
    sql = _sql_season(rounds, bench.pick(3, 1))
    peer = {"peer": f"GROUP BY and RANK() in {place.title}, fetched", "peer_figure": sql.median}
    yield timing_row(
        f"season/{place.database}", f"season of {many} participants, {place.title}",
        timed_after(rounds.play, lambda _: season_ranking.compute_season_rankings(GAME, SEASON, now=NOW), runs),
        note=f"{TOURNAMENTS} tournaments' boards added up, ranked, stored", **peer, limits=bench.limits(2000, 300),
    )  # fmt: skip

    def change_season() -> None:
        rounds.play()
        season_ranking.compute_season_rankings(GAME, SEASON, now=NOW)

    yield timing_row(
        f"all_time/{place.database}", f"all time of {many} participants, {place.title}",
        timed_after(change_season, lambda _: season_ranking.compute_all_time_rankings(GAME, now=NOW), runs),
        **peer, limits=bench.limits(2000, 300),
    )  # fmt: skip
    yield from _reads(bench, place, many)


def _sql_season(rounds: Rounds, runs: int) -> Timing:
    with db.engine.begin() as connection:
        connection.execute(text(_ROUND_ROWS))
        connection.execute(
            text("INSERT INTO bench_rounds VALUES (:subject_id, :points, :kills, :wins, :played, :first_win)"),
            list(rounds.as_rows()),
        )
    gather_statistics()

    def summed() -> None:
        with db.engine.connect() as connection:
            answer = connection.execute(text(_SUMMED))
            if len(answer.cursor.fetchall()) != rounds.subjects:
                raise AssertionError("the season in SQL has other participants")

    return timed(summed, runs, warm_up=0)


def _reads(bench: Bench, place: Place, many: str) -> Iterator[Row]:
    runs = bench.pick(200, 5)

    def read() -> None:
        page = leaderboards.scoped_page(scopes.season(GAME, SEASON), audience="public", limit=PAGE, offset=0, now=NOW)
        if len(page["rankings"]) != PAGE:
            raise AssertionError("a page without its rows")

    yield timing_row(
        f"read_season/{place.database}", f"top {PAGE} of a season of {many} from the cache, {place.title}",
        timed_after(cache.forget, lambda _: read(), runs, warm_up=3), limits=bench.limits(100, 5),
    )  # fmt: skip
