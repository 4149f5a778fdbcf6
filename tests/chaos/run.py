"""A run of kills against a whole site, and what must be true after it."""

import random
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import redis
from sqlalchemy import select

from tests.arenas import Arena, open_battle_royale, turn_on_the_engine
from tests.chaos.watch import BoardWatch
from tests.invariants import assert_all_is_well, assert_versions_were_whole, unserved
from tests.servers.process import ServerProcess
from tests.servers.web import LiveSite
from webapp import embedded_redis
from webapp.config import ROOT
from webapp.extensions import db
from webapp.models import Event, Match
from webapp.services.transaction import read_snapshot

VICTIMS = (
    ("worker-ranking", "jobs.worker ranking", 5),
    ("worker-default", "jobs.worker default", 1),
    ("scheduler", "jobs.scheduler", 4),
    ("web", "granian", 2),
    ("producer", "", 2),
    ("redis", "redis-server", 1),
)
"""What is killed: name, what its command holds, and how often against the others."""
FLUSH_EVERY = 12
PRODUCERS = 2
SAMPLED_VERSIONS = 12
CALM_WITHIN_S = 90.0


@dataclass
class ChaosReport:
    """What happened, and what it came to."""

    seed: str
    database: str
    kills: Counter[str] = field(default_factory=Counter)
    flushes: int = 0
    confirmed: int = 0
    events: int = 0
    versions: int = 0
    lost: int = 0
    recovery_p50_s: float = 0.0
    recovery_p99_s: float = 0.0
    calm_after_s: float = 0.0

    def line(self) -> str:
        """The run in one line."""
        killed = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        return (
            f"{self.database}: {self.kills.total()} kills ({killed}), {self.flushes} FLUSHALL, "
            f"{self.confirmed} changes came back, {self.events} events, {self.versions} versions, lost {self.lost}; "
            f"board current after a kill p50 {self.recovery_p50_s:.2f} s, p99 {self.recovery_p99_s:.2f} s; "
            f"calm {self.calm_after_s:.1f} s after the last kill (seed {self.seed})"
        )


class ChaosRun:
    """Kills processes of `site` while a referee confirms results."""

    def __init__(self, site: LiveSite, folder: Path, *, seed: str, database: str) -> None:
        self.site, self.folder = site, folder
        self.chance = random.Random(seed)
        self.report = ChaosReport(seed, database)
        self.written = folder / "came-back.txt"
        with site.app.app_context():
            turn_on_the_engine(cache=True)
            self.arena: Arena = open_battle_royale(squads=12, lobbies=10)
            db.session.remove()
        self._producers = [self._started_producer() for _ in range(PRODUCERS)]
        self._redis = redis.Redis.from_url(f"unix://{embedded_redis.socket_path(site.folder / 'instance')}")

    def run(self, kills: int) -> ChaosReport:
        """Kill `kills` processes, let the site come to rest, and check everything."""
        watch = BoardWatch(self.site.environment["DATABASE_URL"], self.arena.tournament_id)
        while self.report.kills.total() < kills:
            time.sleep(self.chance.uniform(0.3, 2.2))
            self._kill_one(watch)
            if self.chance.randrange(FLUSH_EVERY) == 0:
                self._flush()
        for producer in self._producers:
            assert producer.process.poll() is None, f"a producer failed:\n{producer.output[-3000:]}"
            producer.stop(seconds=1)
        rested_from = time.monotonic()
        self._wait_for_rest()
        self.report.calm_after_s = time.monotonic() - rested_from
        time.sleep(0.2)
        watch.stop()
        recoveries = sorted(watch.recoveries_s)
        self.report.recovery_p50_s = statistics.median(recoveries)
        self.report.recovery_p99_s = recoveries[min(len(recoveries) - 1, int(len(recoveries) * 0.99))]
        self._check()
        return self.report

    def _kill_one(self, watch: BoardWatch) -> None:
        names = [victim[0] for victim in VICTIMS]
        name = self.chance.choices(names, [victim[2] for victim in VICTIMS])[0]
        command = next(victim[1] for victim in VICTIMS if victim[0] == name)
        if name == "producer":
            # The one that ran longest, so that each gets to confirm something before its turn.
            oldest = self._producers.pop(0)
            oldest.process.kill()
            oldest.process.wait()
            self._producers.append(self._started_producer())
        elif not self.site.kill(command):
            return
        self.report.kills[name] += 1
        watch.note_kill()

    def _flush(self) -> None:
        try:
            self._redis.flushall()
        except redis.RedisError:
            return
        self.report.flushes += 1

    def _started_producer(self) -> ServerProcess:
        command = [
            sys.executable, "-m", "tests.chaos.producer", str(self.arena.tournament_id), self.report.seed,
            str(self.written),
        ]  # fmt: skip
        return ServerProcess(command, self.folder / "producer.log", environment=self.site.environment, folder=ROOT)

    def _wait_for_rest(self) -> None:
        give_up_at = time.monotonic() + CALM_WITHIN_S
        with self.site.app.app_context():
            while left := unserved():
                if time.monotonic() > give_up_at:
                    raise AssertionError(f"still waiting {CALM_WITHIN_S:.0f} s after the last kill: {left}")
                time.sleep(0.1)

    def _check(self) -> None:
        tournament_id = self.arena.tournament_id
        came_back = [line.split() for line in self.written.read_text().splitlines() if len(line.split()) == 2]
        with self.site.app.app_context():
            board = assert_all_is_well(tournament_id)
            versions = range(1, board.version + 1)
            sample = self.chance.sample(versions, min(SAMPLED_VERSIONS, len(versions)))
            assert_versions_were_whole(tournament_id, sorted(sample))
            with read_snapshot() as session:
                revisions = {row.id: row.revision for row in session.execute(select(Match.id, Match.revision))}
                self.report.events = len(
                    session.scalars(select(Event.seq).where(Event.tournament_id == tournament_id)).all()
                )
            db.session.remove()
        self.report.confirmed, self.report.versions = len(came_back), board.version
        self.report.lost = sum(revisions.get(int(match), 0) < int(revision) for match, revision in came_back)
        assert self.report.lost == 0, "a change that came back is not in the database"
        self._check_page(board.version)

    def _check_page(self, version: int) -> None:
        path = f"/spectator/tournaments/{self.arena.tournament_id}/leaderboard/fragment/"
        give_up_at = time.monotonic() + 20
        while True:
            try:
                _, _, body = self.site.get(path, **{"HX-Request": "true"})
            except OSError:
                body = b""
            if f'data-version="{version}"'.encode() in body:
                return
            assert time.monotonic() < give_up_at, "the page does not show the last version"
            time.sleep(0.1)
