"""A typical match of eighteen teams, confirmed and ranked; and how often its readers cost a rendering."""

import random
from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from sqlalchemy import bindparam, text

from bench.context import Bench, Place
from bench.measurement import Timing, timed_after
from bench.rows import Row, timing_row
from bench.seeding import NOW, Seeded, lines_of, open_tournament
from tests.statements import count_statements
from webapp.domain.scoring import BattleRoyaleLine
from webapp.extensions import db
from webapp.services.matches import matches, results
from webapp.services.operations import cache
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM

TEAMS: Final = 18
READERS: Final = 1000
POLLS_EACH: Final = 10
POLL_EVERY_S: Final = 10
SCORE_EVERY_S: Final = 4
MATCH_EVERY_S: Final = 24


def run(bench: Bench) -> Iterator[Row]:
    """Both on every database."""
    for kind in bench.databases:
        with bench.place(kind, "confirming", with_redis=True) as place:
            yield from _confirmed(bench, place)
            yield _hit_ratio(bench, place)


def _confirmed(bench: Bench, place: Place) -> Iterator[Row]:
    runs = bench.pick(100, 5)
    seeded = open_tournament("Typical", TEAMS, runs + 4)
    chance = random.Random(23)
    open_matches = iter(seeded.open_match_ids)

    def next_match() -> tuple[int, list[BattleRoyaleLine]]:
        return next(open_matches), lines_of(chance.sample(seeded.participant_ids, TEAMS), chance)

    def confirm(match: tuple[int, list[BattleRoyaleLine]]) -> None:
        results.confirm(match[0], match[1], actor=SYSTEM, now=NOW)

    def confirm_and_rank(match: tuple[int, list[BattleRoyaleLine]]) -> None:
        confirm(match)
        ranking.rank_due(seeded.tournament_id, now=NOW)

    whole = timed_after(next_match, confirm_and_rank, runs)
    with count_statements() as of_confirm:
        confirm(next_match())
    with count_statements() as of_ranking:
        ranking.rank_due(seeded.tournament_id, now=NOW)
    bare = _bare_transaction(runs, seeded)
    yield timing_row(
        f"typical/{place.database}", f"{TEAMS} teams confirmed and ranked, {place.title}", whole,
        peer="bare driver: rows, totals, one event, commit", peer_figure=bare.median,
        note=f"{len(of_confirm)} + {len(of_ranking)} statements", limits=bench.limits(None, 10),
    )  # fmt: skip


def _bare_transaction(runs: int, seeded: Seeded) -> Timing:
    """The least that could be written for such a match: no checks, no ranking, no audit, no outbox."""
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE bench_results (match_id INT, who INT, place INT, kills INT, points INT)"))
        connection.execute(text("CREATE TABLE bench_totals (who INT PRIMARY KEY, points INT)"))
        connection.execute(text("CREATE TABLE bench_events (number INT PRIMARY KEY, data TEXT)"))
        connection.execute(
            text("INSERT INTO bench_totals VALUES (:who, 0)"), [{"who": who} for who in seeded.participant_ids]
        )
    insert = text("INSERT INTO bench_results VALUES (:match_id, :who, :place, :kills, :points)")
    add = text("UPDATE bench_totals SET points = points + :points WHERE who = :who")
    record = text("INSERT INTO bench_events VALUES (:number, :data)").bindparams(bindparam("data", "x" * 400))
    numbers = count(1)

    def write(number: int) -> None:
        rows = [
            {"match_id": number, "who": who, "place": place, "kills": 3, "points": 5}
            for place, who in enumerate(seeded.participant_ids, 1)
        ]
        with db.engine.connect().execution_options(sqlite_begin="IMMEDIATE") as connection, connection.begin():
            connection.execute(insert, rows)
            connection.execute(add, [{"who": row["who"], "points": 5} for row in rows])
            connection.execute(record, {"number": number})

    return timed_after(lambda: next(numbers), write, runs)


def _hit_ratio(bench: Bench, place: Place) -> Row:
    """A thousand readers poll the board while a match is played: running scores, confirmed results, new versions."""
    seconds = POLLS_EACH * POLL_EVERY_S if not bench.quick else 2 * SCORE_EVERY_S
    seeded = open_tournament("Watched", TEAMS, seconds // MATCH_EVERY_S + 1)
    chance = random.Random(29)
    client = place.app.test_client()
    address = f"/spectator/tournaments/{seeded.tournament_id}/leaderboard/fragment/"
    tags: dict[int, str] = {}
    polls = unchanged = 0
    misses_before = cache.counts.misses
    for second in range(seconds):
        _play(seeded, second, chance)
        for reader in range(second % POLL_EVERY_S, READERS, POLL_EVERY_S):
            headers = {"HX-Request": "true", **({"If-None-Match": tags[reader]} if reader in tags else {})}
            answer = client.get(address, headers=headers)
            tags[reader] = answer.headers["ETag"]
            polls += 1
            unchanged += answer.status_code == 304
    rendered = cache.counts.misses - misses_before
    return Row(
        key=f"hit_ratio/{place.database}",
        what=f"polls of {READERS:,} readers that no rendering was made for, {place.title}",
        figure=100 * (1 - rendered / polls), unit="%", more_is_better=True, runs=polls,
        note=f"{rendered} renderings, {unchanged} of {polls} polls answered 304", limits=bench.limits(95, 99),
    )  # fmt: skip


def _play(seeded: Seeded, second: int, chance: random.Random) -> None:
    match_id = seeded.open_match_ids[second // MATCH_EVERY_S]
    into_match = second % MATCH_EVERY_S
    lines: list[Any] = lines_of(seeded.participant_ids, chance)
    if into_match == 0:
        matches.start_match(match_id, actor=SYSTEM, now=NOW)
    elif into_match == MATCH_EVERY_S - 1:
        results.confirm(match_id, lines, actor=SYSTEM, now=NOW)
        ranking.rank_due(seeded.tournament_id, now=NOW)
    elif into_match % SCORE_EVERY_S == 0:
        running = [[line.participant_id, -1, line.kills] for line in lines]
        matches.update_score(match_id, running, actor=SYSTEM, now=NOW)
