"""Sending again what a log says: from a number of one tournament, or everything that an endpoint has missed.

A replay sends every event of the log once more under its own id, whether it arrived before or not: a receiver that
goes by the ids, as it has to, ends up equal to the log. What an endpoint has missed while it failed is sent once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, DomainError, FieldError
from webapp.domain.permissions import OF_TOURNAMENT, Action
from webapp.domain.webhooks.offered import OFFERED
from webapp.models import Event, Tournament, TournamentOfficial, WebhookDelivery, WebhookEndpoint
from webapp.services.spine import audit, log, outbox
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.spine.upserts import insert_new
from webapp.services.webhooks import endpoints, fan_out, messages
from webapp.services.webhooks.deliveries import AGAIN, begin_failed

AT_MOST: Final = 10_000
"""Events of one replay; a longer log is replayed in parts."""
_A_BATCH: Final = 500
"""Events of a transaction: nobody else writes for long."""
_ROUTED_WITHIN: Final = timedelta(minutes=5)
"""How much older than its delivery an event may be: what waits to be routed when an endpoint is disabled is missed."""


class ReplayError(DomainError):
    """A replay that cannot be done as asked."""

    default_code = "invalid_replay"


class Replayed(NamedTuple):
    """How many events are on their way, and up to which number the log was read; `is_all`: to its end."""

    events: int
    upto_seq: int
    is_all: bool


class Rest(NamedTuple):
    """A log that is still to be replayed, and from which number on."""

    tournament_id: int
    name: str
    from_seq: int


class Enabled(NamedTuple):
    """How many events that were missed are on their way, and what was too much for once."""

    events: int
    rest: tuple[Rest, ...] = ()


def replay(endpoint_id: int, tournament_id: int, *, from_seq: int, actor: Actor, now: datetime) -> Replayed:
    """Send the events of a tournament from this number on, those that the endpoint wants. Audited.

    Raises ReplayError for a tournament that the endpoint is not told of, NotFound, and Conflict while nothing is sent.
    """
    with read_snapshot() as session:
        endpoint = endpoints.own(session, endpoint_id, actor, is_locked=False)
        _ensure_replayable(endpoint)
        if session.scalar(_told_of(endpoint).where(Tournament.id == tournament_id)) is None:
            problem = FieldError("tournament_id", "is no tournament that this webhook is told of")
            raise ReplayError.listing("Nothing can be replayed", [problem])
    done = _replay_from(endpoint_id, tournament_id, from_seq, actor=actor, now=now, at_most=AT_MOST)
    with transaction() as session:
        audit.record(
            session, actor, "webhook.replayed", now=now, endpoint_id=endpoint_id, of_tournament_id=tournament_id,
            from_seq=from_seq, upto_seq=done.upto_seq, count=done.events,
        )  # fmt: skip
    return done


def enable(endpoint_id: int, *, is_replayed: bool, actor: Actor, now: datetime) -> Enabled:
    """Send to a disabled endpoint again, as if it had never failed; audited. Twice is the same as once.

    With `is_replayed` it is sent what it has missed: what has failed since it began to fail, and what the logs have
    told since without its being meant for it.
    """
    with transaction() as session:
        endpoint = endpoints.own(session, endpoint_id, actor)
        if endpoint.disabled_at is None:
            return Enabled(0)
        missed_since = endpoint.missed_since or endpoint.disabled_at
        before = endpoint.disabled_reason
        endpoint.disabled_at, endpoint.disabled_reason, endpoint.missed_since = None, "", None
        endpoints.start_afresh(endpoint, now=now)
        count = 0
        if is_replayed:
            count = begin_failed(session, endpoint, since=missed_since, now=now)
        audit.record(
            session, actor, "webhook.enabled", now=now, endpoint_id=endpoint.id, before=before, is_replayed=is_replayed
        )
        outbox.want(session, "webhooks", outbox.EVERYTHING, now=now)
    if not is_replayed:
        return Enabled(0)
    told = _send_untold(endpoint_id, since=missed_since, actor=actor, now=now)
    return Enabled(count + told.events, told.rest)


def _send_untold(endpoint_id: int, *, since: datetime, actor: Actor, now: datetime) -> Enabled:
    """Send what the logs that the endpoint is told of hold since then and was never meant for it."""
    with read_snapshot() as session:
        endpoint = endpoints.own(session, endpoint_id, actor, is_locked=False)
        if endpoint.kind != "webhook":
            return Enabled(0)
        happened_since = max(since - _ROUTED_WITHIN, endpoint.created_at)
        begins = session.execute(
            select(Tournament.id, Tournament.name, func.min(Event.seq))
            .join(Event, Event.tournament_id == Tournament.id)
            .where(
                Event.created_at >= happened_since, Tournament.id.in_(_told_of(endpoint)),
                *_wanted(endpoint, is_untold=True),
            )
            .group_by(Tournament.id, Tournament.name)
            .order_by(Tournament.id)
        ).all()  # fmt: skip
    count = 0
    rest = []
    for tournament_id, name, from_seq in begins:
        done = _replay_from(
            endpoint_id, tournament_id, from_seq, actor=actor, now=now, at_most=AT_MOST - count, is_untold=True
        )
        count += done.events
        if not done.is_all:
            rest.append(Rest(tournament_id, name, done.upto_seq + 1))
    return Enabled(count, tuple(rest))


def tournaments_told(session: Session, endpoint: WebhookEndpoint) -> list[tuple[int, str]]:
    """Ids and names of the tournaments that an endpoint is told of, the newest first."""
    told = Tournament.id.in_(_told_of(endpoint))
    newest = select(Tournament.id, Tournament.name).where(told).order_by(Tournament.id.desc()).limit(_SHOWN_AT_MOST)
    return [(row.id, row.name) for row in session.execute(newest)]


_SHOWN_AT_MOST: Final = 200


def _told_of(endpoint: WebhookEndpoint) -> Select[int]:
    """The ids of the tournaments that an endpoint is told of."""
    told = select(Tournament.id).where(Tournament.deleted_at.is_(None))
    if endpoint.tournament_id is not None:
        told = told.where(Tournament.id == endpoint.tournament_id)
    if endpoint.scope == endpoints.OF_SITE:
        return told
    roles = [str(relation) for relation in OF_TOURNAMENT[Action.MANAGE_TOURNAMENT]]
    helped = select(TournamentOfficial.tournament_id).where(
        TournamentOfficial.user_id == endpoint.owner_id, TournamentOfficial.role.in_(roles)
    )
    return told.where((Tournament.organizer_id == endpoint.owner_id) | Tournament.id.in_(helped))


def _ensure_replayable(endpoint: WebhookEndpoint) -> None:
    endpoints.ensure_sends(endpoint)
    if endpoint.kind != "webhook":
        raise Conflict("A Discord channel is told of news; there is nothing to replay.", code="replay_refused")


def _replay_from(
    endpoint_id: int,
    tournament_id: int,
    from_seq: int,
    *,
    actor: Actor,
    now: datetime,
    at_most: int,
    is_untold: bool = False,
) -> Replayed:
    count, seq, is_all = 0, from_seq - 1, False
    while count < at_most:
        with transaction() as session:
            # The tournament's lock keeps a freeze from ending between the look at it and the writing.
            tournament = log.lock_tournament(session, tournament_id)
            endpoint = endpoints.own(session, endpoint_id, actor)
            wanted = _wanted(endpoint, is_untold=is_untold)
            events = _events(session, wanted, tournament_id, seq, limit=min(_A_BATCH, at_most - count))
            _send_again(session, endpoint, tournament, events, now=now)
            count += len(events)
            if len(events) < _A_BATCH and count < at_most:
                return Replayed(count, tournament.log_seq, is_all=True)
            seq = events[-1].seq
            is_all = seq == tournament.log_seq
    return Replayed(count, seq, is_all=is_all)


def _events(
    session: Session, wanted: Sequence[ColumnElement[bool]], tournament_id: int, after_seq: int, *, limit: int
) -> Sequence[Event]:
    of_log = select(Event).where(Event.tournament_id == tournament_id, Event.seq > after_seq, *wanted)
    return session.scalars(of_log.order_by(Event.seq).limit(limit)).all()


def _wanted(endpoint: WebhookEndpoint, *, is_untold: bool) -> list[ColumnElement[bool]]:
    """Which events the endpoint wants: those of its types, or among them only what was never meant for it."""
    wanted: list[ColumnElement[bool]] = [Event.type.in_(endpoint.event_types or OFFERED)]
    if is_untold:
        # What was meant for it has a delivery, which arrived or began anew: from the log it would come twice.
        is_told = exists().where(WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.event_id == Event.id)
        wanted.append(~is_told)
    return wanted


def _send_again(
    session: Session, endpoint: WebhookEndpoint, tournament: Tournament, events: Sequence[Event], *, now: datetime
) -> None:
    if not events:
        return
    messages.ensure(session, events, now=now)
    states = {event.id: fan_out.state_of(tournament, event) for event in events}
    for state in sorted(set(states.values())):
        # Those on their way at this moment are left alone: their attempt says what becomes of them.
        is_free = (WebhookDelivery.lease_until.is_(None)) | (WebhookDelivery.lease_until <= now)
        ids = [event_id for event_id, its in states.items() if its == state]
        session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.event_id.in_(ids), is_free)
            .values(**{**AGAIN, "state": state, "next_at": now})
            .execution_options(synchronize_session=False)
        )
    insert_new(session, WebhookDelivery, [_row(endpoint, event, states[event.id], now) for event in events])
    outbox.want(session, "webhooks", outbox.EVERYTHING, now=now)


def _row(endpoint: WebhookEndpoint, event: Event, state: str, now: datetime) -> dict[str, Any]:
    return {
        "endpoint_id": endpoint.id, "event_id": event.id, "type": event.type, "tournament_id": event.tournament_id,
        "seq": event.seq, "state": state, "is_manual": True, "attempts": 0, "next_at": now, "created_at": now,
    }  # fmt: skip
