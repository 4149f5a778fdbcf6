"""What of an event people are told: the table of rules, and what the database says against it.

Nothing is told of drafts and deleted tournaments, of what was taken back meanwhile, and, while the board is frozen, of
results: that comes when the board is shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.notifications.kinds import KINDS
from webapp.domain.notifications.moves import Move, told_moves
from webapp.domain.notifications.routing import WAITING, Happened, Notice, notices
from webapp.models import Announcement, Event, Freeze, Tournament, TournamentOutcome, UndoableAction
from webapp.services.boards import boards
from webapp.services.bracketing import bracket_placements
from webapp.services.live import visibility

_OVER: Final = ("completed", "archived")
_RANKED: Final = "rank_update"
_PLAYED: Final = "match_completed"


class Post(NamedTuple):
    """One kind of notification that goes out for an event; `moves` are those on the board that it tells."""

    event: Happened
    notice: Notice
    happened_at: datetime
    moves: Mapping[int, Move] = {}

    @property
    def counted_seq(self) -> int | None:
        """The number of the event, if the log says afterwards how many were told of it."""
        return self.event.seq if self.notice.is_counted else None


@dataclass
class Posts:
    """The posts of the events of one tournament, read under one snapshot."""

    session: Session
    tournament: Tournament
    first_seq: int

    def of(self, event: Event) -> list[Post]:
        """What people are told of the event now; nothing for most events."""
        if self.tournament.deleted_at is not None or self.tournament.status == "draft":
            return []
        if event.type == "board_unfrozen":
            return [*self._held_back(event)]
        found = notices(happened(event))
        if not found or self._is_undone(event) or self._is_overtaken(event):
            return []
        return [*self._posts(event, found)]

    def _posts(self, event: Event, found: Sequence[Notice]) -> Iterator[Post]:
        for notice in found:
            if KINDS[notice.kind].waits_for_reveal and self._is_hidden(event):
                continue
            if event.type != _RANKED:
                yield Post(happened(event), notice, event.created_at)
            elif (moves := told_moves([event.data["changes"]])) and self._is_from_played(event):
                yield Post(happened(event), notice, event.created_at, moves)

    def _is_hidden(self, event: Event) -> bool:
        return self.tournament.frozen_seq is not None and event.seq > self.tournament.frozen_seq

    def _held_back(self, unfrozen: Event) -> Iterator[Post]:
        """What was not told while the board was frozen; the moves since then as one, unless the final ranks tell it."""
        freeze = self.session.get_one(Freeze, unfrozen.data["freeze_id"])
        events = self.session.scalars(
            select(Event)
            .where(
                Event.tournament_id == self.tournament.id, Event.type.in_(WAITING),
                Event.seq > (freeze.frozen_seq or unfrozen.seq), Event.seq < unfrozen.seq,
            )
            .order_by(Event.seq)
        ).all()  # fmt: skip
        ranked = [event for event in events if event.type == _RANKED and self._is_from_played(event)]
        for event in events:
            if event.type != _RANKED and not self._is_undone(event):
                # It is news from now on, however long it was kept.
                posts = self._posts(event, notices(happened(event)))
                yield from (post._replace(happened_at=unfrozen.created_at) for post in posts)
        moves = told_moves(event.data["changes"] for event in ranked)
        if moves and self.tournament.status not in _OVER and not self._is_hidden(unfrozen):
            notice = notices(happened(ranked[-1]))[0]
            yield Post(happened(unfrozen), notice, unfrozen.created_at, moves)

    def _is_from_played(self, ranked: Event) -> bool:
        """Whether anything had been played on the board before it; if not, all stood there by their ids alone."""
        return self._first_played_board is not None and ranked.seq > self._first_played_board

    @cached_property
    def _first_played_board(self) -> int | None:
        """The number of the first board that has a result in it."""
        is_own = Event.tournament_id == self.tournament.id
        played = select(func.min(Event.seq)).where(is_own, Event.type == _PLAYED).scalar_subquery()
        boards_since = select(func.min(Event.seq)).where(is_own, Event.type == _RANKED, Event.seq > played)
        return self.session.scalar(boards_since)

    def _is_undone(self, event: Event) -> bool:
        """Whether the action that the event is of was taken back: all events of one action have its instant."""
        return any(seq >= event.seq and at == event.created_at for seq, at in self._undone)

    @cached_property
    def _undone(self) -> list[tuple[int, datetime]]:
        rows = self.session.execute(
            select(UndoableAction.seq, UndoableAction.created_at).where(
                UndoableAction.tournament_id == self.tournament.id,
                UndoableAction.undone_at.is_not(None),
                UndoableAction.seq >= self.first_seq,
            )
        )
        return [(row.seq, row.created_at) for row in rows]

    def _is_overtaken(self, event: Event) -> bool:
        """Whether it is told otherwise, or is no more."""
        if event.type == "announcement":
            row = self.session.get(Announcement, event.data["announcement_id"])
            return row is None or row.withdrawn_at is not None
        if event.type == "registration_approved":
            # Who was let in from the waitlist is told that, by the event before.
            before = select(Event.id).where(
                Event.tournament_id == self.tournament.id, Event.seq == event.seq - 1,
                Event.type == "waitlist_promoted", Event.registration_id == event.registration_id,
            )  # fmt: skip
            return self.session.scalar(before) is not None
        return False


def happened(event: Event) -> Happened:
    """The event as routing reads it."""
    return Happened(
        event.id, event.type, event.seq, event.data, event.actor_id, event.match_id, event.registration_id
    )  # fmt: skip


def final_ranks(session: Session, tournament: Tournament, *, now: datetime) -> dict[int, int]:
    """The final rank of every participant: the declared winners first, then by the bracket, else by the board."""
    groups = bracket_placements.of_tournament(session, tournament)
    ranks = _board_ranks(session, tournament, now) if groups is None else _group_ranks(groups)
    outcome = session.get(TournamentOutcome, tournament.id)
    podium = (outcome.winner_id, outcome.runner_up_id, outcome.third_place_id) if outcome else ()
    declared = {who: rank for rank, who in enumerate(podium, start=1) if who is not None}
    of_declared = [ranks.get(who, 0) for who in declared]
    # Who share a place keep it where that is what was declared.
    return ranks if of_declared[:1] == [1] and of_declared == sorted(of_declared) else ranks | declared


def _group_ranks(groups: Sequence[Sequence[int]]) -> dict[int, int]:
    ranks: dict[int, int] = {}
    for group in groups:
        ranks |= dict.fromkeys(group, len(ranks) + 1)
    return ranks


def _board_ranks(session: Session, tournament: Tournament, now: datetime) -> dict[int, int]:
    board = boards.of_tournament(session, tournament, visibility.PUBLIC, now=now).board
    if not board.standings.columns["matches_played"].any():
        return {}
    return dict(zip(board.standings.participant_id.tolist(), board.ranking.ranks.tolist(), strict=True))
