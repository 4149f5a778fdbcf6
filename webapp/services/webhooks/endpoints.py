"""Endpoints: made, changed, paused, given new secrets and taken back, each audited by ids alone."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict, DomainError, FieldError, NotFound
from webapp.domain.names import UnusableNameError, clean_name, quoted
from webapp.domain.notifications import discord
from webapp.domain.permissions import OF_TOURNAMENT, Action, reaches
from webapp.domain.webhooks.offered import OFFERED
from webapp.models import Tournament, User, WebhookDelivery, WebhookEndpoint
from webapp.services.spine import audit, outbox, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.webhooks import sealing, signing
from webapp.services.webhooks.destinations import Destination, destination_of

OF_TOURNAMENTS: Final = "tournaments"
OF_SITE: Final = "site"
AT_MOST: Final = 20
"""Endpoints of one person."""
LONGEST_DESCRIPTION: Final = 80
BOTH_SIGN_FOR: Final = timedelta(hours=24)
"""How long a secret still signs beside those that came after it."""
FORMER_AT_MOST: Final = 5
"""Former secrets that still sign: every message carries a signature by each."""
_NEEDED: Final = {OF_TOURNAMENTS: Action.MANAGE_WEBHOOKS, OF_SITE: Action.MANAGE_SITE_WEBHOOKS}
_WAITING: Final = ("pending", "held")


class EndpointError(DomainError):
    """An endpoint that cannot be made or changed as asked."""

    default_code = "invalid_webhook"


class Draft(NamedTuple):
    """What somebody wants an endpoint to be. No event types: all of them. No tournament: all of its scope."""

    url: str
    description: str = ""
    event_types: tuple[str, ...] = ()
    tournament_id: int | None = None
    kind: str = "webhook"


class NewSecret(NamedTuple):
    """A secret at the only moment when it is shown; empty for what is not signed. The one before ends then."""

    endpoint_id: int
    secret: str
    before_ends_at: datetime | None = None


class FormerSecret(NamedTuple):
    """A secret from before, and until when it signs as well."""

    sealed: str
    until: datetime


def create(draft: Draft, *, scope: str, actor: Actor, now: datetime) -> NewSecret:
    """Have events sent to an address from now on: those of the actor's tournaments, or by staff of the whole site.

    Raises EndpointError with every wrong value, Conflict for a Discord channel that is in use, Forbidden.
    """
    permissions.ensure_on_site(actor, _NEEDED[scope])
    draft, destination = _checked(draft)
    if destination is None:
        raise EndpointError.listing("The webhook cannot be kept", [FieldError("url", "say where it is to be sent")])
    secret = signing.new_secret() if draft.kind == "webhook" else ""
    with transaction() as session:
        _ensure_room(session, actor)
        _ensure_theirs(session, draft, scope, actor.user_id)
        _ensure_free(session, destination, None)
        endpoint = WebhookEndpoint(
            kind=draft.kind, scope=scope, owner_id=actor.user_id, created_at=now,
            secret_sealed=sealing.seal(secret) if secret else "", **_values(draft, destination),
        )  # fmt: skip
        session.add(endpoint)
        write_unless_taken(session)
        audit.record(session, actor, "webhook.created", now=now, **_facts(endpoint))
        return NewSecret(endpoint.id, secret)


def edit(endpoint_id: int, draft: Draft, *, actor: Actor, now: datetime) -> None:
    """Change where, what and which tournament; its kind stays, its secret too. The same again changes nothing.

    Without a URL the address stays as it is: it is shown to nobody, since it may hold a secret.
    Raises EndpointError with every wrong value, Conflict, and NotFound for one that is not the actor's.
    """
    with read_snapshot() as session:
        kind = own(session, endpoint_id, actor, is_locked=False).kind
    # Outside of the transaction: a name is looked up for it.
    draft, destination = _checked(draft._replace(kind=kind))
    with transaction() as session:
        endpoint = own(session, endpoint_id, actor)
        _ensure_ours_to_change(endpoint)
        if draft.tournament_id != endpoint.tournament_id:
            _ensure_theirs(session, draft, endpoint.scope, endpoint.owner_id)
        _ensure_free(session, destination, endpoint)
        values = _values(draft, destination)
        if not any(getattr(endpoint, name) != value for name, value in values.items()):
            return
        before = _facts(endpoint)
        for name, value in values.items():
            setattr(endpoint, name, value)
        write_unless_taken(session)
        if destination is not None:
            start_afresh(endpoint, now=now)
        audit.record(
            session, actor, "webhook.edited", now=now, endpoint_id=endpoint.id, is_moved=destination is not None,
            before=_choices(before), after=_choices(_facts(endpoint)),
        )  # fmt: skip


def rotate(endpoint_id: int, *, actor: Actor, now: datetime) -> NewSecret:
    """Give an endpoint a new secret; for a day those before sign as well, so that no receiver misses a beat."""
    secret = signing.new_secret()
    with transaction() as session:
        endpoint = own(session, endpoint_id, actor)
        _ensure_ours_to_change(endpoint)
        if endpoint.kind != "webhook":
            raise Conflict("What goes to Discord is not signed.", code="webhook_unsigned")
        change_secret(endpoint, secret, now=now)
        audit.record(session, actor, "webhook.secret_rotated", now=now, endpoint_id=endpoint.id)
        return NewSecret(endpoint.id, secret, former_secrets(endpoint, now)[0].until)


def pause(endpoint_id: int, *, actor: Actor, now: datetime) -> None:
    """Let what is due wait until it is resumed. Twice is the same as once."""
    with transaction() as session:
        endpoint = own(session, endpoint_id, actor)
        if endpoint.paused_at is None:
            endpoint.paused_at = now
            audit.record(session, actor, "webhook.paused", now=now, endpoint_id=endpoint.id)


def resume(endpoint_id: int, *, actor: Actor, now: datetime) -> None:
    """Send again, first of all what has waited."""
    with transaction() as session:
        endpoint = own(session, endpoint_id, actor)
        if endpoint.paused_at is not None:
            endpoint.paused_at = None
            audit.record(session, actor, "webhook.resumed", now=now, endpoint_id=endpoint.id)
            outbox.want(session, "webhooks", outbox.EVERYTHING, now=now)


def delete(endpoint_id: int, *, actor: Actor, now: datetime) -> None:
    """Send nothing there any more, and forget its address and its secrets. What waits is given up."""
    with transaction() as session:
        endpoint = own(session, endpoint_id, actor)
        _ensure_ours_to_change(endpoint)
        give_up(session, endpoint, now=now)
        audit.record(session, actor, "webhook.deleted", now=now, **_facts(endpoint))


def change_secret(endpoint: WebhookEndpoint, secret: str, *, now: datetime) -> None:
    """Sign by this secret from now on, and by those of a locked endpoint before it until a day after their end."""
    former = former_secrets(endpoint, now)
    if endpoint.secret_sealed:
        former.insert(0, FormerSecret(endpoint.secret_sealed, now + BOTH_SIGN_FOR))
    endpoint.former_secrets = [[sealed, until.astimezone(UTC).isoformat()] for sealed, until in former[:FORMER_AT_MOST]]
    endpoint.secret_sealed = sealing.seal(secret)


def former_secrets(endpoint: WebhookEndpoint, now: datetime) -> list[FormerSecret]:
    """The secrets from before that still sign, the newest first."""
    former = [FormerSecret(sealed, datetime.fromisoformat(until)) for sealed, until in endpoint.former_secrets or ()]
    return [one for one in former if one.until > now]


def start_afresh(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """Forget how a locked endpoint has fared: it is another one now, or was mended. What it has missed stays so."""
    endpoint.circuit, endpoint.circuit_since = "closed", now
    endpoint.failures_in_a_row, endpoint.failing_since, endpoint.throttled_until = 0, None, None
    endpoint.openings = []


def give_up(session: Session, endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """End a locked endpoint; what it has been sent stays on record for as long as any."""
    endpoint.deleted_at = now
    endpoint.url_sealed = endpoint.secret_sealed = ""
    endpoint.former_secrets = []
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.state.in_(_WAITING))
        .values(state="failed", lease_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


def own(session: Session, endpoint_id: int, actor: Actor, *, is_locked: bool = True) -> WebhookEndpoint:
    """The endpoint, if it is the actor's or the actor is staff; NotFound otherwise. Nobody else's knows of it."""
    endpoint = session.get(WebhookEndpoint, endpoint_id, with_for_update=is_locked or None, populate_existing=True)
    is_there = endpoint is not None and endpoint.deleted_at is None and endpoint.scope != "person"
    if endpoint is not None and is_there and is_open_to(endpoint, actor):
        return endpoint
    raise NotFound(f"There is no webhook {endpoint_id} of yours.", code="webhook_not_found")


def is_open_to(endpoint: WebhookEndpoint, actor: Actor) -> bool:
    """Whether the actor may see and change it."""
    is_organizers = endpoint.scope == OF_TOURNAMENTS and reaches(actor.role, "organizer")
    return actor.role == "admin" or (is_organizers and endpoint.owner_id == actor.user_id)


def offered_to(kind: str) -> tuple[str, ...]:
    """The events that an endpoint of a kind can choose from."""
    return tuple(discord.EVENTS) if kind == "discord" else OFFERED


def ensure_sends(endpoint: WebhookEndpoint) -> None:
    """Raises Conflict while nothing is sent to it."""
    if endpoint.disabled_at is not None:
        raise Conflict("This webhook is disabled; enable it first.", code="webhook_disabled")
    if endpoint.paused_at is not None:
        raise Conflict("This webhook is paused; resume it first.", code="webhook_paused")


def _checked(draft: Draft) -> tuple[Draft, Destination | None]:
    problems: list[FieldError] = []
    description, destination = "", None
    try:
        if draft.url.strip():
            destination = destination_of(draft.url, draft.kind)
    except DomainError as error:
        problems.append(FieldError("url", error.message))
    try:
        description = clean_name(draft.description, limit=LONGEST_DESCRIPTION)
    except UnusableNameError as error:
        problems.append(FieldError("description", str(error)))
    offered = offered_to(draft.kind)
    unknown = [name for name in draft.event_types if name not in offered]
    problems += [FieldError("event_types", f"{quoted(name)} is no event that can be sent there") for name in unknown]
    if problems:
        raise EndpointError.listing("The webhook cannot be kept", problems)
    chosen = tuple(name for name in offered if name in draft.event_types)
    return draft._replace(description=description, event_types=chosen), destination


def _ensure_room(session: Session, actor: Actor) -> None:
    # Whoever makes two at once waits here for the first of them.
    session.scalar(select(User.id).where(User.id == actor.user_id).with_for_update())
    stands = (WebhookEndpoint.owner_id == actor.user_id, WebhookEndpoint.deleted_at.is_(None))
    if (session.scalar(select(func.count()).select_from(WebhookEndpoint).where(*stands)) or 0) >= AT_MOST:
        raise EndpointError(f"You have {AT_MOST} webhooks; delete one that you no longer need.", code="webhook_limit")


def _ensure_theirs(session: Session, draft: Draft, scope: str, owner_id: int | None) -> None:
    """Whoever asks, it is the endpoint's owner that has to run the tournament."""
    if draft.tournament_id is None:
        return
    tournament = session.get(Tournament, draft.tournament_id)
    is_theirs = tournament is not None and tournament.deleted_at is None
    if tournament is not None and scope == OF_TOURNAMENTS:
        relation = permissions.relation_of(session, Actor(owner_id, "organizer"), tournament)
        is_theirs = is_theirs and relation in OF_TOURNAMENT[Action.MANAGE_TOURNAMENT]
    if not is_theirs:
        problem = FieldError("tournament_id", "is no tournament of yours")
        raise EndpointError.listing("The webhook cannot be kept", [problem])


