"""Reads of one row's explanation: the published board, its two neighbours, the matches that are in it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.columns import MISSING, positions_of
from webapp.domain.errors import NotFound
from webapp.domain.explain import Explanation, Step, shown
from webapp.domain.rules import Ruleset
from webapp.domain.wording import worded
from webapp.models import Override, Tournament
from webapp.services.boards import boards, explanations
from webapp.services.pages.board_reads import ROWS_A_PAGE, adjustments_of
from webapp.services.pages.participant_matches import matches_of
from webapp.services.pages.standing_place import Standing, standing_of
from webapp.services.pages.tournament_reads import find_visible, head_of
from webapp.services.pages.why_view import Comparison, Placed, PointsView, Shown, StaffPlacement, WhyStep, WhyView
from webapp.services.ranking import standings
from webapp.services.ranking.board_store import PublishedBoard
from webapp.services.ranking.result_columns import from_microseconds
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.transaction import read_snapshot

NAMED_AMONG: Final = 6
"""Of larger tied groups only the size is told."""


def read_why(tournament_id: int, participant_id: int, *, audience: str, now: datetime) -> WhyView:
    """Why a participant stands where it does on the board that `audience` sees.

    Raises NotFound for a tournament that the public does not see, and for one who is not on the board.
    """
    with read_snapshot() as session:
        tournament = find_visible(session, tournament_id)
        rules = standings.rules_of(tournament)
        published = boards.of_tournament(session, tournament, audience, now=now)
        row, position, *_ = _standing(published, tournament_id, participant_id)
        board = published.board
        found = explanations.of_published(session, tournament, rules, published, (position, position + 1))
        around = {trace.behind_id == participant_id: trace for trace in found}
        people = _people(session, published, participant_id, found)
        match_point = rules.match_point
        return WhyView(
            head=head_of(session, tournament),
            tournament_id=tournament.id,
            log_number=tournament.log_seq,
            version=published.version,
            published_at=published.computed_at,
            participant=people[participant_id],
            board_page=position // ROWS_A_PAGE + 1,
            above=_comparison(around.get(True), people),
            below=_comparison(around.get(False), people),
            staff=_staff_placement(session, tournament, published, row),
            is_tied=bool(board.ranking.tied[row]),
            shares_ranks=rules.ties == "shared",
            match_point_threshold=match_point.threshold if match_point else None,
            eligible_since=_optional(int(board.standings.eligible_since[row])),
            points=_points(session, tournament, rules, published, row),
        )


def _standing(published: PublishedBoard, tournament_id: int, participant_id: int) -> Standing:
    standing = standing_of(published.board, participant_id)
    if standing is None:
        raise NotFound(
            worded(
                "Nobody stands on the board of tournament %(tournament)s as %(id)s.",
                tournament=tournament_id,
                id=participant_id,
            ),
            code="participant_not_found",
        )
    return standing


def _people(
    session: Session, published: PublishedBoard, participant_id: int, found: list[Explanation]
) -> Mapping[int, Placed]:
    """Everybody whom the explanations name: as rows of the board."""
    named = {participant_id} | {who for trace in found for who in (trace.ahead_id, trace.behind_id)}
    named |= {who for trace in found for step in trace.steps if len(step.among) <= NAMED_AMONG for who in step.among}
    names = names_of(session, named)
    board = published.board
    ids = np.array(sorted(named), np.int64)
    rows = positions_of(ids, board.standings.participant_id)
    return {
        who: Placed(
            participant_id=who,
            name=names.get(who, f"#{who}"),
            rank=int(board.ranking.ranks[row]),
            points=int(board.standings.columns["points"][row]),
            is_placed_by_staff=bool(board.ranking.is_override[row]),
            is_champion=board.standings.champion == who,
        )
        for who, row in zip(ids.tolist(), rows.tolist(), strict=True)
    }


def _comparison(trace: Explanation | None, people: Mapping[int, Placed]) -> Comparison | None:
    if trace is None:
        return None
    return Comparison(
        ahead=people[trace.ahead_id],
        behind=people[trace.behind_id],
        decided_by=trace.decided_by,
        steps=tuple(_step(step, people) for step in trace.steps),
    )


def _step(step: Step, people: Mapping[int, Placed]) -> WhyStep:
    ahead, behind = _shown(step.key, step.ahead), _shown(step.key, step.behind)
    return WhyStep(
        key=step.key,
        ascending=step.ascending,
        ahead=ahead,
        behind=behind,
        is_decided=step.is_decided,
        attempt=step.attempt,
        nth_best=step.nth_best,
        among=tuple(people[who].name for who in step.among) if len(step.among) <= NAMED_AMONG else (),
        among_count=len(step.among),
        difference_us=_hidden_difference(ahead, behind),
    )


def _shown(key: str, value: int | None) -> Shown:
    if key.endswith("_at"):
        return None if value is None else from_microseconds(value)
    readable = shown(key, value)
    assert not isinstance(readable, str)
    return readable


def _hidden_difference(ahead: Shown, behind: Shown) -> int | None:
    """Microseconds between two instants of the same second."""
    if not (isinstance(ahead, datetime) and isinstance(behind, datetime)) or ahead == behind:
        return None
    is_same_second = ahead.replace(microsecond=0) == behind.replace(microsecond=0)
    return abs(ahead - behind) // timedelta(microseconds=1) if is_same_second else None


def _staff_placement(
    session: Session, tournament: Tournament, published: PublishedBoard, row: int
) -> StaffPlacement | None:
    """What staff have set, as the board has it: an override recorded or restored since is not told yet."""
    ranking = published.board.ranking
    if not ranking.is_override[row]:
        return None
    override = session.scalar(
        select(Override)
        .where(
            Override.tournament_id == tournament.id,
            Override.registration_id == int(published.board.standings.participant_id[row]),
            Override.seq <= published.seq,
        )
        .order_by(Override.seq.desc())
        .limit(1)
    )
    return StaffPlacement(
        rank=int(ranking.ranks[row]),
        computed_rank=int(ranking.computed_ranks[row]),
        reason=override.reason if override is not None and tournament.publishes_reasons else None,
        at=override.created_at if override is not None else None,
    )


def _points(
    session: Session, tournament: Tournament, rules: Ruleset, published: PublishedBoard, row: int
) -> PointsView:
    participant_id = int(published.board.standings.participant_id[row])
    totals = {name: int(values[row]) for name, values in published.board.standings.columns.items()}
    marks = adjustments_of(session, tournament.id, [participant_id], up_to_seq=published.seq)
    return PointsView(
        total=totals["points"],
        placement_points=totals["placement_points"],
        kill_points=totals["kill_points"],
        adjustment=totals["adjustment"],
        wins=totals["wins"],
        draws=totals["draws"],
        losses=totals["losses"],
        win_points=rules.win_points,
        draw_points=rules.draw_points,
        loss_points=rules.loss_points,
        matches=matches_of(session, tournament, rules, participant_id, up_to_seq=published.seq),
        adjustments=marks.get(participant_id, ()),
        count_best=rules.count_best,
    )


def _optional(value: int) -> int | None:
    return None if value == MISSING else value
