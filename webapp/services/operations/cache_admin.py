"""Clearing the read cache by hand, audited."""

import re
from datetime import datetime
from typing import Final, NamedTuple

import redis

from webapp.domain.errors import DomainError, FieldError
from webapp.domain.permissions import Action
from webapp.services.boards import boards
from webapp.services.operations import cache, cache_counts, cache_epochs
from webapp.services.spine import audit, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.redis_link import link
from webapp.services.spine.transaction import transaction

SCOPES: Final = ("tournament", "season", "all_time")
"""What can be cleared as a whole; a season or an all-time board also alone (`season:pubgm:2026_S1`)."""
_AT_ONCE: Final = 500


class Invalidation(NamedTuple):
    """What was cleared, and how many kept answers went with it; None where Redis is away and nothing is kept."""

    target: str
    cleared: int | None


def invalidate(
    *, actor: Actor, now: datetime, tournament_id: int | None = None, scope: str | None = None
) -> Invalidation:
    """Clear what is cached of one tournament, or of a scope (one of SCOPES, or one board of the last two).

    Nothing that is cached is ever stale, so that this is for the operator's peace of mind; every process follows within
    a second. Raises Forbidden, NotFound for a tournament, DomainError unless exactly one of the two is given and known.
    """
    target = _target(tournament_id, scope)
    with transaction() as session:
        if tournament_id is None:
            permissions.ensure_on_site(actor, Action.INVALIDATE_CACHE)
        else:
            tournament = boards.find_tournament(session, tournament_id)
            permissions.ensure(session, actor, Action.INVALIDATE_CACHE, tournament)
        audit.record(session, actor, "cache.invalidated", now=now, tournament_id=tournament_id, scope=target)
    cleared = _clear(target)
    cache_counts.count_invalidation()
    return Invalidation(target, cleared)


def _target(tournament_id: int | None, scope: str | None) -> str:
    if (tournament_id is None) == (scope is None):
        raise _refused("tournament_id", "name either a tournament or a scope")
    if scope is None:
        return f"tournament:{tournament_id}"
    kind, _, key = scope.partition(":")
    if kind not in SCOPES or (kind == "tournament" and key) or (":" in scope and not key):
        raise _refused("scope", f"is none of {', '.join(SCOPES)}, season:GAME:SEASON and all_time:GAME")
    return scope


def _refused(path: str, message: str) -> DomainError:
    return DomainError.listing("The cache cannot be cleared", [FieldError(path, message)])


def _clear(target: str) -> int | None:
    kind, _, key = target.partition(":")
    if kind != "tournament":
        # `season:pubgm:2026` must not clear `season:pubgm:2026_S1`.
        patterns = [f"board:{_literally(target)}:*"]
    elif key:
        patterns = [f"board:{key}:*", f"fragment:{key}:*"]
    else:
        patterns = ["board:[0-9]*", "fragment:*"]
    try:
        cleared = link().run(lambda client: sum(_delete(client, pattern) for pattern in patterns))
        if kind == "tournament":
            cache_epochs.raise_for(target)
    except redis.RedisError:
        cleared = None
    cache.forget()
    return cleared


def _literally(text: str) -> str:
    """For a pattern of Redis: what people typed stands for itself."""
    return re.sub(r"([\\*?\[\]^-])", r"\\\1", text)


def _delete(client: redis.Redis, pattern: str) -> int:
    cleared = 0
    found: list[bytes] = []
    for key in client.scan_iter(match=cache.PREFIX + pattern, count=_AT_ONCE):
        found.append(key)
        if len(found) == _AT_ONCE:
            cleared += client.unlink(*found)
            found = []
    return cleared + (client.unlink(*found) if found else 0)
