"""Places of sockets, counted over processes, here two in one."""

import pytest
from flask import Flask

from tests.servers.redis import RedisServer
from webapp.services.live.places import KEPT_FOR_S, Places

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LIMITS = {"room:t1": 3, "ip:a": 2}
NOW = 1_000_000.0


def test_places_are_counted_over_processes_and_given_back(app: Flask, redis_server: RedisServer) -> None:
    one, other = Places(), Places()
    assert one.take("a", LIMITS, now=NOW) is None
    assert other.take("b", LIMITS, now=NOW) is None
    assert one.take("c", LIMITS, now=NOW) == "ip:a"
    assert other.take("d", {"room:t1": 3, "ip:b": 2}, now=NOW) is None
    assert one.take("e", {"room:t1": 3, "ip:c": 2}, now=NOW) == "room:t1"
    one.give_back("c")
    other.give_back("b")
    other.give_back("b")
    assert one.take("f", LIMITS, now=NOW) is None
    assert one.take("g", {"ip:d": 0}, now=NOW) == "ip:d"


def test_places_of_a_process_that_died_run_out_and_those_of_a_living_one_do_not(
    app: Flask, redis_server: RedisServer
) -> None:
    dead, living = Places(), Places()
    dead.take("a", LIMITS, now=NOW)
    living.take("b", LIMITS, now=NOW)
    living.renew(now=NOW + KEPT_FOR_S - 1)
    later = NOW + KEPT_FOR_S + 1
    assert living.take("c", LIMITS, now=later) is None
    assert living.take("d", LIMITS, now=later) == "ip:a"


def test_without_redis_each_process_counts_its_own(app: Flask) -> None:
    places = Places()
    assert [places.take(name, LIMITS, now=NOW) for name in "abc"] == [None, None, "ip:a"]
    places.give_back("a")
    assert places.take("d", LIMITS, now=NOW) is None


def test_places_taken_before_redis_was_emptied_come_back_with_their_renewal(
    app: Flask, redis_server: RedisServer
) -> None:
    places = Places()
    places.take("a", LIMITS, now=NOW)
    places.take("b", LIMITS, now=NOW)
    redis_server.flushall()
    places.renew(now=NOW + 1)
    assert Places().take("c", LIMITS, now=NOW + 2) == "ip:a"
