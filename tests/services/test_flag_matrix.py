"""Flags do not get in each other's way: of any two every combination, and each alone decides what it is about (R16)."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations, product
from typing import Final

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import Arena, open_battle_royale
from tests.hearing import people
from tests.invariants import assert_all_is_well
from tests.personas import Persona
from tests.servers.discord import DiscordServer
from tests.servers.receiver import Receiver, status
from tests.servers.smtp import SmtpServer
from tests.views.api.worlds import program_of
from webapp.config import Settings
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.models import Notification, WebhookDelivery
from webapp.services.boards import leaderboards
from webapp.services.matches import results
from webapp.services.notifications import discord_channels, mails, routing
from webapp.services.operations import flags
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import organizer_notices
from webapp.services.webhooks import endpoints, sender
from webapp.services.webhooks.endpoints import Draft

Row = Mapping[str, bool]
FAST_LANE_S: Final = (0, 2, 9, 40)
"""When every attempt of the fast lane is due, with what may be added to its delays."""


def pairwise() -> list[Row]:
    """Rows in which any two flags stand in all four ways: none on, one, the other, both."""
    chance = random.Random(7)
    names = list(flags.FLAGS)
    missing = {
        ((one, first), (other, second))
        for one, other in combinations(names, 2)
        for first, second in product((False, True), repeat=2)
    }
    rows: list[Row] = []
    while missing:
        drawn = [{name: chance.random() < 0.5 for name in names} for _ in range(200)]
        best = max(drawn, key=lambda row: len(covered(row) & missing))
        rows.append(best)
        missing -= covered(best)
    return rows


def covered(row: Row) -> set[tuple[tuple[str, bool], tuple[str, bool]]]:
    return set(combinations(row.items(), 2))


@pytest.fixture
def receiver(receiver: Receiver) -> Receiver:
    receiver.behave("/broken", status(500))
    return receiver


@pytest.fixture
def settings(settings: Settings, smtp: SmtpServer) -> Settings:
    return replace(settings, webhook_allow_private=True, mail_url=smtp.url)


def test_a_matrix_has_every_pair_in_every_state() -> None:
    rows = pairwise()
    assert len(set().union(*map(covered, rows))) == 4 * len(list(combinations(flags.FLAGS, 2)))
    assert len(rows) < 14


@pytest.mark.parametrize(
    ("database_url", "row"),
    [(("sqlite", "postgres")[number % 2], row) for number, row in enumerate(pairwise())],
    indirect=["database_url"],
    ids=lambda value: value if isinstance(value, str) else "".join("01"[is_on] for is_on in value.values()),
)
def test_each_flag_decides_what_it_is_about_and_nothing_else(
    app: Flask, sam: Persona, row: Row, receiver: Receiver, discord: DiscordServer, smtp: SmtpServer
) -> None:
    for name, is_on in row.items():
        flags.set_flag(name, is_on=is_on, actor=SYSTEM, now=utc_now())
    arena, (player, *_) = a_day(sam.actor, receiver, discord)
    began = utc_now()
    routing.route_tournament(arena.tournament_id, now=began)
    mails.send_due(clock=utc_now)
    for seconds in FAST_LANE_S:
        send_at(began + timedelta(seconds=seconds))
    assert has_been_told(player)
    assert (len(smtp.messages) > 0) == row["NOTIFICATIONS_EMAIL_ENABLED"]
    assert (len(receiver.of("/works")) == 1) == row["NOTIFICATIONS_WEBHOOK_ENABLED"]
    assert (len(discord.messages) > 0) == row["NOTIFICATIONS_DISCORD_ENABLED"]
    slow = {True: ["pending"], False: ["exhausted"]}[row["WEBHOOK_SLOW_LANE"]]
    assert broken_deliveries(receiver) == (slow if row["NOTIFICATIONS_WEBHOOK_ENABLED"] else [])
    shown = program_of(app, sam, "read").get(f"/api/tournaments/{arena.tournament_id}/leaderboard/")
    assert shown.status_code == (200 if row["LEADERBOARDS_API_ENABLED"] else 503)
    board = leaderboards.page(arena.tournament_id, audience="public", limit=50, offset=0, now=utc_now())
    entries = board["rankings" if row["LEADERBOARDS_ENGINE_V2_ENABLED"] else "entries"]
    in_order = [entry["participant_id"] for entry in entries]
    assert in_order == (list(arena.participant_ids) if row["LEADERBOARDS_COMPUTE_ENABLED"] else [])
    if row["LEADERBOARDS_COMPUTE_ENABLED"] and row["LEADERBOARDS_ENGINE_V2_ENABLED"]:
        assert_all_is_well(arena.tournament_id)


def a_day(staff: Actor, receiver: Receiver, discord: DiscordServer) -> tuple[Arena, list[int]]:
    """A lobby is played and something is announced; everybody who can listen does."""
    arena = open_battle_royale(squads=3, lobbies=1)
    players = people(arena.tournament_id)
    now = utc_now()
    for path in ("/works", "/broken"):
        draft = Draft(receiver.at(path), event_types=("announcement",))
        endpoints.create(draft, scope="site", actor=staff, now=now)
    discord_channels.enter_own(discord.url(), actor=Actor(players[0], "player"), now=now)
    lines = [Line(who, place, 0) for place, who in enumerate(arena.participant_ids, 1)]
    results.confirm(arena.match_ids[0], lines, actor=SYSTEM, now=now)
    ranking.rank_due(arena.tournament_id, now=now)
    organizer_notices.publish(arena.tournament_id, "Doors open at nine", audience="all", actor=SYSTEM, now=now)
    return arena, players


def send_at(now: datetime) -> None:
    sender.deliver_due(clock=lambda: now)


def has_been_told(user_id: int) -> bool:
    """In-app there is no switch: people are told whatever else is off."""
    with read_snapshot() as session:
        kinds = session.scalars(select(Notification.kind).where(Notification.user_id == user_id))
        return "announcement" in set(kinds)


def broken_deliveries(receiver: Receiver) -> list[str]:
    with read_snapshot() as session:
        rows = session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.endpoint_id)).all()
        return [row.state for row in rows if row.attempts == len(receiver.of("/broken")) > 1]
