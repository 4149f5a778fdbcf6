"""The next step of working off a log: whom one transaction tells of what, and where the cursor stands after it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import EventCursor
from webapp.services.notifications import recipients
from webapp.services.notifications.logs import EVENTS_AT_ONCE, Item, Log
from webapp.services.notifications.posts import Post
from webapp.services.notifications.recipients import Recipient
from webapp.services.notifications.telling import Counts, Subject

PEOPLE_AT_ONCE: Final = 1000
"""People of one step."""
LATE: Final = timedelta(seconds=15)
"""Boards that move without end must not leave people untold."""


class Cursor(NamedTuple):
    """After which event the work on a log stands; after whom in the next one, with the counts of that one so far."""

    seq: int = 0
    after_user_id: int = 0
    counts: Counts = Counts()


class Portion(NamedTuple):
    """People who are told of one thing. `is_counted`: the log says afterwards how many that were."""

    subject: Subject
    people: Sequence[Recipient]
    is_counted: bool


@dataclass
class Step:
    """What one transaction writes. `counted_seq`: of the event that everybody has been told of with it."""

    before: Cursor
    after: Cursor
    portions: list[Portion] = field(default_factory=list)
    counted_seq: int | None = None
    told_of_moves: set[int] = field(default_factory=set)
    """Who is told of a move on the board, and so of no other one of the same step."""

    @property
    def share(self) -> float:
        """How full it is, of 1."""
        people = sum(len(portion.people) for portion in self.portions)
        return min(1.0, max((self.after.seq - self.before.seq) / EVENTS_AT_ONCE, people / PEOPLE_AT_ONCE))


class Left(NamedTuple):
    """What is not worked off. `is_much`: it fills a step, as far as can be seen without reading it; `is_late`: it has
    waited for so long that it stands back for rankings alone.
    """

    events: int
    is_much: bool
    is_late: bool


def left(session: Session, source: Log, *, now: datetime) -> Left:
    """What the next steps are about."""
    cursor = _cursor(session, source.stream)
    events = source.last_seq(session) - cursor.seq
    is_much = events >= EVENTS_AT_ONCE or cursor.after_user_id > 0
    since = source.since(session, cursor.seq) if is_much else None
    return Left(events, is_much, is_late=since is not None and now - since > LATE)


def next_of(session: Session, source: Log, *, now: datetime) -> Step | None:
    """The next step from where the cursor stands; None once everything is done."""
    before = _cursor(session, source.stream)
    step = Step(before, before)
    room = PEOPLE_AT_ONCE
    for item in source.items(session, before.seq):
        found, upto = _portions(session, source, item, step, room, now)
        step.portions += found
        room -= sum(len(portion.people) for portion in found)
        if upto is not None:
            step.after = Cursor(item.seq - 1, upto)
            break
        step.after = Cursor(item.seq)
        step.counted_seq = next((post.counted_seq for post in item.posts if post.counted_seq is not None), None)
        if step.counted_seq is not None or room <= 0:
            break
    return None if step.after == before else step


def _cursor(session: Session, stream: str) -> Cursor:
    row = session.scalar(select(EventCursor).where(EventCursor.stream == stream))
    return Cursor() if row is None else Cursor(row.seq, row.after_user_id, Counts(**row.counts))


def _portions(
    session: Session, source: Log, item: Item, step: Step, room: int, now: datetime
) -> tuple[list[Portion], int | None]:
    """Whom to tell of the step's next event, and up to whom that is everybody; None: there is nobody else."""
    after = step.after.after_user_id
    found = [
        (post, recipients.find(source.case(session, post, now=now), after=after, wanted=max(room, 1)))
        for post in item.posts
    ]
    upto = min((some.upto for _, some in found if some.upto is not None), default=None)
    told: set[tuple[object, int]] = set()
    portions = []
    for post, some in found:
        people = [
            one
            for one in some.recipients
            if (upto is None or one.user_id <= upto)
            and (post.event.event_id, one.user_id) not in told
            and not (post.moves and one.user_id in step.told_of_moves)
        ]
        told.update((post.event.event_id, one.user_id) for one in people)
        if post.moves:
            step.told_of_moves.update(one.user_id for one in people)
        if people:
            portions.append(Portion(_subject(source, post), people, post.counted_seq is not None))
    return portions, upto


def _subject(source: Log, post: Post) -> Subject:
    is_of_team = source.name == "team"
    return Subject(
        post.event.event_id, post.notice.kind, post.happened_at,
        tournament_id=None if is_of_team else source.id, match_id=post.event.match_id,
        registration_id=post.event.registration_id, team_id=source.id if is_of_team else None, data=post.notice.data,
    )  # fmt: skip
