"""A file of 100,000 results taken in as a tournament with its board."""

import csv
import io
import random
import time
from collections.abc import Iterator
from typing import Final

from sqlalchemy import text

from bench.context import Bench, Place
from bench.measurement import timed
from bench.rows import Row
from bench.seeding import GAME, MOST_KILLS, NOW, RULES
from webapp.extensions import db
from webapp.services.imports import imports
from webapp.services.spine.actors import SYSTEM

LOBBY: Final = 20
ROUNDS: Final = 10


def run(bench: Bench) -> Iterator[Row]:
    """On every database, once: an import takes a file only once."""
    rows = bench.pick(100_000, 1_000)
    file = _file(rows)
    for kind in bench.databases:
        with bench.place(kind, "importing") as place:
            began = time.perf_counter()
            outcome = imports.import_results(
                file, game=GAME, name="Bench", ruleset=RULES, organizer_id=None, season=None, now=NOW, actor=SYSTEM
            )
            took = time.perf_counter() - began
            if outcome.results != rows:
                raise AssertionError(f"{outcome.results} of {rows} rows were taken in")
            yield Row(
                key=f"import/{kind}", what=f"import of {rows:,} result rows, {place.title}", figure=took, unit="s",
                peer="csv module and executemany into one bare table", peer_figure=_bare_import(file, place),
                note=f"{outcome.matches:,} matches, {outcome.participants:,} participants",
                limits=bench.limits(20, None),
            )  # fmt: skip


def _file(rows: int) -> bytes:
    chance = random.Random(31)
    names = [f"Squad {number}" for number in range(rows // ROUNDS)]
    lines = ["match,participant,placement,kills,time_alive_s"]
    for number in range(ROUNDS):
        chance.shuffle(names)
        for index, name in enumerate(names):
            lobby, place = divmod(index, LOBBY)
            alive = 1800 - 60 * place
            lines.append(f"R{number + 1} L{lobby + 1},{name},{place + 1},{chance.randrange(MOST_KILLS)},{alive}")
    return "\n".join(lines).encode()


def _bare_import(file: bytes, place: Place) -> float:
    """Seconds to read the file and write its cells, nothing checked, scored or ranked."""
    with db.engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE bench_cells (match_label TEXT, name TEXT, place INT, kills INT, alive INT)")
        )
    mark = "?" if place.database == "sqlite" else "%s"

    def write() -> None:
        reader = csv.reader(io.StringIO(file.decode()))
        next(reader)
        cells = [(label, name, int(place), int(kills), int(alive)) for label, name, place, kills, alive in reader]
        with db.engine.begin() as connection:
            statement = f"INSERT INTO bench_cells VALUES ({', '.join([mark] * 5)})"
            connection.exec_driver_sql(statement, cells)

    return timed(write, 1, warm_up=0).best / 1000
