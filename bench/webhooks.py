"""Webhooks: how many a second, how soon, and what dead receivers and a long queue do to everybody else."""

import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import func, select, text

from bench.context import FLAGS, TITLES, Bench
from bench.rows import Row
from bench.seeding import Seeded, lines_of, open_tournament
from tests import hearing
from tests.chaos.receivers import ChaosReceivers
from tests.chaos.receiving import DEAD
from tests.servers.process import ServerProcess
from tests.servers.web import LiveSite
from webapp import connect_doorbell, embedded_redis
from webapp.config import ROOT
from webapp.extensions import db
from webapp.models import Event, OutboxItem, WebhookDelivery
from webapp.services.matches import results
from webapp.services.spine import doorbell, log
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.doorbell import LONGEST_PAUSE_S
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.webhooks import endpoints

WORKERS: Final = 4
TOURNAMENTS: Final = 10
ENDPOINTS_EACH: Final = 10
TOLD: Final = "tournament_updated"
TEAMS: Final = 18
PATIENCE_S: Final = 180
TOLD_A_SECOND: Final = 50
DEAD_LOAD_A_SECOND: Final = 5
RESTS_S: Final = 5
RANKED_APART_S: Final = 0.2
ALIVE: Final = "/alive"
_HOW_FAR: Final = text(
    "SELECT o.lease_token IS NOT NULL, COALESCE(b.seq, 0) >= t.results_seq FROM tournaments t "
    "JOIN outbox o ON o.handler = 'rank' AND o.key = :key "
    "LEFT JOIN boards b ON b.scope = 'tournament:' || t.id AND b.audience = 'official' WHERE t.id = :tournament_id"
)


class Ranked(NamedTuple):
    """Seconds from a confirmation until its ranking began, and until it stood on the board."""

    begun_s: float
    done_s: float


def run(bench: Bench) -> Iterator[Row]:
    """The site as `make run` starts it, with more workers for webhooks; events are recorded in this process."""
    for kind in bench.databases:
        folder = bench.folder / f"webhooks-{kind}"
        folder.mkdir()
        environment = {**FLAGS, "NOTIFICATIONS_WEBHOOK_ENABLED": "on", "WEBHOOK_ALLOW_PRIVATE": "1"}
        site = LiveSite(folder, bench.new_database(kind, "webhooks"), **environment)
        with ExitStack() as started:
            receivers = ChaosReceivers(folder, "bench", is_kind=True)
            started.callback(receivers.stop)
            receivers.stand_back()
            site.start()
            started.callback(site.stop)
            for number in range(1, WORKERS):
                started.callback(_worker(site, folder / f"worker-{number}.log").stop)
            connect_doorbell(site.app)
            started.callback(doorbell.connect, None)
            with site.app.app_context():
                yield from Load(bench, kind, receivers.url).rows()
                db.session.remove()


def _worker(site: LiveSite, output: Path) -> ServerProcess:
    redis_url = f"unix://{embedded_redis.socket_path(site.folder / 'instance')}"
    environment = {**site.environment, "REDIS_URL": redis_url}
    return ServerProcess(
        [sys.executable, "-m", "jobs.worker", "webhooks"], output, environment=environment, folder=ROOT
    )


