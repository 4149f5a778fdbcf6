"""A frozen board leaks nowhere: every address of the site is asked, and a new one that nobody has listed fails here.

Two proofs. Numbers and words that only hidden results hold are in no answer. And two sites that differ in nothing but
hidden results answer every question with the same bytes: so neither an order nor a mark nor a picture tells.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask

from tests.arenas import ended_at
from tests.conftest import TEST_SECRET_KEY, OutsideClient
from tests.kept_apps import close
from tests.servers.redis import RedisServer
from tests.views import frozen_worlds
from tests.views.frozen_worlds import (
    OF_THE_BOARD,
    ONE,
    OTHER,
    Hidden,
    World,
    asked,
    frozen_world,
    go_on,
    steady,
    told_later,
    unlisted,
)
from webapp import create_app
from webapp.config import Settings
from webapp.domain.freezes import RevealBy
from webapp.models import Event
from webapp.services.live import freezes, heads, reveals, rooms
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.redis_link import link
from webapp.services.spine.transaction import read_snapshot


@pytest.fixture
def world(app: Flask) -> World:
    return frozen_world(app)


def test_every_address_that_is_no_officials_is_asked_here(app: Flask) -> None:
    assert unlisted(app) == set(), "list them in tests/views/frozen_worlds.py with what they are to be asked"
    assert frozen_worlds.PUBLIC.keys() - app.view_functions.keys() == set()


@pytest.mark.timeout(300)
def test_no_answer_holds_what_is_kept_for_the_reveal(app: Flask, world: World) -> None:
    go_on(world, ONE)
    answers = {path: steady(body) for path, body in asked(app, world)}
    found = {path: mark for path, body in answers.items() for mark in ONE.marks if mark.encode() in body}
    assert found == {}
    assert len(answers) > 200
    freezes.unfreeze(world.cup.tournament_id, actor=SYSTEM, now=utc_now())
    later = told_later(app, world)
    assert [mark for mark in ONE.marks if mark.encode() not in later] == []


@pytest.mark.timeout(300)
def test_what_is_kept_makes_no_difference_to_any_answer(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.personas.utc_now", lambda: None)
    one, other = (_answers_of(sqlite_template, tmp_path / str(number), hidden) for number, hidden in
                  enumerate((ONE, OTHER)))  # fmt: skip
    assert one.keys() == other.keys()
    assert {path for path, body in one.items() if body != other[path]} == set()


def _answers_of(template: Path, folder: Path, hidden: Hidden) -> dict[str, bytes]:
    folder.mkdir()
    (folder / "site.sqlite3").write_bytes(template.read_bytes())
    app = create_app(
        Settings(secret_key=TEST_SECRET_KEY, database_url=f"sqlite:///{folder / 'site.sqlite3'}", instance_path=folder)
    )
    app.testing = True
    app.test_client_class = OutsideClient
    with app.app_context():
        world = frozen_world(app)
        go_on(world, hidden)
        answers = {path: steady(body) for path, body in asked(app, world)}
        # Places to come have no names: before its first step a reveal says as little.
        reveals.start(world.cup.tournament_id, RevealBy.ROW, actor=SYSTEM, now=ended_at(20))
        answers |= {f"reveal {path}": steady(body) for path, body in asked(app, world, OF_THE_BOARD)}
    close(app)
    return answers


def test_watchers_hear_numbers_alone_from_the_stream_and_from_the_log(
    app: Flask, redis_server: RedisServer, world: World
) -> None:
    tournament_id = world.cup.tournament_id
    with read_snapshot() as session:
        frozen_at = session.query(Event).filter_by(tournament_id=tournament_id, type="board_frozen").one().seq
    rooms.publish(tournament_id)
    go_on(world, ONE)
    heads.publish(tournament_id)
    rooms.publish(tournament_id)
    kept = [text for text, seq in _streamed(tournament_id) if seq > frozen_at]
    replayed = [each.public for each in rooms.missed(tournament_id, frozen_at)]
    assert len(replayed) > 10
    for texts in (kept, replayed):
        told = [orjson.loads(text) for text in texts]
        assert {message["type"] for message in told} == {"number", "match_started"}
        assert not any(mark in text for text in texts for mark in ONE.marks)
    officials = "".join(each.official for each in rooms.missed(tournament_id, frozen_at))
    assert str(ONE.kills) in officials
    freezes.unfreeze(tournament_id, actor=SYSTEM, now=utc_now())
    told_later = "".join(each.public for each in rooms.missed(tournament_id, frozen_at))
    assert str(ONE.kills) in told_later
    rooms.publish(tournament_id)
    assert not any(str(ONE.kills) in text for text, _ in _streamed(tournament_id))


def _streamed(tournament_id: int) -> Iterator[tuple[str, int]]:
    entries: Any = link().run(lambda client: client.xrange(rooms.key_of(tournament_id)))
    for entry_id, fields in entries:
        yield fields[b"public"].decode(), int(entry_id.partition(b"-")[0])
