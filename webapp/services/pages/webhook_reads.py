"""The reads of pages about webhooks, for organizers and for staff."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

import orjson
from sqlalchemy import ColumnElement, SQLColumnExpression, case, func, select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.domain.permissions import Action
from webapp.domain.webhooks import redaction
from webapp.domain.webhooks.offered import OFFERED, TEST
from webapp.models import Tournament, User, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookMessage
from webapp.services.operations import flags
from webapp.services.pages.paging import Paging
from webapp.services.pages.webhook_view import (
    STATES,
    Circuit,
    DeliveryPage,
    DeliveryQuery,
    EndpointList,
    EndpointPage,
    ListedDelivery,
    ListedEndpoint,
    ShownAttempt,
)
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.webhooks import endpoints, replays
from webapp.services.webhooks.policies import POLICIES
from webapp.services.webhooks.stats import circuit_ends_at, opened_today

A_PAGE: Final = 25
_COUNTED_FOR: Final = timedelta(hours=24)
_NOWHERE: Final = (0, 0, 0)
_OF_NUMBERS: Final = re.compile(r"\[[^\[\]{}\"]*\]")
"""Lists of numbers alone, which need no line for each."""


def read_endpoints(*, scope: str, page: int, actor: Actor, now: datetime) -> EndpointList:
    """The actor's own endpoints; for the scope of the site all that staff look after, theirs first."""
    with read_snapshot() as session:
        wanted: list[ColumnElement[bool]] = [WebhookEndpoint.deleted_at.is_(None)]
        if scope == endpoints.OF_SITE:
            permissions.ensure_on_site(actor, Action.MANAGE_SITE_WEBHOOKS)
            wanted.append(WebhookEndpoint.scope != "person")
        else:
            permissions.ensure_on_site(actor, Action.MANAGE_WEBHOOKS)
            wanted += [WebhookEndpoint.scope == scope, WebhookEndpoint.owner_id == actor.user_id]
        total = session.scalar(select(func.count()).select_from(WebhookEndpoint).where(*wanted)) or 0
        paging = Paging.of(page, size=A_PAGE, total=total)
        theirs_last = case((WebhookEndpoint.scope == endpoints.OF_SITE, 0), else_=1)
        order = select(WebhookEndpoint).where(*wanted).order_by(theirs_last, WebhookEndpoint.id.desc())
        found = session.scalars(order.offset(paging.offset).limit(A_PAGE)).all()
        return EndpointList(
            endpoints=_listed(session, found, now),
            paging=paging,
            is_sending=flags.is_on(POLICIES["webhook"].flag),
            is_sending_discord=flags.is_on(POLICIES["discord"].flag),
        )


def own_tournaments(actor: Actor, *, scope: str) -> list[tuple[int, str]]:
    """Ids and names of the tournaments that somebody's new endpoint can be for, the newest first."""
    with read_snapshot() as session:
        return replays.tournaments_told(session, WebhookEndpoint(scope=scope, owner_id=actor.user_id))


def tournaments_for(endpoint_id: int, *, actor: Actor) -> list[tuple[int, str]]:
    """The same for an endpoint that is there, by its scope and owner; its own is always one of them. Raises NotFound.

    Were it left out, a browser would send the first choice, and the endpoint would be told of everything.
    """
    with read_snapshot() as session:
        endpoint = endpoints.own(session, endpoint_id, actor, is_locked=False)
        found = replays.tournaments_told(session, WebhookEndpoint(scope=endpoint.scope, owner_id=endpoint.owner_id))
        if endpoint.tournament_id is not None and endpoint.tournament_id not in dict(found):
            found.append((endpoint.tournament_id, session.get_one(Tournament, endpoint.tournament_id).name))
        return found


