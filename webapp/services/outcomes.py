"""Who won a tournament: read off its board at the end, and asked about again when a correction changes it later."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.rules import Ruleset
from webapp.models import Event, Tournament
from webapp.services import audit, log, ranking, standings
from webapp.services.actors import Actor


class Outcome(NamedTuple):
    """The first three (registration ids; None where fewer took part), how the first was found, and whether to ask.

    A review is asked for when only the id separates one of the three from a neighbour, and when the rules play to match
    point and nobody has won by it though matches were left to be played.
    """

    winner_id: int | None
    runner_up_id: int | None
    third_place_id: int | None
    determination_method: str
    requires_review: bool


def outcome_of(session: Session, tournament: Tournament, rules: Ruleset, board: Board) -> Outcome:
    """The outcome that the board of a tournament gives, its newest results being in it."""
    rows = board.rows_by_rank(0, 3)
    first, second, third = [*board.standings.participant_id[rows].tolist(), None, None, None][:3]
    is_tied = bool(board.ranking.tied[rows].any())
    has_champion = board.standings.champion is not None
    is_open = False
    if rules.match_point is not None and not has_champion:
        is_open = not standings.match_point_race_of(session, tournament, rules).is_over
    return Outcome(first, second, third, _method(board), is_tied or is_open)


def _method(board: Board) -> str:
    """How the first was found: set by hand (also when staff have moved somebody away), by match point, or computed."""
    ranking = board.ranking
    first = board.rows_by_rank(0, 1)
    if ranking.is_override[first].any() or (ranking.computed_ranks[first] != 1).any():
        return "manual"
    return "normal" if board.standings.champion is None else "match_point"


def review_after_change(
    session: Session, tournament: Tournament, rules: Ruleset, *, actor: Actor, now: datetime
) -> None:
    """After a change to a completed tournament: ask for review if its board now says other winners than were declared.

    A change that brings the declared winners back takes the question back. Does nothing before the end.
    """
    if tournament.status != "completed":
        return
    board = ranking.compute_board(session, tournament, rules)
    found = outcome_of(session, tournament, rules, board)
    declared = _declared(session, tournament.id)
    is_needed = found.requires_review or found != declared
    if is_needed == tournament.requires_review:
        return
    tournament.requires_review = is_needed
    what = "review_requested" if is_needed else "review_withdrawn"
    data = found._replace(requires_review=is_needed)._asdict()
    log.record(session, tournament, what, data, actor=actor, now=now)
    audit.record(
        session, actor, f"tournament.{what}", now=now, tournament_id=tournament.id,
        before=None if declared is None else declared._asdict(), after=data,
    )  # fmt: skip


def _declared(session: Session, tournament_id: int) -> Outcome | None:
    """What was declared when the tournament was completed."""
    completed = select(Event.data).where(Event.tournament_id == tournament_id, Event.type == "tournament_completed")
    data = session.scalar(completed.order_by(Event.seq.desc()).limit(1))
    return None if data is None else Outcome(*(data[name] for name in Outcome._fields))
