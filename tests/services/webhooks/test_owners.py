"""Whose endpoints they are: who was shut out or has lost the role is told nothing more, and who hears of trouble."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.contests import Contest, open_contest
from tests.personas import Persona
from tests.servers.receiver import Receiver, status
from tests.webhooked import STARTED_AT, Clock, deliver, deliveries, endpoint_at
from webapp.models import Event, Notification, Tournament, User
from webapp.services.notifications import discord_events
from webapp.services.operations import flags
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.webhooks import fan_out, sender

pytestmark = pytest.mark.usefixtures("sending")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
URL = "http://127.0.0.1:9/"


@pytest.fixture
def contest(app: Flask, olga: Persona) -> Contest:
    flags.set_flag("NOTIFICATIONS_DISCORD_ENABLED", is_on=True, actor=SYSTEM, now=STARTED_AT)
    contest = open_contest()
    with transaction() as session:
        session.get_one(Tournament, contest.tournament_id).organizer_id = olga.user_id
    return contest


def route(contest: Contest) -> None:
    """As the routing does it when the tournament starts."""
    with transaction() as session:
        tournament = session.get_one(Tournament, contest.tournament_id)
        event = Event(
            id=uuid4(), type="tournament_started", tournament_id=tournament.id, seq=1000, match_id=None,
            registration_id=None, actor_id=None, data={"status": "live"}, created_at=STARTED_AT,
        )  # fmt: skip
        for of_events in (fan_out.of_events, discord_events.of_events):
            of_events(session, tournament, [event], now=STARTED_AT)


def endpoints_of(who: Persona | None, scope: str) -> set[int]:
    owner_id = None if who is None else who.user_id
    return {
        endpoint_at(URL, now=LONG_AGO, scope=scope, owner_id=owner_id, kind=kind) for kind in ("webhook", "discord")
    }  # fmt: skip


@pytest.mark.parametrize(
    "change", [{}, {"disabled_at": STARTED_AT}, {"role": "player"}], ids=["as it is", "shut", "player"]
)
def test_an_organizer_who_is_none_any_more_hears_nothing(
    contest: Contest, olga: Persona, change: dict[str, Any]
) -> None:
    theirs, of_settings = endpoints_of(olga, "tournaments"), endpoints_of(None, "site")
    with transaction() as session:
        session.execute(update(User).where(User.id == olga.user_id).values(**change, handle="Olga"))
    route(contest)
    assert {row.endpoint_id for row in deliveries()} == of_settings | (set() if change else theirs)


@pytest.mark.parametrize(
    "change", [{}, {"disabled_at": STARTED_AT}, {"role": "organizer"}], ids=["as it is", "shut", "organizer"]
)
def test_who_is_no_staff_any_more_hears_nothing_of_the_whole_site(
    contest: Contest, sam: Persona, change: dict[str, Any]
) -> None:
    of_site = endpoints_of(sam, "site")
    with transaction() as session:
        session.execute(update(User).where(User.id == sam.user_id).values(**change, handle="Sam"))
    route(contest)
    assert {row.endpoint_id for row in deliveries()} == (set() if change else of_site)


def test_of_the_endpoint_of_the_settings_all_of_the_staff_hear(
    app: Flask, receiver: Receiver, sam: Persona, olga: Persona
) -> None:
    receiver.behave("/", status(410))
    deliver(endpoint_id := endpoint_at(receiver.at("/"), is_from_environment=True))
    sender.deliver_due(clock=Clock())
    with read_snapshot() as session:
        told = session.execute(select(Notification.user_id, Notification.kind, Notification.data)).all()
    assert [tuple(row) for row in told] == [
        (sam.user_id, "webhook_disabled", {"endpoint_id": endpoint_id, "reason": "gone"})
    ]  # fmt: skip
