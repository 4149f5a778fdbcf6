"""One announcement to everybody who plays in a very large tournament: a hundred thousand notifications."""

import time
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import event, func, select

from bench.context import Bench, Place
from bench.rows import Row
from bench.seeding import NOW, gather_statistics, open_tournament
from webapp.extensions import db
from webapp.models import EventCursor, Mail, Notification, RegistrationPlayer, Tournament, User
from webapp.services.notifications import routing
from webapp.services.operations import flags
from webapp.services.spine import relay
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.bulk import insert_rows
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import organizer_notices

TEAMS: Final = 10_000
PLAYERS_EACH: Final = 10
MUST_MS: Final = 30_000


def run(bench: Bench) -> Iterator[Row]:
    """On every database: told in the application alone, and by mail as well."""
    for kind in bench.databases:
        with bench.place(kind, "notifying") as place:
            tournament_id = _crowd(bench.pick(TEAMS, 30), PLAYERS_EACH)
            yield _row(bench, place, tournament_id, "notified", "told in the application")
            flags.set_flag("NOTIFICATIONS_EMAIL_ENABLED", is_on=True, actor=SYSTEM, now=NOW)
            yield _row(bench, place, tournament_id, "notified_mailed", "told there and by a mail each")


def _row(bench: Bench, place: Place, tournament_id: int, key: str, what: str) -> Row:
    organizer_notices.publish(tournament_id, "Lunch is at noon.", audience="participants", actor=SYSTEM, now=NOW)
    # Nobody works here: a ranking that is wanted and never comes would have all wait for it, step by step.
    relay.sweep(clock=utc_now, may_work=True, handlers=relay.QUICK)
    before = _count(Notification), _count(Mail)
    longest = _Longest()
    began = time.perf_counter()
    with longest:
        while routing.route_tournament(tournament_id, now=NOW) or routing.request_stale(now=NOW):
            pass
    took = 1000 * (time.perf_counter() - began)
    told, mails = _count(Notification) - before[0], _count(Mail) - before[1]
    expected = bench.pick(TEAMS, 30) * PLAYERS_EACH
    if told != expected or mails not in (0, expected):
        raise AssertionError(f"{told} notifications and {mails} mails for {expected} people")
    return Row(
        key=f"{key}/{place.database}", what=f"{told} people {what}, {place.title}", figure=took, p95=took,
        best=took, runs=1, note=f"longest transaction {longest.milliseconds:.0f} ms; {mails} mails wait",
        limits=bench.limits(MUST_MS, None),
    )  # fmt: skip


def _crowd(teams: int, each: int) -> int:
    """A live tournament in which everybody has an account."""
    seeded = open_tournament("Crowd", teams, 0)
    handles = [f"fan {number}" for number in range(teams * each)]
    with transaction() as session:
        people: list[dict[str, Any]] = [
            {
                "handle": handle, "handle_key": handle, "email": f"{handle}@example.org", "password_hash": "x",
                "email_key": f"{handle}@example.org", "role": "player", "email_verified_at": NOW, "created_at": NOW,
            }
            for handle in handles
        ]  # fmt: skip
        insert_rows(session, User, people)
        ids = session.scalars(select(User.id).where(User.handle.like("fan %")).order_by(User.id)).all()
        players = [
            {
                "tournament_id": seeded.tournament_id, "registration_id": seeded.participant_ids[place // each],
                "user_id": user_id, "role": "player", "is_active": True,
            }
            for place, user_id in enumerate(ids)
        ]  # fmt: skip
        insert_rows(session, RegistrationPlayer, players)
        # What has happened so far was told before.
        last = session.get_one(Tournament, seeded.tournament_id).log_seq
        session.add(EventCursor(stream=f"tournament:{seeded.tournament_id}", seq=last, after_user_id=0, counts={}))
    gather_statistics()
    return seeded.tournament_id


def _count(table: type[Notification | Mail]) -> int:
    with read_snapshot() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


class _Longest:
    """How long the longest transaction that was committed lasted: so long everybody else waits who writes."""

    def __init__(self) -> None:
        self.milliseconds = 0.0
        self._began = 0.0

    def __enter__(self) -> None:
        event.listen(db.engine, "begin", self._begin)
        event.listen(db.engine, "commit", self._end)

    def __exit__(self, *_: object) -> None:
        event.remove(db.engine, "begin", self._begin)
        event.remove(db.engine, "commit", self._end)

    def _begin(self, _connection: object) -> None:
        self._began = time.perf_counter()

    def _end(self, _connection: object) -> None:
        self.milliseconds = max(self.milliseconds, 1000 * (time.perf_counter() - self._began))