def read_endpoint(
    endpoint_id: int, query: DeliveryQuery, *, page: int, actor: Actor, now: datetime
) -> EndpointPage:  # fmt: skip
    """An endpoint and what was sent to it, the newest first. Raises NotFound for one that is not the actor's."""
    with read_snapshot() as session:
        endpoint = endpoints.own(session, endpoint_id, actor, is_locked=False)
        of_it = WebhookDelivery.endpoint_id == endpoint.id
        wanted = [of_it, *_conditions(query)]
        total = session.scalar(select(func.count()).select_from(WebhookDelivery).where(*wanted)) or 0
        paging = Paging.of(page, size=A_PAGE, total=total)
        newest = select(WebhookDelivery).where(*wanted).order_by(WebhookDelivery.id.desc())
        found = session.scalars(newest.offset(paging.offset).limit(A_PAGE)).all()
        types = session.scalars(select(WebhookDelivery.type).where(of_it).distinct().order_by(WebhookDelivery.type))
        former = endpoints.former_secrets(endpoint, now)
        return EndpointPage(
            endpoint=_listed(session, [endpoint], now)[0],
            description=endpoint.description,
            created_at=endpoint.created_at,
            event_types=tuple(endpoint.event_types),
            tournament_id=endpoint.tournament_id,
            disabled_at=endpoint.disabled_at,
            disabled_reason=endpoint.disabled_reason,
            missed_since=endpoint.missed_since,
            paused_at=endpoint.paused_at,
            before_ends_at=former[0].until if former else None,
            circuit=_circuit(endpoint, now),
            is_sending=flags.is_on(POLICIES[endpoint.kind].flag),
            query=query,
            deliveries=_deliveries(session, found),
            paging=paging,
            known_types=tuple(types),
            tournaments=tuple(replays.tournaments_told(session, endpoint)) if endpoint.kind == "webhook" else (),
        )


def read_delivery(endpoint_id: int, delivery_id: int, *, actor: Actor, now: datetime) -> DeliveryPage:
    """A delivery and everything that is kept of it. Raises NotFound."""
    with read_snapshot() as session:
        endpoint = endpoints.own(session, endpoint_id, actor, is_locked=False)
        delivery = session.get(WebhookDelivery, delivery_id)
        if delivery is None or delivery.endpoint_id != endpoint.id:
            raise NotFound(f"This webhook has no delivery {delivery_id}.", code="delivery_not_found")
        return DeliveryPage(
            endpoint=_listed(session, [endpoint], now)[0],
            delivery=_deliveries(session, [delivery])[0],
            event_id=str(delivery.event_id),
            tournament_id=delivery.tournament_id,
            body=shown_body(session, delivery),
            attempts=tuple(
                ShownAttempt(
                    at=attempt.at, is_manual=attempt.is_manual, is_success=attempt.is_success,
                    status_code=attempt.status_code, duration_ms=attempt.duration_ms, error=attempt.error,
                    headers=redaction.redacted_headers(attempt.headers),
                    answer=redaction.readable(attempt.answer or b""),
                )
                for attempt in session.scalars(
                    select(WebhookAttempt)
                    .where(WebhookAttempt.delivery_id == delivery.id)
                    .order_by(WebhookAttempt.id.desc())
                    .limit(_SHOWN_AT_MOST)
                )
            ),
        )  # fmt: skip


_SHOWN_AT_MOST: Final = 100
"""Attempts of one delivery: only a patient person has asked for more."""


def shown_body(session: Session, delivery: WebhookDelivery) -> str:
    """What is or was sent, laid out to be read; empty where it is kept no more."""
    body = delivery.body
    if body is None:
        body = session.scalar(select(WebhookMessage.body).where(WebhookMessage.event_id == delivery.event_id))
    if not body:
        return ""
    laid_out = orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    return redaction.redacted(_OF_NUMBERS.sub(lambda found: " ".join(found[0].split()), laid_out))


