"""Who came where in an elimination, as far as its matches tell."""

from itertools import groupby
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.brackets.placements import Placement, placements
from webapp.domain.brackets.progress import End, end_of
from webapp.domain.brackets.settings import KNOCK_OUTS
from webapp.models import BracketNode, Match, Stage, Tournament
from webapp.services.bracketing import stages

_OVER: Final = ("completed", "forfeit", "cancelled")


class StagePlacements(NamedTuple):
    """The places that are known, the best first, and the numbers of the matches that are still open."""

    placements: tuple[Placement, ...]
    open_numbers: tuple[int, ...]

    @property
    def champion_id(self) -> int | None:
        """Who won the final; None while nobody has."""
        best = self.placements[:1]
        return best[0].participant_id if best and best[0].last == 1 else None


def of_stage(session: Session, stage: Stage) -> StagePlacements:
    """The places of a single or double elimination; two statements."""
    ends: dict[str, End] = {}
    open_numbers = []
    rows = session.execute(
        select(BracketNode.key, Match.number, Match.state, Match.side_a_id, Match.side_b_id, Match.winner_id)
        .join(Match, Match.id == BracketNode.match_id)
        .where(BracketNode.stage_id == stage.id)
        .order_by(Match.number)
    )
    for key, number, state, side_a_id, side_b_id, winner_id in rows:
        if state in _OVER:
            ends[key] = end_of((side_a_id, side_b_id), winner_id)
        else:
            open_numbers.append(number)
    return StagePlacements(placements(stages.bracket_of(session, stage), ends), tuple(open_numbers))


def of_tournament(session: Session, tournament: Tournament) -> tuple[tuple[int, ...], ...] | None:
    """The places of the bracket that ends a tournament, the best first; who shares places stands in one group.

    The final's winner, its loser, then the third: of the match for third place, else those who lost their way to the
    final. None where the last stage is no elimination, or its final is not decided.
    """
    stage = session.scalar(
        select(Stage).where(Stage.tournament_id == tournament.id).order_by(Stage.number.desc()).limit(1)
    )
    if stage is None or stage.format not in KNOCK_OUTS or not stage.seeds:
        return None
    found = of_stage(session, stage)
    if found.champion_id is None:
        return None
    by_place = groupby(found.placements, key=lambda placement: placement.first)
    return tuple(tuple(placement.participant_id for placement in level) for _, level in by_place)
