"""How far a league stage is: what is open, whose bye counts, when it is over. In the transaction of the caller."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from webapp.domain.brackets.formats import rounds_of
from webapp.domain.brackets.settings import BracketSettings, parse_settings
from webapp.domain.errors import NotFound
from webapp.models import BracketNode, Match, Stage, Tournament
from webapp.services.bracketing import stages
from webapp.services.ranking import standings
from webapp.services.spine import log
from webapp.services.spine.actors import Actor

ENDED: Final = ("completed", "forfeit", "cancelled")
_BYE: Final = "bye:"
_FEWEST: Final = 2
_LISTED: Final = 10


class StageMatch(NamedTuple):
    """A match of a stage and where it stands in it."""

    number: int
    round: int
    state: str
    side_a_id: int | None
    side_b_id: int | None
    is_bye: bool
    winner_id: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is still to be played, or its result is not certain."""
        return self.state not in ENDED and not self.is_bye


def matches_of(session: Session, stage: Stage) -> list[StageMatch]:
    """The matches of a stage in the order of their numbers."""
    rows = session.execute(
        select(
            Match.number,
            BracketNode.round,
            Match.state,
            Match.side_a_id,
            Match.side_b_id,
            BracketNode.source_b == _BYE,
            Match.winner_id,
        )
        .join(Match, Match.id == BracketNode.match_id)
        .where(BracketNode.stage_id == stage.id)
        .order_by(Match.number)
    )
    return [StageMatch(*row) for row in rows]


def ids_of_round(session: Session, stage: Stage, number: int) -> list[int]:
    """The ids of the matches of a round, in their order."""
    nodes = select(BracketNode.match_id).where(BracketNode.stage_id == stage.id, BracketNode.round == number)
    return list(session.scalars(nodes.order_by(BracketNode.position)))


def places_of_round(session: Session, stage: Stage, number: int) -> list[tuple[BracketNode, Match]]:
    """The nodes of a round with their matches, in their order."""
    rows = session.execute(
        select(BracketNode, Match)
        .join(Match, Match.id == BracketNode.match_id)
        .where(BracketNode.stage_id == stage.id, BracketNode.round == number)
        .order_by(BracketNode.position)
    )
    return [(node, match) for node, match in rows]


def generated_stage(session: Session, tournament: Tournament, number: int) -> Stage:
    """The stage of that number; raises NotFound while it has no matches."""
    stage = stages.the(session, tournament.id, number)
    if stage is None or stage.state == "planned":
        raise NotFound(f"Tournament {tournament.id} has no stage {number} yet; generate it.", code="stage_not_found")
    return stage


def listed(numbers: Sequence[int]) -> str:
    """Numbers of matches as the subject of a sentence: `matches 3, 4 are`; after ten, how many more."""
    first = ", ".join(map(str, numbers[:_LISTED]))
    more = f" and {len(numbers) - _LISTED} more" if len(numbers) > _LISTED else ""
    return f"match {first} is" if len(numbers) == 1 else f"matches {first}{more} are"


def is_over(stage: Stage, played: list[StageMatch]) -> bool:
    """Whether all of a league stage is played: nothing is open, and a Swiss has nobody left to pair."""
    if not played or any(match.is_open for match in played):
        return False
    if stage.format != "swiss":
        return True
    settings = parse_settings(stage.settings, stage.format)
    is_last_round = max(match.round for match in played) >= rounds_of(len(stage.seeds), settings)
    return is_last_round or _number_playing_on(stage, settings, played) < _FEWEST


def plays_on(settings: BracketSettings, wins: int, losses: int) -> bool:
    """Whether somebody with so many wins and losses is paired again."""
    has_won = settings.wins_out is not None and wins >= settings.wins_out
    has_lost = settings.losses_out is not None and losses >= settings.losses_out
    return not has_won and not has_lost


def _number_playing_on(stage: Stage, settings: BracketSettings, played: Sequence[StageMatch]) -> int:
    wins: Counter[int] = Counter()
    losses: Counter[int] = Counter()
    for match in played:
        for side in (match.side_a_id, match.side_b_id):
            # A bye is won, though its points come only with the first result of its round.
            if side is not None and (match.is_bye or match.winner_id == side):
                wins[side] += 1
            elif side is not None and (match.winner_id is not None or match.state == "forfeit"):
                losses[side] += 1
    return sum(plays_on(settings, wins[who], losses[who]) for who in stage.seeds)


def awaits_bracket(stages_: Sequence[Stage]) -> bool:
    """Whether groups or a Swiss lead to a bracket that has not been drawn yet."""
    drawn = [stage for stage in stages_ if stage.state != "planned"]
    return len(drawn) == 1 and parse_settings(drawn[0].settings, drawn[0].format).then is not None


