"""The list of what somebody was told: the newest first, with what came in a burst put together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from webapp.domain.notifications.kinds import KINDS, Area
from webapp.models import Notification, NotificationSettings, Tournament
from webapp.services.notifications import reading, words
from webapp.services.notifications.words import Words
from webapp.services.pages.paging import Paging
from webapp.services.spine.transaction import read_snapshot

A_PAGE: Final = 30
_A_BURST: Final = timedelta(minutes=5)
"""So close to each other, many of one kind and tournament are one entry."""
_TOURNAMENTS_AT_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the list is asked for."""

    area: str | None = None
    tournament_id: int | None = None
    is_unread: bool = False
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        """Whether something is left out."""
        return bool(self.area or self.tournament_id or self.is_unread)

    def parameters(self, page: int = 1) -> dict[str, Any]:
        """The query of an address that asks for it, at that page."""
        query: dict[str, Any] = {
            "area": self.area, "tournament": self.tournament_id, "unread": 1 if self.is_unread else None,
            "page": page if page > 1 else None,
        }  # fmt: skip
        return {name: value for name, value in query.items() if value}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the list: a single notification, or several that came together; the newest stands for all."""

    all: tuple[Words, ...]
    unread_ids: tuple[int, ...]

    @property
    def first(self) -> Words:
        """The newest one."""
        return self.all[0]

    @property
    def is_unread(self) -> bool:
        """Whether anything of it has not been read."""
        return bool(self.unread_ids)

    @property
    def label(self) -> str:
        """What its kind is called."""
        return KINDS[self.first.kind].label if self.first.kind in KINDS else self.first.kind


@dataclass(frozen=True, slots=True)
class NoticeList:
    """One page. `newest_id` is the newest notification of the person at this moment, 0 for none."""

    entries: tuple[Entry, ...]
    paging: Paging
    wanted: Wanted
    unread: int
    newest_id: int
    tournaments: tuple[tuple[int, str], ...]
    """Those that the list can be narrowed to."""


def read_list(user_id: int, wanted: Wanted) -> NoticeList:
    """One page of what the person was told in the application."""
    own = (Notification.user_id == user_id, Notification.is_in_app)
    shown = [*own, *reading.of_filter(wanted.area, wanted.tournament_id)]
    unread = Notification.read_at.is_(None)
    with read_snapshot() as session:
        newest_id = session.scalar(select(func.max(Notification.id)).where(*own)) or 0
        count = select(func.count()).select_from(Notification)
        unread_count = session.scalar(count.where(*shown, unread)) or 0
        total = unread_count if wanted.is_unread else session.scalar(count.where(*shown)) or 0
        paging = Paging.of(wanted.page, size=A_PAGE, total=total)
        rows = session.scalars(
            select(Notification)
            .where(*shown, *([unread] if wanted.is_unread else []))
            .order_by(Notification.id.desc())
            .offset(paging.offset)
            .limit(A_PAGE)
        ).all()
        zone = session.scalar(select(NotificationSettings.time_zone).where(NotificationSettings.user_id == user_id))
        told = words.of_notifications(session, rows, zones={user_id: zone} if zone else None)
        entries = tuple(_entries(rows, told))
        tournaments = _tournaments(session, own)
    return NoticeList(entries, paging, wanted, unread_count, newest_id, tournaments)


def areas() -> tuple[str, ...]:
    """The areas that the list can be narrowed to."""
    return tuple(area.value for area in Area)


def _tournaments(session: Session, own: Iterable[object]) -> tuple[tuple[int, str], ...]:
    told_of: Select[int | None] = select(Notification.tournament_id).where(*own).distinct()  # type: ignore[arg-type]  # conditions, whatever their types
    rows = session.execute(
        select(Tournament.id, Tournament.name)
        .where(Tournament.id.in_(told_of), Tournament.deleted_at.is_(None))
        .order_by(Tournament.id.desc())
        .limit(_TOURNAMENTS_AT_MOST)
    )
    return tuple((row.id, row.name) for row in rows)


def _entries(rows: Sequence[Notification], told: Sequence[Words]) -> Iterable[Entry]:
    burst: list[tuple[Notification, Words]] = []
    for row, its_words in zip(rows, told, strict=True):
        if burst and not _belongs(burst[0][0], row):
            yield _entry(burst)
            burst = []
        burst.append((row, its_words))
    if burst:
        yield _entry(burst)


def _belongs(newest: Notification, row: Notification) -> bool:
    kind = KINDS.get(row.kind)
    is_same = (newest.kind, newest.tournament_id, newest.team_id) == (row.kind, row.tournament_id, row.team_id)
    return kind is not None and kind.is_grouped and is_same and _age(newest.created_at, row.created_at) <= _A_BURST


def _age(newer: datetime, older: datetime) -> timedelta:
    return abs(newer - older)


def _entry(burst: Sequence[tuple[Notification, Words]]) -> Entry:
    unread = tuple(row.id for row, _ in burst if row.read_at is None)
    return Entry(tuple(its_words for _, its_words in burst), unread)
