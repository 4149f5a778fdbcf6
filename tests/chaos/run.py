"""A run of kills against a whole site, and what must be true after it."""

import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import psutil
import redis
from sqlalchemy import func, select

from tests import invariants
from tests.arenas import PLAIN_RULES, open_battle_royale, turn_on_the_engine
from tests.chaos.audience import Audience
from tests.chaos.producer import AT_WORK, TAKEN_BACK
from tests.chaos.report import ChaosReport
from tests.chaos.watch import BoardWatch, RoutedWatch, Spectator, TellingWatch, VersionWatch, fragment_path
from tests.servers.process import ServerProcess
from tests.servers.web import LiveSite
from webapp import embedded_redis
from webapp.config import ROOT
from webapp.extensions import db
from webapp.models import AuditEntry, Event
from webapp.services.boards.history import RESULT_EVENTS
from webapp.services.spine.transaction import read_snapshot

VICTIMS = (
    ("worker-ranking", "jobs.worker ranking", 5),
    ("worker-default", "jobs.worker default", 3),
    ("worker-email", "jobs.worker email", 2),
    ("worker-webhooks", "jobs.worker webhooks", 3),
    ("worker-maintenance", "jobs.worker maintenance", 1),
    ("scheduler", "jobs.scheduler", 3),
    ("web", "webapp/web.py", 1),
    ("web-worker", "webapp.realtime.worker", 3),
    ("producer", "", 3),
    ("redis", "redis-server", 1),
)
"""What is killed: name, what its command holds, and how often against the others."""
RULES = (
    {**PLAIN_RULES, "count_best": 40, "cascade": ["points", "countback", "kills"]},
    {**PLAIN_RULES, "cascade": ["points", {"key": "head_to_head", "restart": True}, "kills"]},
)
FLUSH_EVERY = 12
PAUSE_S = (0.3, 2.5)
GROWN_UP_AFTER_S = 5.0
"""Killing what is still starting shows little and keeps two cores busy with starting."""
PRODUCERS = 2
SAMPLED_VERSIONS = 12
CALM_WITHIN_S = 150.0
"""After so long in which nothing of what is left gets less: an endpoint is sent ten a second, and many may wait."""
LONGEST_S = 900.0
STARTED_WITHIN_S = 60.0


