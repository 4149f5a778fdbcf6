"""Reads of a tournament's board: one page of the published version, with names and marks."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.columns import MISSING, IntColumn
from webapp.domain.deltas import NO_RANK, RankChanges
from webapp.domain.games import load_games
from webapp.domain.ranking import ID_KEY, OVERRIDE_KEY, decider_name
from webapp.domain.rules import Ruleset
from webapp.models import Adjustment, Match, Tournament
from webapp.services.boards import boards, history
from webapp.services.pages.board_view import (
    AdjustmentMark,
    BoardRow,
    BoardView,
    EmptyBoard,
    MatchPointLine,
    Movement,
    RulesLine,
    medal_of,
)
from webapp.services.pages.disputed_reads import in_dispute
from webapp.services.pages.frozen_reads import frozen_notice
from webapp.services.pages.paging import Paging
from webapp.services.pages.tournament_reads import find_visible, participant_count
from webapp.services.ranking import ranking, standings
from webapp.services.ranking.board_store import PublishedBoard
from webapp.services.registration.participant_names import names_of
from webapp.services.spine.transaction import read_snapshot

ROWS_A_PAGE: Final = 20
_UNMOVED: Final = Movement(0)
_MARKED_OTHERWISE: Final = frozenset({ID_KEY, OVERRIDE_KEY})


def read_board(tournament_id: int, *, audience: str, page: int, now: datetime) -> BoardView:
    """A page of the board. Raises NotFound for a tournament that the public does not see."""
    with read_snapshot() as session:
        return board_view(session, find_visible(session, tournament_id), audience=audience, page=page, now=now)


def board_view(
    session: Session, tournament: Tournament, *, audience: str, page: int, now: datetime, rows: int = ROWS_A_PAGE
) -> BoardView:
    """A page of the tournament's board as `audience` sees it; everything in it is of one version."""
    rules = standings.rules_of(tournament)
    published = boards.shown(session, tournament, audience, now=now)
    registered = participant_count(session, tournament)
    hidden = published.frozen.hidden if published.frozen else 0
    empty = None if hidden else _why_empty(published, registered)
    paging = Paging.of(page, size=rows, total=0 if empty else hidden + len(published.board))
    game = load_games().get(tournament.game)
    match_point = rules.match_point
    disputed = in_dispute(session, tournament, audience)
    return BoardView(
        tournament_id=tournament.id,
        tournament_name=tournament.name,
        is_series=tournament.format != "battle-royale",
        shows_draws=game is not None and game.draws,
        version=published.version,
        log_number=tournament.log_seq,
        published_at=published.computed_at if published.version else None,
        starts_at=tournament.starts_at,
        participant_count=registered,
        rows=() if empty else disputed.marked(board_rows(session, tournament, rules, published, paging)),
        paging=paging,
        empty=empty,
        rules=RulesLine(rules.title or rules.name, rules.version, rules.hash),
        match_point=MatchPointLine(match_point.threshold, match_point.cap) if match_point else None,
        count_best=rules.count_best,
        frozen=frozen_notice(session, tournament, published.frozen),
        disputed=disputed.numbers,
        places_to_come=tuple(range(paging.offset + 1, min(paging.last, hidden) + 1)),
    )


def _why_empty(published: PublishedBoard, registered: int) -> EmptyBoard | None:
    if published.source == boards.PAUSED:
        return EmptyBoard.PAUSED
    columns = published.board.standings.columns
    if len(published.board) and (columns["matches_played"].any() or columns["points"].any()):
        return None
    return EmptyBoard.BEFORE_RESULTS if registered else EmptyBoard.NOBODY


