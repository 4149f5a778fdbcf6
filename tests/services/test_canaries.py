"""Everything private is planted somewhere on a whole site; of what goes out and of what programs keep none holds it."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.canaries import SETTINGS, Aviary, open_aviary
from tests.hearing import turn_on_channels
from tests.personas import persona
from tests.servers.discord import DiscordServer
from tests.servers.receiver import Receiver
from tests.servers.redis import RedisServer
from tests.servers.smtp import SmtpServer
from webapp.config import Settings
from webapp.extensions import db
from webapp.models import WebhookDelivery, WebhookEndpoint
from webapp.services.notifications import mails, routing
from webapp.services.spine import relay
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.webhooks import sender

_NO_DIGITS = str.maketrans("", "", "0123456789")
SECRET = ("path of", "query of", "token of Discord", "secret of", "secret before")
PRIVATE_TABLES = {
    "users", "teams", "tournaments", "matches", "announcements", "disputes", "dispute_comments", "dispute_evidence",
    "payments", "registrations", "registration_players", "stored_files", "player_ids", "api_tokens", "sessions",
    "custom_fields", "tournament_templates", "tournament_versions", "overlay_tokens", "result_submissions", "overrides",
    "adjustments",
}  # fmt: skip
"""Where people's words belong."""
ALLOWED = {"audit_entries": ["reason of a payment"], "webhook_endpoints": ["description of a webhook"]}


@pytest.fixture
def discord() -> Iterator[DiscordServer]:
    server = DiscordServer(at_once=1000)
    yield server
    server.stop()


@pytest.fixture
def settings(settings: Settings, smtp: SmtpServer) -> Settings:
    """Those of a site that says in its log whatever it can, and whose channels all lead somewhere."""
    return replace(
        settings, log_level="DEBUG", webhook_allow_private=True, secret_key=SETTINGS["key of the site"],
        metrics_token=SETTINGS["token of the metrics"], mail_url=smtp.url,
    )  # fmt: skip


@pytest.fixture
def aviary(redis_server: RedisServer, app: Flask, receiver: Receiver, discord: DiscordServer) -> Aviary:
    logging.getLogger().setLevel(logging.DEBUG)
    turn_on_channels()
    people = {name: persona(app, name) for name in ("olga", "sam", "pat", "una")}
    return open_aviary(app, people, receiver, discord)


def everything_is_sent(aviary: Aviary) -> None:
    relay.sweep(clock=utc_now, may_work=False)
    for tournament_id in aviary.tournament_ids:
        routing.route_tournament(tournament_id, now=utc_now())
    for team_id in aviary.team_ids:
        routing.route_team(team_id, now=utc_now())
    began = utc_now()
    for seconds in range(30):
        # So many messages to one channel are sent little by little.
        sender.deliver_due(clock=partial(began.__add__, timedelta(seconds=seconds)))
    mails.send_due(clock=utc_now)


def test_nothing_private_gets_out(
    app: Flask, aviary: Aviary, receiver: Receiver, discord: DiscordServer, smtp: SmtpServer,
    redis_server: RedisServer, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert len(aviary.planted) >= 25
    everything_is_sent(aviary)
    counts = (len(receiver.requests), len(discord.messages), len(smtp.messages))
    assert all(count >= least for count, least in zip(counts, (60, 10, 3), strict=True)), counts
    addresses = ("path of a webhook", "query of a webhook", "path of the settings")
    for request in receiver.requests:
        assert aviary.found_in(request.body) == []
        assert aviary.found_in(request.headers) == []
        assert aviary.found_in(request.raw, but=addresses) == []
    # Names of teams and tournaments are public, and what Discord and mails are about.
    assert aviary.found_in(discord.messages, names=False) == []
    for request in discord.receiver.requests:
        assert "x-webhook-signature" not in request.headers
        assert aviary.found_in(request.headers) == []
    for _, message in smtp.messages:
        parts = [part.get_payload(decode=True) or b"" for part in message.walk() if not part.is_multipart()]
        told = b"".join(part for part in parts if isinstance(part, bytes))
        assert aviary.found_in(told, but=["link to unsubscribe"], names=False) == []
    assert aviary.found_in(capsys.readouterr().err) == []
    assert aviary.found_in(redis_content(redis_server)) == []
    metrics = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {SETTINGS['token of the metrics']}"})
    assert metrics.status_code == 200
    assert aviary.found_in(metrics.text) == []
    for table, content in rows_of_tables():
        # The audit keeps what officials wrote as their reason, an endpoint what its owner calls it, an attempt what its
        # receiver said; messages for Discord hold public names.
        allowed = ALLOWED.get(table, ())
        has_names = table in {"webhook_deliveries", "audit_entries", "webhook_endpoints", "webhook_attempts"}
        assert aviary.found_in(content, but=allowed, names=not has_names) == [], table


def rows_of_tables() -> list[tuple[str, str]]:
    """Everything that the database holds outside of the tables where people's words belong."""
    with read_snapshot() as session:
        tables = [table for table in db.metadata.sorted_tables if table.name not in PRIVATE_TABLES]
        return [(table.name, repr(session.execute(select(table)).all())) for table in tables]


def redis_content(server: RedisServer) -> list[Any]:
    readers = {
        b"string": lambda client, key: client.get(key),
        b"hash": lambda client, key: client.hgetall(key),
        b"set": lambda client, key: client.smembers(key),
        b"list": lambda client, key: client.lrange(key, 0, -1),
        b"stream": lambda client, key: client.xrange(key),
        b"zset": lambda client, key: client.zrange(key, 0, -1),
    }
    with server.client() as client:
        return [(key, readers[client.type(key)](client, key)) for key in client.keys("*")]


def test_pages_show_no_secret_of_a_channel_to_anybody(aviary: Aviary) -> None:
    everything_is_sent(aviary)
    secret = [what for what in aviary.planted if what.startswith(SECRET)]
    assert len(secret) >= 7
    with read_snapshot() as session:
        ids = list(session.scalars(select(WebhookEndpoint.id)))
        deliveries = dict(session.execute(select(WebhookDelivery.endpoint_id, WebhookDelivery.id)).all())
    seen = set()
    for area, name in (("organizer", "olga"), ("staff", "sam")):
        paths = ["", *(f"{endpoint_id}/" for endpoint_id in ids), *(f"{endpoint_id}/edit/" for endpoint_id in ids)]
        paths += [f"{endpoint_id}/deliveries/{delivery_id}/" for endpoint_id, delivery_id in deliveries.items()]
        for path in paths:
            answer = aviary.people[name].get(f"/{area}/webhooks/{path}")
            if answer.status_code == 200:
                seen.add((area, path.translate(_NO_DIGITS)))
                assert [what for what in secret if aviary.planted[what] in answer.text] == [], path
    assert aviary.planted["token of Discord"] not in aviary.people["pat"].get("/me/notifications/").text
    assert seen == {(area, path) for area in ("organizer", "staff") for path in ("", "/", "/edit/", "/deliveries//")}
