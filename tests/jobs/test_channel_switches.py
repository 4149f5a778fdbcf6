"""Channels on a whole site: as installed nothing leaves it, a flag is enough to change that, and to end it (R16)."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import func, select

from tests.arenas import Arena, open_battle_royale
from tests.hearing import CHANNEL_FLAGS, people
from tests.invariants import unserved
from tests.servers.discord import TOKEN, DiscordServer
from tests.servers.receiver import HANG, Receiver
from tests.servers.smtp import SmtpServer
from tests.servers.web import LiveSite, StartSite
from webapp.models import Mail, Notification, User, WebhookDelivery
from webapp.services.matches import results
from webapp.services.notifications import discord_channels
from webapp.services.operations import flags
from webapp.services.ranking import ranking
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import organizer_notices, tournaments
from webapp.services.webhooks import endpoints
from webapp.services.webhooks.endpoints import Draft

TOGGLED_WITHIN_S: Final = 5.0
KILLED_WITHIN_S: Final = 10.0
QUIET_S: Final = 2.5
"""In which whatever is due would be sent twice over: everybody looks once a second."""
# Every process of the site that reads its environment notes where it connects to, but for the machine's own sockets.
_SPY: Final = """
import os, sys
def _note(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        with open(os.environ["SPY_FILE"], "a") as notes:
            notes.write(f"{arguments[1]} {sys.argv}\\n")
    elif event == "socket.getaddrinfo" and arguments[0] not in (None, "", "127.0.0.1", "localhost"):
        with open(os.environ["SPY_FILE"], "a") as notes:
            notes.write(f"name {arguments[0]} {sys.argv}\\n")
sys.addaudithook(_note)
"""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Where the site's processes write down what they connected to."""
    folder = tmp_path / "spy"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_SPY)
    (folder / "notes").touch()
    return folder / "notes"


@pytest.fixture
def site(start_site: StartSite, notes: Path, smtp: SmtpServer) -> LiveSite:
    return start_site(
        MAIL_URL=smtp.url, WEBHOOK_ALLOW_PRIVATE="1", LOG_LEVEL="DEBUG", PYTHONPATH=str(notes.parent), SPY_FILE=str(notes)
    )  # fmt: skip


@pytest.mark.timeout(180)
def test_nothing_leaves_a_site_until_a_flag_says_so_and_nothing_any_more_when_it_is_off(
    site: LiveSite, notes: Path, receiver: Receiver, discord: DiscordServer, smtp: SmtpServer
) -> None:
    with site.app.app_context():
        arena = listening(receiver, discord)
        play(arena)
        tournaments.complete(arena.tournament_id, actor=SYSTEM, now=utc_now())
        wait_until(lambda: unserved() == [] and count(Notification) > 0, seconds=30)
        assert notes.read_text() == ""
        assert (receiver.connections, discord.receiver.connections, smtp.messages) == (0, 0, [])
        assert (count(Mail), count(WebhookDelivery)) == (0, 0)

        for name in CHANNEL_FLAGS:
            switch(name, is_on=True)
        announce(arena)
        wait_until(
            lambda: bool(receiver.of("/hook") and discord.messages and smtp.messages), seconds=TOGGLED_WITHIN_S
        )  # fmt: skip

        assert notes.read_text() != ""

        receiver.behave("/hook", HANG)
        announce(arena)
        receiver.wait_for(2, "/hook")
        for name in CHANNEL_FLAGS:
            switch(name, is_on=False)
        wait_until(lambda: under_way() == 0, seconds=KILLED_WITHIN_S)
        sent = (len(receiver.requests), len(discord.answers), len(smtp.messages))
        announce(arena)
        wait_until(lambda: unserved() == [], seconds=30)
        time.sleep(QUIET_S)
        assert (len(receiver.requests), len(discord.answers), len(smtp.messages)) == sent

        # What was under way when it was switched off waits, and goes on where it was.
        receiver.behave("/hook")
        switch("NOTIFICATIONS_WEBHOOK_ENABLED", is_on=True)
        receiver.wait_for(3, "/hook", seconds=TOGGLED_WITHIN_S)
        assert receiver.of("/hook")[1].headers["webhook-id"] == receiver.of("/hook")[2].headers["webhook-id"]
        # And the log, which says all it can, holds nothing that would tell who was told what, or where.
        assert [word for word in (TOKEN, "/hook", "example.org", "Doors open") if word in site.output] == []


def listening(receiver: Receiver, discord: DiscordServer) -> Arena:
    """A lobby to be played, and one who listens by every channel."""
    arena = open_battle_royale(squads=3, lobbies=1)
    player, *_ = people(arena.tournament_id)
    with transaction() as session:
        session.get_one(User, player).role = "admin"
    staff, now = Actor(player, "admin"), utc_now()
    draft = Draft(receiver.at("/hook"), event_types=("announcement", "match_completed"))
    endpoints.create(draft, scope="site", actor=staff, now=now)
    discord_channels.enter_own(discord.url(), actor=staff, now=now)
    return arena


def play(arena: Arena) -> None:
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=utc_now())
    ranking.rank_due(arena.tournament_id, now=utc_now())


def announce(arena: Arena) -> None:
    organizer_notices.publish(arena.tournament_id, "Doors open", audience="all", actor=SYSTEM, now=utc_now())


def switch(name: str, *, is_on: bool) -> None:
    flags.set_flag(name, is_on=is_on, actor=SYSTEM, now=utc_now())


def count(table: type[Notification] | type[Mail] | type[WebhookDelivery]) -> int:
    with read_snapshot() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def under_way() -> int:
    """Sendings that somebody is at."""
    with read_snapshot() as session:
        leased = select(func.count()).where(WebhookDelivery.lease_token.is_not(None))
        return session.scalar(leased) or 0


def wait_until(is_so: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)
