"""What watchers are told of a tournament's log: one message a number, as JSON text that is the same for all of a room.

Everybody hears every number. Of what a public listener may not see only the number is told, so that it can be told from
loss. Messages hold ids, numbers and states.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain import freezes
from webapp.domain.columns import MISSING
from webapp.domain.events import CATALOGUE, PUBLIC, TOURNAMENT_ROOM
from webapp.domain.logged_lines import lines_from_data
from webapp.models import Event, Registration

CHANGES_AT_MOST: Final = 200
"""A `rank_update` lists so many changes; who needs the others asks for the board."""
NUMBER: Final = "number"
"""The type of a message that tells a number and nothing else."""


class Announcement(NamedTuple):
    """One message. Consecutive ones join: the next begins (`from_seq`) where this ends (`seq`)."""

    seq: int
    from_seq: int
    public: str
    """The message; empty for a `reset`, which each listener is told with its own role."""
    official: str
    """The message for officials; empty where it is the public one."""
    match_id: int | None = None
    version: int = 0
    """The board's version from here on, where the message brings a new one; else 0."""
    kind: str = ""
    """The event's name; empty for a `reset`."""
    published_at: float = 0.0
    """When it went into the room's stream, in seconds since 1970; 0 where it comes from the log."""

    @property
    def is_reset(self) -> bool:
        """Whether it stands for numbers of which nothing is told one by one."""
        return not self.public

    def standing_for(self, *, from_seq: int, prev: int | None) -> "Announcement":
        """The same, for all numbers from `from_seq` on; in the match's room it follows on number `prev`."""
        about = {"from_seq": from_seq} | ({} if prev is None else {"prev": prev})
        public, official = (_json(orjson.loads(text) | about) if text else "" for text in (self.public, self.official))
        return self._replace(from_seq=from_seq, public=public, official=official)

    @property
    def prev(self) -> int | None:
        """The match's number before it, as its message says; None for what is about no match."""
        return None if self.match_id is None else int(orjson.loads(self.public)["prev"])


def of_events(session: Session, events: Sequence[Event], *, known_seq: int | None = None) -> list[Announcement]:
    """The messages of consecutive events, in their order.

    `known_seq` is the number at which the public's knowledge stopped, where the board is frozen: of what tells of
    results after it the public hears the number alone.
    """
    teams = _teams(session, events)
    before = _numbers_before(session, events)
    announcements = []
    for event in events:
        before_in_match = None if event.match_id is None else before[event.match_id]
        announcements.append(_of_event(event, teams, before_in_match, known_seq))
        if event.match_id is not None:
            before[event.match_id] = event.seq
    return announcements


def reset(*, from_seq: int, seq: int, version: int) -> Announcement:
    """One announcement in the place of so many that everybody does better to fetch what is shown."""
    return Announcement(seq, from_seq, "", "", None, version)


def envelope(message_type: str, seq: int, tournament_id: int, at: datetime) -> dict[str, Any]:
    """What every message begins with."""
    instant = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"type": message_type, "seq": seq, "tournament_id": tournament_id, "at": instant}


def _of_event(
    event: Event, teams: dict[int, int | None], before_in_match: int | None, known_seq: int | None
) -> Announcement:
    kind = CATALOGUE[event.type]
    about = {} if event.match_id is None else {"match_id": event.match_id, "prev": before_in_match}
    bare = envelope(NUMBER, event.seq, event.tournament_id, event.created_at) | about
    if TOURNAMENT_ROOM not in kind.rooms:
        return Announcement(event.seq, event.seq, _json(bare), "", event.match_id, 0, event.type)
    full = bare | {"type": event.type} | ({"state": kind.state} if kind.state else {}) | _fields(event, teams)
    is_told = freezes.is_told(event.type, event.seq, known_seq)
    version = event.data["version"] if is_told and "version" in kind.fields else 0
    is_public = kind.audience == PUBLIC and is_told
    public, official = (_json(full), "") if is_public else (_json(bare), _json(full))
    return Announcement(event.seq, event.seq, public, official, event.match_id, version, event.type)


def _fields(event: Event, teams: dict[int, int | None]) -> dict[str, Any]:
    if event.type == "rank_update":
        return _rank_update(event.data, teams)
    fields = dict(event.data)
    if "results" in fields:
        fields["results"] = [
            {"participant_id": line.participant_id, "placement": line.placement, "kills": line.kills}
            for line in map(lines_from_data, fields["results"])
        ]
    if "lines" in fields:
        # A running score knows less than a result (`matches.update_score`).
        fields["lines"] = [
            {"participant_id": who, "placement": None if placement < 0 else placement, "kills": kills}
            for who, placement, kills in fields["lines"]
        ]
    if event.registration_id is not None:
        fields = {"participant_id": event.registration_id} | fields
    return fields


def _rank_update(data: dict[str, Any], teams: dict[int, int | None]) -> dict[str, Any]:
    rows = _best_first(data["changes"])
    fields = {
        "version": data["version"],
        "changes": [
            {
                "participant_id": participant_id,
                "team_id": teams.get(participant_id),
                "previous_rank": previous or None,
                "current_rank": current or None,
                "rank_change": current - previous if current and previous else None,
                "points": points,
            }
            for participant_id, previous, current, points in rows[:CHANGES_AT_MOST]
        ],
        "entries_count": data["entries_count"],
        "champion_id": data["champion_id"],
    }
    return fields | ({"truncated": True} if len(rows) > CHANGES_AT_MOST else {})


def _best_first(changes: dict[str, list[int]]) -> list[tuple[int, int, int, int]]:
    """Participant, rank before, rank now, points: the best ranks first, then those who left the board."""
    columns = (changes[name] for name in ("participant_id", "previous_rank", "current_rank", "points"))
    return sorted(zip(*columns, strict=True), key=lambda change: (change[2] or MISSING, change[0]))


def _teams(session: Session, events: Sequence[Event]) -> dict[int, int | None]:
    """The team of everybody whom a `rank_update` among the events will name."""
    named = {
        change[0]
        for event in events
        if event.type == "rank_update"
        for change in _best_first(event.data["changes"])[:CHANGES_AT_MOST]
    }
    if not named:
        return {}
    rows = session.execute(select(Registration.id, Registration.team_id).where(Registration.id.in_(named)))
    return {row.id: row.team_id for row in rows}


def _numbers_before(session: Session, events: Sequence[Event]) -> dict[int, int]:
    """For each match that the events are about, its last number before them; 0 for none."""
    matches = {event.match_id for event in events if event.match_id is not None}
    if not matches:
        return {}
    rows = session.execute(
        select(Event.match_id, func.max(Event.seq))
        .where(Event.match_id.in_(matches), Event.seq < events[0].seq)
        .group_by(Event.match_id)
    )
    return dict.fromkeys(matches, 0) | {match_id: seq for match_id, seq in rows.all() if match_id is not None}


def _json(message: dict[str, Any]) -> str:
    return orjson.dumps(message).decode()
