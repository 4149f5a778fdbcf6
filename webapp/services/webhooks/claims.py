"""Who sends what: due deliveries are leased in the database, as many as each endpoint bears.

Circuits, buckets and windows stand in rows, so that any number of senders shares them. Locks are taken in the order
endpoints, deliveries.
"""

import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, func, literal_column, select, update
from sqlalchemy.orm import Session, load_only

from webapp.domain.webhooks import breaker, bucket
from webapp.domain.webhooks.breaker import Breaker, Circuit
from webapp.domain.webhooks.bucket import Bucket
from webapp.models import WebhookDelivery, WebhookEndpoint
from webapp.services.notifications import taken_back
from webapp.services.spine import leases
from webapp.services.spine.crashpoints import crashpoint
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.webhooks import messages, policies, sealing
from webapp.services.webhooks.endpoints import former_secrets
from webapp.services.webhooks.policies import POLICIES

IS_PENDING: Final[ColumnElement[bool]] = WebhookDelivery.state == literal_column("'pending'")
"""Written out, since no database uses the index of what is pending for a value that it learns later."""
_DICE: Final = random.SystemRandom()
AT_A_TIME: Final = 5
"""Of an endpoint that has them, so many are claimed together where others wait too: each is a statement and a row."""
LOOK_AGAIN: Final = timedelta(milliseconds=200)
"""Where somebody else holds what is due: how soon it is worth another look."""


