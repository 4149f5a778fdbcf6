"""The rooms in which watchers are told what happens: where they stand, what was missed, and how it reaches them.

The log in the database is the truth. A stream a room in Redis holds the newest messages ready made, for every web
process; each new one rings there. What Redis does not hold, or not without a gap, is made again from the log.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.models import Board, Event, Match, Tournament
from webapp.services.live import announcements
from webapp.services.live.announcements import Announcement
from webapp.services.spine.redis_link import link
from webapp.services.spine.transaction import read_snapshot

REPLAYED_AT_MOST: Final = 1000
"""Who missed more does better to fetch what is shown."""
_KEPT_FOR_S: Final = 3600
# Adds what is newer than the stream's end, in order, and rings once. Two who publish at once cannot leave a gap or say
# anything twice: the second one's beginning is left out.
_APPEND: Final = """
local newest = redis.call('xrevrange', KEYS[1], '+', '-', 'count', 1)
local last = 0
if #newest > 0 then last = tonumber(string.match(newest[1][1], '^%d+')) end
for i = 4, #ARGV, 7 do
  if tonumber(ARGV[i]) > last then
    redis.call('xadd', KEYS[1], 'maxlen', '~', ARGV[1], ARGV[i] .. '-0',
      'from', ARGV[i + 1], 'public', ARGV[i + 2], 'official', ARGV[i + 3],
      'match', ARGV[i + 4], 'version', ARGV[i + 5], 'kind', ARGV[i + 6], 'at', ARGV[3])
    last = tonumber(ARGV[i])
  end
end
redis.call('expire', KEYS[1], ARGV[2])
redis.call('publish', KEYS[1], last)
return last
"""


class Head(NamedTuple):
    """Where a tournament stands: the last number of its log, and the version of the board that the public sees."""

    seq: int
    version: int


def key_of(tournament_id: int) -> str:
    """The name of a tournament's stream in Redis, and of the channel on which it rings."""
    return f"deltacrown:room:t{tournament_id}"


def head_of(tournament_id: int) -> Head | None:
    """Where the tournament stands; None when there is none of that id."""
    with read_snapshot() as session:
        return _head(session, tournament_id)


def seqs_of(tournament_ids: Iterable[int]) -> dict[int, int]:
    """The last number of each tournament's log."""
    with read_snapshot() as session:
        rows = session.execute(select(Tournament.id, Tournament.log_seq).where(Tournament.id.in_(list(tournament_ids))))
        return {row.id: row.log_seq for row in rows}


def last_of_match(match_id: int) -> int:
    """The last number that is about this match; 0 for none."""
    with read_snapshot() as session:
        return session.scalar(select(func.max(Event.seq)).where(Event.match_id == match_id)) or 0


def tournament_of_match(match_id: int) -> int | None:
    """The tournament that a match belongs to; None for no such match."""
    with read_snapshot() as session:
        return session.scalar(select(Match.tournament_id).where(Match.id == match_id))


def missed(tournament_id: int, since: int) -> list[Announcement]:
    """Everything after number `since`, from the log: a single `reset` in its place when that is too much."""
    with read_snapshot() as session:
        head = _head(session, tournament_id)
        if head is None or head.seq <= since:
            return []
        if head.seq - since > REPLAYED_AT_MOST:
            return [announcements.reset(from_seq=since + 1, seq=head.seq, version=head.version)]
        events = session.scalars(
            select(Event).where(Event.tournament_id == tournament_id, Event.seq > since).order_by(Event.seq)
        ).all()
        known = session.scalar(select(Tournament.frozen_seq).where(Tournament.id == tournament_id))
        return announcements.of_events(session, events, known_seq=known)


def publish(tournament_id: int) -> None:
    """Put into the stream what is not there yet, and ring. May be repeated, and done by several at once.

    A stream that is gone begins anew with the newest number: who watches knows what came before, or asks the log.
    Raises redis.RedisError when Redis is configured but away.
    """
    if link().url is None:
        return
    key = key_of(tournament_id)
    head = head_of(tournament_id)
    if head is None:
        return
    newest: Any = link().run(lambda client: client.xrevrange(key, count=1))
    published = int(newest[0][0].partition(b"-")[0]) if newest else head.seq - 1
    if published > head.seq:
        # Another database has used this Redis before.
        link().run(lambda client: client.delete(key))
        published = head.seq - 1
    arguments: list[Any] = [REPLAYED_AT_MOST, _KEPT_FOR_S, time.time()]
    arguments += [value for each in missed(tournament_id, published) for value in _as_fields(each)]
    link().run(lambda client: client.eval(_APPEND, 1, key, *arguments))


def joined(since: int, entries: Sequence[tuple[bytes, Mapping[bytes, bytes]]]) -> list[Announcement] | None:
    """The announcements that a stream holds after number `since`; None when it does not hold all of them."""
    found = [_from_fields(entry_id, fields) for entry_id, fields in entries]
    return found if not found or found[0].from_seq == since + 1 else None


def _head(session: Session, tournament_id: int) -> Head | None:
    found = session.execute(
        select(Tournament.log_seq, Board.version)
        .outerjoin(Board, (Board.scope == f"tournament:{tournament_id}") & (Board.audience == "public"))
        .where(Tournament.id == tournament_id, Tournament.deleted_at.is_(None))
    ).one_or_none()
    return None if found is None else Head(found.log_seq, found.version or 0)


def _as_fields(announcement: Announcement) -> list[Any]:
    return [
        announcement.seq, announcement.from_seq, announcement.public, announcement.official,
        announcement.match_id or 0, announcement.version, announcement.kind,
    ]  # fmt: skip


def _from_fields(entry_id: bytes, fields: Mapping[bytes, bytes]) -> Announcement:
    return Announcement(
        seq=int(entry_id.partition(b"-")[0]),
        from_seq=int(fields[b"from"]),
        public=fields[b"public"].decode(),
        official=fields[b"official"].decode(),
        match_id=int(fields[b"match"]) or None,
        version=int(fields[b"version"]),
        # A process of the release before may have written it.
        kind=fields.get(b"kind", b"").decode(),
        published_at=float(fields.get(b"at", 0)),
    )
