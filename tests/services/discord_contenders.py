"""What processes do to channels on Discord at the same moment."""

from webapp.services.notifications import discord_channels
from webapp.services.spine.actors import Actor
from webapp.services.spine.clock import utc_now
from webapp.services.webhooks import endpoints
from webapp.services.webhooks.endpoints import Draft


def enter(url: str, user_id: int) -> str:
    """Enter a channel of one's own."""
    discord_channels.enter_own(url, actor=Actor(user_id, "player"), now=utc_now())
    return "entered"


def create(url: str, user_id: int) -> str:
    """Enter a channel for one's tournaments."""
    draft = Draft(url, kind="discord")
    endpoints.create(draft, scope="tournaments", actor=Actor(user_id, "organizer"), now=utc_now())
    return "entered"
