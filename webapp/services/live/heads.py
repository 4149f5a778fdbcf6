"""Where a tournament's log stands: the number that says whether anything shown of it can have changed."""

from typing import Final

from sqlalchemy import select

from webapp.models import Tournament
from webapp.services.spine.redis_link import RedisLink, link
from webapp.services.spine.transaction import read_snapshot

_KEY: Final = "deltacrown:head:"
_BACKSTOP_S: Final = 30
# Never back: a reader that read the database before a commit must not undo what was published after it.
_RAISE = """
local now = tonumber(redis.call('get', KEYS[1]) or '-1')
if now < tonumber(ARGV[1]) then redis.call('set', KEYS[1], ARGV[1], 'ex', ARGV[2]) end
return 1
"""


class _Committed:
    """Numbers that this very process committed: a reader here must see what was written here, before Redis knows."""

    def __init__(self) -> None:
        self.generation = 0
        self._link: RedisLink | None = None
        self._numbers: dict[int, int] = {}

    def note(self, tournament_id: int, number: int) -> None:
        """Remember a number once its commit is done."""
        self._of_this_redis()[tournament_id] = max(number, self.newest(tournament_id))
        self.generation += 1

    def newest(self, tournament_id: int) -> int:
        return self._of_this_redis().get(tournament_id, 0)

    def _of_this_redis(self) -> dict[int, int]:
        if self._link is not link():
            self._link, self._numbers = link(), {}
        return self._numbers


_committed = _Committed()
note = _committed.note


def generation() -> int:
    """Grows with every commit of this process: what was right before may not be right now."""
    return _committed.generation


def publish(tournament_id: int) -> bool:
    """Tell all web processes the number of the tournament's last event; False where there is no Redis to tell it by.

    Raises redis.RedisError when Redis is configured but away, so that the outbox tries again.
    """
    if link().url is None:
        return False
    number = _stored(tournament_id)
    if number is not None:
        link().run(lambda client: client.eval(_RAISE, 1, f"{_KEY}{tournament_id}", number, _BACKSTOP_S))
    return True


def current(tournament_id: int) -> int | None:
    """The number of the tournament's last event; None for no such tournament. With Redis, no database is touched."""
    known = link().try_request(lambda client: client.get(f"{_KEY}{tournament_id}"))
    if isinstance(known, bytes):
        return max(int(known), _committed.newest(tournament_id))
    number = _stored(tournament_id)
    if number is not None:
        link().try_request(lambda client: client.eval(_RAISE, 1, f"{_KEY}{tournament_id}", number, _BACKSTOP_S))
    return number


def _stored(tournament_id: int) -> int | None:
    with read_snapshot() as session:
        statement = select(Tournament.log_seq).where(Tournament.id == tournament_id, Tournament.deleted_at.is_(None))
        return session.scalar(statement)
