"""A process dies at each named point, on each database; what is there after recovery is what is there without any death."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests import invariants
from tests.arenas import Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.conftest import TEST_SECRET_KEY
from tests.jobs import doomed, traces
from tests.jobs.conftest import StartProcess
from tests.kept_apps import close
from tests.servers.redis import RedisServer
from webapp import create_app
from webapp.config import ROOT, Settings
from webapp.models import Match, OutboxItem, Registration, Team, Tournament
from webapp.services.matches import results
from webapp.services.ranking import ranking
from webapp.services.spine import outbox, periods, redis_link, relay
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.crashpoints import OF_THE_SPINE
from webapp.services.spine.transaction import transaction

DIED: Final = 9
CSV: Final = "match,participant,placement,kills\n1,Alpha,1,4\n1,Bravo,2,0\n2,Alpha,2,1\n2,Bravo,1,3\n"


class Scene(NamedTuple):
    """Which process dies at which point."""

    point: str
    process: str


ALONE: Final = (
    Scene("before_commit", "confirm"),
    Scene("before_commit", "import"),
    Scene("after_commit", "confirm"),
    Scene("after_commit", "sweep"),
    Scene("after_dispatch_claim", "sweep"),
    Scene("after_lease", "sweep"),
    Scene("before_board_write", "sweep"),
    Scene("after_board_write", "sweep"),
    Scene("before_done", "sweep"),
    Scene("after_done", "sweep"),
    Scene("after_schedule_claim", "schedule"),
    Scene("in_import", "import"),
)
WITH_REDIS: Final = (
    Scene("after_dispatch_claim", "confirm-and-ring"),
    Scene("after_enqueue", "confirm-and-ring"),
    Scene("before_publish", "confirm-and-ring"),
    Scene("after_publish", "confirm-and-ring"),
    Scene("after_lease", "worker"),
    Scene("before_board_write", "worker"),
    Scene("after_board_write", "worker"),
    Scene("before_done", "worker"),
    Scene("after_done", "worker"),
)


def scenes(*listed: Scene) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("scene", listed, ids=["-".join(scene) for scene in listed])


class Stage:
    """A tournament with two confirmed and ranked matches, and one that is to be confirmed."""

    def __init__(self, folder: Path) -> None:
        turn_on_the_engine()
        self.arena: Arena = open_battle_royale(squads=5, lobbies=3)
        for place, match_id in enumerate(self.arena.match_ids[:2], start=1):
            lines = self.arena.lines(match_id)
            results.confirm(match_id, lines, actor=SYSTEM, now=ended_at(place), completed_at=ended_at(place))
        ranking.rank_due(self.arena.tournament_id, now=ended_at(2))
        periods.claim_due(doomed.JOBS, now=doomed.PERIOD - timedelta(minutes=30))
        doomed.sweep()
        self.next_match = (str(self.arena.match_ids[2]), *map(str, self.arena.participant_ids))
        self.file = folder / "results.csv"
        self.file.write_text(CSV, encoding="utf-8")

    def words(self, process: str) -> tuple[str, ...]:
        """The command line of a deed."""
        more = {"confirm": self.next_match, "confirm-and-ring": self.next_match, "import": (str(self.file),)}
        return process, *more.get(process, ())

    def before(self, process: str) -> None:
        """What must have happened for the process to have something to do."""
        if process in {"sweep", "worker"}:
            doomed.confirm(*self.next_match)

    def again(self, process: str) -> None:
        """What people and schedulers do when they are not told that it worked: the same again."""
        deeds: Mapping[str, Callable[[], None]] = {
            "import": lambda: doomed.take_in(str(self.file)),
            "schedule": doomed.schedule,
        }
        deeds.get(process, lambda: doomed.confirm(*self.next_match))()


@pytest.fixture(scope="module")
def undisturbed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, list[Any]]]:
    """What is there after each deed when nobody dies."""
    found = {}
    for process in ("confirm", "import", "schedule"):
        folder = tmp_path_factory.mktemp("undisturbed")
        file = folder / "test.sqlite3"
        file.write_bytes(sqlite_template.read_bytes())
        app = create_app(Settings(secret_key=TEST_SECRET_KEY, database_url=f"sqlite:///{file}", instance_path=folder))
        with app.app_context():
            stage = Stage(folder)
            stage.again(process)
            doomed.sweep()
            found[process] = traces.everything()
        close(app)
    return found


def die(words: tuple[str, ...], scene: Scene, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *words],
        env={**environment, "DELTACROWN_CRASH_AT": scene.point},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == DIED, f"{scene.point} was not reached:\n{done.stderr[-2000:]}"


def let_time_pass() -> None:
    """As if all leases and waiting times of the dead had run out; test_recovery_in_time waits for them."""
    with transaction() as session:
        long_ago = utc_now() - timedelta(seconds=1)
        session.execute(update(OutboxItem).where(OutboxItem.lease_until.is_not(None)).values(lease_until=long_ago))
        session.execute(update(OutboxItem).values(next_at=long_ago))


def give_out_numbers_again() -> None:
    """What a rolled-back transaction leaves in PostgreSQL, and means nothing: ids that it took are not given again."""
    with transaction() as session:
        if session.get_bind().dialect.name == "postgresql":
            for model in (Tournament, Registration, Match, Team):
                last = select(func.coalesce(func.max(model.id), 0)).scalar_subquery()
                sequence = func.pg_get_serial_sequence(model.__tablename__, "id")
                session.execute(select(func.setval(sequence, last)))


def assert_as_if_nothing_had_happened(scene: Scene, undisturbed: Mapping[str, dict[str, list[Any]]]) -> None:
    found = traces.everything()
    expected = undisturbed.get(scene.process, undisturbed["confirm"])
    assert {name: found[name] for name in expected if found[name] != expected[name]} == {}
    for tournament_id, *_ in found["tournaments"]:
        invariants.assert_all_is_well(tournament_id)


def test_a_scene_is_played_for_every_point() -> None:
    assert {scene.point for scene in ALONE + WITH_REDIS} == set(OF_THE_SPINE)


@scenes(*ALONE)
def test_the_sweep_alone_recovers(
    scene: Scene,
    app: Flask,
    environment: dict[str, str],
    tmp_path: Path,
    undisturbed: Mapping[str, dict[str, list[Any]]],
) -> None:
    stage = Stage(tmp_path)
    stage.before(scene.process)
    die(("tests.jobs.doomed", *stage.words(scene.process)), scene, environment)
    let_time_pass()
    give_out_numbers_again()
    stage.again(scene.process)
    doomed.sweep()
    assert_as_if_nothing_had_happened(scene, undisturbed)


@pytest.mark.timeout(180)
@scenes(*WITH_REDIS)
def test_workers_recover(
    scene: Scene,
    redis_server: RedisServer,
    app: Flask,
    environment: dict[str, str],
    tmp_path: Path,
    undisturbed: Mapping[str, dict[str, list[Any]]],
    start_process: StartProcess,
) -> None:
    redis_link.connect(None)
    stage = Stage(tmp_path)
    redis_link.connect(redis_server.url)
    stage.before(scene.process)
    if scene.process == "worker":
        relay.sweep(clock=utc_now, may_work=False)
        die(("jobs.worker", "ranking"), scene, environment)
    else:
        die(("tests.jobs.doomed", *stage.words(scene.process)), scene, environment)
    let_time_pass()
    stage.again(scene.process)

    def is_served() -> bool:
        relay.sweep(clock=utc_now, may_work=False)
        return all(outbox.HANDLERS[handler].queue == "default" for handler, _ in invariants.unserved())

    worker = start_process("jobs.worker", "ranking")
    worker.wait_until(is_served, seconds=60)
    # After its last commit it rings for what others are to do, which would count as under way below.
    worker.stop()
    redis_link.connect(None)
    let_time_pass()
    doomed.sweep()
    assert_as_if_nothing_had_happened(scene, undisturbed)
