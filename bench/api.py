"""A page of a board by API, as a program gets it: token, rate, cache, answer; through the whole application."""

import secrets
from collections.abc import Iterator
from contextvars import Context

from flask import Flask, Response
from flask.testing import FlaskClient

from bench.computing import LOBBY, ROUNDS
from bench.context import Bench, Place
from bench.measurement import timed, timed_after
from bench.rows import Row, timing_row
from bench.seeding import NOW, played_tournament
from webapp.services.accounts import tokens, users
from webapp.services.live import heads
from webapp.services.operations import cache
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.views.limits import limiter

PAGE = 200


def run(bench: Bench) -> Iterator[Row]:
    """On every database."""
    for kind in bench.databases:
        with bench.place(kind, "api", with_redis=True) as place:
            yield from _pages(bench, place)


def _pages(bench: Bench, place: Place) -> Iterator[Row]:
    seeded = played_tournament(bench.pick(10_000, 400), ROUNDS, LOBBY, still_open=0)
    heads.publish(seeded.tournament_id)
    headers = {"Authorization": f"Bearer {_token()}"}
    path = f"/api/tournaments/{seeded.tournament_id}/leaderboard/?limit={PAGE}"
    client = place.app.test_client()
    runs = bench.pick(200, 5)

    def ask(**more: str) -> bytes:
        # No request sees the context that the benchmark runs in.
        answer = Context().run(client.get, path, headers=headers | more)
        if answer.status_code not in {200, 304}:
            raise AssertionError(answer.text)
        return bytes(answer.data)

    def forget() -> None:
        cache.forget()
        limiter.reset()

    size, etag = len(ask()), Context().run(client.get, path, headers=headers).headers["ETag"]
    peer = _bare(ask())
    bare = timed(lambda: peer.get("/"), runs)
    many = f"{len(seeded.participant_ids):,}"
    yield timing_row(
        f"api_page/{place.database}", f"API: {PAGE} of {many} ({size // 1024} kB) from the cache, {place.title}",
        timed_after(forget, lambda _: ask(), runs, warm_up=3), peer="bare Flask, the same bytes",
        peer_figure=bare.median, limits=bench.limits(20, 5),
    )  # fmt: skip
    yield timing_row(
        f"api_304/{place.database}", f"API: the same unchanged, 304, {place.title}",
        timed(lambda: ask(**{"If-None-Match": etag}), runs), peer="bare Flask, the same bytes",
        peer_figure=bare.median, limits=bench.limits(20, 2),
    )  # fmt: skip


def _bare(body: bytes) -> FlaskClient:
    """A Flask that does nothing but answer with these bytes."""
    app = Flask("bare")
    app.add_url_rule("/", "answer", lambda: Response(body, content_type="application/json"))
    return app.test_client()


def _token() -> str:
    owner = users.create_user(
        email="bench@example.org", handle="Bench", role="player", password=secrets.token_hex(), actor=SYSTEM, now=NOW
    )
    return tokens.create("Bench", scopes=["read"], days=365, actor=Actor(owner, "player"), now=utc_now()).secret