class ChaosRun:
    """Kills processes of `site` while referees confirm results."""

    def __init__(
        self,
        site: LiveSite,
        audience: Audience,
        folder: Path,
        *,
        seed: str,
        database: str,
        pause_s: tuple[float, float] = PAUSE_S,
    ) -> None:
        self.site, self.audience, self.folder, self._pause_s = site, audience, folder, pause_s
        self.chance = random.Random(seed)
        self.report = ChaosReport(seed, database)
        self.written = folder / "came-back.txt"
        self.written.touch()
        with site.app.app_context():
            turn_on_the_engine(cache=True)
            self.tournament_ids = [
                open_battle_royale(rules, squads=12, lobbies=10, name=f"Storm {number}", season="2026_S1").tournament_id
                for number, rules in enumerate(RULES, start=1)
            ]
            db.session.remove()
        audience.settle(site.app, self.tournament_ids)
        self._redis_url = f"unix://{embedded_redis.socket_path(site.folder / 'instance')}"
        self._redis = redis.Redis.from_url(self._redis_url)
        self._started = 0
        self._producers = [self._started_producer() for _ in range(PRODUCERS)]

    def run(self, kills: int) -> ChaosReport:
        """Kill `kills` processes, let the site come to rest, and check everything."""
        url = self.site.environment["DATABASE_URL"]
        boards, tellings, routed = (kind(url, self.tournament_ids) for kind in (BoardWatch, TellingWatch, RoutedWatch))
        versions = VersionWatch(self.site.app, self.tournament_ids)
        spectator = Spectator(self.site, self.tournament_ids)
        for producer in self._producers:
            producer.wait_until(partial(_is_at_work, producer), seconds=STARTED_WITHIN_S)
        while self.report.kills.total() < kills:
            time.sleep(self.chance.uniform(*self._pause_s))
            if self._kill_one():
                for watch in (boards, tellings, routed):
                    watch.note_kill()
            if self.chance.randrange(FLUSH_EVERY) == 0:
                self._flush()
        self._come_to_rest()
        for each in (boards, tellings, routed, versions, spectator):
            each.stop()
        self.report.recoveries_s, self.report.tellings_s = boards.recoveries_s, tellings.recoveries_s
        self.report.routed_s = routed.recoveries_s
        self.report.looked_at = len(versions.looked_at)
        self.report.half_written = len(versions.half_written)
        self.report.problems += versions.half_written[:5]
        self.report.answers = spectator.answers
        self._redis.close()
        with self.site.app.app_context():
            self._check_log()
            self.audience.check(self.report)
            for tournament_id in self.tournament_ids:
                self._check_tournament(tournament_id)
            db.session.remove()
        return self.report

    def _kill_one(self) -> bool:
        names = [victim[0] for victim in VICTIMS]
        name = self.chance.choices(names, [victim[2] for victim in VICTIMS])[0]
        command = next(victim[1] for victim in VICTIMS if victim[0] == name)
        if name == "producer":
            # The one that ran longest, so that each gets to confirm something before its turn.
            if not _is_at_work(self._producers[0]):
                return False
            oldest = self._producers.pop(0)
            oldest.process.kill()
            oldest.process.wait()
            self._producers.append(self._started_producer())
        else:
            found = [process for process in self.site.processes(command) if _age_s(process) > GROWN_UP_AFTER_S]
            if not found:
                return False
            self.chance.choice(found).send_signal(signal.SIGKILL)
        self.report.kills[name] += 1
        return True

    def _flush(self) -> None:
        try:
            self._redis.flushall()
        except redis.RedisError:
            return
        self.report.flushes += 1

    def _started_producer(self) -> ServerProcess:
        self._started += 1
        words = [str(self.written), self.report.seed, *map(str, self.tournament_ids)]
        command = [sys.executable, "-m", "tests.chaos.producer", *words]
        environment = {**self.site.environment, "REDIS_URL": self._redis_url}
        return ServerProcess(
            command, self.folder / f"producer-{self._started}.log", environment=environment, folder=ROOT
        )

    def _come_to_rest(self) -> None:
        for producer in self._producers:
            if producer.process.poll() is not None:
                self.report.problems.append(f"a producer failed: {producer.output[-1000:]}")
            producer.process.kill()
            producer.process.wait()
        began = changed_at = time.monotonic()
        before: list[Sequence[str]] = []
        with self.site.app.app_context():
            while left := [*invariants.unserved(), *self.audience.waiting()]:
                now = time.monotonic()
                before, changed_at = left, now if left != before else changed_at
                if now - changed_at > CALM_WITHIN_S or now - began > LONGEST_S:
                    self.report.problems.append(f"still to be served {now - began:.0f} s after the last kill: {left}")
                    break
                time.sleep(0.1)
        self.report.calm_after_s = time.monotonic() - began

    def _check_log(self) -> None:
        lines = self.written.read_text().splitlines()
        came_back = Counter(tuple(map(int, line.split())) for line in lines if line != TAKEN_BACK)
        with read_snapshot() as session:
            rows = session.execute(select(Event.match_id, Event.data).where(Event.type.in_(RESULT_EVENTS)))
            in_log = Counter((match_id, data["revision"]) for match_id, data in rows)
            self.report.events = session.scalar(select(func.count()).select_from(Event)) or 0
            audited = session.execute(select(AuditEntry.data).where(AuditEntry.action.startswith("result.")))
            in_audit = Counter((data["match_id"], data["revision"]) for (data,) in audited)
            taken_back = select(func.count()).select_from(Event).where(Event.type == "tournament_updated")
            self.report.ghosts = session.scalar(taken_back) or 0
        self.report.came_back, self.report.rolled_back = came_back.total(), lines.count(TAKEN_BACK)
        self.report.lost = len(came_back.keys() - in_log.keys())
        self.report.doubled = sum(count - 1 for count in in_log.values())
        self.report.ghosts += (in_log - in_audit).total() + (in_audit - in_log).total()

    def _check_tournament(self, tournament_id: int) -> None:
        try:
            board = invariants.assert_all_is_well(tournament_id)
            numbers = range(1, board.version + 1)
            sample = self.chance.sample(numbers, min(SAMPLED_VERSIONS, len(numbers)))
            invariants.assert_versions_were_whole(tournament_id, sorted(sample))
            self._check_page(tournament_id, board.version)
        except AssertionError as error:
            self.report.problems.append(f"tournament {tournament_id}: {error}"[:1000])
        else:
            self.report.versions += board.version

    def _check_page(self, tournament_id: int, version: int) -> None:
        give_up_at = time.monotonic() + 20
        while True:
            try:
                _, _, body = self.site.get(fragment_path(tournament_id), **{"HX-Request": "true"})
            except OSError:
                body = b""
            if f'data-version="{version}"'.encode() in body:
                return
            assert time.monotonic() < give_up_at, "the page does not show the last version"
            time.sleep(0.1)


def _is_at_work(producer: ServerProcess) -> bool:
    assert producer.process.poll() is None, f"a producer failed:\n{producer.output[-3000:]}"
    return AT_WORK in producer.output


def _age_s(process: psutil.Process) -> float:
    try:
        return time.time() - float(process.create_time())
    except psutil.NoSuchProcess:
        return 0.0
