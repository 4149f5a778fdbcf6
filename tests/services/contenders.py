"""Processes that do things to one database at the same moment, for tests of what must not be done twice or lost."""

import multiprocessing
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Final

from flask import Flask

from tests.kept_apps import KeptApps
from webapp.config import Settings
from webapp.domain.errors import DomainError
from webapp.domain.registration import LinedUp
from webapp.domain.scoring import BattleRoyaleLine
from webapp.domain.series import SeriesGame
from webapp.extensions import db
from webapp.services.accounts import user_admin
from webapp.services.disputes import dispute_decisions
from webapp.services.disputes.dispute_decisions import Decision
from webapp.services.matches import reporting, results, series
from webapp.services.notifications import routing
from webapp.services.operations import flags
from webapp.services.ranking import adjustments, board_store, overrides, ranking, scopes
from webapp.services.registration import entries
from webapp.services.registration.entries import Entry
from webapp.services.spine import outbox, periods, relay, undo
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot

PROCESSES: Final = 4
PATIENCE_S: Final = 60
ENTERED_AT: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)

Call = tuple[Callable[..., Any], tuple[Any, ...]]


class Contenders:
    """Some processes that wait for work; each opens the database it is told to and starts when all are ready.

    They are started when they are first needed: that takes longer than most of what they are asked to do.
    """

    def __init__(self) -> None:
        self._barrier: threading.Barrier | None = None
        self._pipes: list[Connection] = []
        self._processes: list[SpawnProcess] = []

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        # Kept: the system forgets it with us, and a process comes to know it only once it has started.
        self._barrier = context.Barrier(PROCESSES)
        for _ in range(PROCESSES):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, self._barrier), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def at_once(self, settings: Settings, calls: Sequence[Call]) -> list[Any]:
        """Run the calls (one a process, as many as there are processes) at the same moment; what each returned.

        A refusal (DomainError) comes back as its code; any other error is raised here.
        """
        assert len(calls) == PROCESSES
        if not self._processes:
            self._start()
        try:
            outcomes = self._asked(settings, calls)
        except BaseException:
            # An answer that is still to come would come to whoever asks next.
            self.stop()
            raise
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return outcomes

    def _asked(self, settings: Settings, calls: Sequence[Call]) -> list[Any]:
        for pipe, call in zip(self._pipes, calls, strict=True):
            pipe.send((settings, call))
        outcomes = []
        for pipe in self._pipes:
            assert pipe.poll(PATIENCE_S), "a process did not answer"
            outcomes.append(pipe.recv())
        return outcomes

    def stop(self) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(10)
            process.kill()
        self._pipes, self._processes = [], []


def _serve(pipe: Connection, barrier: threading.Barrier) -> None:
    kept_apps = KeptApps()
    while True:
        try:
            settings, (work, arguments) = pipe.recv()
        except EOFError:
            return
        try:
            with _opened(kept_apps.take(settings)):
                barrier.wait(PATIENCE_S)
                outcome = work(*arguments)
        except DomainError as refusal:
            outcome = refusal.code
        except Exception as error:  # noqa: BLE001  (what went wrong here is raised in the test)
            outcome = RuntimeError(f"{type(error).__name__}: {error}")
        pipe.send(outcome)


@contextmanager
def _opened(app: Flask) -> Iterator[None]:
    flags.forget()
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


# -- what they do


def route_at_once(tournament_id: int) -> int:
    """Work off a tournament's log for those who are told."""
    return routing.route_tournament(tournament_id, now=ENTERED_AT)


def confirm_all(matches: Sequence[tuple[int, Sequence[BattleRoyaleLine]]]) -> list[tuple[bool, int]]:
    """Confirm one match after the other: whether each changed anything, and the log's number."""
    outcomes = [results.confirm(match_id, lines, actor=SYSTEM, now=utc_now()) for match_id, lines in matches]
    return [(outcome.changed, outcome.seq) for outcome in outcomes]


def confirm_first(match_id: int, lines: Sequence[BattleRoyaleLine]) -> bool:
    """Confirm a match that nobody has touched yet."""
    return results.confirm(match_id, lines, actor=SYSTEM, now=utc_now(), expected_revision=0).changed


def report(match_id: int, who: Actor, games: Sequence[SeriesGame]) -> bool:
    """A side says how a match went: whether the other one had said the same."""
    return reporting.submit(match_id, games, actor=who, now=utc_now()).is_agreed


