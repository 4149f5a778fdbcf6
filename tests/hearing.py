"""Those who are told: people with addresses who play in a tournament, and receivers of webhooks and of Discord's kind."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import insert, select

from webapp.models import NotificationPreference, Registration, RegistrationPlayer, User
from webapp.services.operations import flags
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction
from webapp.services.webhooks import endpoints
from webapp.services.webhooks.endpoints import Draft

CHANNEL_FLAGS: Final = (
    "NOTIFICATIONS_EMAIL_ENABLED",
    "NOTIFICATIONS_WEBHOOK_ENABLED",
    "NOTIFICATIONS_DISCORD_ENABLED",
)


def turn_on_channels(names: Iterable[str] = CHANNEL_FLAGS) -> None:
    """Let everything out."""
    for name in names:
        flags.set_flag(name, is_on=True, actor=SYSTEM, now=utc_now())


def people(tournament_id: int, *, each: int = 1, prefix: str = "player") -> list[int]:
    """Accounts with confirmed addresses who play for its participants, `each` for every one, in their order."""
    now = utc_now()
    with transaction() as session:
        registration_ids = list(
            session.scalars(
                select(Registration.id).where(Registration.tournament_id == tournament_id).order_by(Registration.id)
            )
        )
        sides = [registration_id for registration_id in registration_ids for _ in range(each)]
        accounts = [_account(f"{prefix}-{tournament_id}-{number}", now) for number in range(len(sides))]
        ids = list(session.scalars(insert(User).returning(User.id, sort_by_parameter_order=True), accounts))
        session.execute(
            insert(RegistrationPlayer),
            [
                {"tournament_id": tournament_id, "registration_id": side, "user_id": user_id, "role": "player"}
                for side, user_id in zip(sides, ids, strict=True)
            ],
        )
    return ids


def _account(handle: str, now: Any, role: str = "player") -> dict[str, Any]:
    email = f"{handle}@example.org"
    return {
        "handle": handle, "handle_key": handle, "email": email, "email_key": email, "password_hash": "!", "role": role,
        "email_verified_at": now, "created_at": now,
    }  # fmt: skip


def staff(handle: str = "chief") -> Actor:
    """Somebody of the staff."""
    with transaction() as session:
        user_id = session.scalars(insert(User).returning(User.id), [_account(handle, utc_now(), "admin")]).one()
    return Actor(user_id, "admin")


def want(user_ids: Sequence[int], kind: str, channel: str, *, is_on: bool = True) -> None:
    """Have these people choose a channel for a kind of notification."""
    with transaction() as session:
        rows = [{"user_id": user_id, "kind": kind, "channel": channel, "is_on": is_on} for user_id in user_ids]
        session.execute(insert(NotificationPreference), rows)


def endpoint(
    url: str, event_types: Sequence[str], *, actor: Actor, tournament_id: int | None = None, kind: str = "webhook"
) -> int:
    """An endpoint of the staff; its id."""
    draft = Draft(url=url, description="", event_types=tuple(event_types), tournament_id=tournament_id, kind=kind)
    return endpoints.create(draft, scope="site", actor=actor, now=utc_now()).endpoint_id


def discord_path(number: int) -> str:
    """The path of a webhook as Discord's look."""
    return f"/api/webhooks/{10_000_000 + number}/{'t' * 60}"
