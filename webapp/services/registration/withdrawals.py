"""A participant is taken out, before the tournament or in the middle of it; and that is taken back."""

from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.domain.errors import Conflict
from webapp.models import Match, Registration, Tournament
from webapp.services.bracketing import progression
from webapp.services.disputes import match_memory
from webapp.services.disputes.match_memory import Memory
from webapp.services.live import freezes
from webapp.services.matches import reports, walk_overs
from webapp.services.ranking import standings
from webapp.services.registration import entry_moves, waitlist
from webapp.services.spine import audit, undo
from webapp.services.spine.actors import Actor
from webapp.services.spine.undo import UndoCase
from webapp.services.tournaments import outcomes

_UNPLAYED: Final = (*walk_overs.WAITING, "live")
_REASON: Final = "The withdrawal was undone."


def take_out(
    session: Session,
    tournament: Tournament,
    registration: Registration,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> int | None:
    """What a withdrawal writes, in the transaction of whoever may do so; by which id it can be undone, if it can.

    Raises TransitionError for a registration that was never accepted.

    Before the start the place goes to the waitlist. In a live tournament the matches that are not played are lost, now
    and whenever the bracket sends the participant on; what is reported or disputed is left to the officials.
    """
    freezes.begin_if_due(session, tournament, actor=actor, now=now)
    memory = Memory(session, tournament)
    before = entry_moves.move(session, tournament, registration, "withdrawn", actor=actor, now=now, reason=reason)
    audit.record(
        session, actor, "registration.withdrawn", now=now, tournament_id=tournament.id,
        registration_id=registration.id, before=before, after="withdrawn", **({"reason": reason} if reason else {}),
    )  # fmt: skip
    promoted = waitlist.fill(session, tournament, actor=actor, now=now)
    _give_away(session, tournament, registration.id, actor=actor, now=now)
    if before != "approved" or promoted:
        return None
    kept = {"registration_id": registration.id, **memory.changes()}
    return undo.offer(session, tournament, actor, "registration.withdrawn", kept, now=now)


def put_back(case: UndoCase) -> None:
    """The participant takes part again, and the matches are what they were; Conflict where one has changed since."""
    session, tournament, actor, now = case.session, case.tournament, case.actor, case.now
    registration = session.get_one(Registration, case.data["registration_id"], populate_existing=True)
    is_full = tournament.status != "live" and entry_moves.places_free(session, tournament) == 0
    if registration.status != "withdrawn" or is_full:
        raise Conflict("It cannot be undone any more: the place is taken.", code="undo_overtaken")
    entry_moves.move(session, tournament, registration, "approved", actor=actor, now=now, official=True)
    audit.record(
        session, actor, "registration.approved", now=now, tournament_id=tournament.id,
        registration_id=registration.id, before="withdrawn", after="approved", reason=_REASON,
    )  # fmt: skip
    match_memory.put_back(session, tournament, case.data, reason=_REASON, actor=actor, now=now)


def _give_away(session: Session, tournament: Tournament, registration_id: int, *, actor: Actor, now: datetime) -> None:
    """The matches that the participant has not played go to the others."""
    if tournament.status != "live":
        return
    session.flush()
    found = (
        select(Match)
        .where(
            Match.tournament_id == tournament.id, Match.state.in_(_UNPLAYED),
            or_(Match.side_a_id == registration_id, Match.side_b_id == registration_id),
            Match.side_a_id.is_not(None), Match.side_b_id.is_not(None),
        )
        .order_by(Match.number)
    )  # fmt: skip
    lost = session.scalars(found).all()
    for match in lost:
        if match.state not in _UNPLAYED:
            # It went with one before it.
            continue
        walk_overs.give(session, tournament, match, actor=actor, now=now)
        reports.close_in(session, match, None)
        progression.after_end(session, tournament, match, actor=actor, now=now)
    if lost:
        rules = standings.rules_of(tournament)
        outcomes.review_after_change(session, tournament, rules, actor=actor, now=now)
