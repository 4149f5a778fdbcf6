"""Channels stand beside each other: each is a module of its own, and the failure of one stops no other."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tests.arenas import OPENED_AT
from tests.entering import enter, open_tournament
from tests.hearing import CHANNEL_FLAGS
from tests.notified import mails, notifications, people, route
from tests.webhooked import endpoint_at
from webapp.domain.notifications.kinds import CHANNELS, IN_APP
from webapp.models import WebhookDelivery
from webapp.services.notifications import discord_channels, discord_events, outside, words
from webapp.services.operations import flags
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import organizer_notices

URL = "https://discord.com/api/webhooks/10000001/" + "t" * 68
OTHER = "https://discord.com/api/webhooks/10000002/" + "t" * 68


@pytest.fixture
def tournament_id(app: Flask) -> int:
    """Somebody takes part who has a channel on Discord; a webhook and a channel hear of everything."""
    for name in CHANNEL_FLAGS:
        flags.set_flag(name, is_on=True, actor=SYSTEM, now=OPENED_AT)
    (player,) = people(1)
    discord_channels.enter_own(URL, actor=player, now=OPENED_AT)
    endpoint_at("https://hooks.example.org/", now=OPENED_AT)
    endpoint_at(OTHER, now=OPENED_AT, kind="discord")
    tournament_id = open_tournament()
    enter(tournament_id, player)
    route(tournament_id)
    return tournament_id


def announce(tournament_id: int) -> list[str]:
    """Announce something; by which ways it has gone out."""
    organizer_notices.publish(tournament_id, "Lunch", audience="all", actor=SYSTEM, now=OPENED_AT)
    route(tournament_id)
    with read_snapshot() as session:
        kinds = session.scalars(
            select(WebhookDelivery.endpoint_id)
            .where(WebhookDelivery.type == "announcement")
            .order_by(WebhookDelivery.id)
        )
        sent = [f"endpoint {endpoint_id}" for endpoint_id in kinds]
    told = [IN_APP for row in notifications() if row.kind == "announcement" and row.is_in_app]
    return sorted([*told, *("email" for mail in mails() if mail.kind == "announcement"), *sent])


def fails(*_given: Any, **_more: Any) -> Any:
    raise KeyError("what nobody thought of")


def test_every_channel_but_the_list_is_a_module_of_the_table() -> None:
    assert outside.CHANNELS.keys() == set(CHANNELS) - {IN_APP}


def test_by_default_it_goes_out_by_all(tournament_id: int) -> None:
    assert announce(tournament_id) == ["email", "endpoint 1", "endpoint 2", "endpoint 3", "in_app"]


def test_a_message_to_a_person_that_cannot_be_written_stops_no_other(
    tournament_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "of_notifications", fails)
    assert announce(tournament_id) == ["email", "endpoint 2", "endpoint 3", "in_app"]


def test_a_message_to_a_channel_that_cannot_be_written_stops_no_other(
    tournament_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord_events, "body_of_event", fails)
    assert announce(tournament_id) == ["email", "endpoint 1", "endpoint 2", "in_app"]


def test_trouble_with_the_database_is_nobodys_alone(app: Flask) -> None:
    def locked() -> int:
        raise OperationalError("", {}, Exception())

    with pytest.raises(OperationalError):
        outside.apart("email", locked)
