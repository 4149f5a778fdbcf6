"""What of a board may change because results are disputed, as far as the audience knows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Event, Match, Tournament
from webapp.services.live import visibility
from webapp.services.pages.board_view import BoardRow

_BEGINS: Final = "match_disputed"
_ENDS: Final = "match_resolved"


@dataclass(frozen=True, slots=True)
class InDispute:
    """The numbers of the disputed matches, and who plays in those of two sides."""

    numbers: tuple[int, ...] = ()
    participant_ids: frozenset[int] = frozenset()

    def marked(self, rows: Sequence[BoardRow]) -> tuple[BoardRow, ...]:
        """The rows, those that may change marked."""
        if not self.participant_ids:
            return tuple(rows)
        return tuple(
            replace(row, may_change=True) if row.participant_id in self.participant_ids else row for row in rows
        )


def in_dispute(session: Session, tournament: Tournament, audience: str) -> InDispute:
    """The matches of the tournament whose results are disputed; one statement, two where the board is frozen."""
    found = select(Match.number, Match.side_a_id, Match.side_b_id).order_by(Match.number)
    if visibility.is_frozen(tournament, audience):
        known = _disputed_then(session, tournament)
        found = found.where(Match.id.in_(known))
        if not known:
            return InDispute()
    else:
        found = found.where(Match.tournament_id == tournament.id, Match.state == "disputed")
    rows = session.execute(found).all()
    sides = {side for _, a, b in rows for side in (a, b) if side is not None}
    return InDispute(tuple(number for number, _, _ in rows), frozenset(sides))


def _disputed_then(session: Session, tournament: Tournament) -> list[int]:
    """The matches that were disputed when the public's knowledge stopped."""
    told = session.execute(
        select(Event.match_id, Event.type)
        .where(
            Event.tournament_id == tournament.id,
            Event.type.in_((_BEGINS, _ENDS)),
            Event.seq <= visibility.known_seq(tournament),
        )
        .order_by(Event.seq)
    )
    last = {match_id: kind for match_id, kind in told if match_id is not None}
    return [match_id for match_id, kind in last.items() if kind == _BEGINS]
