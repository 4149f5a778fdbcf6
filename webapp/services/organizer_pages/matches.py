"""The matches of a tournament as its officials see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFound
from webapp.domain.lifecycle import WITHOUT_RESULT
from webapp.domain.permissions import Action
from webapp.models import Match
from webapp.services.organizer_pages.managed import ManagedHead, find_managed, head_of
from webapp.services.pages.match_view import PHASES, MatchPhase
from webapp.services.pages.paging import Paging
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import read_snapshot

MATCHES_A_PAGE: Final = 50
_STARTABLE: Final = ("scheduled", "ready")
_CANCELLABLE: Final = ("scheduled", "ready", "live", "pending_result", "disputed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedMatch:
    """A match in a list of officials; `winner` is known once its result is confirmed."""

    id: int
    number: int
    label: str
    map: str | None
    state: str
    phase: MatchPhase
    revision: int
    scheduled_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    winner: str | None
    sides: tuple[str | None, ...]
    """The names of the two sides as far as they are known; none in a lobby."""
    stream_url: str | None

    @property
    def is_forfeit(self) -> bool:
        """Whether it was decided without being played."""
        return self.state == "forfeit"

    @property
    def can_start(self) -> bool:
        """Whether it can begin."""
        return self.state in _STARTABLE and None not in self.sides

    @property
    def can_be_cancelled(self) -> bool:
        """Whether it can be taken off the schedule; a confirmed result is voided instead."""
        return self.state in _CANCELLABLE and not self.has_result

    @property
    def has_result(self) -> bool:
        """Whether a result counts, or is held back by a dispute, or was taken out with the match."""
        return bool(self.revision) and self.state not in WITHOUT_RESULT


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchesView:
    """One page of a tournament's matches. `last_number` is that of the last one of all."""

    head: ManagedHead
    matches: tuple[ManagedMatch, ...]
    paging: Paging
    last_number: int


def read_matches(tournament_id: int, *, actor: Actor, page: int) -> MatchesView:
    """The matches of a tournament for one of its officials. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.MANAGE_MATCHES)
        of_tournament = Match.tournament_id == tournament_id
        total, last = session.execute(select(func.count(Match.id), func.max(Match.number)).where(of_tournament)).one()
        paging = Paging.of(page, size=MATCHES_A_PAGE, total=total)
        return MatchesView(
            head=head_of(session, tournament, actor),
            matches=managed_matches(session, tournament_id, limit=paging.size, offset=paging.offset),
            paging=paging,
            last_number=last or 0,
        )


def read_match(tournament_id: int, match_id: int, *, actor: Actor) -> tuple[ManagedHead, ManagedMatch]:
    """One match of a tournament for one of its officials. Raises NotFound, Forbidden."""
    with read_snapshot() as session:
        tournament = find_managed(session, tournament_id, actor, Action.MANAGE_MATCHES)
        number = session.scalar(select(Match.number).where(Match.id == match_id, Match.tournament_id == tournament_id))
        if number is None:
            raise NotFound(f"There is no match {match_id} in tournament {tournament_id}.", code="match_not_found")
        (match,) = managed_matches(session, tournament_id, limit=1, number=number)
        return head_of(session, tournament, actor), match


def managed_matches(
    session: Session,
    tournament_id: int,
    *,
    limit: int,
    offset: int = 0,
    states: Sequence[str] | None = None,
    number: int | None = None,
) -> tuple[ManagedMatch, ...]:
    """Matches in their order; of those `states` alone, or the one with that number."""
    statement = select(Match).where(Match.tournament_id == tournament_id).order_by(Match.number)
    if states is not None:
        statement = statement.where(Match.state.in_(states))
    if number is not None:
        statement = statement.where(Match.number == number)
    found = session.scalars(statement.offset(offset).limit(limit)).all()
    sides = {match.id: (match.side_a_id, match.side_b_id) for match in found}
    people = {one for match in found for one in (*sides[match.id], match.winner_id) if one is not None}
    names = names_of(session, people)
    return tuple(
        ManagedMatch(
            id=match.id,
            number=match.number,
            label=match.label,
            map=match.map,
            state=match.state,
            phase=PHASES[match.state],
            revision=match.revision,
            scheduled_at=match.scheduled_at,
            started_at=match.started_at,
            completed_at=match.completed_at,
            winner=None if match.winner_id is None else names.get(match.winner_id),
            sides=tuple(None if side is None else names.get(side) for side in sides[match.id])
            if any(sides[match.id])
            else (),
            stream_url=match.stream_url,
        )
        for match in found
    )
