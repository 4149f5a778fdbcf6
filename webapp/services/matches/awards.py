"""Matches decided without being played out: forfeits, walk-overs, wins by an official's word."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete

from webapp.domain import lifecycle
from webapp.domain.awards import FORCE_WIN, FORFEIT, NOT_PLAYED, WALK_OVER, state_after
from webapp.domain.errors import Conflict, FieldError, ResultError
from webapp.domain.permissions import Action
from webapp.models import Match, MatchGame, Tournament
from webapp.services.live import freezes
from webapp.services.matches.confirmation import Case, MatchOutcome, case_of, completed_data, moved_on
from webapp.services.matches.matches import ensure_can_end, lock_match
from webapp.services.matches.sides import both_of
from webapp.services.ranking import standings
from webapp.services.spine import audit, log, undo
from webapp.services.spine.actors import Actor
from webapp.services.spine.reasons import checked_reason
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import outcomes

_LEAGUES = ("round-robin", "swiss")
_AUDITED = {FORFEIT: "match.forfeited", WALK_OVER: "match.walked_over", FORCE_WIN: "match.win_forced"}


def forfeit(
    match_id: int,
    side_id: int | None,
    *,
    walk_over: bool = False,
    reason: str,
    actor: Actor,
    now: datetime,
    expected_revision: int | None = None,
) -> MatchOutcome:
    """A side gives the match up, or (`walk_over`) did not come: the other one wins. The same again changes nothing.

    `side_id` None is neither side, which only a league can bear. Raises ResultError for a side that does not play in
    it, Conflict for a match with a confirmed result (that is a correction), TransitionError for one that is off.
    """
    way = WALK_OVER if walk_over else FORFEIT
    return _ended(
        match_id, way, lost_by=side_id, reason=reason, actor=actor, now=now, expected_revision=expected_revision
    )


def force_win(
    match_id: int,
    winner_id: int,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    expected_revision: int | None = None,
) -> MatchOutcome:
    """An official says who won; no game of the match counts. The same again changes nothing. Raises like `forfeit`."""
    return _ended(
        match_id, FORCE_WIN, won_by=winner_id, reason=reason, actor=actor, now=now, expected_revision=expected_revision
    )


def award_in(
    case: Case, *, winner_id: int | None, forfeited_by_id: int | None, decided_by: str, reason: str
) -> MatchOutcome:
    """What deciding a match by hand writes, in the transaction of whoever has locked it and may do so.

    Games that counted are taken out. Raises TransitionError where the match cannot end so.
    """
    session, match, now = case.session, case.match, case.now
    before = match.state
    match.state = lifecycle.move(lifecycle.MATCH, before, state_after(decided_by), official=True)
    kind = "match_completed" if match.completed_at is None else "result_corrected"
    previous, match.revision = match.revision, match.revision + 1
    match.winner_id, match.forfeited_by_id, match.decided_by = winner_id, forfeited_by_id, decided_by
    match.live_lines, match.completed_at = None, match.completed_at or now
    session.execute(delete(MatchGame).where(MatchGame.match_id == match.id))
    data: dict[str, Any] = completed_data(match, [], "games")
    data |= {"previous_revision": previous} if kind == "result_corrected" else {}
    seq = log.record(session, case.tournament, kind, data, actor=case.actor, now=now, match_id=match.id)
    standings.refresh(session, case.tournament, case.rules, {*both_of(match)}, seq=seq)
    moved_on(case, None)
    audit.record(
        session, case.actor, _AUDITED.get(decided_by, "match.awarded"), now=now, tournament_id=case.tournament.id,
        match_id=match.id, revision=match.revision, before=before, after=match.state, winner_id=winner_id,
        forfeited_by_id=forfeited_by_id, reason=reason,
    )  # fmt: skip
    freezes.begin_if_due(session, case.tournament, actor=case.actor, now=now)
    outcomes.review_after_change(session, case.tournament, case.rules, actor=case.actor, now=now)
    return MatchOutcome(match.id, match.revision, seq, changed=True)


def _ended(
    match_id: int,
    way: str,
    *,
    won_by: int | None = None,
    lost_by: int | None = None,
    reason: str,
    actor: Actor,
    now: datetime,
    expected_revision: int | None,
) -> MatchOutcome:
    reason = checked_reason(reason)
    with transaction() as session:
        tournament, match = lock_match(session, match_id, actor, Action.ENTER_RESULTS, expected_revision)
        side_a, side_b = both_of(match)
        named = won_by or lost_by
        _ensure_plays(tournament, match, named)
        other = None if named is None else side_b if named == side_a else side_a
        winner = won_by or other
        case = case_of(session, tournament, match, actor=actor, now=now)
        if match.decided_by is not None and (match.decided_by, match.winner_id) == (way, winner):
            return case.untouched()
        ensure_can_end(tournament, match)
        if match.state in ("completed", "forfeit"):
            raise Conflict(f"Match {match.number} has a confirmed result; correct it.", code="already_confirmed")
        before = undo.match_face(match)
        outcome = award_in(
            case, winner_id=winner, forfeited_by_id=lost_by if way in NOT_PLAYED else None, decided_by=way,
            reason=reason,
        )  # fmt: skip
        undo.offer_of_match(session, tournament, match, "match.decided", before, actor=actor, now=now)
        return outcome


def _ensure_plays(tournament: Tournament, match: Match, named: int | None) -> None:
    if named is None and tournament.format not in _LEAGUES:
        problem = FieldError("side_id", "one of the sides has to go on: say which one is out")
        raise ResultError.listing("The match cannot end so", [problem])
    if named is not None and named not in (match.side_a_id, match.side_b_id):
        problem = FieldError("side_id", f"participant {named} does not play in match {match.number}")
        raise ResultError.listing("The match cannot end so", [problem])