class Load:
    """Tournaments with endpoints, and events for them."""

    def __init__(self, bench: Bench, kind: str, receivers_url: str) -> None:
        self._bench, self._kind, self._url = bench, kind, receivers_url
        self._endpoints = bench.pick(ENDPOINTS_EACH, 2)
        self._tournaments = bench.pick(TOURNAMENTS, 2)
        self._dead: list[tuple[int, Actor]] = []

    def rows(self) -> Iterator[Row]:
        """All of them, one after the other."""
        all_alive = self._opened("Alive", self._endpoints)
        yield from self._throughput(all_alive)
        yield self._lag(self._opened("Watched", 1))
        yield self._with_dead(all_alive)
        yield from self._rankings(all_alive)

    def _opened(self, name: str, count: int, *, dead: int = 0) -> list[int]:
        """Tournaments with so many endpoints each, of which the first `dead` never answer."""
        ids = []
        for number in range(self._tournaments):
            ids.append(open_tournament(f"{name} {number}", 2, 0).tournament_id)
            # Nobody may have more than twenty.
            actor = hearing.staff(f"{name.lower()}-{number}")
            for index in range(count):
                address = f"{self._url}{DEAD if index < dead else ALIVE}/{name.lower()}/{number}/{index}"
                endpoint_id = hearing.endpoint(address, [TOLD], actor=actor, tournament_id=ids[-1])
                if index < dead:
                    self._dead.append((endpoint_id, actor))
        return ids

    def _throughput(self, ids: Sequence[int]) -> Iterator[Row]:
        events = self._bench.pick(1000, 20)
        before = _newest()
        began = time.perf_counter()
        for tournament_id in ids:
            _tell(tournament_id, events // len(ids))
        count = events * self._endpoints
        _wait_for(count, before)
        took = time.perf_counter() - began
        yield Row(
            key=f"webhooks_rate/{self._kind}",
            what=f"webhooks a second, {WORKERS} workers, {len(ids) * self._endpoints} endpoints, {TITLES[self._kind]}",
            figure=count / took, unit="/s", more_is_better=True, limits=self._bench.limits(200, None),
        )  # fmt: skip
        yield Row(
            key=f"webhooks_all/{self._kind}",
            what=f"{events:,} events delivered to {self._endpoints} endpoints each, {TITLES[self._kind]}",
            figure=took, unit="s", limits=self._bench.limits(60, None),
        )  # fmt: skip

    def _lag(self, ids: Sequence[int]) -> Row:
        delays = self._steady(ids, 1, seconds=self._bench.pick(10, 1), a_second=TOLD_A_SECOND)
        return Row(
            key=f"webhooks_lag/{self._kind}",
            what=f"event to delivered webhook at {TOLD_A_SECOND} events a second, p95, {TITLES[self._kind]}",
            figure=_p95(delays), unit="s", p95=_p95(delays), best=min(delays), runs=len(delays),
            note=f"median {statistics.median(delays):.2f} s", limits=self._bench.limits(2, None),
        )  # fmt: skip

    def _with_dead(self, alive: Sequence[int]) -> Row:
        load = {"seconds": self._bench.pick(10, 1), "a_second": DEAD_LOAD_A_SECOND}
        without: list[float] = []
        beside: list[float] = []
        # In turns, as the machine's speed changes, and each as often the first of a pair.
        for number in range(self._bench.pick(4, 2)):
            if number % 4 in {0, 3}:
                self._rest()
                without += self._steady(alive, self._endpoints, **load)
            else:
                dying = self._opened(f"Dying-{number}", self._endpoints, dead=1)
                self._rest()
                beside += self._steady(dying, self._endpoints - 1, **load)
                self._give_up_dead()
        then, now = _p95(without), _p95(beside)
        return Row(
            key=f"webhooks_dead/{self._kind}",
            what=f"p95 of 90 receivers beside 10 dead ones, of that without, {TITLES[self._kind]}",
            figure=100 * now / then, unit="%", note=f"{then:.2f} s, then {now:.2f} s",
            limits=self._bench.limits(110, None),
        )  # fmt: skip

    def _give_up_dead(self) -> None:
        """Nothing is tried again there while something else is measured."""
        for endpoint_id, actor in self._dead:
            endpoints.delete(endpoint_id, actor=actor, now=utc_now())
        self._dead.clear()

    def _steady(self, ids: Sequence[int], receivers: int, *, seconds: int, a_second: int) -> list[float]:
        """Seconds from each event to its delivery at the `receivers` of it that answer, events coming at this pace."""
        before, began = _newest(), time.monotonic()
        total = seconds * a_second
        for number in range(total):
            time.sleep(max(0.0, began + number / a_second - time.monotonic()))
            _tell(ids[number % len(ids)], 1)
        _wait_for(total * receivers, before)
        return _delays(before)

    def _rest(self) -> None:
        """What was measured before has its last rows to write, which must not count here."""
        time.sleep(self._bench.pick(RESTS_S, 0))

    def _rankings(self, ids: Sequence[int]) -> Iterator[Row]:
        runs, events = self._bench.pick(40, 1), self._bench.pick(500, 10)
        # One tournament for each, since a board of more matches takes longer; in turns, as the machine's speed changes.
        quiet, crowded = (open_tournament(name, TEAMS, 2 * runs + 2) for name in ("Ranked alone", "Ranked beside"))
        chance = random.Random(31)
        alone: list[Ranked] = []
        beside: list[Ranked] = []
        for start in (0, runs):
            self._rest()
            alone += _ranked(quiet, quiet.open_match_ids[start : start + runs], chance)
            before = _newest()
            for tournament_id in ids:
                _tell(tournament_id, events // len(ids))
            _wait_until_published()
            beside += _ranked(crowded, crowded.open_match_ids[start : start + runs], chance)
            _wait_for(events * self._endpoints, before)
        for key, what, which in (("waiting", "begun", 0), ("ranking", "on the board", 1)):
            then, now = (_p95([ranked[which] for ranked in its]) for its in (alone, beside))
            yield Row(
                key=f"webhooks_{key}/{self._kind}",
                what=f"confirmed to ranking {what} beside {events * self._endpoints:,} waiting webhooks, p95, "
                f"{TITLES[self._kind]}",
                figure=100 * now / then, unit="%", note=f"{1000 * then:.0f} ms, then {1000 * now:.0f} ms",
                limits=self._bench.limits(120, None),
            )  # fmt: skip


def _tell(tournament_id: int, events: int) -> None:
    """Record so many facts at once."""
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        facts = [log.Fact(TOLD, {"changed": []})] * events
        log.record_many(session, tournament, facts, actor=SYSTEM, now=utc_now())


def _wait_until_published() -> None:
    """Until boards know of all that was recorded and the doorbell has rested: so many events at once keep this process
    busy without any webhook.
    """
    is_waiting = select(func.count()).where(OutboxItem.handler == "publish", OutboxItem.wanted > OutboxItem.done)
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at:
        with read_snapshot() as session:
            if not session.scalar(is_waiting):
                break
        time.sleep(0.01)
    time.sleep(LONGEST_PAUSE_S)


def _newest() -> int:
    """The last delivery so far."""
    with read_snapshot() as session:
        return session.scalar(select(func.max(WebhookDelivery.id))) or 0


def _wait_for(count: int, after_id: int) -> None:
    """Until so many of the deliveries since then have arrived."""
    give_up_at = time.monotonic() + PATIENCE_S
    is_done = select(func.count()).where(WebhookDelivery.id > after_id, WebhookDelivery.state == "delivered")
    while True:
        with read_snapshot() as session:
            done = session.scalar(is_done) or 0
        if done >= count:
            return
        if time.monotonic() > give_up_at:
            raise AssertionError(f"{done} of {count} webhooks were delivered in {PATIENCE_S} s")
        # Often enough to be right to a hundredth of what is measured, and no load beside it.
        time.sleep(0.1)


def _delays(after_id: int) -> list[float]:
    rows = select(Event.created_at, WebhookDelivery.delivered_at).join(Event, Event.id == WebhookDelivery.event_id)
    with read_snapshot() as session:
        found = session.execute(rows.where(WebhookDelivery.id > after_id, WebhookDelivery.state == "delivered"))
        return [(delivered_at - created_at).total_seconds() for created_at, delivered_at in found if delivered_at]


def _ranked(seeded: Seeded, match_ids: Sequence[int], chance: random.Random) -> list[Ranked]:
    """For each of these matches how soon its ranking began and was done, once it is confirmed."""
    found = []
    for match_id in match_ids:
        lines = lines_of(chance.sample(seeded.participant_ids, TEAMS), chance)
        results.confirm(match_id, lines, actor=SYSTEM, now=utc_now())
        began, begun_s = time.perf_counter(), None
        while True:
            is_begun, is_ranked = _how_far(seeded.tournament_id)
            took = time.perf_counter() - began
            begun_s = took if begun_s is None and (is_begun or is_ranked) else begun_s
            if is_ranked:
                break
            time.sleep(0.003)
        found.append(Ranked(took if begun_s is None else begun_s, took))
        # Longer than the doorbell rests, which is measured elsewhere.
        time.sleep(RANKED_APART_S)
    return found


def _how_far(tournament_id: int) -> tuple[bool, bool]:
    """Whether a worker is at the ranking that is wanted, and whether the board has it."""
    parameters = {"tournament_id": tournament_id, "key": str(tournament_id)}
    with read_snapshot() as session:
        is_begun, is_ranked = session.execute(_HOW_FAR, parameters).one()
    return bool(is_begun), bool(is_ranked)


def _p95(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