def _ensure_free(session: Session, destination: Destination | None, endpoint: WebhookEndpoint | None) -> None:
    is_same = endpoint is not None and destination is not None and endpoint.address_key == destination.key
    if destination is None or destination.key is None or is_same:
        return
    stands = (WebhookEndpoint.address_key == destination.key, WebhookEndpoint.deleted_at.is_(None))
    if session.scalar(select(WebhookEndpoint.id).where(*stands)) is not None:
        raise _in_use()


def write_unless_taken(session: Session) -> None:
    """Write an endpoint. Raises Conflict where somebody else was a moment quicker with the same Discord webhook."""
    try:
        session.flush()
    except IntegrityError as error:
        raise _in_use() from error


def _in_use() -> Conflict:
    problem = FieldError("url", "is in use already: one Discord channel is told once")
    return Conflict("This Discord channel is told already.", [problem], code="discord_in_use")


def _ensure_ours_to_change(endpoint: WebhookEndpoint) -> None:
    if endpoint.is_from_environment:
        raise Conflict(
            "This webhook comes from the settings WEBHOOK_ENDPOINT and WEBHOOK_SECRET; change it there.",
            code="webhook_from_settings",
        )


def _values(draft: Draft, destination: Destination | None) -> dict[str, Any]:
    chosen = {
        "description": draft.description,
        "event_types": list(draft.event_types),
        "tournament_id": draft.tournament_id,
    }
    if destination is None:
        return chosen
    address = {"url_sealed": sealing.seal(destination.url), "host": destination.host, "address_key": destination.key}
    return chosen | address


def _facts(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "endpoint_id": endpoint.id, "kind": endpoint.kind, "scope": endpoint.scope,
        "of_tournament_id": endpoint.tournament_id, "event_types": list(endpoint.event_types),
    }  # fmt: skip


def _choices(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: facts[name] for name in ("of_tournament_id", "event_types")}
