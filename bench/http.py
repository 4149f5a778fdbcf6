"""The whole site under the load of spectators' polls, beside bare Flask and nginx in the same run."""

import http.client
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from bench import http_peers
from bench.context import FLAGS, TITLES, Bench
from bench.http_load import Target, client_name, load, median_loads
from bench.http_rightness import Watch, shown
from bench.rows import Row
from bench.seeding import lines_of, open_tournament
from tests.servers.web import LiveSite
from webapp import connect_doorbell
from webapp.services.matches import results
from webapp.services.spine import doorbell
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now

TEAMS: Final = 20
PLAYED: Final = 3
POLL: Final = {"HX-Request": "true"}
RANKED_WITHIN_S: Final = 20.0
NEWS_WITHIN_S: Final = 5.0


class _Comparison(NamedTuple):
    """A row of ours against a peer, by the names of what is loaded; must and aim are parts of the peer's figure."""

    key: str
    what: str
    ours: str
    peer: str
    peer_name: str
    must: float | None = None
    aim: float | None = None


_COMPARISONS: Final = (
    _Comparison("http_304", "poll of an unchanged board, 304", "304", "flask 304", "bare Flask 304, Granian", must=0.9),
    _Comparison("http_200", "poll of a board, {size} kB", "200", "flask 200", "bare Flask, Granian", must=0.7),
    _Comparison("http_gunicorn", "the same poll", "200", "gunicorn", "bare Flask, gunicorn, 2 workers", aim=5.0),
    _Comparison("http_nginx", "the same poll", "200", "nginx", "nginx, a static file", aim=0.5),
    _Comparison("http_page", "whole page from the database", "page", "flask 200", "bare Flask, Granian"),
)


def run(bench: Bench) -> Iterator[Row]:
    """The site on every database; the peers know of none."""
    for kind in bench.databases:
        with ExitStack() as started:
            contest = _Contest(bench, kind, started)
            yield from contest.rows()
            yield contest.news()


class _Contest:
    """The site and its peers, all up; the load goes to one after the other."""

    def __init__(self, bench: Bench, kind: str, started: ExitStack) -> None:
        self._bench, self._kind = bench, kind
        self._matches_in_the_news = bench.pick(4, 1)
        self._seconds = 0.5 if bench.quick else 3.0
        folder = bench.folder / f"http-{kind}"
        folder.mkdir()
        self._site = LiveSite(folder, bench.new_database(kind, "http"), **FLAGS)
        started.callback(self._site.stop)
        self._site.start()
        # Results are confirmed in this process, which then rings for the workers as the site's own web processes do.
        started.callback(doorbell.connect, None)
        connect_doorbell(self._site.app)
        self._open_matches = self._play()
        self._tag, self._body = self._ranked_board()
        self._flask = started.enter_context(http_peers.on_granian(folder, len(self._body)))
        self._gunicorn = started.enter_context(http_peers.on_gunicorn(folder, len(self._body)))
        nginx = http_peers.nginx(folder, self._body)
        self._nginx = None if nginx is None else started.enter_context(nginx)

    def _play(self) -> list[int]:
        """A typical tournament of which three matches are confirmed; returns those that are open."""
        with self._site.app.app_context():
            seeded = open_tournament("Watched", TEAMS, PLAYED + self._matches_in_the_news)
        self._participants = seeded.participant_ids
        self._page = f"{self._site.url}/spectator/tournaments/{seeded.tournament_id}/"
        self._fragment = f"{self._page}leaderboard/fragment/"
        chance = random.Random(41)
        for match_id in seeded.open_match_ids[:PLAYED]:
            self._confirm(match_id, chance)
        return seeded.open_match_ids[PLAYED:]

    def _confirm(self, match_id: int, chance: random.Random) -> None:
        lines = lines_of(chance.sample(self._participants, TEAMS), chance)
        with self._site.app.app_context():
            results.confirm(match_id, lines, actor=SYSTEM, now=utc_now())

    def _ranked_board(self) -> tuple[str, bytes]:
        """Tag and body of the fragment once a worker has ranked what was played."""
        give_up_at = time.monotonic() + RANKED_WITHIN_S
        before = b""
        while time.monotonic() < give_up_at:
            status, tag, body = _get(self._fragment, POLL)
            if status == 200 and shown(body)[0] > 0 and body == before:
                return tag, body
            before = body
            time.sleep(0.5)
        raise TimeoutError("no worker has ranked the board")

    def rows(self) -> Iterator[Row]:
        """Polls and pages against what peers answer."""
        targets = {
            "304": Target(self._fragment, {**POLL, "If-None-Match": self._tag}),
            "200": Target(self._fragment, POLL),
            "page": Target(self._page, {}),
            "flask 304": Target(f"{self._flask.url}/unchanged", POLL),
            "flask 200": Target(f"{self._flask.url}/constant", POLL),
            "gunicorn": Target(f"{self._gunicorn.url}/constant", POLL),
        }
        if self._nginx is not None:
            targets["nginx"] = Target(f"{self._nginx.url}/constant", POLL)
        runs = self._bench.pick(5, 1)
        found = median_loads(targets, seconds=self._seconds, runs=runs)
        for name in ("304", "200"):
            # Nothing failed, and the address still gives under its headers what it was asked for.
            if found[name].failed or _get(self._fragment, dict(targets[name].headers))[0] != int(name):
                raise AssertionError(f"{found[name].failed} answers failed, or were not {name}")
        figures = {name: answered.per_second for name, answered in found.items()}
        yield from (self._row(each, figures, runs) for each in _COMPARISONS if each.peer in figures)

    def _row(self, compared: _Comparison, figures: Mapping[str, float], runs: int) -> Row:
        peer_figure = figures[compared.peer]
        return Row(
            key=f"{compared.key}/{self._kind}",
            what=f"{compared.what.format(size=len(self._body) // 1000)}, {TITLES[self._kind]}",
            figure=figures[compared.ours],
            unit="/s",
            runs=runs,
            limits=self._bench.limits(
                None if compared.must is None else compared.must * peer_figure,
                None if compared.aim is None else compared.aim * peer_figure,
            ),
            more_is_better=True,
            peer=compared.peer_name,
            peer_figure=peer_figure,
            note=client_name(self._seconds),
        )

    def news(self) -> Row:
        """Matches are confirmed under full load; every reader must get each new board, and never a wrong one."""
        chance = random.Random(43)
        seconds = self._bench.pick(8, 2)
        pressure = threading.Thread(target=load, args=(self._fragment, POLL), kwargs={"seconds": seconds})
        delays = []
        version = shown(self._body)[0]
        pressure.start()
        with Watch(self._fragment, POLL) as watch:
            for match_id in self._open_matches:
                time.sleep(0.5)
                self._confirm(match_id, chance)
                version += 1
                delays.append(watch.wait_for(version, since=time.monotonic(), seconds=NEWS_WITHIN_S))
        pressure.join()
        return Row(
            key=f"http_news/{self._kind}",
            what=f"confirmed match to the new board on every poll, that load going on, {TITLES[self._kind]}",
            figure=1000 * max(delays), runs=len(delays), note=f"{watch.polls:,} answers checked, none wrong",
        )  # fmt: skip


def _get(url: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
    """Status, tag and body."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request("GET", parts.path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers["ETag"] or "", answer.read()
    finally:
        connection.close()
