"""How far a league stage is: what is open, whose bye counts, when it is over. In the transaction of the caller."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.brackets.formats import rounds_of
from webapp.domain.brackets.settings import parse_settings
from webapp.domain.errors import NotFound
from webapp.models import BracketNode, Match, Stage, Tournament
from webapp.services.bracketing import stages
from webapp.services.ranking import standings
from webapp.services.spine import log
from webapp.services.spine.actors import Actor

ENDED: Final = ("completed", "forfeit", "cancelled")
_BYE: Final = "bye:"


class StageMatch(NamedTuple):
    """A match of a stage and where it stands in it."""

    number: int
    round: int
    state: str
    side_a_id: int | None
    side_b_id: int | None
    is_bye: bool

    @property
    def is_open(self) -> bool:
        """Whether it is still to be played, or its result is not certain."""
        return self.state not in ENDED and not self.is_bye


def matches_of(session: Session, stage: Stage) -> list[StageMatch]:
    """The matches of a stage in the order of their numbers."""
    rows = session.execute(
        select(
            Match.number, BracketNode.round, Match.state, Match.side_a_id, Match.side_b_id, BracketNode.source_b == _BYE
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
    """Numbers of matches as the subject of a sentence: `matches 3, 4 are`."""
    first = ", ".join(map(str, numbers[:10]))
    return f"match {first} is" if len(numbers) == 1 else f"matches {first} are"


def is_over(stage: Stage, played: list[StageMatch]) -> bool:
    """Whether all of a league stage is played: nothing is open, and a Swiss has nobody left to pair."""
    if not played or any(match.is_open for match in played):
        return False
    if stage.format != "swiss":
        return True
    settings = parse_settings(stage.settings, stage.format)
    return max(match.round for match in played) >= rounds_of(len(stage.seeds), settings)


def after_end(session: Session, tournament: Tournament, stage: Stage, *, actor: Actor, now: datetime) -> None:
    """What follows when a match of a Swiss ended or is open again: byes get their points, the stage is over or not."""
    if stage.format != "swiss":
        return
    played = matches_of(session, stage)
    begun = max((match.round for match in played if match.state in ENDED and not match.is_bye), default=0)
    give_byes(session, tournament, stage, played, up_to=begun, actor=actor, now=now)
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
    byes = session.scalars(
        select(Match)
        .join(BracketNode, BracketNode.match_id == Match.id)
        .where(
            BracketNode.stage_id == stage.id, BracketNode.source_b == _BYE, BracketNode.round <= up_to,
            Match.state.not_in(ENDED),
        )
        .order_by(Match.number)
    ).all()  # fmt: skip
    for match in byes:
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
        standings.refresh(session, tournament, standings.rules_of(tournament), {match.side_a_id}, seq=seq)
