"""When a freeze begins, what it tells meanwhile, and that no step of its reveal tells anything of what comes later."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.test_board import boards
from webapp.domain import freezes
from webapp.domain.board import Board
from webapp.domain.columns import column
from webapp.domain.errors import TransitionError
from webapp.domain.events import CATALOGUE
from webapp.domain.freezes import (
    FREEZE,
    HOLDING,
    IN_FORCE,
    FreezeState,
    Plan,
    begins,
    is_told,
    match_steps,
    revealed_board,
    row_steps,
)
from webapp.domain.lifecycle import move
from webapp.domain.ranking import FIRST, Ranking
from webapp.domain.standing_columns import Standings, standings_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BY_ID = 3


def test_the_moves_of_a_freeze_are_these_and_no_others() -> None:
    allowed = {(state, to) for state in FREEZE.moves for to in FREEZE.moves_from(state)}
    assert allowed == {
        ("planned", "frozen"), ("planned", "called_off"), ("frozen", "revealing"), ("frozen", "ended"),
        ("revealing", "ended"),
    }  # fmt: skip
    assert FREEZE.moves.keys() == {state.value for state in FreezeState}
    assert {state for state in FREEZE.moves if FREEZE.moves_from(state)} == set(IN_FORCE) > set(HOLDING)
    with pytest.raises(TransitionError):
        move(FREEZE, "ended", "revealing")


@pytest.mark.parametrize(
    ("plan", "open_matches", "is_due"),
    [
        (Plan(starts_at=NOON), 9, True),
        (Plan(starts_at=NOON - timedelta(seconds=1)), 9, True),
        (Plan(starts_at=NOON + timedelta(microseconds=1)), 0, False),
        (Plan(last_matches=2), 3, False),
        (Plan(last_matches=2), 2, True),
        (Plan(last_matches=2), 0, True),
        (Plan(), 0, False),
    ],
)
def test_a_planned_freeze_begins_at_its_time_or_before_the_last_matches(
    plan: Plan, open_matches: int, *, is_due: bool
) -> None:
    assert begins(plan, now=NOON, open_matches=open_matches) is is_due


def test_what_tells_of_results_is_a_number_and_nothing_else_while_the_board_is_frozen() -> None:
    telling = {name for name, event in CATALOGUE.items() if event.changes_board or event.changes_roster}
    telling |= {"rank_update", "score_updated", "tournament_completed", "match_cancelled", "match_disputed"}
    assert telling & freezes.TOLD_WHILE_FROZEN == set()
    assert {"board_frozen", "board_revealed", "board_unfrozen", "match_started"} <= freezes.TOLD_WHILE_FROZEN
    assert not is_told("rank_update", 8, known_seq=7)
    assert is_told("rank_update", 7, known_seq=7)
    assert is_told("rank_update", 8, known_seq=None)
    assert is_told("board_revealed", 8, known_seq=7)
    assert not is_told("an event of tomorrow", 8, known_seq=7)


@pytest.mark.parametrize(
    ("ranks", "steps"),
    [
        ([], ()),
        ([1], (1,)),
        ([1, 2], (2,)),
        ([1, 2, 3], (1, 3)),
        ([1, 2, 3, 4, 5], (1, 2, 3, 5)),
        # Who shares a rank is shown together: one of them would tell where the other stands.
        ([1, 2, 2, 4], (1, 4)),
        ([1, 1, 3, 3, 5], (1, 3, 5)),
        ([1, 1, 1], (3,)),
    ],
)
def test_rows_are_revealed_from_the_last_upwards_and_the_first_two_together(
    ranks: list[int], steps: tuple[int, ...]
) -> None:
    assert row_steps(ranks) == steps


@given(st.lists(st.booleans(), max_size=30))
def test_the_steps_by_row_go_up_to_all_rows_and_never_leave_one_alone(is_shared: list[bool]) -> None:
    ranks: list[int] = []
    for place, shares in enumerate(is_shared, start=1):
        ranks.append(ranks[-1] if ranks and shares else place)
    steps = row_steps(ranks)
    assert list(steps) == sorted(set(steps))
    assert (steps[-1] if steps else 0) == len(ranks)
    for shown in steps[:-1]:
        hidden = len(ranks) - shown
        assert hidden >= 2
        assert ranks[hidden - 1] != ranks[hidden]


@given(st.sets(st.integers(1, 10**6), max_size=12), st.integers(0, 50))
def test_the_steps_by_match_show_one_match_more_each_and_at_last_everything(numbers: set[int], more: int) -> None:
    completed = sorted(numbers)
    newest = max(numbers, default=0) + more
    steps = match_steps(completed, newest)
    assert steps[-1] == newest
    assert len(steps) == max(1, len(completed))
    for step, known in enumerate(steps, start=1):
        assert [seq for seq in completed if seq <= known] == (completed[:step] if step < len(steps) else completed)


@given(boards())
def test_all_rows_shown_it_is_the_officials_board(board: Board) -> None:
    assert revealed_board(board, len(board), by_id=BY_ID) is board


@given(boards(), st.data())
def test_shown_rows_have_their_final_rank_and_points(board: Board, data: st.DataObject) -> None:
    shown = data.draw(st.integers(0, len(board)))
    part = revealed_board(board, shown, by_id=BY_ID)
    assert Board.from_bytes(part.to_bytes()).same_as(part)
    start = len(board) - shown
    whole_rows, rows = board.rows_by_rank(start, len(board)), part.rows_by_rank(0, shown)
    for mine, theirs in (
        (part.standings.participant_id, board.standings.participant_id),
        (part.standings.columns["points"], board.standings.columns["points"]),
        (part.standings.eligible_since, board.standings.eligible_since),
        (part.ranking.ranks, board.ranking.ranks),
        (part.team_id, board.team_id),
    ):
        assert mine[rows].tolist() == theirs[whole_rows].tolist()


@given(boards(), st.data())
def test_nothing_of_a_row_is_in_any_step_before_its_own(board: Board, data: st.DataObject) -> None:
    """Whatever the hidden rows are, have, and do to the marks of the others: what is shown is the same."""
    steps = row_steps(board.ranking.ranks[board.ranking.order].tolist())
    for shown in steps[:-1]:
        other = with_other_hidden_rows(board, len(board) - shown, data)
        mine, theirs = (revealed_board(each, shown, by_id=BY_ID) for each in (board, other))
        assert mine.to_bytes() == theirs.to_bytes()


def with_other_hidden_rows(board: Board, hidden: int, data: st.DataObject) -> Board:
    """A board with the same last rows, and before them rows of which everything is different that may be."""
    order, ranking, standings = board.ranking.order, board.ranking, board.standings
    top = order[:hidden]
    order = np.concatenate([data.draw(st.permutations(top.tolist()).map(column)), order[hidden:]])
    columns = {name: values.copy() for name, values in standings.columns.items()}
    for name, values in columns.items():
        values[top] = data.draw(st.integers(-9, 9), label=name)
    for name in ("buchholz", "buchholz_difference", "sonneborn_berger"):
        # They add up what opponents have, hidden ones among them.
        columns[name] = columns[name] + data.draw(st.integers(-9, 9), label=name)
    champion = standings.champion
    if champion is None or champion in standings.participant_id[top]:
        champion = data.draw(st.sampled_from([None, *standings.participant_id[top].tolist()]), label="champion")
    decided_by = ranking.decided_by.copy()
    decided_by[1 : hidden + 1] = data.draw(st.integers(0, BY_ID), label="decided by")
    tied, is_override = ranking.tied.copy(), ranking.is_override.copy()
    tied[top] = data.draw(st.booleans(), label="tied")
    is_override[top] = data.draw(st.booleans(), label="override")
    first = order[hidden]
    is_tied_below = hidden + 1 < len(board) and decided_by[hidden + 1] == BY_ID
    tied[first] = is_tied_below or data.draw(st.booleans(), label="tied with the hidden one")
    return replace(
        board,
        standings=Standings(
            standings.participant_id, columns, standings.countback, standings.eligible_since, champion
        ),
        ranking=Ranking(order, ranking.ranks, tied, decided_by, is_override, ranking.computed_ranks[::-1].copy()),
    )  # fmt: skip


def test_a_shown_row_is_not_said_to_be_level_with_a_hidden_one() -> None:
    five = column([1, 2, 3, 4, 5])
    standings = standings_of(five, {"points": column([9, 7, 7, 7, 7])})
    tied = np.array([False, True, True, True, True])
    decided_by = column([FIRST, 0, BY_ID, BY_ID, BY_ID])
    board = Board(standings, Ranking(five - 1, five, tied, decided_by, np.zeros(5, np.bool_), five), five, five)
    two = revealed_board(board, 2, by_id=BY_ID)
    assert two.ranking.tied.tolist() == [True, True]
    assert two.ranking.decided_by.tolist() == [FIRST, BY_ID]
    assert revealed_board(board, 1, by_id=BY_ID).ranking.tied.tolist() == [False]
