"""Undo of what ended a match that had no result before: it goes on where it stood, and the bracket with it."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from webapp.domain.awards import WALK_OVER
from webapp.domain.errors import Conflict
from webapp.models import Match
from webapp.services.bracketing import progression
from webapp.services.matches import match_resets, reports
from webapp.services.matches.confirmation import Case, case_of
from webapp.services.spine import log
from webapp.services.spine.undo import UndoCase

_REASON: Final = "It was undone."


def take_back(undone: UndoCase) -> None:
    """The result, or the word that decided the match, is gone; raises Conflict where the bracket has moved on."""
    case = _case(undone)
    _take_walk_overs_back(case, undone)
    match_resets.reset_in(case, reason=_REASON)
    _go_on(case, undone.data["before"])


def call_on(undone: UndoCase) -> None:
    """A match that was called off is on again."""
    case = _case(undone)
    _take_walk_overs_back(case, undone)
    _go_on(case, undone.data["before"])
    progression.after_end(case.session, case.tournament, case.match, actor=case.actor, now=case.now)


def _case(undone: UndoCase) -> Case:
    match = undone.session.get_one(Match, undone.data["match_id"], populate_existing=True)
    if (match.state, match.revision) != (undone.data["state"], undone.data["revision"]):
        message = f"It cannot be undone any more: match {match.number} changed since."
        raise Conflict(message, code="undo_overtaken")
    return case_of(undone.session, undone.tournament, match, actor=undone.actor, now=undone.now)


def _take_walk_overs_back(case: Case, undone: UndoCase) -> None:
    """What was given by itself to whoever the end of this match sent to somebody who plays no more, the last first."""
    given = (
        select(Match)
        .where(
            Match.tournament_id == case.tournament.id, Match.id != case.match.id, Match.state == "forfeit",
            Match.decided_by == WALK_OVER, Match.completed_at == datetime.fromisoformat(undone.data["at"]),
        )
        .order_by(Match.number.desc())
    )  # fmt: skip
    for match in case.session.scalars(given).all():
        match_resets.reset_in(replace(case, match=match), reason=_REASON)


def _go_on(case: Case, before: dict[str, Any]) -> None:
    """The match as it was before, with its reports; watchers hear whether it is on the schedule or live."""
    match = case.match
    match.state = before["state"]
    match.live_lines = before["live_lines"]
    for name in ("started_at", "ready_a_at", "ready_b_at"):
        setattr(match, name, None if before[name] is None else datetime.fromisoformat(before[name]))
    reports.open_again(case.session, before.get("reports", ()))
    is_live = match.state not in ("scheduled", "ready")
    log.record(
        case.session, case.tournament, "match_started" if is_live else "match_scheduled",
        {"number": match.number} if is_live else {"match_ids": [match.id]}, actor=case.actor, now=case.now,
        match_id=match.id,
    )  # fmt: skip
