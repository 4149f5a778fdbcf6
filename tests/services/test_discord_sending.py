"""What is sent to Discord, and how Discord is treated: its limits, its refusals, its troubles.

DISCORD_SECONDS=300 keeps its limits for the whole of the five minutes that are promised (R10).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from uuid_utils.compat import uuid7

from tests.arenas import OPENED_AT, Arena, ended_at, open_battle_royale
from tests.personas import Persona
from tests.servers.discord import DiscordServer
from tests.servers.receiver import CLOSE, Answer, Receiver, status
from webapp.config import Settings
from webapp.domain.notifications.discord import trial_body
from webapp.models import Notification, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from webapp.services.live import freezes
from webapp.services.matches import results
from webapp.services.notifications import discord as messages
from webapp.services.notifications import discord_channels, routing
from webapp.services.notifications.discord import Message
from webapp.services.operations import flags
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.webhooks import claims, endpoints, sender
from webapp.services.webhooks.endpoints import Draft
from webapp.services.webhooks.policies import POLICIES

WHILE = timedelta(seconds=int(os.environ.get("DISCORD_SECONDS", "15")))


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = OPENED_AT

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def discord(clock: Clock) -> Iterator[DiscordServer]:
    """Discord, on the clock of the test."""
    server = DiscordServer(clock=clock.seconds)
    yield server
    server.stop()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, webhook_allow_private=True)


@pytest.fixture
def endpoint_id(app: Flask, pat: Persona, discord: DiscordServer) -> int:
    for name in ("NOTIFICATIONS_DISCORD_ENABLED", "NOTIFICATIONS_WEBHOOK_ENABLED"):
        flags.set_flag(name, is_on=True, actor=SYSTEM, now=OPENED_AT)
    return discord_channels.enter_own(discord.url(), actor=pat.actor, now=OPENED_AT)


def put(endpoint_id: int, count: int = 1, *, now: datetime = OPENED_AT) -> None:
    with transaction() as session:
        rows = [Message(endpoint_id, uuid7(), "announcement", trial_body(now), now) for _ in range(count)]
        assert messages.write(session, rows, now=now) == count


def send(clock: Clock, *, until: timedelta) -> None:
    """Send as time goes by, from one moment at which something is due to the next."""
    end = clock.now + until
    while clock.now < end:
        sender.deliver_due(clock=clock)
        next_at = claims.take(now=clock.now, limit=0).next_at
        clock.now = min(end, max(next_at or end, clock.now + timedelta(milliseconds=1)))


def rows_of(table: type[Any]) -> list[Any]:
    with read_snapshot() as session:
        rows = list(session.scalars(select(table).order_by(table.id)))
        session.expunge_all()
        return rows


def states() -> list[str]:
    return [row.state for row in rows_of(WebhookDelivery)]


def test_discord_is_sent_as_much_as_it_takes_and_never_says_that_it_is_too_much(
    endpoint_id: int, discord: DiscordServer, clock: Clock
) -> None:
    rate = POLICIES["discord"].rate
    bound = 1 + rate * WHILE.total_seconds()
    put(endpoint_id, int(bound * 1.2))
    send(clock, until=WHILE)
    assert set(discord.answers) == {204}
    assert 0.95 * bound <= len(discord.answers) <= bound
    assert states().count("delivered") == len(discord.answers)


def test_a_message_arrives_as_it_is_without_anything_of_ours(
    endpoint_id: int, discord: DiscordServer, clock: Clock
) -> None:
    put(endpoint_id)
    send(clock, until=timedelta(seconds=1))
    assert states() == ["delivered"]
    (embed,) = discord.embeds
    assert embed["title"] == "It works"
    (request,) = discord.receiver.requests
    assert request.headers["content-type"].startswith("application/json")
    assert request.headers["user-agent"].startswith("DeltaCrown/")
    assert not {name for name in request.headers if name.startswith(("webhook-", "x-"))}


def test_discord_is_left_alone_for_as_long_as_it_said(endpoint_id: int, discord: DiscordServer, clock: Clock) -> None:
    put(endpoint_id, 2)
    body = b'{"message": "You are being rate limited.", "retry_after": 7.5, "global": false}'
    discord.next_answers(status(429, body, {"Retry-After": "8"}))
    send(clock, until=timedelta(seconds=20))
    first, *others = rows_of(WebhookAttempt)
    assert (first.status_code, [attempt.status_code for attempt in others]) == (429, [204, 204])
    assert all(attempt.at >= first.at + timedelta(seconds=7.5) for attempt in others)
    assert states() == ["delivered", "delivered"]


def test_what_it_says_on_success_is_heeded_too(endpoint_id: int, discord: DiscordServer, clock: Clock) -> None:
    put(endpoint_id, 2)
    discord.next_answers(status(204, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "4.0"}))
    send(clock, until=timedelta(seconds=10))
    first, second = rows_of(WebhookAttempt)
    assert second.at >= first.at + timedelta(seconds=4)


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_channel_that_discord_refuses_is_left_alone_at_once_and_its_owner_told(
    endpoint_id: int, discord: DiscordServer, clock: Clock, pat: Persona, code: int
) -> None:
    put(endpoint_id, 3)
    discord.next_answers(*[status(code)] * 3)
    send(clock, until=timedelta(minutes=2))
    assert discord.answers == [code]
    with read_snapshot() as session:
        row = session.get_one(WebhookEndpoint, endpoint_id)
        assert (row.disabled_at is not None, row.disabled_reason) == (True, "refused")
    assert [(row.user_id, row.kind) for row in rows_of(Notification)] == [(pat.user_id, "webhook_disabled")]


@pytest.mark.parametrize("trouble", [status(500), status(302, headers={"Location": "/elsewhere"}), CLOSE])
def test_trouble_is_tried_again_three_times(
    endpoint_id: int, discord: DiscordServer, clock: Clock, trouble: Answer
) -> None:
    flags.set_flag("WEBHOOK_SLOW_LANE", is_on=True, actor=SYSTEM, now=OPENED_AT)
    put(endpoint_id)
    discord.next_answers(*[trouble] * 5)
    send(clock, until=timedelta(hours=1))
    waited = [(attempt.at - OPENED_AT).total_seconds() for attempt in rows_of(WebhookAttempt)]
    assert len(waited) == 4
    for at, least in zip(waited, (0, 1, 6, 31), strict=True):
        assert least <= at <= least * 1.2 + 1
    assert states() == ["exhausted"]


def test_the_deadline_is_five_seconds() -> None:
    assert POLICIES["discord"].timeout_s == 5.0


def test_what_discord_would_not_take_is_given_up_and_stops_nothing_else(
    endpoint_id: int, discord: DiscordServer, clock: Clock, sam: Persona
) -> None:
    receiver = Receiver()
    try:
        draft = Draft(receiver.at("/fine"), event_types=())
        other = endpoints.create(draft, scope="site", actor=sam.actor, now=OPENED_AT).endpoint_id
        put(endpoint_id)
        put(other, 3)
        with transaction() as session:
            session.execute(
                update(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id).values(body=b"{}")
            )
        send(clock, until=timedelta(seconds=5))
        assert discord.answers == [400]
        assert states() == ["failed", "delivered", "delivered", "delivered"]
    finally:
        receiver.stop()


def test_what_a_frozen_board_hides_is_told_when_it_is_shown_again(
    endpoint_id: int, discord: DiscordServer, clock: Clock, olga: Persona
) -> None:
    draft = Draft(discord.url("5556667778889990001"), kind="discord")
    endpoints.create(draft, scope="tournaments", actor=olga.actor, now=OPENED_AT)
    arena = open_battle_royale(name="Harbor Cup", organizer_id=olga.user_id)
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(1))
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(2))
    assert said(arena, discord, clock) == [
        "The tournament has started.",
        "The standings are frozen until the organizers show them again.",
    ]
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=ended_at(3))
    result, unfrozen = sorted(said(arena, discord, clock)[2:])
    first = arena.participant_ids.index(arena.lines(arena.match_ids[0])[0].participant_id) + 1
    assert (result, unfrozen) == (f"Match 1: **Squad {first:02}** won.", "The standings are shown again.")


def said(arena: Arena, discord: DiscordServer, clock: Clock) -> list[str]:
    """What has been said of the tournament, once all of its log is worked off."""
    routing.route_tournament(arena.tournament_id, now=clock.now)
    send(clock, until=timedelta(minutes=2))
    return [embed["description"] for embed in discord.embeds]