def agree(match_id: int, report_revision: int, who: Actor) -> bool:
    """A side answers a report: whether that changed anything."""
    return reporting.agree(match_id, report_revision=report_revision, actor=who, now=utc_now()).changed


def confirm_series(match_id: int, games: Sequence[SeriesGame]) -> bool:
    """An official confirms a series: whether that changed anything."""
    return series.confirm(match_id, games, actor=SYSTEM, now=utc_now()).changed


def reward(tournament_id: int, participant_id: int, times: int) -> int:
    """Give a participant one point many times."""
    for _ in range(times):
        adjustments.adjust(
            tournament_id, participant_id, kind="bonus", points=1, reason="For playing so fairly", actor=SYSTEM,
            now=utc_now(),
        )  # fmt: skip
    return times


def override(tournament_id: int, participant_id: int, rank: int) -> bool:
    """Set a placement by hand: whether that changed anything."""
    reason = "The referee counted the wrong team"
    return overrides.override(tournament_id, participant_id, rank, reason=reason, actor=SYSTEM, now=utc_now()).changed


def override_often(tournament_id: int, participant_id: int, ranks: Sequence[int]) -> int:
    """Give a participant one rank after the other and take the last one back; how often that changed anything."""
    reason = "The referee counted the wrong team"
    changes = 0
    for rank in ranks:
        done = overrides.override(tournament_id, participant_id, rank, reason=reason, actor=SYSTEM, now=utc_now())
        changes += done.changed
    return changes + overrides.restore(done.override_id, actor=SYSTEM, now=utc_now()).changed


def enter_all(tournament_id: int, user_ids: Sequence[int]) -> list[str]:
    """Register people alone, one after the other: the state that each came to, or why not."""
    told = []
    for user_id in user_ids:
        entry = Entry(players=[LinedUp(user_id, "player", f"Striker{user_id}")])
        try:
            done = entries.register(tournament_id, entry, actor=Actor(user_id, "player"), now=ENTERED_AT)
            told.append(done.status)
        except DomainError as refusal:
            told.append(refusal.code)
    return told


def take_role(user_id: int) -> bool:
    """Make an admin a player."""
    return user_admin.set_role(user_id, "player", actor=SYSTEM, now=utc_now())


def rank_often(tournament_id: int, times: int, participant_ids: Sequence[int]) -> list[int]:
    """Compute the board in every way again and again; the versions that came of it."""
    versions = []
    for _ in range(times):
        due = ranking.rank_due(tournament_id, now=utc_now())
        partial = ranking.compute_partial_update(tournament_id, participant_ids, now=utc_now())
        full = ranking.compute_tournament_rankings(tournament_id, now=utc_now())
        versions += [done.version for done in (due, partial, full) if done is not None]
    return versions


def claim_periods(jobs: Sequence[tuple[str, str]], now: datetime) -> list[str]:
    """What a scheduler does when a period has come."""
    return periods.claim_due(jobs, now=now)


def claim_rows(now: datetime) -> list[int]:
    """What a relay does with everything that is due, a few rows at a time."""
    claimed: list[int] = []
    while claims := outbox.claim_due(now=now, limit=7):
        claimed += [claim.item_id for claim in claims]
    return claimed


def lease_rows(item_ids: Sequence[int]) -> list[int]:
    """Try to lease each row, all at one moment, so that no lease runs out meanwhile; those that were given."""
    now = utc_now()
    leases = [outbox.take_lease(item_id, now=now) for item_id in item_ids]
    return [lease.item_id for lease in leases if lease is not None]


def sweep_once() -> int:
    """Ring for everything due."""
    return relay.sweep(clock=utc_now, may_work=False)


def sweep_until(tournament_id: int, match_count: int) -> int:
    """Serve what is due, as a scheduler without Redis does, until so many matches are on the board; its version."""
    while True:
        relay.sweep(clock=utc_now, may_work=True)
        with read_snapshot() as session:
            shown = board_store.load(session, scopes.tournament(tournament_id), "official")
        if shown is not None and shown.board.standings.columns["matches_played"].max() == match_count:
            return shown.version


def decide(dispute_id: int, resolution: str) -> bool:
    """Decide a dispute, the result being changed or not."""
    reason = "We have seen the video."
    dispute_decisions.decide(dispute_id, Decision(resolution), reason=reason, actor=SYSTEM, now=ENTERED_AT)
    return True


def take_back(action_id: int) -> bool:
    """Undo an action: whether it was this one who did."""
    return undo.undo(action_id, actor=SYSTEM, now=ENTERED_AT).changed
