"""`python -m tests.jobs.doomed WHAT [ARGUMENT …]`: one process that does one thing, for tests that let it die there."""

import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from jobs.context import application
from tests.arenas import Arena, ended_at
from webapp.domain.presets import preset
from webapp.services.imports import imports
from webapp.services.matches import results
from webapp.services.notifications import digests, telling
from webapp.services.spine import doorbell, periods, relay
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction

JOBS: Final = (("snapshot_tournaments", "*/30 * * * *"), ("stale_boards", "*/5 * * * *"))
PERIOD: Final = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
ANSWERED_WITHIN_S: Final = 20.0


def confirm(match_id: str, *participant_ids: str) -> None:
    """Confirm a match, and leave everything else to others."""
    arena = Arena(0, tuple(map(int, participant_ids)), ())
    lines = arena.lines(int(match_id))
    results.confirm(int(match_id), lines, actor=SYSTEM, now=ended_at(3), completed_at=ended_at(3))


def confirm_and_ring(match_id: str, *participant_ids: str) -> None:
    """Confirm a match as a web process does, until the doorbell's thread has done its work or died of it."""
    answered = threading.Event()

    def answer() -> None:
        with application().app_context():
            relay.answer_doorbell(utc_now)
        answered.set()

    doorbell.connect(answer)
    confirm(match_id, *participant_ids)
    if not answered.wait(ANSWERED_WITHIN_S):
        sys.exit("nobody answered the doorbell")


def sweep() -> None:
    """Serve everything due, as the scheduler does."""
    while relay.sweep(clock=utc_now, may_work=True):
        pass


def serve(*handlers: str) -> None:
    """Serve what is due of these handlers alone."""
    relay.sweep(clock=utc_now, may_work=True, handlers=handlers)


def write_digests(at: str) -> None:
    """Write down the digests that have fallen due by then."""
    digests.write_due(now=datetime.fromisoformat(at))


def tell(user_id: str, event_id: str, times: str, at: str) -> None:
    """Tell somebody of the same thing over and over, from that second of the clock on."""
    time.sleep(max(0.0, float(at) - time.time()))
    for _ in range(int(times)):
        with transaction() as session:
            telling.tell(session, "payout_received", [int(user_id)], event_id=UUID(event_id), now=utc_now())


def schedule() -> None:
    """Claim the periods that have come, as the scheduler does."""
    periods.claim_due(JOBS, now=PERIOD)


def take_in(file: str) -> None:
    """Import a file of results, as the operator's command does."""
    imports.import_results(
        Path(file).read_bytes(), game="pubgm", name="Imported", ruleset=preset("super"), organizer_id=None,
        season=None, now=ended_at(9), actor=SYSTEM,
    )  # fmt: skip


DEEDS: Final[Mapping[str, Callable[..., None]]] = {
    "confirm": confirm,
    "confirm-and-ring": confirm_and_ring,
    "sweep": sweep,
    "serve": serve,
    "digests": write_digests,
    "tell": tell,
    "schedule": schedule,
    "import": take_in,
}

if __name__ == "__main__":
    with application().app_context():
        DEEDS[sys.argv[1]](*sys.argv[2:])