def _conditions(query: DeliveryQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.state in STATES:
        conditions.append(WebhookDelivery.state == query.state)
    if query.event_type in (*OFFERED, TEST):
        conditions.append(WebhookDelivery.type == query.event_type)
    return conditions


def _listed(session: Session, found: Sequence[WebhookEndpoint], now: datetime) -> tuple[ListedEndpoint, ...]:
    counts = _counts(session, [endpoint.id for endpoint in found], now)
    handles = _names(session, User.id, User.handle, {endpoint.owner_id for endpoint in found})
    names = _names(session, Tournament.id, Tournament.name, {endpoint.tournament_id for endpoint in found})
    listed = []
    for endpoint in found:
        delivered, failed, waiting = counts.get(endpoint.id, _NOWHERE)
        listed.append(
            ListedEndpoint(
                id=endpoint.id, kind=endpoint.kind, scope=endpoint.scope, title=endpoint.description or endpoint.host,
                host=endpoint.host, owner=handles.get(endpoint.owner_id, ""),
                is_from_environment=endpoint.is_from_environment,
                tournament_name=names.get(endpoint.tournament_id), events_count=len(endpoint.event_types),
                condition=_condition(endpoint), last_success_at=endpoint.last_success_at,
                last_failure_at=endpoint.last_failure_at, delivered=delivered, failed=failed, waiting=waiting,
            )
        )  # fmt: skip
    return tuple(listed)


def _condition(endpoint: WebhookEndpoint) -> str:
    if endpoint.disabled_at is not None:
        return "disabled"
    if endpoint.paused_at is not None:
        return "paused"
    return "good" if endpoint.circuit == "closed" else endpoint.circuit


def _counts(session: Session, ids: Collection[int], now: datetime) -> dict[int, tuple[int, int, int]]:
    """Of each endpoint: what was delivered and what failed within a day, and what waits."""
    is_recent = WebhookDelivery.created_at >= now - _COUNTED_FOR
    delivered = func.sum(case((is_recent & (WebhookDelivery.state == "delivered"), 1), else_=0))
    failed = func.sum(case((is_recent & WebhookDelivery.state.in_(("failed", "exhausted")), 1), else_=0))
    waiting = func.sum(case((WebhookDelivery.state.in_(("pending", "held")), 1), else_=0))
    counted = (
        select(WebhookDelivery.endpoint_id, delivered, failed, waiting)
        .where(WebhookDelivery.endpoint_id.in_(ids))
        .group_by(WebhookDelivery.endpoint_id)
    )
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in session.execute(counted)}


def _names(
    session: Session, key: SQLColumnExpression[int], name: SQLColumnExpression[str], ids: set[int | None]
) -> dict[int | None, str]:
    return {row[0]: row[1] for row in session.execute(select(key, name).where(key.in_(ids - {None})))}


def _circuit(endpoint: WebhookEndpoint, now: datetime) -> Circuit:
    is_throttled = endpoint.throttled_until is not None and endpoint.throttled_until > now
    return Circuit(
        state=endpoint.circuit, since=endpoint.circuit_since, next_try_at=circuit_ends_at(endpoint),
        failures_in_a_row=endpoint.failures_in_a_row, failing_since=endpoint.failing_since,
        opened_today=opened_today(endpoint, now), throttled_until=endpoint.throttled_until if is_throttled else None,
    )  # fmt: skip


def _deliveries(session: Session, found: Sequence[WebhookDelivery]) -> tuple[ListedDelivery, ...]:
    ids = [delivery.id for delivery in found]
    counted = session.execute(
        select(WebhookAttempt.delivery_id, func.max(WebhookAttempt.id), func.count())
        .where(WebhookAttempt.delivery_id.in_(ids))
        .group_by(WebhookAttempt.delivery_id)
    ).all()
    tries = {delivery_id: count for delivery_id, _, count in counted}
    last = [attempt_id for _, attempt_id, _ in counted]
    attempts = {
        attempt.delivery_id: attempt
        for attempt in session.scalars(select(WebhookAttempt).where(WebhookAttempt.id.in_(last)))
    }
    names = _names(session, Tournament.id, Tournament.name, {delivery.tournament_id for delivery in found})
    return tuple(_delivery(one, attempts.get(one.id), tries.get(one.id, 0), names) for one in found)


def _delivery(
    delivery: WebhookDelivery, last: WebhookAttempt | None, tries: int, names: dict[int | None, str]
) -> ListedDelivery:
    return ListedDelivery(
        id=delivery.id, type=delivery.type, tournament_name=names.get(delivery.tournament_id), seq=delivery.seq,
        state=delivery.state, is_manual=delivery.is_manual, tries=tries, created_at=delivery.created_at,
        next_at=delivery.next_at, delivered_at=delivery.delivered_at,
        status_code=last.status_code if last else None, error=last.error if last else "",
        duration_ms=last.duration_ms if last else None,
    )  # fmt: skip
