"""From groups or a Swiss into the bracket that follows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.brackets import multi_stage
from webapp.domain.brackets.settings import BracketSettings, parse_settings
from webapp.domain.errors import Conflict
from webapp.domain.permissions import Action
from webapp.models import Stage, Tournament
from webapp.services.bracketing import brackets, group_tables, league_progress, stages
from webapp.services.bracketing.league_progress import StageMatch
from webapp.services.ranking import standings
from webapp.services.spine import audit, log, permissions
from webapp.services.spine.actors import Actor
from webapp.services.spine.transaction import transaction


class Proposal(NamedTuple):
    """Where the line is drawn in each group, and the format and settings of the bracket that follows."""

    cuts: tuple[multi_stage.Cut, ...]
    format: str
    settings: BracketSettings


def start(tournament_id: int, *, order: Sequence[int] = (), actor: Actor, now: datetime) -> int:
    """Make the bracket that follows groups or a Swiss, of those who advance; returns the stage's id.

    Group winners get the best seeds, and two of a group meet again as late as can be; `order` (participant ids from
    seed 1 on) seeds by hand, and decides between those whom the rules leave level where the line is drawn. The same
    again changes nothing; another order makes the bracket anew. Raises Conflict while the stage before is not over
    (`stage_open`), where nothing follows it (`no_next_stage`), where only a person can say who advances
    (`tie_at_cut`), and for a bracket that is finalized or has begun; BracketError for an order of others.
    """
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        permissions.ensure(session, actor, Action.MANAGE_BRACKET, tournament)
        found = proposal(session, tournament)
        seeds = list(multi_stage.seeds_of(found.cuts, order))
        following = stages.opened(session, tournament, number=2, format=found.format, settings=found.settings)
        if following.state != "planned" and following.seeds == seeds:
            return following.id
        stages.ensure_changeable(session, following)
        brackets.generate_in(session, tournament, following, seeds, seeding="advanced", actor=actor, now=now)
        audit.record(
            session, actor, "bracket.stage_started", now=now, tournament_id=tournament_id, stage_id=following.id,
            seeds=seeds, by_hand=bool(order),
        )  # fmt: skip
        return following.id


def proposal(session: Session, tournament: Tournament) -> Proposal:
    """Who advances from the first stage, and into what. Raises Conflict `no_next_stage` and `stage_open`."""
    stage = league_progress.generated_stage(session, tournament, 1)
    settings = parse_settings(stage.settings, stage.format)
    if settings.then is None or settings.then_format is None or settings.advance is None:
        raise Conflict(f"Nothing follows the first stage of tournament {tournament.id}.", code="no_next_stage")
    _ensure_stage_over(stage, league_progress.matches_of(session, stage))
    rules = replace(standings.rules_of(tournament), ties="shared")
    boards = group_tables.boards_of_stage(session, tournament, stage, rules, audience="official")
    cuts = [multi_stage.cut(group, _ranked(board), settings.advance) for group, board in boards.items()]
    return Proposal(tuple(cuts), settings.then_format, settings.then)


def going_on(session: Session, tournament: Tournament) -> tuple[int, ...] | None:
    """Who goes on from the first stage, by the seed they would get; None while that cannot be said by the rules."""
    try:
        return multi_stage.seeds_of(proposal(session, tournament).cuts)
    except Conflict:
        return None


def has_begun(session: Session, stage: Stage) -> bool:
    """Whether a drawn stage stays as it is: a match of it has begun, or it is finalized."""
    try:
        stages.ensure_changeable(session, stage)
    except Conflict:
        return True
    return False


def _ensure_stage_over(stage: Stage, played: list[StageMatch]) -> None:
    if league_progress.is_over(stage, played):
        return
    still_open = [match.number for match in played if match.is_open]
    what = f"{league_progress.listed(still_open)} still open" if still_open else "rounds are still to be paired"
    raise Conflict(f"The first stage is not over: {what}.", code="stage_open")


def _ranked(board: Board) -> list[tuple[int, int]]:
    return [
        (int(board.ranking.ranks[row]), int(board.standings.participant_id[row]))
        for row in board.ranking.order.tolist()
    ]
