"""Thousands of sockets in one room, beside a bare broadcast with the same clients in the same run."""

import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import psutil

from bench.context import FLAGS, Bench
from bench.http_load import Target, client_name, load
from bench.rows import Row
from bench.seeding import Seeded, open_tournament
from bench.socket_clients import Crowd, most_connections
from bench.socket_pages import moved_rows, pages
from tests.servers.web import LiveSite, free_port
from webapp import connect_doorbell
from webapp.services.spine import doorbell, log
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.log import Fact
from webapp.services.spine.transaction import transaction

MESSAGE_BYTES: Final = 500
PER_SECOND: Final = 5
BURST: Final = 100
BURSTS: Final = 3
LIMITS: Final = {"WS_RATE_CONN_PER_IP": "100000", "WS_RATE_ROOM_MAX_MEMBERS": "100000"}
SETTLED_S: Final = 2.0
KIB: Final = 1024


class Server(Protocol):
    """Something that tells a room of listeners."""

    port: int
    path: str

    def tell(self, count: int) -> list[int]:
        """Say so many things at once; their numbers."""

    def processes(self) -> list[psutil.Process]:
        """What serves the sockets."""


class _Site:
    """The whole site: what is told is an event of the log, committed, published and heard as any other."""

    def __init__(self, site: LiveSite, seeded: Seeded) -> None:
        self.port, self.path = site.port, f"/ws/tournament/{seeded.tournament_id}/"
        self._site, self._seeded = site, seeded

    def tell(self, count: int) -> list[int]:
        # Ids enough for a message of the size that is promised.
        facts = [Fact("match_scheduled", {"match_ids": [10_000 + number for number in range(67)]})] * count
        with self._site.app.app_context(), transaction() as session:
            tournament = log.lock_tournament(session, self._seeded.tournament_id)
            last = log.record_many(session, tournament, facts, actor=SYSTEM, now=utc_now(), announce=True)
        return list(range(last - count + 1, last + 1))

    def processes(self) -> list[psutil.Process]:
        return self._site.processes("realtime.worker")