_FIRST_DUE: Final = (
    select(func.min(WebhookDelivery.next_at))
    .where(WebhookDelivery.endpoint_id == WebhookEndpoint.id, IS_PENDING)
    .scalar_subquery()
)
_IN_FLIGHT: Final = (
    select(func.count())
    .where(
        WebhookDelivery.endpoint_id == WebhookEndpoint.id,
        WebhookDelivery.lease_token.is_not(None),
        WebhookDelivery.lease_until > bindparam("now"),
    )
    .scalar_subquery()
)
_FIRST_READY: Final = (
    select(literal_column("1"))
    .select_from(WebhookDelivery)
    .where(WebhookDelivery.endpoint_id == WebhookEndpoint.id, IS_PENDING, WebhookDelivery.next_at <= bindparam("now"))
    .limit(AT_A_TIME)
    .correlate(WebhookEndpoint)
    .subquery()
)
_IS_USABLE: Final = and_(
    WebhookEndpoint.deleted_at.is_(None), WebhookEndpoint.disabled_at.is_(None), WebhookEndpoint.paused_at.is_(None)
)
_OFFERS: Final = (
    select(WebhookEndpoint, _FIRST_DUE, _IN_FLIGHT, select(func.count()).select_from(_FIRST_READY).scalar_subquery())
    .where(_IS_USABLE, WebhookEndpoint.kind.in_(bindparam("kinds", expanding=True)))
    .options(
        load_only(
            WebhookEndpoint.kind, WebhookEndpoint.tokens, WebhookEndpoint.tokens_at, WebhookEndpoint.circuit,
            WebhookEndpoint.circuit_since, WebhookEndpoint.failures_in_a_row, WebhookEndpoint.openings,
            WebhookEndpoint.throttled_until, WebhookEndpoint.in_flight_limit,
        )
    )
    .execution_options(populate_existing=True)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this process alone sends until its lease ends, with all that sending it needs."""

    delivery_id: int
    endpoint_id: int
    kind: str
    event_id: uuid.UUID
    type: str
    tournament_id: int | None
    attempts: int
    """How many have failed before, of this round."""
    is_manual: bool
    is_probe: bool
    """Whether the circuit waits for what comes of it."""
    was_full: bool
    """Whether with it as many were on the way to its endpoint as were let through at a time."""
    token: str
    url: str
    keys: tuple[str, ...]
    body: bytes | None
    """None where neither the message nor the address can be read any more."""


class Taken(NamedTuple):
    """What was claimed, and when there may be more; None while nothing waits."""

    claims: list[Claim]
    next_at: datetime | None


class _Offer(NamedTuple):
    """What can be claimed of an endpoint's deliveries, as far as can be seen without a lock."""

    room: int
    next_at: datetime
    ready: int
    """How many could go out now if there were room, counted up to `AT_A_TIME`."""


class _Allowance(NamedTuple):
    """How many of an endpoint's deliveries may go out now; else when the next may."""

    room: int
    next_at: datetime


def take(*, now: datetime, limit: int) -> Taken:
    """Claim up to `limit` due deliveries, those of every endpoint in their turn."""
    kinds = policies.kinds_that_send()
    if not kinds:
        return Taken([], None)
    with read_snapshot() as session:
        offers = _offers(session, kinds, now=now)
    counts = {endpoint_id: min(offer.room, offer.ready) for endpoint_id, offer in offers.items()}
    waiting = [offer.next_at for offer in offers.values()]
    chosen = _chosen({endpoint_id: count for endpoint_id, count in counts.items() if count}, limit)
    if not chosen:
        return Taken([], min(waiting, default=None))
    with transaction() as session:
        claims = _claim(session, chosen, now=now, limit=limit)
    crashpoint("after_delivery_claim")
    return Taken(claims, now if claims else now + LOOK_AGAIN)


def _chosen(counts: Mapping[int, int], limit: int) -> list[int]:
    """Endpoints at random that together have so many to send, and no more of them than it takes: what is locked for
    nothing keeps other senders from it.
    """
    chosen = []
    for endpoint_id in _DICE.sample(list(counts), len(counts)):
        if limit <= 0:
            break
        chosen.append(endpoint_id)
        limit -= counts[endpoint_id]
    return chosen


def has_due(session: Session, *, now: datetime) -> bool:
    """Whether anything can be sent now."""
    return any(offer.room for offer in _offers(session, policies.kinds_that_send(), now=now).values())


def _offers(session: Session, kinds: Sequence[str], *, now: datetime) -> dict[int, _Offer]:
    """What each endpoint in use for which anything is pending bears, by one statement: every claim begins with it."""
    rows = session.execute(_OFFERS, {"kinds": list(kinds), "now": now})
    return {
        endpoint.id: _Offer(*_allowance(endpoint, due_at, in_flight, now), ready)
        for endpoint, due_at, in_flight, ready in rows.all()
        if due_at is not None
    }


def _allowances(
    session: Session, endpoints: Sequence[WebhookEndpoint], due_at: Mapping[int, datetime], *, now: datetime
) -> dict[int, _Allowance]:
    """For each endpoint how much may be sent to it now."""
    if not endpoints:
        return {}
    flying = _in_flight(session, [endpoint.id for endpoint in endpoints], now)
    return {
        endpoint.id: _allowance(endpoint, due_at[endpoint.id], flying.get(endpoint.id, 0), now)
        for endpoint in endpoints
        if endpoint.id in due_at
    }


def _first_due(session: Session, endpoint_ids: Sequence[int]) -> Mapping[int, datetime]:
    rows: Iterable[tuple[int, datetime | None]] = session.execute(
        select(WebhookEndpoint.id, _FIRST_DUE).where(WebhookEndpoint.id.in_(endpoint_ids))
    )
    return {endpoint_id: at for endpoint_id, at in rows if at is not None}


def _in_flight(session: Session, endpoint_ids: Sequence[int], now: datetime) -> Mapping[int, int]:
    rows = session.execute(
        select(WebhookDelivery.endpoint_id, func.count())
        .where(
            WebhookDelivery.lease_token.is_not(None),
            WebhookDelivery.lease_until > now,
            WebhookDelivery.endpoint_id.in_(endpoint_ids),
        )
        .group_by(WebhookDelivery.endpoint_id)
    )
    return dict(rows.all())


def _allowance(endpoint: WebhookEndpoint, due_at: datetime, in_flight: int, now: datetime) -> _Allowance:
    policy = POLICIES[endpoint.kind]
    filled = bucket.filled(bucket_of(endpoint), rate=policy.rate, burst=policy.burst, now=now)
    probe_at = breaker.probe_at(breaker_of(endpoint), lost_after=policy.lease)
    instants = (due_at, endpoint.throttled_until, probe_at, bucket.next_token_at(filled, rate=policy.rate))
    next_at = max(at for at in instants if at is not None)
    if next_at > now:
        return _Allowance(0, next_at)
    at_once = 1 if probe_at else min(endpoint.in_flight_limit, policy.most_in_flight) - in_flight
    return _Allowance(max(min(at_once, bucket.whole_tokens(filled)), 0), now + LOOK_AGAIN)


# -- rows and rules


def breaker_of(endpoint: WebhookEndpoint) -> Breaker:
    """The circuit that a row holds."""
    openings = tuple(datetime.fromisoformat(at) for at in endpoint.openings)
    return Breaker(Circuit(endpoint.circuit), endpoint.circuit_since, endpoint.failures_in_a_row, openings)


def keep_breaker(endpoint: WebhookEndpoint, state: Breaker) -> None:
    """Write the circuit into its row."""
    endpoint.circuit, endpoint.circuit_since = state.circuit.value, state.since
    endpoint.failures_in_a_row = state.failures_in_a_row
    endpoint.openings = [at.isoformat() for at in state.openings]


def bucket_of(endpoint: WebhookEndpoint) -> Bucket:
    """The bucket that a row holds."""
    return Bucket(endpoint.tokens, endpoint.tokens_at)


# -- claiming


def _claim(session: Session, endpoint_ids: Sequence[int], *, now: datetime, limit: int) -> list[Claim]:
    # Who finds an endpoint taken leaves it to whoever has it. Rows that point at it may go on being written.
    wanted = select(WebhookEndpoint).where(_IS_USABLE, WebhookEndpoint.id.in_(endpoint_ids))
    locked = wanted.order_by(WebhookEndpoint.id).with_for_update(skip_locked=True, key_share=True)
    endpoints = list(session.scalars(locked.execution_options(populate_existing=True)))
    due_at = _first_due(session, [endpoint.id for endpoint in endpoints]) if endpoints else {}
    allowances = _allowances(session, endpoints, due_at, now=now)
    token = leases.new_token()
    # Every endpoint gets its share, so that one with thousands waiting holds up no other.
    share = -(-limit // max(len(endpoints), 1))
    picked: list[tuple[WebhookEndpoint, WebhookDelivery]] = []
    with session.no_autoflush:
        for endpoint in endpoints:
            room = allowances[endpoint.id].room if endpoint.id in allowances else 0
            count = min(room, share, limit - len(picked))
            if count > 0:
                picked += [(endpoint, delivery) for delivery in _picked(session, endpoint, count, now=now)]
    picked = _without_taken_back(session, picked)
    _lease(session, picked, token, now=now)
    return _claims(session, picked, token, now=now)


def _picked(session: Session, endpoint: WebhookEndpoint, count: int, *, now: datetime) -> list[WebhookDelivery]:
    """The next deliveries of an endpoint, paid for from its bucket."""
    deliveries = list(session.scalars(_DUE, {"endpoint": endpoint.id, "now": now, "count": count}))
    if deliveries:
        policy = POLICIES[endpoint.kind]
        filled = bucket.filled(bucket_of(endpoint), rate=policy.rate, burst=policy.burst, now=now)
        left = bucket.taken(filled, len(deliveries))
        endpoint.tokens, endpoint.tokens_at = left.tokens, left.at
    return deliveries


def _without_taken_back(
    session: Session, picked: Sequence[tuple[WebhookEndpoint, WebhookDelivery]]
) -> list[tuple[WebhookEndpoint, WebhookDelivery]]:
    """What people are to read and was taken back while it waited is given up; of what was not tried nothing is left."""
    told = {delivery.event_id for endpoint, delivery in picked if POLICIES[endpoint.kind].tells_people}
    gone = taken_back.taken_back(session, told) if told else frozenset()
    left = []
    for endpoint, delivery in picked:
        if delivery.is_manual or delivery.event_id not in gone or not POLICIES[endpoint.kind].tells_people:
            left.append((endpoint, delivery))
        elif delivery.attempts:
            delivery.state = "exhausted"
        else:
            session.delete(delivery)
    return left


def _lease(
    session: Session, picked: Sequence[tuple[WebhookEndpoint, WebhookDelivery]], token: str, *, now: datetime
) -> None:
    """Give them to this sender, all of a kind by one statement: with a hundred receivers statements are what costs."""
    for kind in {endpoint.kind for endpoint, _ in picked}:
        until = now + POLICIES[kind].lease
        session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.id.in_([delivery.id for endpoint, delivery in picked if endpoint.kind == kind]))
            .values(lease_token=token, lease_until=until, next_at=until)
            .execution_options(synchronize_session=False)
        )


