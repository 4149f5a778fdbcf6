"""A process dies at each named point of each channel, on each database; afterwards everybody is told all the same.

What a person or a database is told once is told once. What has left for another server before the death may leave a
second time, and then with the same id and the same bytes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import hearing, invariants
from tests.arenas import open_battle_royale
from tests.jobs import doomed, mortals
from tests.servers.receiver import Receiver, status
from tests.servers.smtp import SmtpServer
from webapp.config import Settings
from webapp.extensions import db
from webapp.models import (
    Event,
    EventCursor,
    Mail,
    Notification,
    OutboxItem,
    Tournament,
    WebhookDelivery,
    WebhookEndpoint,
)
from webapp.services.notifications import due
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.crashpoints import OF_CHANNELS
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import organizer_notices

SERVED: Final = (
    "before_commit", "after_commit", "after_dispatch_claim", "after_lease", "before_done", "after_done",
)  # fmt: skip
"""Points that every handler of the outbox passes."""
DELIVERED: Final = (
    "after_delivery_claim", "before_delivery_send", "after_delivery_send", "before_delivery_mark", "after_delivery_mark",
)  # fmt: skip
POINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "in_app": ("before_route_write", "after_route_write"),
    "email": ("after_mail_lease", "before_mail_send", "after_mail_send", "before_mail_mark", "after_mail_mark"),
    "webhook": DELIVERED,
    "discord": DELIVERED,
}
HANDLER: Final = {"in_app": "route", "email": "mails", "webhook": "webhooks", "discord": "webhooks"}
SENT_BEFORE_DEATH: Final = {"after_mail_send", "before_mail_mark", "after_delivery_send", "before_delivery_mark"}
DIGESTS: Final = {"in_digest"}
"""Played where digests are tested."""
SIDES: Final = 3
PATH: Final = {"webhook": "/hook", "discord": hearing.discord_path(1)}


class Scene(NamedTuple):
    """The channel that is served, and where its process dies."""

    channel: str
    point: str


SCENES: Final = [Scene(channel, point) for channel, own in POINTS.items() for point in (*SERVED, *own)]


class Outside(NamedTuple):
    """The servers of others."""

    receiver: Receiver
    smtp: SmtpServer


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    servers = Outside(Receiver(), SmtpServer())
    servers.receiver.behave("", status(204))
    yield servers
    servers.receiver.stop()
    servers.smtp.stop()


@pytest.fixture
def settings(settings: Settings, outside: Outside) -> Settings:
    return replace(settings, webhook_allow_private=True, mail_url=outside.smtp.url)


@pytest.fixture
def environment(environment: dict[str, str], outside: Outside) -> dict[str, str]:
    return {**environment, "WEBHOOK_ALLOW_PRIVATE": "1", "MAIL_URL": outside.smtp.url}


class Stage:
    """A tournament of which something was announced to those who play in it, who listen by every channel."""

    def __init__(self, channel: str, outside: Outside) -> None:
        outside.receiver.forget()
        self._mails_before = len(outside.smtp.messages)
        self._outside = outside
        hearing.turn_on_channels()
        arena = open_battle_royale(squads=SIDES, lobbies=1)
        self.tournament_id = arena.tournament_id
        doomed.sweep()
        self.people = hearing.people(self.tournament_id)
        actor = hearing.staff()
        for kind, path in PATH.items():
            url = outside.receiver.at(path)
            hearing.endpoint(url, ["announcement"], actor=actor, tournament_id=self.tournament_id, kind=kind)
        organizer_notices.publish(
            self.tournament_id, "The lobby opens soon.", audience="all", actor=SYSTEM, now=utc_now()
        )
        if channel != "in_app":
            doomed.serve("route")
        if channel in PATH:
            self._serve_only(channel)

    def _serve_only(self, kind: str) -> None:
        """The other receiver of the same queue has time."""
        others = select(WebhookEndpoint.id).where(WebhookEndpoint.kind != kind)
        with transaction() as session:
            later = utc_now() + timedelta(hours=1)
            session.execute(
                update(WebhookDelivery).where(WebhookDelivery.endpoint_id.in_(others)).values(next_at=later)
            )

    def mails(self) -> Counter[str]:
        """What the mail server got, by Message-ID."""
        return Counter(str(message["Message-ID"]) for _, message in self._outside.smtp.messages[self._mails_before :])

    def requests(self, kind: str) -> list[bytes]:
        """The bodies that came to a receiver, each with its id."""
        return [
            request.headers.get("webhook-id", "").encode() + b"\n" + request.body
            for request in self._outside.receiver.of(PATH[kind])
        ]


def let_time_pass() -> None:
    """As if all leases and waiting times of the dead had run out."""
    long_ago = utc_now() - timedelta(seconds=1)
    with transaction() as session:
        for model in (OutboxItem, Mail, WebhookDelivery):
            session.execute(update(model).where(model.lease_until.is_not(None)).values(lease_until=long_ago))
            session.execute(update(model).values(next_at=long_ago))
        # The bucket of every receiver is full again.
        session.execute(update(WebhookEndpoint).values(tokens_at=None))


def what_is_left() -> dict[str, Any]:
    """Everything that must be so whoever died."""
    with read_snapshot() as session:
        tournament = session.scalars(select(Tournament)).one()
        cursor = session.get_one(EventCursor, f"tournament:{tournament.id}")
        told = select(Event).where(Event.type.in_(("announcement", "notifications_sent"))).order_by(Event.seq)
        return {
            "notices": sorted(map(tuple, session.execute(select(Notification.kind, Notification.user_id)))),
            "mails": sorted(map(tuple, session.execute(select(Mail.kind, Mail.user_id, Mail.state)))),
            "deliveries": Counter((row.type, row.state) for row in session.scalars(select(WebhookDelivery))),
            "events": [(event.type, event.data.get("recipient_count")) for event in session.scalars(told)],
            "not routed": tournament.log_seq - cursor.seq,
            "unserved": [row for row in invariants.unserved() if row[0] in {"route", "mails", "webhooks"}],
        }


def test_a_scene_is_played_for_every_point() -> None:
    assert {scene.point for scene in SCENES} == {*SERVED, *OF_CHANNELS} - DIGESTS


@pytest.mark.parametrize("scene", SCENES, ids=["-".join(scene) for scene in SCENES])
def test_everybody_is_told_whatever_dies(
    scene: Scene, app: Flask, outside: Outside, environment: dict[str, str]
) -> None:
    stage = Stage(scene.channel, outside)
    db.session.remove()
    died = mortals.end_of(("serve", HANDLER[scene.channel]), scene.point, environment)
    assert died == mortals.DIED, f"{scene.point} was not reached"
    for _ in range(2):
        let_time_pass()
        # What a scheduler does every second.
        due.ring(now=utc_now())
        doomed.sweep()
    everybody = sorted(stage.people)
    assert what_is_left() == {
        "notices": [("announcement", user_id) for user_id in everybody],
        "mails": [("announcement", user_id, "sent") for user_id in everybody],
        "deliveries": {("announcement", "delivered"): len(PATH)},
        "events": [("announcement", None), ("notifications_sent", SIDES)],
        "not routed": 0,
        "unserved": [],
    }
    again = 1 if scene.point in SENT_BEFORE_DEATH else 0
    assert len(stage.mails()) == SIDES
    assert stage.mails().total() - SIDES <= (again if scene.channel == "email" else 0)
    for kind in PATH:
        requests = stage.requests(kind)
        assert len(set(requests)) == 1
        assert len(requests) == 1 + (again if scene.channel == kind else 0)
