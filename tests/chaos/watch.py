"""How long boards are behind: a thread that looks at results and board many times a second."""

import threading
import time

from sqlalchemy import create_engine, text

_STATE = text(
    "SELECT t.results_seq, coalesce(b.seq, 0) FROM tournaments t LEFT JOIN boards b "
    "ON b.scope = :scope AND b.audience = 'official' WHERE t.id = :id"
)


class BoardWatch:
    """From each kill until the board has everything that was confirmed before it."""

    def __init__(self, database_url: str, tournament_id: int) -> None:
        self._engine = create_engine(database_url)
        self._parameters = {"scope": f"tournament:{tournament_id}", "id": tournament_id}
        self._waiting: list[tuple[float, int]] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.recoveries_s: list[float] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def note_kill(self) -> None:
        """A process was killed just now."""
        wanted, _ = self.state()
        with self._lock:
            self._waiting.append((time.monotonic(), wanted))

    def state(self) -> tuple[int, int]:
        """The newest log number that may change the board, and the board's."""
        with self._engine.connect() as connection:
            wanted, has = connection.execute(_STATE, self._parameters).one()
            return int(wanted), int(has)

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            _, has = self.state()
            now = time.monotonic()
            with self._lock:
                current = [killed for killed in self._waiting if killed[1] <= has]
                self._waiting = [killed for killed in self._waiting if killed[1] > has]
            self.recoveries_s += [now - at for at, _ in current]
