"""What the public may know of a tournament: the one gate that everything shown to everybody goes through.

While a board is frozen (`tournaments.frozen_seq`) the public knows the log up to that number and nothing of results
after it, whoever asks: the audience belongs to the address, not to the person.
"""

from collections.abc import Collection
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, or_, select, true
from sqlalchemy.orm import Session

from webapp.domain.events import CATALOGUE
from webapp.domain.freezes import TOLD_WHILE_FROZEN
from webapp.models import Event, Registration, Tournament

PUBLIC: Final = "public"
BOARD_CHANGING: Final = tuple(name for name, event in CATALOGUE.items() if event.changes_board)
_AFTER_THE_END: Final = ("completed", "archived")
_PLAYED: Final = "live"
_ROSTER_EVENTS: Final = tuple(name for name, event in CATALOGUE.items() if event.changes_roster)


class Roster(NamedTuple):
    """Who joined and who left while the board was frozen: what the public does not know yet."""

    joined: Collection[int] = ()
    left: Collection[int] = ()

    def takes_part(self) -> ColumnElement[bool]:
        """The condition for registrations that take part as far as the public knows."""
        condition: ColumnElement[bool] = Registration.status == "approved"
        if self.left:
            condition = or_(condition, Registration.id.in_(sorted(self.left)))
        return and_(condition, Registration.id.not_in(sorted(self.joined))) if self.joined else condition


def is_frozen(tournament: Tournament, audience: str = PUBLIC) -> bool:
    """Whether something of the tournament is kept from the audience."""
    return audience == PUBLIC and tournament.frozen_seq is not None


def known_seq(tournament: Tournament, audience: str = PUBLIC) -> int:
    """The last number of the log whose results the audience knows."""
    if audience != PUBLIC or tournament.frozen_seq is None:
        return tournament.log_seq
    return tournament.frozen_seq


def results_seq(tournament: Tournament, audience: str = PUBLIC) -> int:
    """The number up to which the audience knows results: what a board that has everything in it would be of."""
    return min(tournament.results_seq, known_seq(tournament, audience))


def status_of(tournament: Tournament) -> str:
    """The tournament's status as the public knows it: one that ended while its board was frozen is still played."""
    is_hidden = tournament.frozen_seq is not None and tournament.status in _AFTER_THE_END
    return _PLAYED if is_hidden else tournament.status


def status_column() -> ColumnElement[str]:
    """`status_of`, for statements."""
    is_hidden = and_(Tournament.frozen_seq.is_not(None), Tournament.status.in_(_AFTER_THE_END))
    return case((is_hidden, _PLAYED), else_=Tournament.status)


def told(tournament: Tournament) -> ColumnElement[bool]:
    """The condition for events of the tournament that the public may hear of."""
    if tournament.frozen_seq is None:
        return true()
    return or_(Event.seq <= tournament.frozen_seq, Event.type.in_(sorted(TOLD_WHILE_FROZEN)))


def has_everything(session: Session, tournament: Tournament, seq: int) -> bool:
    """Whether a board of log number `seq` has in it all results that the public knows."""
    known = results_seq(tournament)
    if seq >= known:
        return True
    newer = select(Event.id).where(
        Event.tournament_id == tournament.id, Event.type.in_(BOARD_CHANGING), Event.seq > seq, Event.seq <= known
    )
    return session.scalar(newer.limit(1)) is None


def takes_part() -> ColumnElement[bool]:
    """The condition, for statements about registrations of many tournaments, that somebody takes part as far as the
    public knows: who withdrew while a board was frozen is still there.
    """
    left_since = exists().where(
        Event.tournament_id == Tournament.id, Event.registration_id == Registration.id,
        Event.type == "registration_withdrawn", Event.seq > Tournament.frozen_seq,
    )  # fmt: skip
    return or_(Registration.status == "approved", and_(Tournament.frozen_seq.is_not(None), left_since))


def roster_of(session: Session, tournament: Tournament) -> Roster:
    """Who joined or left since the public's knowledge of the tournament stopped."""
    if tournament.frozen_seq is None or tournament.roster_seq <= tournament.frozen_seq:
        return Roster()
    newer = session.execute(
        select(Event.type, Event.registration_id, Event.data)
        .where(Event.tournament_id == tournament.id, Event.type.in_(_ROSTER_EVENTS), Event.seq > tournament.frozen_seq)
        .order_by(Event.seq)
    )
    first: dict[int, bool] = {}
    for kind, registration_id, data in newer:
        joins = kind != "registration_withdrawn"
        if joins and data["status"] != "approved":
            continue
        for who in data.get("registration_ids", [registration_id]):
            # What came first says where somebody stood before: who joined was not there, who left was.
            first.setdefault(who, joins)
    joined = {who for who, joins in first.items() if joins}
    return Roster(joined, first.keys() - joined)
