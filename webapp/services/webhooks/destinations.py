"""Addresses that endpoints may have, by the kind of what receives there."""

from typing import NamedTuple

from webapp.domain.notifications import discord
from webapp.services.webhooks import addresses


class Destination(NamedTuple):
    """An address in its one spelling. `key` is what a Discord webhook is known by, whoever entered it."""

    url: str
    host: str
    key: str | None = None


def destination_of(url: str, kind: str) -> Destination:
    """The address, checked; a DomainError says what is wrong with it. Looks a name up: not for transactions."""
    if kind == "discord":
        channel = discord.address_of(url.strip(), elsewhere=addresses.may_be_private())
        return Destination(channel.url, channel.host, channel.key)
    checked = addresses.check(url.strip())
    return Destination(checked.url, checked.host)
