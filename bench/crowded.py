"""A hundred results confirmed at once in one tournament, by API, at the whole site."""

import http.client
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import func, select

from bench.brackets import opened_bracket, playable
from bench.context import FLAGS, TITLES, Bench
from bench.rows import Row
from tests.servers.web import LiveSite
from webapp.models import Event, Match
from webapp.services.accounts import tokens, users
from webapp.services.bracketing import brackets
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot

SIDES: Final = 256
AT_ONCE: Final = 100
BEFORE: Final = 20
"""Confirmed before, as the site of a running day has served for hours."""
SETTLED_S: Final = 3
MUST_MS: Final = 1000
LONGEST_S: Final = 30


def run(bench: Bench) -> Iterator[Row]:
    """On every database."""
    for kind in bench.databases:
        folder = bench.folder / f"crowded-{kind}"
        folder.mkdir()
        site = LiveSite(folder, bench.new_database(kind, "crowded"), **FLAGS)
        site.start()
        try:
            yield _row(bench, kind, site)
        finally:
            site.stop()


def _row(bench: Bench, kind: str, site: LiveSite) -> Row:
    with site.app.app_context():
        tournament_id = opened_bracket(bench.pick(SIDES, 16))
        brackets.generate(tournament_id, actor=SYSTEM, now=utc_now())
        matches = playable(tournament_id)[: bench.pick(AT_ONCE + BEFORE, 6)]
        token = _token()
    match_ids = [match_id for match_id, _ in matches]
    before = bench.pick(BEFORE, 2)
    _confirm_all(site, match_ids[:before], token)
    time.sleep(bench.pick(SETTLED_S, 1))
    delays = _confirm_all(site, match_ids[before:], token)
    with site.app.app_context():
        _see_that_nothing_is_lost(tournament_id, len(matches))
    ordered = sorted(delays)
    p95 = ordered[round(0.95 * len(ordered)) - 1]
    return Row(
        key=f"crowded/{kind}", what=f"{len(delays)} results confirmed at once in one bracket, p95, {TITLES[kind]}",
        figure=p95, p95=p95, best=ordered[0], runs=len(ordered),
        note=f"median {ordered[len(ordered) // 2]:.0f} ms; all done after {ordered[-1]:.0f} ms",
        limits=bench.limits(MUST_MS, None),
    )  # fmt: skip


def _confirm_all(site: LiveSite, match_ids: Sequence[int], token: str) -> list[float]:
    """Milliseconds from the moment when everybody asks to each answer."""
    start = threading.Barrier(len(match_ids) + 1)
    answers: list[tuple[int, bytes]] = []
    delays: list[float] = []

    def confirm(match_id: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=LONGEST_S)
        connection.connect()
        start.wait()
        began = time.perf_counter()
        body = orjson.dumps({"games": [{"number": 1, "score_a": 1, "score_b": 0}]})
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", f"/api/tournaments/matches/{match_id}/confirm-result/", body, headers)
        answer = connection.getresponse()
        answers.append((answer.status, answer.read()))
        delays.append(1000 * (time.perf_counter() - began))
        connection.close()

    threads = [threading.Thread(target=confirm, args=[match_id]) for match_id in match_ids]
    for thread in threads:
        thread.start()
    start.wait()
    for thread in threads:
        thread.join(LONGEST_S)
    refused: list[Any] = [answer for answer in answers if answer[0] != 200]
    if refused or len(answers) < len(match_ids):
        raise AssertionError(f"{len(answers)} answers to {len(match_ids)} requests: {refused[:3]}")
    return delays


def _see_that_nothing_is_lost(tournament_id: int, wanted: int) -> None:
    with read_snapshot() as session:
        done = session.scalar(
            select(func.count()).where(Match.tournament_id == tournament_id, Match.state == "completed")
        )
        events, last = session.execute(
            select(func.count(), func.max(Event.seq)).where(Event.tournament_id == tournament_id)
        ).one()
    if (done, events) != (wanted, last):
        raise AssertionError(f"{done} of {wanted} matches completed, {events} events up to number {last}")


def _token() -> str:
    owner = users.create_user(
        email="bench@example.org", handle="Bench", role="admin", password=secrets.token_hex(), actor=SYSTEM,
        now=utc_now(),
    )  # fmt: skip
    return tokens.create("Bench", scopes=["play"], days=365, actor=Actor(owner, "admin"), now=utc_now()).secret
