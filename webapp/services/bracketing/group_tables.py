"""Tables of a league stage: of each group, or of a Swiss, by the results that the asker knows."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.brackets.settings import parse_settings
from webapp.domain.brackets.structure import Source
from webapp.domain.columns import MISSING, column
from webapp.domain.meetings import SeriesMeetings, needs_meetings
from webapp.domain.results import SeriesResults
from webapp.domain.rules import Ruleset
from webapp.domain.standings import fold_series
from webapp.models import BracketNode, Match, Stage, Tournament
from webapp.services.boards import history
from webapp.services.boards.history import Inputs
from webapp.services.live import visibility
from webapp.services.ranking import ranking, result_columns, standings


class TableRow(NamedTuple):
    """A participant in its group's table. `buchholz` is in hundredths."""

    rank: int
    participant_id: int
    matches_played: int
    wins: int
    draws: int
    losses: int
    score_for: int
    score_against: int
    points: int
    buchholz: int
    is_tied: bool
    """Nothing in the cascade separates it from a neighbour but the id."""
    advances: bool
    """Whether the place that it holds leads to the next stage."""


class GroupTable(NamedTuple):
    """A table, best first; `group` None is that of a Swiss."""

    group: str | None
    rows: tuple[TableRow, ...]


def of_stage(
    session: Session, tournament: Tournament, stage: Stage, *, audience: str = visibility.PUBLIC
) -> list[GroupTable]:
    """The tables of a round robin, its groups or a Swiss, group by group; as many statements for any number.

    Counted are the stage's own matches; adjustments without a match count in the first stage. Who withdrew is not in
    a table any more, as on the board.
    """
    rules = standings.rules_of(tournament)
    settings = parse_settings(stage.settings, stage.format)
    boards = boards_of_stage(session, tournament, stage, rules, audience=audience)
    return [GroupTable(group, tuple(_rows(board, settings.advance or 0))) for group, board in boards.items()]


def boards_of_stage(
    session: Session, tournament: Tournament, stage: Stage, rules: Ruleset, *, audience: str = visibility.PUBLIC
) -> dict[str | None, Board]:
    """The same as boards, by group."""
    inputs = _inputs(session, tournament, rules, audience)
    assert isinstance(inputs.results, SeriesResults)
    members, numbers = _groups(session, stage)
    return {
        group: _board(inputs, inputs.results, rules, stage, members=members[group], numbers=numbers[group])
        for group in sorted(members, key=lambda name: (len(name or ""), name or ""))
    }


def _inputs(session: Session, tournament: Tournament, rules: Ruleset, audience: str) -> Inputs:
    """What counts now, or what the public knew when the board was frozen."""
    if visibility.is_frozen(tournament, audience):
        return history.inputs_at(session, tournament, rules, visibility.known_seq(tournament) + 1)
    return Inputs(
        *result_columns.participants(session, tournament.id),
        result_columns.series_results(session, tournament.id),
        result_columns.adjustments(session, tournament.id),
        tournament.lot_seed,
    )


def _groups(session: Session, stage: Stage) -> tuple[dict[str | None, set[int]], dict[str | None, list[int]]]:
    """By group its members (ids) and the numbers of its matches."""
    nodes = session.execute(
        select(BracketNode.group, BracketNode.source_a, BracketNode.source_b, Match.number)
        .join(Match, Match.id == BracketNode.match_id)
        .where(BracketNode.stage_id == stage.id)
    ).all()
    members: dict[str | None, set[int]] = defaultdict(set)
    numbers: dict[str | None, list[int]] = defaultdict(list)
    for group, source_a, source_b, number in nodes:
        sources = (Source.parse(source_a), Source.parse(source_b))
        members[group] |= {stage.seeds[int(source.of) - 1] for source in sources if source.kind == "seed"}
        numbers[group].append(number)
    return members, numbers


def _board(
    inputs: Inputs,
    results: SeriesResults,
    rules: Ruleset,
    stage: Stage,
    *,
    members: Collection[int],
    numbers: Sequence[int],
) -> Board:
    is_member = np.isin(inputs.ids, sorted(members))
    ids = inputs.ids[is_member]
    own = results.take(np.isin(results.match_number, numbers))
    counts = np.isin(inputs.ledger.match_number, numbers)
    if stage.number == 1:
        counts |= inputs.ledger.match_number == MISSING
    ledger = inputs.ledger.take(counts & np.isin(inputs.ledger.participant_id, ids))
    totals = fold_series(ids, own, ledger, rules)
    meetings = SeriesMeetings(ids, own, rules) if needs_meetings(rules.cascade) else None
    seed_of: Mapping[int, int] = {participant: seed for seed, participant in enumerate(stage.seeds, start=1)}
    return ranking.assembled(
        rules, totals, meetings, inputs.lot_seed, {}, teams=inputs.teams[is_member],
        subjects=inputs.subjects[is_member], seeds=column(seed_of[participant] for participant in ids.tolist()),
    )  # fmt: skip


def _rows(board: Board, advance: int) -> Iterator[TableRow]:
    ranked = board.ranking
    for place, row in enumerate(ranked.order.tolist(), start=1):
        totals = {name: int(values[row]) for name, values in board.standings.columns.items()}
        yield TableRow(
            rank=int(ranked.ranks[row]),
            participant_id=int(board.standings.participant_id[row]),
            matches_played=totals["matches_played"],
            wins=totals["wins"],
            draws=totals["draws"],
            losses=totals["losses"],
            score_for=totals["score_for"],
            score_against=totals["score_against"],
            points=totals["points"],
            buchholz=totals["buchholz"],
            is_tied=bool(ranked.tied[row]),
            advances=place <= advance,
        )