def going_on(session: Session, tournament_ids: Collection[int]) -> set[int]:
    """The tournaments in which more is to be drawn once the matches that are there are over; two statements.

    The next round of a Swiss, or the bracket that follows the first stage.
    """
    if not tournament_ids:
        return set()
    found: dict[int, list[Stage]] = defaultdict(list)
    drawn = select(Stage).where(Stage.tournament_id.in_(tournament_ids), Stage.state != "planned")
    for stage in session.scalars(drawn.order_by(Stage.number)):
        found[stage.tournament_id].append(stage)
    swiss = [stage.id for stages_ in found.values() for stage in stages_ if stage.format == "swiss"]
    newest = select(BracketNode.stage_id, func.max(BracketNode.round)).where(BracketNode.stage_id.in_(swiss))
    last = dict(session.execute(newest.group_by(BracketNode.stage_id)).all()) if swiss else {}
    return {
        tournament_id
        for tournament_id, stages_ in found.items()
        if awaits_bracket(stages_) or any(_has_rounds_left(stage, last) for stage in stages_ if stage.id in last)
    }


def _has_rounds_left(stage: Stage, last: Mapping[int, int]) -> bool:
    settings = parse_settings(stage.settings, stage.format)
    return stage.state != "completed" and last[stage.id] < rounds_of(len(stage.seeds), settings)


def after_end(session: Session, tournament: Tournament, stage: Stage, *, actor: Actor, now: datetime) -> None:
    """What follows when a match of a Swiss ended or is open again: byes count or do not, the stage is over or not."""
    if stage.format != "swiss":
        return
    played = matches_of(session, stage)
    begun = max((match.round for match in played if match.state in ENDED and not match.is_bye), default=0)
    give_byes(session, tournament, stage, played, up_to=begun, actor=actor, now=now)
    take_byes_back(session, tournament, stage, played, after=begun, actor=actor, now=now)
    if not is_over(stage, played):
        reopened = "finalized" if stage.finalized_at else "generated"
        stage.state, stage.completed_at = (reopened, None) if stage.state == "completed" else (stage.state, None)
    elif stage.state != "completed":
        stage.state, stage.completed_at = "completed", now


def give_byes(
    session: Session,
    tournament: Tournament,
    stage: Stage,
    played: Sequence[StageMatch],
    *,
    up_to: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Count the rounds without an opponent, up to that round, that have not been counted yet: won without a game.

    A bye counts with the first result of its round; until then the round may be paired anew.
    """
    if not any(match.is_bye and match.state not in ENDED and match.round <= up_to for match in played):
        return
    for match in _byes(session, stage, BracketNode.round <= up_to, Match.state.not_in(ENDED)):
        match.state, match.winner_id, match.completed_at = "completed", match.side_a_id, now
        match.revision += 1
        data = {
            "number": match.number,
            "revision": match.revision,
            "winner_id": match.winner_id,
            "completed_at": now.isoformat(),
            "decided_by": None,
            "sides": [match.side_a_id, None],
            "results": [],
            "games": [],
        }
        seq = log.record(session, tournament, "match_completed", data, actor=actor, now=now, match_id=match.id)
        assert match.side_a_id is not None
        # The totals are read from what is written.
        session.flush()
        standings.refresh(session, tournament, standings.rules_of(tournament), {match.side_a_id}, seq=seq)


def take_byes_back(
    session: Session,
    tournament: Tournament,
    stage: Stage,
    played: Sequence[StageMatch],
    *,
    after: int = 0,
    actor: Actor,
    now: datetime,
) -> None:
    """Byes of the rounds after that one count no more, nothing of those rounds being played."""
    if not any(match.is_bye and match.state in ENDED and match.round > after for match in played):
        return
    for match in _byes(session, stage, BracketNode.round > after, Match.state == "completed"):
        match.state, match.winner_id, match.completed_at = "scheduled", None, None
        previous, match.revision = match.revision, match.revision + 1
        data = {"number": match.number, "revision": match.revision, "previous_revision": previous}
        seq = log.record(session, tournament, "result_voided", data, actor=actor, now=now, match_id=match.id)
        assert match.side_a_id is not None
        standings.refresh(session, tournament, standings.rules_of(tournament), {match.side_a_id}, seq=seq)
        planned = {"match_ids": [match.id]}
        log.record(session, tournament, "match_scheduled", planned, actor=actor, now=now, match_id=match.id)


def _byes(session: Session, stage: Stage, *which: ColumnElement[bool]) -> Sequence[Match]:
    found = select(Match).join(BracketNode, BracketNode.match_id == Match.id)
    found = found.where(BracketNode.stage_id == stage.id, BracketNode.source_b == _BYE, *which)
    return session.scalars(found.order_by(Match.number)).all()