_DUE: Final = (
    select(WebhookDelivery)
    .where(
        WebhookDelivery.endpoint_id == bindparam("endpoint"),
        IS_PENDING,
        WebhookDelivery.next_at <= bindparam("now"),
    )
    .order_by(WebhookDelivery.next_at, WebhookDelivery.id)
    .limit(bindparam("count"))
    .with_for_update(skip_locked=True)
    .execution_options(populate_existing=True)
)


def _claims(
    session: Session, picked: Sequence[tuple[WebhookEndpoint, WebhookDelivery]], token: str, *, now: datetime
) -> list[Claim]:
    kept = messages.bodies(session, [delivery.event_id for _, delivery in picked if delivery.body is None])
    flying = _in_flight(session, [endpoint.id for endpoint, _ in picked], now)
    claims = []
    for endpoint, delivery in picked:
        state = breaker_of(endpoint)
        is_probe = state.circuit is not Circuit.CLOSED
        if is_probe:
            keep_breaker(endpoint, breaker.probing(state, now))
        url, keys = _unsealed(endpoint, now)
        was_full = flying[endpoint.id] >= endpoint.in_flight_limit
        body = delivery.body if delivery.body is not None else kept.get(delivery.event_id)
        claims.append(
            Claim(
                delivery.id, endpoint.id, endpoint.kind, delivery.event_id, delivery.type, delivery.tournament_id,
                delivery.attempts, delivery.is_manual, is_probe, was_full, token, url, keys,
                body if url else None,
            )
        )  # fmt: skip
    return claims


def _unsealed(endpoint: WebhookEndpoint, now: datetime) -> tuple[str, tuple[str, ...]]:
    """The address, and the secrets that receivers may know, the newest first; an empty address when unreadable."""
    try:
        url = _unseal(endpoint.url_sealed)
        keys = [_unseal(endpoint.secret_sealed)] if endpoint.secret_sealed else []
    except sealing.SealBroken:
        return "", ()
    for former in former_secrets(endpoint, now):
        # One that cannot be read any more stops nothing: the current one signs.
        with suppress(sealing.SealBroken):
            keys.append(_unseal(former.sealed))
    return url, tuple(keys)


@lru_cache(maxsize=1000)
def _unseal(sealed: str) -> str:
    return sealing.unseal(sealed)
