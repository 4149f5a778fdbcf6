"""How much waits for the officials of several tournaments, counted by one statement however many they are."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from webapp.domain.disputes import UNDECIDED
from webapp.models import Dispute, Match, Payment, Registration
from webapp.services.matches.stuck_matches import OPEN
from webapp.services.registration.entry_decisions import waits_for_a_decision


class Waiting(NamedTuple):
    """What waits in one tournament."""

    disputes: int = 0
    results: int = 0
    """Matches that were reported and are not confirmed."""
    payments: int = 0
    entries: int = 0
    """Registrations to be decided about; one whose payment waits is counted there."""
    unscheduled: int = 0
    """Open matches without a time, where others have one."""


def waiting_in(session: Session, tournament_ids: Sequence[int]) -> dict[int, Waiting]:
    """What waits in each of these tournaments; none for one where nothing does."""
    rows = session.execute(
        union_all(
            select(Dispute.tournament_id.label("id"), literal("disputes").label("what"), func.count().label("number"))
            .where(Dispute.tournament_id.in_(tournament_ids), Dispute.state.in_(UNDECIDED))
            .group_by(Dispute.tournament_id),
            select(Match.tournament_id, literal("results"), func.count())
            .where(Match.tournament_id.in_(tournament_ids), Match.state == "pending_result")
            .group_by(Match.tournament_id),
            select(Payment.tournament_id, literal("payments"), func.count())
            .where(Payment.tournament_id.in_(tournament_ids), Payment.state == "submitted")
            .group_by(Payment.tournament_id),
            select(Registration.tournament_id, literal("entries"), func.count())
            .where(Registration.tournament_id.in_(tournament_ids), waits_for_a_decision())
            .group_by(Registration.tournament_id),
            select(Match.tournament_id, literal("unscheduled"), func.count() - func.count(Match.scheduled_at))
            .where(Match.tournament_id.in_(tournament_ids), Match.state.in_(OPEN))
            .group_by(Match.tournament_id)
            .having(func.count(Match.scheduled_at) > 0),
        )
    )
    found: dict[int, Waiting] = {}
    for row in rows:
        found[row.id] = found.get(row.id, Waiting())._replace(**{row.what: row.number})
    return found
