"""Those who look on while processes die: how long boards are behind, whether each version is whole, what pages answer."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask
from sqlalchemy import create_engine, text

from tests import invariants
from tests.servers.web import LiveSite
from webapp.extensions import db
from webapp.models import Tournament
from webapp.services.boards import history
from webapp.services.ranking import board_store, scopes
from webapp.services.spine.transaction import read_snapshot

_TOLD = text(
    "SELECT t.id, t.log_seq, coalesce(c.seq, 0), ("
    "  SELECT min(d.seq) FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id"
    "  WHERE d.tournament_id = t.id AND d.state = 'pending' AND e.kind = 'webhook'"
    "  AND NOT EXISTS (SELECT 1 FROM webhook_attempts a WHERE a.delivery_id = d.id)"
    "), ("
    "  SELECT count(*) FROM webhook_attempts a JOIN webhook_deliveries d ON d.id = a.delivery_id"
    "  WHERE d.tournament_id = t.id"
    ") FROM tournaments t LEFT JOIN event_cursors c ON c.stream = 'tournament:' || t.id"
)
_STATE = text(
    "SELECT t.id, t.results_seq, coalesce(b.seq, 0) FROM tournaments t LEFT JOIN boards b "
    "ON b.scope = 'tournament:' || t.id AND b.audience = 'official'"
)


RESTS: Final = 4
"""A look that took long is followed by so much longer a pause: who looks on must not be what keeps the processors busy."""


class Watcher:
    """Does one thing again and again in a thread, until it is told to stop; what goes wrong is raised then."""

    def __init__(self, look: Callable[[], object], *, every_s: float) -> None:
        self._look, self._every_s = look, every_s
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        pause_s = self._every_s
        try:
            while not self._stop.wait(pause_s):
                began = time.monotonic()
                self._look()
                pause_s = max(self._every_s, RESTS * (time.monotonic() - began))
        except BaseException as error:  # noqa: BLE001  (it is raised by stop)
            self._error = error


@dataclass
class Kill:
    """A kill as one tournament feels it; `needed` is the log number that the board must reach, once that is known."""

    at: float
    tournament_id: int
    needed: int | None = None
    tried: int | None = None
    """How many attempts at webhooks there had been."""
    routed: int | None = None
    """Up to which number of the log it was routed."""


class BoardWatch:
    """From each kill until the board has all that was confirmed before it and in the second after it."""

    _statement = _STATE

    def __init__(self, database_url: str, tournament_ids: Sequence[int]) -> None:
        self._engine = create_engine(database_url)
        self._ids = tournament_ids
        self._waiting: list[Kill] = []
        self._lock = threading.Lock()
        self.recoveries_s: list[float] = []
        self._watcher = Watcher(self._look, every_s=0.05)

    def note_kill(self) -> None:
        """A process was killed just now."""
        with self._lock:
            self._waiting += [Kill(time.monotonic(), tournament_id) for tournament_id in self._ids]

    def stop(self) -> None:
        """Look no more."""
        self._watcher.stop()
        self._engine.dispose()

    def _state(self) -> dict[int, Sequence[Any]]:
        with self._engine.connect() as connection:
            return {row[0]: row[1:] for row in connection.execute(self._statement)}

    def _reached(self, kill: Kill, shown: int, *_more: Any) -> int:
        """The number of the log up to which everything is as if nobody had been killed."""
        return shown

    def _look(self) -> None:
        state, now = self._state(), time.monotonic()
        with self._lock:
            waiting, self._waiting = self._waiting, []
            for kill in waiting:
                confirmed, *found = state[kill.tournament_id]
                reached = self._reached(kill, *found)
                if kill.needed is None and now >= kill.at + 1:
                    kill.needed = confirmed
                if kill.needed is not None and reached >= kill.needed:
                    self.recoveries_s.append(now - kill.at)
                else:
                    self._waiting.append(kill)


class RoutedWatch(BoardWatch):
    """From each kill until everybody is written down who is to hear of what happened before it and in the second after."""

    _statement = _TOLD


class TellingWatch(BoardWatch):
    """From each kill until telling goes on, which is the next attempt of goal R4: something is routed, and a webhook goes
    out, or nothing of that waits.

    Not until all is told: in a storm more happens than is routed at once, and an endpoint is sent ten a second.
    """

    _statement = _TOLD

    def _reached(self, kill: Kill, shown: int, untried: int | None = None, tried: int = 0, *_more: Any) -> int:
        kill.tried = tried if kill.tried is None else kill.tried
        kill.routed = shown if kill.routed is None else kill.routed
        needed = kill.needed or 0
        reached = needed if shown > kill.routed else shown
        return reached if untried is None or tried > kill.tried else min(reached, untried - 1)


class VersionWatch:
    """Compares the published version with the fold of the log up to it, while both go on."""

    def __init__(self, app: Flask, tournament_ids: Sequence[int]) -> None:
        self._app, self._ids = app, tournament_ids
        self.looked_at: set[tuple[int, int]] = set()
        self.half_written: list[str] = []
        self._watcher = Watcher(self._look, every_s=0.3)

    def stop(self) -> None:
        self._watcher.stop()

    def _look(self) -> None:
        with self._app.app_context():
            for tournament_id in self._ids:
                try:
                    self._compare(tournament_id)
                except (AssertionError, ValueError, KeyError) as error:
                    self.half_written.append(f"tournament {tournament_id}: {type(error).__name__}: {error}"[:300])
            db.session.remove()

    def _compare(self, tournament_id: int) -> None:
        with read_snapshot() as session:
            shown = board_store.load(session, scopes.tournament(tournament_id), "public")
            if shown is None or (tournament_id, shown.version) in self.looked_at:
                return
            tournament = session.get_one(Tournament, tournament_id)
            folded, _ = history.board_at(session, tournament, shown.version)
        invariants.assert_same_board(shown.board, folded, f"version {shown.version}")
        self.looked_at.add((tournament_id, shown.version))


class Spectator:
    """Polls fragments and pages as browsers do and counts what came."""

    def __init__(self, site: LiveSite, tournament_ids: Sequence[int]) -> None:
        self._site = site
        self._paths = [
            "/",
            *(f"/spectator/tournaments/{tournament_id}/" for tournament_id in tournament_ids),
            *(fragment_path(tournament_id) for tournament_id in tournament_ids),
        ]
        self._tags: dict[str, str] = {}
        self.answers: Counter[str] = Counter()
        self._watcher = Watcher(self._look, every_s=0.1)

    def stop(self) -> None:
        self._watcher.stop()

    def _look(self) -> None:
        for path in self._paths:
            self.answers[self._ask(path)] += 1

    def _ask(self, path: str) -> str:
        headers: dict[str, Any] = {"HX-Request": "true"} if path.endswith("/fragment/") else {}
        if path in self._tags:
            headers["If-None-Match"] = self._tags[path]
        try:
            status, answered, _ = self._site.get(path, **headers)
        except OSError:
            return "away"
        if "ETag" in answered:
            self._tags[path] = answered["ETag"]
        return f"{status // 100}xx"


def fragment_path(tournament_id: int) -> str:
    return f"/spectator/tournaments/{tournament_id}/leaderboard/fragment/"
