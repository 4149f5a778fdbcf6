"""Imports that run at the same moment, and imports of many rows."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from webapp.domain.presets import preset
from webapp.extensions import db
from webapp.models import ImportedFile, Registration, Result, Team, Tournament
from webapp.services.imports import imports
from webapp.services.imports.import_plan import READING_SHARE, Progress
from webapp.services.imports.imports import ImportOutcome
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
TEAMS = [f"Team {number:02}" for number in range(1, 17)]


def a_file(matches: int, teams: list[str]) -> bytes:
    rows = [
        f"{match},{name},{place},{(match * 7 + place) % 11}"
        for match in range(1, matches + 1)
        for place, name in enumerate(teams, start=1)
    ]
    return "\n".join(["match,participant,placement,kills", *rows]).encode()


def take_in(raw: bytes, name: str = "Spring Cup", progress: Progress = lambda _share: None) -> ImportOutcome:
    return imports.import_results(
        raw, game="pubgm", name=name, ruleset=preset("super"), organizer_id=None, season=None, now=NOW, actor=SYSTEM,
        progress=progress,
    )  # fmt: skip


def at_once(app: Flask, *works: Callable[[], ImportOutcome]) -> list[ImportOutcome]:
    """Runs the works in threads that start together, each in an application context of its own."""
    outcomes: dict[int, ImportOutcome | BaseException] = {}
    barrier = threading.Barrier(len(works))

    def run(index: int, work: Callable[[], ImportOutcome]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                outcomes[index] = work()
            except BaseException as error:  # noqa: BLE001  (raised again by the test's own thread)
                outcomes[index] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(index, work)) for index, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = []
    for index in range(len(works)):
        outcome = outcomes[index]
        if isinstance(outcome, BaseException):
            raise outcome
        done.append(outcome)
    return done


def test_of_two_imports_of_the_same_file_one_writes_and_both_name_the_tournament(app: Flask) -> None:
    raw = a_file(40, TEAMS)
    outcomes = at_once(app, *[lambda: take_in(raw)] * 4)
    assert sorted(outcome.is_new for outcome in outcomes) == [False, False, False, True]
    assert len({outcome.tournament_id for outcome in outcomes}) == 1
    with read_snapshot() as session:
        assert session.scalar(select(func.count()).select_from(Tournament)) == 1
        assert session.scalar(select(func.count()).select_from(ImportedFile)) == 1
        assert session.scalar(select(func.count()).select_from(Result)) == 640


def test_the_second_one_sees_the_file_only_when_the_first_is_about_to_commit(app: Flask) -> None:
    """The first waits inside its transaction until the second has read the file and knows nothing of it yet."""
    raw = a_file(4, TEAMS)
    second_has_read = threading.Event()

    def first() -> ImportOutcome:
        def wait(share: float) -> None:
            if share > 0.8:
                second_has_read.wait(timeout=10)

        return take_in(raw, progress=wait)

    def second() -> ImportOutcome:
        def tell(share: float) -> None:
            if share == READING_SHARE:
                threading.Timer(0.3, second_has_read.set).start()

        return take_in(raw, progress=tell)

    outcomes = at_once(app, first, second)
    assert sorted(outcome.is_new for outcome in outcomes) == [False, True]
    assert outcomes[0].tournament_id == outcomes[1].tournament_id


def test_different_files_with_one_name_and_the_same_new_teams_are_all_taken(app: Flask) -> None:
    files = [a_file(matches, order) for matches, order in ((10, TEAMS), (11, TEAMS[::-1]), (12, TEAMS[8:] + TEAMS[:8]))]
    outcomes = at_once(app, *[lambda raw=raw: take_in(raw) for raw in files])
    assert [outcome.is_new for outcome in outcomes] == [True, True, True]
    with read_snapshot() as session:
        assert set(session.scalars(select(Tournament.slug))) == {"spring-cup", "spring-cup-2", "spring-cup-3"}
        assert sorted(session.scalars(select(Team.name))) == TEAMS
        assert session.scalar(select(func.count()).select_from(Registration)) == 48


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_hundred_thousand_rows_are_taken_within_twenty_seconds(app: Flask) -> None:
    """The time of the processor, since tests share theirs with others; `make bench` takes the time of the clock."""
    rows = [
        f"{match},Team {match % 625 * 16 + number:05},{number + 1},{(number * 7 + match) % 20}"
        for match in range(1, 6251)
        for number in range(16)
    ]
    raw = "\n".join(["match,participant,placement,kills", *rows]).encode()
    started, on_processor = time.perf_counter(), time.process_time()
    outcome = take_in(raw)
    took_s = time.process_time() - on_processor
    clock_s = time.perf_counter() - started
    print(f"100,000 rows on {db.engine.dialect.name}: {clock_s:.1f} s, of them {took_s:.1f} s on the processor")
    assert (outcome.matches, outcome.participants, outcome.results) == (6250, 10_000, 100_000)
    assert took_s < 20
