"""Everybody is told in time with workers or Redis gone: real workers, a real scheduler, real receivers, real seconds."""

import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import hearing
from tests.arenas import open_battle_royale
from tests.jobs.conftest import StartProcess
from tests.ringing import ringing
from tests.servers.receiver import Receiver, status
from tests.servers.redis import RedisServer
from tests.servers.smtp import SmtpServer
from webapp.config import Settings
from webapp.models import Mail, Notification, WebhookAttempt, WebhookDelivery
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import organizer_notices

RECOVERED_WITHIN_S = 20
"""Goal R4."""
BACKLOG_TOLD_WITHIN_S = 5
"""Goal R3."""
ENDS_WITHIN_S = 10
"""Goal R19."""
STARTED_WITHIN_S = 60
"""Beside other tests: until a new process has done its first work."""
SIDES = 4
QUEUES = ("default", "email", "webhooks")


@pytest.fixture(scope="module")
def smtp() -> Iterator[SmtpServer]:
    server = SmtpServer()
    yield server
    server.stop()


@pytest.fixture
def receiver(receiver: Receiver) -> Receiver:
    receiver.behave("", status(204))
    return receiver


@pytest.fixture
def settings(settings: Settings, smtp: SmtpServer) -> Settings:
    return replace(settings, webhook_allow_private=True, mail_url=smtp.url)


@pytest.fixture
def environment(environment: dict[str, str], smtp: SmtpServer) -> dict[str, str]:
    return {**environment, "WEBHOOK_ALLOW_PRIVATE": "1", "MAIL_URL": smtp.url}


@pytest.fixture
def audience(app: Flask, receiver: Receiver) -> Iterator["Audience"]:
    """Who hears; the test is the web process, whose doorbell is connected."""
    with ringing(app):
        yield Audience(receiver)


class Audience:
    """Those who play in one tournament, by every channel."""

    def __init__(self, receiver: Receiver) -> None:
        hearing.turn_on_channels()
        self.receiver = receiver
        self.tournament_id = open_battle_royale(squads=SIDES, lobbies=1).tournament_id
        self.people = hearing.people(self.tournament_id)
        self.told = 0
        self.told_to = {"webhook": "/hook", "discord": hearing.discord_path(1)}
        actor = hearing.staff()
        for kind, path in self.told_to.items():
            url = receiver.at(path)
            hearing.endpoint(url, ["announcement"], actor=actor, tournament_id=self.tournament_id, kind=kind)

    def tell(self) -> None:
        """Announce something to everybody."""
        organizer_notices.publish(self.tournament_id, "Hear!", audience="all", actor=SYSTEM, now=utc_now())
        self.told += 1

    def heard(self) -> tuple[int, int, int]:
        """How many notices are there, mails sent, and messages delivered."""
        with read_snapshot() as session:
            notices = session.scalar(select(func.count()).where(Notification.kind == "announcement"))
            mails = session.scalar(select(func.count()).where(Mail.state == "sent"))
            deliveries = session.scalar(select(func.count()).where(WebhookDelivery.state == "delivered"))
        return notices or 0, mails or 0, deliveries or 0

    def has_heard_all(self) -> bool:
        """Whether everybody has heard all that was told, once."""
        return self.heard() == (self.told * SIDES, self.told * SIDES, self.told * len(self.told_to))

    def wait_until_all_is_heard(self, *, seconds: float) -> float:
        """How long it took; fails when it takes longer."""
        began = time.monotonic()
        while not self.has_heard_all():
            assert time.monotonic() - began < seconds, f"{self.heard()} of {self.told} after {seconds} s"
            time.sleep(0.02)
        return time.monotonic() - began


def start_all(start_process: StartProcess) -> None:
    for queue in QUEUES:
        start_process("jobs.worker", queue)
    start_process("jobs.scheduler")


@pytest.mark.timeout(240)
def test_everybody_is_told_while_redis_is_gone_and_at_once_when_it_is_back(
    redis_server: RedisServer, audience: Audience, start_process: StartProcess
) -> None:
    start_all(start_process)
    audience.tell()
    audience.wait_until_all_is_heard(seconds=STARTED_WITHIN_S)
    for gone, back in ((redis_server.stop, redis_server.start), (redis_server.pause, redis_server.resume)):
        gone()
        audience.tell()
        audience.wait_until_all_is_heard(seconds=RECOVERED_WITHIN_S)
        audience.tell()
        back()
        audience.wait_until_all_is_heard(seconds=BACKLOG_TOLD_WITHIN_S)
    redis_server.flushall()
    audience.tell()
    redis_server.flushall()
    audience.wait_until_all_is_heard(seconds=RECOVERED_WITHIN_S)


@pytest.mark.timeout(240)
def test_without_any_redis_the_scheduler_alone_tells_everybody(audience: Audience, start_process: StartProcess) -> None:
    scheduler = start_process("jobs.scheduler")
    for _ in range(3):
        audience.tell()
    audience.wait_until_all_is_heard(seconds=STARTED_WITHIN_S)
    scheduler.send(signal.SIGTERM)
    assert scheduler.process.wait(ENDS_WITHIN_S) == 0


@pytest.mark.timeout(240)
def test_what_a_dead_worker_was_sending_is_sent_again_in_time(
    redis_server: RedisServer, audience: Audience, start_process: StartProcess
) -> None:
    start_process("jobs.scheduler")
    start_process("jobs.worker", "default")
    start_process("jobs.worker", "email")
    dying = start_process("jobs.worker", "webhooks", DELTACROWN_CRASH_AT="after_delivery_send")
    audience.tell()
    assert dying.process.wait(STARTED_WITHIN_S) == 9
    died = time.monotonic()
    start_process("jobs.worker", "webhooks")
    audience.wait_until_all_is_heard(seconds=RECOVERED_WITHIN_S + STARTED_WITHIN_S)
    requests = audience.receiver.requests
    # What had left before the death came again, the same to the byte, and nothing else did.
    assert [request for request in requests if request.monotonic > died] != []
    assert len({(request.path, request.body) for request in requests}) == len(audience.told_to) < len(requests)


@pytest.mark.timeout(240)
def test_a_worker_told_to_stop_under_load_ends_in_time_and_loses_nothing(
    redis_server: RedisServer, audience: Audience, start_process: StartProcess
) -> None:
    audience.receiver.behave("/hook", status(204, after_s=0.3))
    start_process("jobs.scheduler")
    for queue in ("default", "email"):
        start_process("jobs.worker", queue)
    worker = start_process("jobs.worker", "webhooks")
    for _ in range(8):
        audience.tell()
    audience.receiver.wait_for(2, "/hook", seconds=STARTED_WITHIN_S)
    worker.send(signal.SIGTERM)
    began = time.monotonic()
    assert worker.process.wait(ENDS_WITHIN_S) == 0
    assert time.monotonic() - began < ENDS_WITHIN_S
    start_process("jobs.worker", "webhooks")
    audience.wait_until_all_is_heard(seconds=60)
    # An orderly end cuts nothing off: whatever had been sent was written down, and is not sent again.
    with read_snapshot() as session:
        attempts = session.scalar(select(func.count()).select_from(WebhookAttempt))
    assert attempts == len(audience.receiver.requests) == len(audience.told_to) * audience.told
