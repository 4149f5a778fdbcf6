"""The matches of a tournament whose times can still be set."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from webapp.domain.permissions import Action
from webapp.models import Match
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.pages.paging import Paging
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

TIMES_A_PAGE: Final = 200
_BEFORE_PLAY: Final = ("scheduled", "ready")


@dataclass(frozen=True, slots=True)
class PlannedMatch:
    """A match that has not begun; `sides` are the names that are known."""

    id: int
    number: int
    label: str
    best_of: int
    scheduled_at: datetime | None
    sides: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """One page of what can be planned, and how many matches cannot be any more."""

    head: ManagedHead
    matches: tuple[PlannedMatch, ...]
    paging: Paging
    begun: int


def read_times(tournament_id: int, match_ids: Collection[int], *, actor: Actor) -> dict[int, datetime | None]:
    """When those matches of the tournament are to begin or began, whatever their state. Raises like `read_schedule`."""
    with read_snapshot() as session:
        find_managed(session, tournament_id, actor, Action.MANAGE_MATCHES)
        found = select(Match.id, Match.scheduled_at).where(
            Match.tournament_id == tournament_id, Match.id.in_(sorted(match_ids))
        )
        return dict(session.execute(found).all())


def read_schedule(tournament_id: int, *, actor: Actor, page: int) -> ScheduleView:
    """The schedule of a tournament for one of its officials. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.MANAGE_MATCHES)
        of_tournament = Match.tournament_id == tournament_id
        plannable = (of_tournament, Match.state.in_(_BEFORE_PLAY))
        total = session.scalar(select(func.count()).select_from(Match).where(of_tournament)) or 0
        left = session.scalar(select(func.count()).select_from(Match).where(*plannable)) or 0
        paging = Paging.of(page, size=TIMES_A_PAGE, total=left)
        found = session.scalars(
            select(Match).where(*plannable).order_by(Match.number).offset(paging.offset).limit(paging.size)
        ).all()
        is_series = tournament.format != "battle-royale"
        sides = {match.id: (match.side_a_id, match.side_b_id) if is_series else () for match in found}
        names = names_of(session, {side for both in sides.values() for side in both if side is not None})
        return ScheduleView(
            head=head_of(session, tournament, actor),
            matches=tuple(
                PlannedMatch(
                    match.id, match.number, match.label, match.best_of, match.scheduled_at,
                    tuple(None if side is None else names.get(side) for side in sides[match.id]),
                )
                for match in found
            ),
            paging=paging,
            begun=total - left,
        )  # fmt: skip
