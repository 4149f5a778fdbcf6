"""Who hears of what happens in a run: people by four channels, and what must have come to them in the end."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests import hearing
from tests.chaos.receivers import ChaosReceivers
from tests.chaos.report import ChaosReport
from tests.servers.smtp import SmtpServer
from webapp.extensions import db
from webapp.models import Event, EventCursor, Mail, Notification, Tournament, WebhookDelivery
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction

TOLD_TO_ALL: Final = ("match_completed", "announcement")
"""Everybody who plays hears of these, once an event, whatever becomes of it."""
BY_WEBHOOK: Final = ("match_completed", "result_corrected", "result_voided", "match_scheduled", "announcement")
BY_DISCORD: Final = ("announcement",)
TAKEN: Final = frozenset({"204", "lost"})
"""Of these requests the receiver knows all that it was sent."""


class Channel(NamedTuple):
    """An endpoint of the run: the events that it wants, and the path under which they reach its receiver."""

    tournament_id: int
    kind: str
    types: Sequence[str]
    path: str


class Audience:
    """People, receivers and a mail server of one run; `environment` is what the site needs to reach them."""

    def __init__(self, folder: Path, seed: str) -> None:
        self._receivers = ChaosReceivers(folder, seed)
        self._smtp = SmtpServer()
        self.environment = {"WEBHOOK_ALLOW_PRIVATE": "1", "MAIL_URL": self._smtp.url}
        self._people: dict[int, list[int]] = {}
        self._channels: dict[int, Channel] = {}
        self._since: dict[int, int] = {}

    def stop(self) -> None:
        self._receivers.stop()
        self._smtp.stop()

    def settle(self, app: Flask, tournament_ids: Sequence[int]) -> None:
        """Give every tournament its listeners; what happened before need not concern them."""
        with app.app_context():
            hearing.turn_on_channels()
            actor = hearing.staff()
            for number, tournament_id in enumerate(tournament_ids, start=1):
                self._people[tournament_id] = hearing.people(tournament_id)
                hearing.want(self._people[tournament_id][:1], "match_completed", "email")
                for channel in (
                    Channel(tournament_id, "webhook", BY_WEBHOOK, f"/hook/{number}"),
                    Channel(tournament_id, "discord", BY_DISCORD, hearing.discord_path(number)),
                ):
                    address = self._receivers.url + channel.path
                    made = hearing.endpoint(
                        address, channel.types, actor=actor, tournament_id=tournament_id, kind=channel.kind
                    )
                    self._channels[made] = channel
                with read_snapshot() as session:
                    self._since[tournament_id] = session.get_one(Tournament, tournament_id).log_seq
            db.session.remove()

    def waiting(self) -> list[str]:
        """What is still to be sent. What waits for company in one mail waits no longer."""
        with transaction() as session:
            is_waiting = Mail.state == "pending"
            session.execute(update(Mail).where(is_waiting, Mail.next_at > utc_now()).values(next_at=utc_now()))
            mails = session.scalar(select(func.count()).where(is_waiting)) or 0
            is_open = WebhookDelivery.state.in_(("pending", "held"))
            deliveries = session.scalar(select(func.count()).where(is_open)) or 0
        return [f"{count} {name}" for name, count in (("mails", mails), ("deliveries", deliveries)) if count]

    def check(self, report: ChaosReport) -> None:
        """Compare what was written down and what arrived with what the logs tell."""
        with read_snapshot() as session:
            for tournament_id in self._people:
                self._check_notices(session, tournament_id, report)
            self._check_mails(session, report)
            self._check_deliveries(session, report)

    def _check_notices(self, session: Session, tournament_id: int, report: ChaosReport) -> None:
        events = self._told(session, tournament_id, TOLD_TO_ALL)
        late = {event.id for event in events if event.seq <= self._since[tournament_id]}
        expected = {
            (event.id, user_id) for event in events if event.id not in late for user_id in self._people[tournament_id]
        }
        rows = session.execute(
            select(Notification.event_id, Notification.user_id)
            .join(Event, Event.id == Notification.event_id)
            .where(Event.tournament_id == tournament_id, Event.type.in_(TOLD_TO_ALL), Event.id.not_in(late))
        )
        found = Counter((event_id, user_id) for event_id, user_id in rows)
        report.notices += found.total()
        report.note("notice", expected=expected, found=found)
        cursor = session.get(EventCursor, f"tournament:{tournament_id}")
        last = session.get_one(Tournament, tournament_id).log_seq
        if cursor is None or cursor.seq != last:
            report.problems.append(f"tournament {tournament_id}: routed up to {cursor and cursor.seq} of {last}")
        counted = session.scalars(
            select(Event.data).where(Event.tournament_id == tournament_id, Event.type == "notifications_sent")
        )
        since, everybody = self._since[tournament_id], len(self._people[tournament_id])
        counts = Counter((data["of_seq"], data["recipient_count"]) for data in counted if data["of_seq"] > since)
        announced = {(event.seq, everybody) for event in events if event.type == "announcement"}
        report.note("count", expected=announced, found=counts)

    def _told(self, session: Session, tournament_id: int, types: Iterable[str]) -> list[Event]:
        wanted = Event.type.in_(tuple(types))
        return list(session.scalars(select(Event).where(Event.tournament_id == tournament_id, wanted)))

    def _check_mails(self, session: Session, report: ChaosReport) -> None:
        arrived = Counter(str(message["Message-ID"]) for _, message in self._smtp.messages)
        report.mails, report.repeated_mails = arrived.total(), arrived.total() - len(arrived)
        rows = session.execute(
            select(Mail.state, Mail.reason, Mail.kind, Notification.event_id, Mail.user_id).join(
                Notification, Notification.id == Mail.notification_id
            )
        )
        known = {message_id.strip("<>").partition("@")[0].lower() for message_id in arrived}
        for state, reason, kind, event_id, user_id in rows:
            if state != "sent":
                report.problems.append(f"a mail of {kind} is {state} {reason}")
            elif kind == "announcement" and f"{event_id}.{user_id}" not in known:
                report.lost += 1

    def _check_deliveries(self, session: Session, report: ChaosReport) -> None:
        digests: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        taken: Counter[tuple[str, str]] = Counter()
        for request in self._receivers.received():
            digests[request.path, request.message_id].add(request.digest)
            taken[request.path, request.message_id] += request.outcome in TAKEN
            report.requests += 1
        report.repeated_requests = report.requests - len(digests)
        report.changed_bodies = sum(len(seen) - 1 for seen in digests.values())
        allowed: set[tuple[str, str]] = set()
        for endpoint_id, channel in self._channels.items():
            rows = session.scalars(select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)).all()
            self._check_rows(session, channel, rows, report)
            for row in rows:
                known_as = (
                    str(row.event_id) if channel.kind == "webhook" else hashlib.sha256(row.body or b"").hexdigest()
                )
                allowed.add((channel.path, known_as))
                if row.state != "delivered":
                    report.problems.append(f"delivery {row.id} is {row.state} after {row.attempts} attempts")
                elif not taken[channel.path, known_as]:
                    report.lost += 1
        report.ghosts += len(digests.keys() - allowed)

    def _check_rows(
        self, session: Session, channel: Channel, rows: Sequence[WebhookDelivery], report: ChaosReport
    ) -> None:
        since = self._since[channel.tournament_id]
        told = [event for event in self._told(session, channel.tournament_id, channel.types) if event.seq > since]
        found: Counter[UUID] = Counter(row.event_id for row in rows if row.seq is not None and row.seq > since)
        report.deliveries += found.total()
        report.note(channel.kind, expected={event.id for event in told}, found=found)
