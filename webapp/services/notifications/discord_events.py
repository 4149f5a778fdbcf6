"""Channels on Discord that hear of a whole tournament: those of its organizer, and those of staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from webapp.domain import freezes
from webapp.domain.notifications.discord import EVENTS, USUAL_EVENTS
from webapp.domain.permissions import OF_TOURNAMENT, Action
from webapp.models import Event, Tournament, TournamentOfficial, User, WebhookEndpoint
from webapp.services.notifications import discord
from webapp.services.notifications.discord import FLAG, Message
from webapp.services.notifications.discord_words import body_of_event
from webapp.services.operations import flags
from webapp.services.webhooks.fan_out import owner_may_look

_RUNNING: Final = tuple(str(relation) for relation in sorted(OF_TOURNAMENT[Action.MANAGE_TOURNAMENT]))


def of_event(session: Session, tournament: Tournament, event: Event, *, now: datetime) -> int:
    """Write down what channels are sent of an event of the tournament's log; returns how many messages are new.

    What the public may not know while the board is frozen is held. As long as the flag is off nothing is written.
    Again changes nothing.
    """
    if event.type not in EVENTS or not flags.is_on(FLAG):
        return 0
    channels = _channels(session, tournament, event)
    body = body_of_event(session, tournament, event) if channels else None
    if body is None:
        return 0
    is_held = not freezes.is_told(event.type, event.seq, tournament.frozen_seq)
    messages = [
        Message(channel, event.id, event.type, body, now, tournament.id, event.seq, is_held) for channel in channels
    ]
    return discord.write(session, messages, now=now)


def _channels(session: Session, tournament: Tournament, event: Event) -> Sequence[int]:
    """The channels that were there when it happened and want to hear of it: staff's, and those of who runs it."""
    runs_it = select(TournamentOfficial.user_id).where(
        TournamentOfficial.tournament_id == tournament.id, TournamentOfficial.role.in_(_RUNNING)
    )
    is_owners = or_(WebhookEndpoint.owner_id == tournament.organizer_id, WebhookEndpoint.owner_id.in_(runs_it))
    with_owners = select(WebhookEndpoint.id, WebhookEndpoint.event_types).outerjoin(
        User, User.id == WebhookEndpoint.owner_id
    )
    statement = with_owners.where(
        discord.usable(),
        owner_may_look(),
        WebhookEndpoint.created_at <= event.created_at,
        or_(WebhookEndpoint.scope == "site", and_(WebhookEndpoint.scope == "tournaments", is_owners)),
        or_(WebhookEndpoint.tournament_id.is_(None), WebhookEndpoint.tournament_id == tournament.id),
    )
    return [
        endpoint_id
        for endpoint_id, chosen in session.execute(statement.order_by(WebhookEndpoint.id))
        if event.type in (chosen or USUAL_EVENTS)
    ]