class _Bare:
    """The peer."""

    path = "/"

    def __init__(self, started: ExitStack) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "bench.bare_broadcast", str(self.port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.callback(self._process.wait)
        started.callback(self._process.kill)
        assert self._process.stdout is not None
        self._process.stdout.readline()
        self._seq = 0

    def tell(self, count: int) -> list[int]:
        numbers = [self._seq + number for number in range(1, count + 1)]
        self._seq += count
        assert self._process.stdin is not None
        for seq in numbers:
            self._process.stdin.write(f'{{"type":"bare","seq":{seq},"padding":"'.ljust(MESSAGE_BYTES - 2, "x") + '"}\n')
        self._process.stdin.flush()
        return numbers

    def processes(self) -> list[psutil.Process]:
        return [psutil.Process(self._process.pid)]


class Told(NamedTuple):
    """What a crowd heard."""

    sockets: int
    delays_ms: Sequence[float]
    cpu_us: float
    kib: float
    burst_per_second: float

    def percentile(self, part: float) -> float:
        return self.delays_ms[min(len(self.delays_ms) - 1, round(part * len(self.delays_ms)))]

    @property
    def words(self) -> str:
        middle, most, nearly_all = (self.percentile(part) for part in (0.5, 0.95, 0.99))
        return f"p50 {middle:.0f}, p95 {most:.0f}, p99 {nearly_all:.0f} ms"


def run(bench: Bench) -> Iterator[Row]:
    """On SQLite, unless only the other one is wanted: the room knows no difference."""
    kind = "sqlite" if "sqlite" in bench.databases else bench.databases[0]
    most = most_connections()
    with ExitStack() as started, _site(bench, kind) as (site, seeded):
        ours, bare = _Site(site, seeded), _Bare(started)
        crowds = (
            ("sockets_many", bench.pick(5_000, 50), (0.99, 250), None),
            ("sockets_more", bench.pick(10_000, 100), None, (0.95, 150)),
        )
        for name, wanted, must, aim in crowds:
            count = min(wanted, most)
            peers = _told(bench, bare, count)
            yield from _rows(bench, name, _told(bench, ours, count), peers, must, aim)
        yield from _beside_sockets(bench, site, seeded, ours)


@contextmanager
def _site(bench: Bench, kind: str) -> Iterator[tuple[LiveSite, Seeded]]:
    folder = bench.folder / "sockets"
    folder.mkdir()
    site = LiveSite(folder, bench.new_database(kind, "sockets"), **FLAGS, **LIMITS)
    site.start(seconds=120)
    try:
        connect_doorbell(site.app)
        with site.app.app_context():
            seeded = open_tournament("Watched", 20, bench.pick(60, 8))
        time.sleep(SETTLED_S)
        yield site, seeded
    finally:
        doorbell.connect(None)
        site.stop()


def _told(bench: Bench, server: Server, count: int) -> Told:
    seconds = bench.pick(10, 1)
    memory = _memory(server)
    with _crowd(bench, server, count) as crowd:
        time.sleep(SETTLED_S)
        kib = (_memory(server) - memory) / KIB / count
        began, sent = _cpu_s(server), {}
        for _ in range(seconds * PER_SECOND):
            at = time.monotonic()
            (seq,) = server.tell(1)
            sent[seq] = at
            time.sleep(max(0.0, at + 1 / PER_SECOND - time.monotonic()))
        crowd.wait_for(max(sent))
        cpu_s = _cpu_s(server) - began
        bursts = {}
        for _ in range(BURSTS):
            at = time.monotonic()
            bursts[at] = server.tell(BURST)
            crowd.wait_for(bursts[at][-1])
        arrivals = crowd.arrivals()
    _none_lost(arrivals, [*sent, *itertools.chain(*bursts.values())], count)
    delays = sorted(1000 * (at - sent[seq]) for seq in sent for at in arrivals[seq])
    took_s = statistics.median(max(max(arrivals[seq]) for seq in burst) - at for at, burst in bursts.items())
    return Told(count, delays, 1e6 * cpu_s / (count * len(sent)), kib, count * BURST / took_s)


def _none_lost(arrivals: Mapping[int, list[float]], numbers: Sequence[int], count: int) -> None:
    heard = {seq: len(arrivals.get(seq, ())) for seq in numbers}
    wrong = {seq: times for seq, times in heard.items() if times != count}
    if wrong:
        raise AssertionError(f"of {count} listeners so many heard each of these numbers: {list(wrong.items())[:9]} …")


def _rows(
    bench: Bench, key: str, ours: Told, bare: Told, must: tuple[float, float] | None, aim: tuple[float, float] | None
) -> Iterator[Row]:
    part, limit = must or aim or (0.99, 0.0)
    name, sockets = "bare websockets broadcast", f"{ours.sockets:,} sockets"
    yield Row(
        key=f"{key}/delay", what=f"{sockets}: from before the commit to receipt, p{100 * part:.0f}",
        figure=ours.percentile(part), p95=ours.percentile(0.95), best=ours.delays_ms[0], runs=len(ours.delays_ms),
        limits=bench.limits(limit if must else None, limit if aim else None),
        peer=f"{name}, no log", peer_figure=bare.percentile(part), note=f"none lost; {ours.words}",
    )  # fmt: skip
    yield Row(
        key=f"{key}/cpu", what=f"{sockets}: the server's processors for a delivered message", figure=ours.cpu_us,
        unit="µs", limits=bench.limits(2 * bare.cpu_us, bare.cpu_us), peer=name, peer_figure=bare.cpu_us,
    )  # fmt: skip
    yield Row(
        key=f"{key}/burst", what=f"{sockets}: delivered a second, {BURST} messages at once",
        figure=ours.burst_per_second, unit="/s", more_is_better=True,
        limits=bench.limits(bare.burst_per_second, None), peer=name, peer_figure=bare.burst_per_second,
    )  # fmt: skip
    yield Row(
        key=f"{key}/memory", what=f"{sockets}: memory of a socket, without the kernel's", figure=ours.kib, unit="KiB",
        limits=bench.limits(40, 10), peer=name, peer_figure=bare.kib,
    )  # fmt: skip


def _beside_sockets(bench: Bench, site: LiveSite, seeded: Seeded, ours: _Site) -> Iterator[Row]:
    """What others notice of the sockets that are open."""
    fragment = f"{site.url}/spectator/tournaments/{seeded.tournament_id}/leaderboard/fragment/"
    seconds = 0.5 if bench.quick else 3.0
    rounds = bench.pick(5, 1)
    polled = Target(fragment, {"HX-Request": "true"})

    def polls() -> float:
        return statistics.median(load(*polled, seconds=seconds).per_second for _ in range(rounds))

    before = polls()
    with _crowd(bench, ours, bench.pick(2_000, 20)) as crowd:
        while_open = polls()
        yield Row(
            key="sockets/polls", what=f"polls of a board while {crowd.count:,} sockets are open", figure=while_open,
            unit="/s", more_is_better=True, runs=rounds, limits=bench.limits(0.7 * before, None),
            peer="the same with none", peer_figure=before, note=client_name(seconds),
        )  # fmt: skip
        yield moved_rows(bench, site, seeded, crowd.count)
    with _crowd(bench, ours, bench.pick(500, 10)) as crowd:
        yield pages(bench, site, seeded, crowd.count, lambda: ours.tell(1))


@contextmanager
def _crowd(bench: Bench, server: Server, count: int) -> Iterator[Crowd]:
    with Crowd(server.port, server.path, count, Path(bench.folder)) as crowd:
        yield crowd


def _sum(server: Server, of: Callable[[psutil.Process], float]) -> float:
    return sum(of(process) for process in server.processes())


def _memory(server: Server) -> float:
    """Bytes that the processes have for themselves."""
    return _sum(server, lambda process: float(process.memory_full_info().uss))


def _cpu_s(server: Server) -> float:
    return _sum(server, lambda process: sum(process.cpu_times()[:2]))
