"""Feature flags: a row each, known to every process within a second, and the environment wins."""

import contextlib
import os
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import redis
from sqlalchemy import ColumnElement, literal_column, select

from webapp.domain.errors import NotFound
from webapp.domain.permissions import Action
from webapp.models import FeatureFlag
from webapp.services.spine import audit, outbox, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.redis_link import link
from webapp.services.spine.transaction import is_writing, read_snapshot, transaction
from webapp.services.spine.upserts import insert_or_update

FLAGS: Final[Mapping[str, str]] = {
    "LEADERBOARDS_COMPUTE_ENABLED": "boards are empty, pages say that standings are paused",
    "LEADERBOARDS_CACHE_ENABLED": "every read is computed live",
    "LEADERBOARDS_API_ENABLED": "the public leaderboard API answers 503",
    "LEADERBOARDS_ENGINE_V2_ENABLED": "boards come from the plain service instead of the engine",
    "NOTIFICATIONS_EMAIL_ENABLED": "no email is sent",
    "NOTIFICATIONS_WEBHOOK_ENABLED": "no webhook is sent",
    "NOTIFICATIONS_DISCORD_ENABLED": "nothing is sent to Discord",
    "WEBHOOK_SLOW_LANE": "webhooks stop after the fast retries",
    "MODERATION_ENFORCEMENT_ENABLED": "sanctions are recorded but not enforced",
    "MODERATION_ENFORCEMENT_WS": "sanctions do not reach the WebSocket",
    "MODERATION_ENFORCEMENT_PURCHASE": "sanctions do not reach purchases",
    "MODERATION_POLICY_CACHE_ENABLED": "sanctions are read each time",
    "MODERATION_OBSERVABILITY_ENABLED": "no enforcement events are sampled",
    "USER_PROFILE_INTEGRATION_ENABLED": "tournaments leave no trace in user activity and stats",
}
"""Every flag and what off means."""

BOARD_FLAGS: Final = tuple(name for name in FLAGS if name.startswith("LEADERBOARDS_"))

CACHE_S: Final = 0.5
"""How long a process goes by what it knows."""
_KEY: Final = "deltacrown:flags"
_BACKSTOP_S: Final = 10
_ON: Final = frozenset({"1", "on", "true", "yes"})
# A reader that asked the database before a change must not undo in Redis what was told after it.
_RAISE: Final = """
local known = redis.call('get', KEYS[1])
if known and tonumber(string.match(known, '^%d+')) > tonumber(string.match(ARGV[1], '^%d+')) then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'ex', ARGV[2])
return 1
"""


class FlagState(NamedTuple):
    """A flag as it counts now; `from_environment` when an environment variable overrides the stored row."""

    name: str
    is_on: bool
    from_environment: bool
    off_means: str


class _Cache:
    on: frozenset[str] = frozenset()
    fresh_until = 0.0


def _stored() -> frozenset[str]:
    """The flags whose rows say on; from Redis, so that a page that did not change needs no database."""
    now = time.monotonic()
    if now >= _Cache.fresh_until:
        _Cache.on = _read()[1] if is_writing() else _told()
        _Cache.fresh_until = now + CACHE_S
    return _Cache.on


def _told() -> frozenset[str]:
    told = link().try_request(lambda client: client.get(_KEY))
    if isinstance(told, bytes):
        return frozenset(told.decode().split()[1:])
    state, names = _read()
    link().try_request(lambda client: client.eval(_RAISE, 1, _KEY, state, _BACKSTOP_S))
    return names


def _read() -> tuple[str, frozenset[str]]:
    """The rows as Redis keeps them, `changes NAME NAME …`, and the names of those that are on."""
    with read_snapshot() as session:
        rows = session.execute(select(FeatureFlag.name, FeatureFlag.is_on, FeatureFlag.changes)).all()
    names = sorted(name for name, is_on, _ in rows if is_on)
    return " ".join([str(sum(changes for _, _, changes in rows)), *names]), frozenset(names)


def _tell() -> None:
    """Let all processes know at once; where Redis does not take it, the backstop does."""
    state, _ = _read()
    with contextlib.suppress(redis.RedisError):
        link().run(lambda client: client.eval(_RAISE, 1, _KEY, state, _BACKSTOP_S))


def _overridden(name: str) -> bool | None:
    given = os.environ.get(name)
    return None if given is None or not given.strip() else given.strip().lower() in _ON


def forget() -> None:
    """Read the rows again at the next question."""
    _Cache.fresh_until = 0.0


def is_on(name: str) -> bool:
    """Whether the flag is on; off is the default of every one."""
    overridden = _overridden(name)
    return name in _stored() if overridden is None else overridden


def board_flags() -> str:
    """The flags that change how a board looks, as a short text that is part of its cache keys."""
    return "".join("1" if is_on(name) else "0" for name in BOARD_FLAGS)


def list_all() -> list[FlagState]:
    """Every flag with its state, in the order of the documentation."""
    return [_state(name) for name in FLAGS]


def _state(name: str) -> FlagState:
    return FlagState(name, is_on(name), _overridden(name) is not None, FLAGS[name])


def set_flag(name: str, *, is_on: bool, actor: Actor, now: datetime) -> FlagState:
    """Turn a flag on or off, audited; processes follow within a second. The same again changes nothing.

    Boards that fell behind while the engine was off are asked for at once when it is back. Raises NotFound for an
    unknown name.
    """
    permissions.ensure_on_site(actor, Action.SET_FLAGS)
    if name not in FLAGS:
        raise NotFound(f"There is no flag {name}; the flags are {', '.join(FLAGS)}.", code="flag_unknown")
    with transaction() as session:
        stored = session.get(FeatureFlag, name)
        before = stored.is_on if stored else None
        if before is is_on:
            return _state(name)
        audit.record(session, actor, "flag.set", now=now, flag=name, before=before, after=is_on)
        row = {"name": name, "is_on": is_on, "changes": 1, "updated_at": now, "updated_by_id": actor.user_id}
        insert_or_update(session, FeatureFlag, [row], keys=("name",), changes=_set_once_more)
        if is_on and name in BOARD_FLAGS:
            outbox.want(session, "stale_boards", outbox.EVERYTHING, now=now)
    _tell()
    forget()
    return _state(name)


def _set_once_more() -> Mapping[str, ColumnElement[Any]]:
    taken = ("is_on", "updated_at", "updated_by_id")
    return {"changes": FeatureFlag.changes + 1, **{name: literal_column(f"excluded.{name}") for name in taken}}
