"""Who is sent an event: a delivery for each endpoint that wants it, in the transaction that routes the event."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from webapp.domain.events import CATALOGUE
from webapp.models import Event, Tournament, TournamentOfficial, User, WebhookDelivery, WebhookEndpoint
from webapp.services.operations import flags
from webapp.services.spine import outbox
from webapp.services.spine.upserts import insert_new
from webapp.services.webhooks import messages
from webapp.services.webhooks.policies import POLICIES

UNFROZEN = "board_unfrozen"
_MAY_OWN = ("organizer", "admin")


def of_events(session: Session, tournament: Tournament, events: Sequence[Event], *, now: datetime) -> int:
    """Deliver these events of the tournament's log to the webhooks that want them; how many deliveries those are.

    What the public may not know yet is held back until the board is shown again. That event releases it here, for
    endpoints of every kind.
    """
    shown = [event.seq for event in events if event.type == UNFROZEN]
    if shown:
        release_held(session, tournament.id, until_seq=max(shown), now=now)
    if not events or not flags.is_on(POLICIES["webhook"].flag):
        return 0
    endpoints = _listening(session, tournament)
    wanting = [(event, ids) for event in events if (ids := _wanting(endpoints, event))]
    messages.ensure(session, [event for event, _ in wanting], now=now)
    rows = [
        _row(
            endpoint_id, event.id, event.type, now,
            tournament_id=tournament.id, seq=event.seq, state=state_of(tournament, event),
        )
        for event, endpoint_ids in wanting
        for endpoint_id in endpoint_ids
    ]  # fmt: skip
    return _insert(session, rows, now)


def state_of(tournament: Tournament, event: Event) -> str:
    """`held` for what the public may not know yet, else `pending`."""
    is_hidden = tournament.frozen_seq is not None and event.seq > tournament.frozen_seq
    return "held" if is_hidden and not CATALOGUE[event.type].told_while_frozen else "pending"


def add(
    session: Session,
    endpoint_ids: Iterable[int],
    *,
    event_id: uuid.UUID,
    type: str,  # noqa: A002  (the name of the column)
    now: datetime,
    body: bytes | None = None,
    is_manual: bool = False,
) -> int:
    """Deliver to these endpoints what stands in no log, to each once in its life; what is there already stays as it is.

    `body` is for what one receiver alone is sent; without it the kept message of the event is.
    """
    rows = [_row(one, event_id, type, now, body=body, is_manual=is_manual) for one in sorted(endpoint_ids)]
    return _insert(session, rows, now)


def _row(endpoint_id: int, event_id: uuid.UUID, event_type: str, now: datetime, **columns: Any) -> dict[str, Any]:
    return {
        "endpoint_id": endpoint_id, "event_id": event_id, "type": event_type, "tournament_id": None, "seq": None,
        "body": None, "state": "pending", "is_manual": False, "attempts": 0, "next_at": now, "created_at": now,
        **columns,
    }  # fmt: skip


def _insert(session: Session, rows: Sequence[Mapping[str, Any]], now: datetime) -> int:
    insert_new(session, WebhookDelivery, rows)
    if any(row["state"] == "pending" for row in rows):
        outbox.want(session, "webhooks", outbox.EVERYTHING, now=now)
    return len(rows)


def release_held(session: Session, tournament_id: int, *, until_seq: int, now: datetime) -> int:
    """Let go of what was held back up to this number of the tournament's log; how many deliveries that is."""
    released = session.scalars(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.tournament_id == tournament_id,
            WebhookDelivery.state == "held",
            WebhookDelivery.seq <= until_seq,
        )
        .values(state="pending", next_at=now)
        .returning(WebhookDelivery.id)
        .execution_options(synchronize_session=False)
    ).all()
    if released:
        outbox.want(session, "webhooks", outbox.EVERYTHING, now=now)
    return len(released)


def owner_may_look() -> ColumnElement[bool]:
    """The condition for endpoints, with their owners beside them, whose owners may still see what they are sent.

    Who was shut out or has lost the role is told nothing more; an endpoint of the settings has no owner.
    """
    is_allowed = User.disabled_at.is_(None) & User.role.in_(_MAY_OWN)
    reaches_as_far = or_(WebhookEndpoint.scope != "site", User.role == "admin")
    return or_(WebhookEndpoint.owner_id.is_(None), is_allowed & reaches_as_far)


class _Listener(NamedTuple):
    """An endpoint that may hear of a tournament: since when, and of which types (none: of all)."""

    endpoint_id: int
    event_types: Sequence[str]
    since: datetime


def _listening(session: Session, tournament: Tournament) -> list[_Listener]:
    """Endpoints of staff, and of those who run the tournament."""
    co_organizers = select(TournamentOfficial.user_id).where(
        TournamentOfficial.tournament_id == tournament.id, TournamentOfficial.role == "co_organizer"
    )
    is_theirs = or_(WebhookEndpoint.owner_id == tournament.organizer_id, WebhookEndpoint.owner_id.in_(co_organizers))
    rows = session.execute(
        select(WebhookEndpoint.id, WebhookEndpoint.event_types, WebhookEndpoint.created_at)
        .outerjoin(User, User.id == WebhookEndpoint.owner_id)
        .where(
            owner_may_look(),
            WebhookEndpoint.kind == "webhook",
            WebhookEndpoint.deleted_at.is_(None),
            WebhookEndpoint.disabled_at.is_(None),
            or_(WebhookEndpoint.tournament_id.is_(None), WebhookEndpoint.tournament_id == tournament.id),
            or_(WebhookEndpoint.scope == "site", (WebhookEndpoint.scope == "tournaments") & is_theirs),
        )
        .order_by(WebhookEndpoint.id)
    )
    return [_Listener(*row) for row in rows]


def _wanting(listeners: Iterable[_Listener], event: Event) -> list[int]:
    """Those that were there when it happened and chose its type."""
    return [
        one.endpoint_id
        for one in listeners
        if one.since <= event.created_at and (not one.event_types or event.type in one.event_types)
    ]
