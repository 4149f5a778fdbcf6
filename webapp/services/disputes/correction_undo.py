"""Undo of a correction: matches, bracket and board are exactly what they were."""

from typing import Final

from webapp.services.disputes import match_memory
from webapp.services.ranking import standings
from webapp.services.spine.undo import UndoCase
from webapp.services.tournaments import outcomes

_REASON: Final = "The correction was undone."


def put_back(case: UndoCase) -> None:
    """Restore what the correction changed; raises Conflict where one of the matches has changed since."""
    match_memory.put_back(case.session, case.tournament, case.data, reason=_REASON, actor=case.actor, now=case.now)
    rules = standings.rules_of(case.tournament)
    outcomes.review_after_change(case.session, case.tournament, rules, actor=case.actor, now=case.now)
