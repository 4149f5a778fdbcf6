"""Channels on Discord that hear of a whole tournament: those of its organizer, and those of staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

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


class _Channel(NamedTuple):
    """A channel that may hear of a tournament: since when, and of which types of events."""

    endpoint_id: int
    event_types: Sequence[str]
    since: datetime


def of_events(session: Session, tournament: Tournament, events: Sequence[Event], *, now: datetime) -> int:
    """Write down what channels are sent of events of the tournament's log; returns how many messages are new.

    What the public may not know while the board is frozen is held. As long as the flag is off nothing is written.
    Again changes nothing.
    """
    told = [event for event in events if event.type in EVENTS]
    channels = _channels(session, tournament) if told and flags.is_on(FLAG) else []
    messages = [message for event in told for message in _messages(session, tournament, event, channels, now)]
    return discord.write(session, messages, now=now)


def _messages(
    session: Session, tournament: Tournament, event: Event, channels: Sequence[_Channel], now: datetime
) -> list[Message]:
    wanting = [one for one in channels if one.since <= event.created_at and event.type in one.event_types]
    body = body_of_event(session, tournament, event) if wanting else None
    if body is None:
        return []
    is_held = not freezes.is_told(event.type, event.seq, tournament.frozen_seq)
    return [
        Message(one.endpoint_id, event.id, event.type, body, now, tournament.id, event.seq, is_held) for one in wanting
    ]


def _channels(session: Session, tournament: Tournament) -> list[_Channel]:
    """Staff's, and those of who runs the tournament."""
    runs_it = select(TournamentOfficial.user_id).where(
        TournamentOfficial.tournament_id == tournament.id, TournamentOfficial.role.in_(_RUNNING)
    )
    is_owners = or_(WebhookEndpoint.owner_id == tournament.organizer_id, WebhookEndpoint.owner_id.in_(runs_it))
    statement = (
        select(WebhookEndpoint.id, WebhookEndpoint.event_types, WebhookEndpoint.created_at)
        .outerjoin(User, User.id == WebhookEndpoint.owner_id)
        .where(
            discord.usable(),
            owner_may_look(),
            or_(WebhookEndpoint.scope == "site", and_(WebhookEndpoint.scope == "tournaments", is_owners)),
            or_(WebhookEndpoint.tournament_id.is_(None), WebhookEndpoint.tournament_id == tournament.id),
        )
        .order_by(WebhookEndpoint.id)
    )
    return [_Channel(one, chosen or USUAL_EVENTS, since) for one, chosen, since in session.execute(statement)]
