"""The page of overrides: who can be placed where, what holds, what would change, and the whole history."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.permissions import Action
from webapp.services.boards import boards
from webapp.services.ranking import overrides, standings
from webapp.services.ranking.override_checks import Placement
from webapp.services.ranking.overrides import OverridePreview, PastOverride
from webapp.services.registration.participant_names import names_of
from webapp.services.spine import permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.staff_pages.handles import handles_of

CHOICES_AT_MOST: Final = 500
"""Longer boards list the best, and whoever the page was opened for."""
HISTORY_A_PAGE: Final = 50
ROWS_AT_MOST: Final = 60
_AROUND: Final = 1
"""Rows shown before and after those that change."""


class Choice(NamedTuple):
    """Somebody on the board, as the form lists them."""

    participant_id: int
    rank: int
    name: str
    points: int
    is_override: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """An override with the names of everybody in it."""

    override_id: int
    participant_id: int
    name: str
    previous_rank: int
    new_rank: int
    reason: str
    by: str
    at: datetime
    restored_by: str
    restored_at: datetime | None
    is_replaced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OverridesPage:
    """The page. `count` is the number of ranks; `older` the cursor of the history's next page."""

    tournament_id: int
    tournament_name: str
    status: str
    publishes_reasons: bool
    count: int
    choices: tuple[Choice, ...]
    history: tuple[HistoryEntry, ...]
    older: int | None

    @property
    def lists_everybody(self) -> bool:
        """Whether every participant can be chosen from the list."""
        return len(self.choices) >= self.count


class PreviewRow(NamedTuple):
    """A row as it would stand. The marks say whether staff set, or would set, its rank."""

    participant_id: int
    name: str
    points: int
    rank_before: int
    rank_after: int
    was_override: bool
    is_override: bool

    @property
    def moved(self) -> int:
        """Places gained, or lost where below zero."""
        return self.rank_before - self.rank_after

    @property
    def is_changed(self) -> bool:
        """Whether anything of it would change."""
        return self.moved != 0 or self.was_override != self.is_override


@dataclass(frozen=True, slots=True)
class PreviewView:
    """The changed rows in their new order with their neighbours; `left_out` changed ones are not shown."""

    rows: tuple[PreviewRow, ...]
    left_out: int

    @property
    def changed_count(self) -> int:
        """How many of the rows shown would change."""
        return sum(row.is_changed for row in self.rows)


def read_overrides_page(
    tournament_id: int, *, actor: Actor, picked: Collection[int] = (), before: int | None = None
) -> OverridesPage:
    """The page; `picked` participants are in the list of choices in any case. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = boards.find_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.OVERRIDE_PLACEMENT, tournament)
        past = overrides.history(tournament_id, actor=actor, before_id=before, limit=HISTORY_A_PAGE + 1)
        # Whatever the flags say: placements can be set while boards are paused.
        board = overrides.current_board(session, tournament, standings.rules_of(tournament))
        return OverridesPage(
            tournament_id=tournament_id,
            tournament_name=tournament.name,
            status=tournament.status,
            publishes_reasons=tournament.publishes_reasons,
            count=len(board),
            choices=_choices(session, board, picked),
            history=_entries(session, past[:HISTORY_A_PAGE]),
            older=past[HISTORY_A_PAGE - 1].override_id if len(past) > HISTORY_A_PAGE else None,
        )


def read_override(override_id: int, tournament_id: int, *, actor: Actor) -> HistoryEntry:
    """One override of the tournament. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        return _entries(session, [overrides.find(override_id, tournament_id, actor=actor)])[0]


def preview(
    tournament_id: int, placements: Sequence[Placement], *, actor: Actor, restoring: Collection[int] = ()
) -> PreviewView:
    """What `overrides.preview` gives, as rows with names."""
    with read_snapshot() as session:
        return _preview_view(session, overrides.preview(tournament_id, placements, actor=actor, restoring=restoring))


def names_in(participant_ids: Collection[int]) -> Mapping[int, str]:
    """Public names of participants, for messages about them."""
    with read_snapshot() as session:
        return names_of(session, participant_ids)


def _choices(session: Session, board: Board, picked: Collection[int]) -> tuple[Choice, ...]:
    order = board.ranking.order
    ids = board.standings.participant_id[order].tolist()
    listed = [at for at, who in enumerate(ids) if at < CHOICES_AT_MOST or who in picked]
    names = names_of(session, [ids[at] for at in listed])
    points, ranks = board.standings.columns["points"][order].tolist(), board.ranking.ranks[order].tolist()
    is_override = board.ranking.is_override[order].tolist()
    return tuple(
        Choice(ids[at], ranks[at], names.get(ids[at], f"#{ids[at]}"), points[at], is_override[at]) for at in listed
    )


def _entries(session: Session, past: Sequence[PastOverride]) -> tuple[HistoryEntry, ...]:
    names = names_of(session, [one.participant_id for one in past])
    handles = handles_of(session, [who for one in past for who in (one.actor_id, one.restored_by_id)])
    return tuple(
        HistoryEntry(
            override_id=one.override_id,
            participant_id=one.participant_id,
            name=names.get(one.participant_id, f"#{one.participant_id}"),
            previous_rank=one.previous_rank,
            new_rank=one.new_rank,
            reason=one.reason,
            by=handles.get(one.actor_id, f"user {one.actor_id}"),
            at=one.created_at,
            restored_by=handles.get(one.restored_by_id, f"user {one.restored_by_id}"),
            restored_at=one.restored_at,
            is_replaced=one.replaced_by is not None,
        )
        for one in past
    )


def _preview_view(session: Session, seen: OverridePreview) -> PreviewView:
    before, after = seen.before, seen.after
    order = after.ranking.order
    columns = (
        after.standings.participant_id, after.standings.columns["points"], before.ranking.ranks, after.ranking.ranks,
        before.ranking.is_override, after.ranking.is_override,
    )  # fmt: skip
    everybody = list(zip(*(column[order].tolist() for column in columns), strict=True))
    changed = [at for at, row in enumerate(everybody) if row[2] != row[3] or row[4] != row[5]]
    shown: list[int] = []
    for at in changed[:ROWS_AT_MOST]:
        near = range(max(at - _AROUND, 0), min(at + _AROUND + 1, len(everybody)))
        shown += [place for place in near if not shown or place > shown[-1]]
    names = names_of(session, [everybody[at][0] for at in shown])
    rows = tuple(
        PreviewRow(everybody[at][0], names.get(everybody[at][0], f"#{everybody[at][0]}"), *everybody[at][1:])
        for at in shown
    )
    return PreviewView(rows, max(len(changed) - ROWS_AT_MOST, 0))
