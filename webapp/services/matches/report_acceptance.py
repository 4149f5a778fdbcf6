"""An official lets the one report that is there count, by its number, without typing it anew."""

from datetime import datetime

from webapp.domain.errors import Conflict
from webapp.domain.permissions import Action
from webapp.services.matches import series
from webapp.services.matches.confirmation import MatchOutcome
from webapp.services.matches.matches import lock_match
from webapp.services.matches.reporting import games_of
from webapp.services.matches.reports import open_of
from webapp.services.spine import undo
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction


def accept(match_id: int, *, report_revision: int, actor: Actor, now: datetime) -> MatchOutcome:
    """Confirm a match with the only report of it that is open. It can be undone like any confirmation.

    Raises Conflict where there is a newer report than the official has seen (`stale_revision`), where both sides have
    reported (`reports_differ`), and where none is open any more (`nothing_to_answer`).
    """
    with transaction() as session:
        tournament, match = lock_match(session, match_id, actor, Action.ENTER_RESULTS)
        reports = open_of(session, match.id)
        if not reports:
            raise Conflict(f"No report of match {match.number} is open any more.", code="nothing_to_answer")
        if match.report_revision != report_revision:
            message = f"There is a newer report of match {match.number} than the one you saw; look at it first."
            raise Conflict(message, code="stale_revision")
        if len(reports) > 1:
            message = f"Both sides of match {match.number} have reported, and not the same; enter what is right."
            raise Conflict(message, code="reports_differ")
        before = undo.match_face(match)
        games = games_of(match, reports[0].entries)
        outcome = series.confirm_in(session, tournament, match, games, actor=actor, now=now)
        undo.offer_of_match(session, tournament, match, "result.confirmed", before, actor=actor, now=now)
        return outcome
