"""Several processes at the same moment: a webhook of Discord stands here once, and a person has one channel."""

from flask import Flask
from sqlalchemy import select

from tests.personas import Persona, persona
from tests.services import discord_contenders
from tests.services.contenders import PROCESSES, Contenders
from webapp.config import Settings
from webapp.models import WebhookEndpoint
from webapp.services.spine.transaction import read_snapshot

URLS = [f"https://discord.com/api/webhooks/{number + 10_000_000}/{'t' * 68}" for number in range(PROCESSES)]


def standing() -> list[int | None]:
    with read_snapshot() as session:
        return list(session.scalars(select(WebhookEndpoint.owner_id).where(WebhookEndpoint.deleted_at.is_(None))))


def test_a_webhook_is_entered_by_one(rivals: Contenders, settings: Settings, app: Flask) -> None:
    people = [persona(app, name).user_id for name in ("pat", "una", "olga", "otto")][:PROCESSES]
    ways = (discord_contenders.enter, discord_contenders.create)
    calls = [(ways[number // 2], (URLS[0], user_id)) for number, user_id in enumerate(people)]
    outcomes = rivals.at_once(settings, calls)
    assert sorted(outcomes) == ["discord_in_use"] * (PROCESSES - 1) + ["entered"]
    assert len(standing()) == 1


def test_a_person_has_one_channel(rivals: Contenders, settings: Settings, pat: Persona) -> None:
    calls = [(discord_contenders.enter, (url, pat.user_id)) for url in URLS]
    assert rivals.at_once(settings, calls) == ["entered"] * PROCESSES
    assert standing() == [pat.user_id]