def board_rows(
    session: Session, tournament: Tournament, rules: Ruleset, published: PublishedBoard, paging: Paging
) -> tuple[BoardRow, ...]:
    """The rows of a page of any version, with names and marks; of one that is being revealed, those to be seen yet."""
    board, note = published.board, published.frozen
    hidden = note.hidden if note else 0
    start, stop = max(paging.offset - hidden, 0), max(paging.last - hidden, 0)
    at = board.rows_by_rank(start, stop)
    ids = board.standings.participant_id[at]
    names = names_of(session, ids.tolist())
    # What is revealed stands as no version did, so that it has not moved from one to the next.
    is_version = note is None or published.source == ranking.ENGINE_SOURCE
    movements = movements_of(session, tournament.id, published.version if is_version else 0, ids)
    marks = adjustments_of(session, tournament.id, ids.tolist(), up_to_seq=published.seq)
    deciders = _deciders(published, rules, start, stop)
    columns = board.standings.columns
    rows = []
    for position, row in enumerate(at.tolist()):
        participant_id = int(ids[position])
        totals = {name: int(values[row]) for name, values in columns.items()}
        rank = int(board.ranking.ranks[row])
        rows.append(
            BoardRow(
                participant_id=participant_id,
                rank=rank,
                name=names.get(participant_id, f"#{participant_id}"),
                points=totals["points"],
                matches_played=totals["matches_played"],
                wins=totals["wins"],
                draws=totals["draws"],
                losses=totals["losses"],
                kills=totals["kills"],
                average_placement=_optional(totals["avg_placement"]),
                score_difference=totals["score_difference"],
                games_won=totals["games_won"],
                medal=medal_of(rank),
                movement=movements.get(participant_id, _UNMOVED),
                is_tied=bool(board.ranking.tied[row]),
                decided_by=deciders[position],
                is_champion=board.standings.champion == participant_id,
                eligible_since=_optional(int(board.standings.eligible_since[row])),
                adjustments=marks.get(participant_id, ()),
                is_adjusted_by_staff=bool(board.ranking.is_override[row]),
            )
        )
    return tuple(rows)


def _optional(value: int) -> int | None:
    return None if value == MISSING else value


def _deciders(published: PublishedBoard, rules: Ruleset, start: int, stop: int) -> list[str | None]:
    """For each row of the page the key that put it behind a row before it with the same points; None elsewhere.

    Where staff have set a rank the row has a mark of its own.
    """
    ranking, points = published.board.ranking, published.board.standings.columns["points"]
    deciders: list[str | None] = []
    for position in range(start, stop):
        name = decider_name(int(ranking.decided_by[position]), rules.cascade)
        is_level = position > 0 and points[ranking.order[position]] == points[ranking.order[position - 1]]
        deciders.append(name if is_level and name not in _MARKED_OTHERWISE else None)
    return deciders


def movements_of(session: Session, tournament_id: int, version: int, ids: IntColumn) -> Mapping[int, Movement]:
    """How these participants moved with a version. The first one moves nobody, and a board computed live has none."""
    if version <= 1:
        return {}
    data = history.version_event(session, tournament_id, version).data
    changes = RankChanges.from_columns(data["changes"])
    shown = set(ids.tolist())
    columns = (changes.participant_id, changes.previous_rank, changes.current_rank)
    return {
        participant_id: Movement(0, is_new=True) if previous == NO_RANK else Movement(previous - current)
        for participant_id, previous, current in zip(*(column.tolist() for column in columns), strict=True)
        if participant_id in shown
    }


def adjustments_of(
    session: Session, tournament_id: int, ids: Collection[int], *, up_to_seq: int
) -> Mapping[int, tuple[AdjustmentMark, ...]]:
    """Signed points of these participants that are in the board: nothing recorded after it."""
    statement = (
        select(Adjustment.registration_id, Adjustment.kind, Adjustment.points, Adjustment.reason, Match.number)
        .outerjoin(Match, Match.id == Adjustment.match_id)
        .where(
            Adjustment.tournament_id == tournament_id,
            Adjustment.registration_id.in_(ids),
            Adjustment.seq <= up_to_seq,
        )
        .order_by(Adjustment.id)
    )
    marks: dict[int, tuple[AdjustmentMark, ...]] = {}
    for registration_id, kind, points, reason, match_number in session.execute(statement):
        mark = AdjustmentMark(kind, points, reason, match_number)
        marks[registration_id] = (*marks.get(registration_id, ()), mark)
    return marks
