"""Who is sent an event: a delivery for each endpoint that wants it, in the transaction that routes the event."""

import uuid
from collections.abc import Iterable
from datetime import datetime

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


def of_event(session: Session, tournament: Tournament, event: Event, *, now: datetime) -> int:
    """Deliver this event of the tournament's log to the webhooks that want it; how many those are.

    What the public may not know yet is held back until the board is shown again. That event releases it here, for
    endpoints of every kind.
    """
    if event.type == UNFROZEN:
        release_held(session, event.tournament_id, until_seq=event.seq, now=now)
    if not flags.is_on(POLICIES["webhook"].flag):
        return 0
    endpoint_ids = _wanting(session, tournament, event)
    if not endpoint_ids:
        return 0
    messages.ensure(session, [event], now=now)
    return add(
        session,
        endpoint_ids,
        event_id=event.id,
        type=event.type,
        tournament_id=event.tournament_id,
        seq=event.seq,
        state=state_of(tournament, event),
        now=now,
    )


def state_of(tournament: Tournament, event: Event) -> str:
    """`held` for what the public may not know yet, else `pending`."""
    is_hidden = tournament.frozen_seq is not None and event.seq > tournament.frozen_seq
    return "held" if is_hidden and not CATALOGUE[event.type].told_while_frozen else "pending"


def add(  # noqa: PLR0913  (the columns of a row)
    session: Session,
    endpoint_ids: Iterable[int],
    *,
    event_id: uuid.UUID,
    type: str,  # noqa: A002  (the name of the column)
    tournament_id: int | None,
    seq: int | None,
    now: datetime,
    state: str = "pending",
    body: bytes | None = None,
    is_manual: bool = False,
    next_at: datetime | None = None,
) -> int:
    """Deliver an event to these endpoints, each once in its life; what is there already stays as it is.

    `body` is for what one receiver alone is sent; without it the kept message of the event is.
    """
    rows = [
        {
            "endpoint_id": endpoint_id, "event_id": event_id, "type": type, "tournament_id": tournament_id, "seq": seq,
            "body": body, "state": state, "is_manual": is_manual, "attempts": 0, "next_at": next_at or now,
            "created_at": now,
        }
        for endpoint_id in sorted(endpoint_ids)
    ]  # fmt: skip
    if not rows:
        return 0
    insert_new(session, WebhookDelivery, rows)
    if state == "pending":
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


def _wanting(session: Session, tournament: Tournament, event: Event) -> list[int]:
    """Endpoints of staff, and of those who run the tournament, that were there when it happened and chose its type."""
    co_organizers = select(TournamentOfficial.user_id).where(
        TournamentOfficial.tournament_id == tournament.id, TournamentOfficial.role == "co_organizer"
    )
    is_theirs = or_(WebhookEndpoint.owner_id == tournament.organizer_id, WebhookEndpoint.owner_id.in_(co_organizers))
    rows = session.execute(
        select(WebhookEndpoint.id, WebhookEndpoint.event_types)
        .outerjoin(User, User.id == WebhookEndpoint.owner_id)
        .where(
            owner_may_look(),
            WebhookEndpoint.kind == "webhook",
            WebhookEndpoint.deleted_at.is_(None),
            WebhookEndpoint.disabled_at.is_(None),
            WebhookEndpoint.created_at <= event.created_at,
            or_(WebhookEndpoint.tournament_id.is_(None), WebhookEndpoint.tournament_id == tournament.id),
            or_(WebhookEndpoint.scope == "site", (WebhookEndpoint.scope == "tournaments") & is_theirs),
        )
    )
    return [endpoint_id for endpoint_id, types in rows if not types or event.type in types]
