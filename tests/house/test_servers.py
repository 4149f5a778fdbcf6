import socket

import pytest
import redis
from flask import Flask
from sqlalchemy import text

from tests.servers.redis import RedisServer
from webapp.extensions import db
from webapp.models import Heartbeat
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_has_an_empty_migrated_database(app: Flask, turn: int) -> None:
    assert db.session.query(Heartbeat).count() == 0
    with transaction() as session:
        session.add(Heartbeat(name="left behind", kind="scheduler", beat_at=utc_now()))


def test_the_database_is_the_one_that_was_asked_for(app: Flask, request: pytest.FixtureRequest) -> None:
    wanted = {"sqlite": "sqlite", "postgres": "postgresql"}[request.node.callspec.params["database_url"]]
    assert db.engine.dialect.name == wanted


def test_postgres_lives_in_another_time_zone(app: Flask) -> None:
    if db.engine.dialect.name == "postgresql":
        assert db.session.scalar(text("SHOW timezone")) == "Pacific/Chatham"


def test_redis_can_be_stopped_frozen_and_emptied(redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.set("key", "value")
        redis_server.flushall()
        assert client.get("key") is None
    redis_server.pause()
    impatient = redis.Redis.from_url(redis_server.url, socket_timeout=0.1)
    with pytest.raises(redis.TimeoutError):
        impatient.get("key")
    impatient.close()
    redis_server.stop()
    with redis_server.client() as client, pytest.raises(redis.ConnectionError):
        client.ping()
    redis_server.start()
    with redis_server.client() as client:
        assert client.ping()


def test_no_test_reaches_beyond_this_machine() -> None:
    with socket.socket() as outward, pytest.raises(RuntimeError, match=r"a test tried to reach 192\.0\.2\.1"):
        outward.connect(("192.0.2.1", 80))
