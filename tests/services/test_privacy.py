"""Names, addresses and free text are planted wherever people write them; none may reach what programs get (R17)."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, ended_at, turn_on_the_engine
from tests.servers.redis import RedisServer
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.domain.series import SeriesGame as Game
from webapp.models import AuditEntry, Event, OutboxItem
from webapp.services.accounts import users
from webapp.services.boards import leaderboards
from webapp.services.matches import matches, results, series
from webapp.services.matches.matches import Fixture
from webapp.services.ranking import adjustments, ranking, seasons
from webapp.services.registration import registrations
from webapp.services.spine import relay
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

NAMES = ("Zanzibar Cup", "Kestrel Squad", "Osprey Squad", "Marabou", "Jabiru", "Ptarmigan Valley", "Lobby of Dodos")
REASON = "Shoebill told the referee to"
EMAIL = "gannet@example.org"
PASSWORD = "hoatzin-hoatzin"


def everything_happens(app: Flask) -> list[int]:
    turn_on_the_engine(cache=True)
    organizer = users.create_user(
        email=EMAIL, handle="Jabiru", role="organizer", password=PASSWORD, actor=SYSTEM, now=OPENED_AT
    )
    actor = Actor(organizer, "organizer")
    cup = tournaments.create(
        "Zanzibar Cup", game="pubgm", format="battle-royale", actor=actor, now=OPENED_AT, organizer_id=organizer,
        season="2026_S1", ruleset={"placement_points": [9, 5], "points_per_kill": 1, "head_start": {"Osprey Squad": 2}},
    )  # fmt: skip
    one, other = registrations.register(cup, ["Kestrel Squad", "Osprey Squad"], actor=actor, now=OPENED_AT)
    tournaments.start(cup, actor=actor, now=OPENED_AT)
    fixtures = [Fixture("Lobby of Dodos", map="Ptarmigan Valley"), Fixture("Lobby of Dodos")]
    first, second = matches.schedule(cup, fixtures, actor=actor, now=OPENED_AT)
    matches.start_match(first, actor=actor, now=OPENED_AT)
    matches.update_score(first, [[one, -1, 2]], actor=actor, now=OPENED_AT)
    results.confirm(first, [Line(one, 1, 3), Line(other, 2, 0)], actor=actor, now=ended_at(1))
    ranking.rank_due(cup, now=ended_at(1))
    results.correct(first, [Line(other, 1, 3), Line(one, 2, 0)], reason=REASON, actor=actor, now=ended_at(2))
    adjustments.adjust(cup, one, kind="penalty", points=-1, reason=REASON, actor=actor, now=ended_at(3))
    matches.cancel_match(second, reason=REASON, actor=actor, now=ended_at(3))
    tournaments.complete(cup, actor=actor, now=ended_at(4))
    results.void(first, reason=REASON, actor=actor, now=ended_at(5))
    seasons.define("pubgm", "2026_S1", count_best=3, actor=actor, now=ended_at(5))
    league = tournaments.create(
        "Zanzibar Cup", game="fc26", format="round-robin", ruleset={"cascade": ["points", "lot"]}, actor=actor,
        now=OPENED_AT,
    )  # fmt: skip
    sides = registrations.register(league, ["Marabou", "Jabiru"], actor=actor, now=OPENED_AT)
    tournaments.start(league, actor=actor, now=OPENED_AT)
    fixture = Fixture("Lobby of Dodos", side_a_id=sides[0], side_b_id=sides[1])
    (duel,) = matches.schedule(league, [fixture], actor=actor, now=OPENED_AT)
    games = [Game(1, {sides[0]: 2, sides[1]: 1}, "Ptarmigan Valley")]
    series.confirm(duel, games, actor=actor, now=ended_at(6))
    registrations.withdraw(sides[1], actor=actor, now=ended_at(7))
    tournaments.cancel(league, reason=REASON, actor=actor, now=ended_at(8))
    return [cup, league]


def test_log_outbox_jobs_redis_and_log_lines_hold_ids_numbers_and_states_alone(
    app: Flask, redis_server: RedisServer, capsys: pytest.CaptureFixture[str]
) -> None:
    tournament_ids = everything_happens(app)
    relay.sweep(clock=utc_now, may_work=False)
    for tournament_id in tournament_ids:
        leaderboards.page(tournament_id, audience="public", limit=50, offset=0, now=ended_at(9))
    with read_snapshot() as session:
        events = [(row.type, row.data) for row in session.scalars(select(Event))]
        outbox = [(row.handler, row.key, row.last_error) for row in session.scalars(select(OutboxItem))]
        audit = [(row.action, row.data) for row in session.scalars(select(AuditEntry))]
    with redis_server.client() as client:
        keys = client.keys("*")
        # dump() is compressed: values are read as what they are.
        redis_content = [*keys, *(_value(client, key) for key in keys)]
    for place, content in (
        ("events", events),
        ("outbox", outbox),
        ("Redis", redis_content),
        ("log lines", capsys.readouterr().err),
    ):
        leaks = [word for word in (*NAMES, REASON, EMAIL, PASSWORD, "gannet", "Shoebill") if word in repr(content)]
        assert leaks == [], place
    assert len({kind for kind, _ in events}) >= 14
    # The audit keeps what officials wrote as their reason, and the map of a game as part of what was changed.
    leaks = [word for word in (*NAMES, EMAIL, PASSWORD) if word in repr(audit) and word != "Ptarmigan Valley"]
    assert leaks == []


def _value(client: object, key: bytes) -> object:
    kind = client.type(key)  # type: ignore[attr-defined]  # a Redis client
    readers = {b"string": "get", b"hash": "hgetall", b"set": "smembers"}
    if kind in readers:
        return getattr(client, readers[kind])(key)
    if kind == b"stream":
        return client.xrange(key)  # type: ignore[attr-defined]  # a Redis client
    if kind == b"list":
        return client.lrange(key, 0, -1)  # type: ignore[attr-defined]  # a Redis client
    return client.zrange(key, 0, -1)  # type: ignore[attr-defined]  # a Redis client
