import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.board import Board, spliced
from webapp.domain.board_top import top_of
from webapp.domain.cascades import CASCADES
from webapp.domain.columns import MISSING, IntColumn, column
from webapp.domain.overrides import overridden
from webapp.domain.ranking import rank
from webapp.domain.standing_columns import COLUMNS, Standings, standings_of

NUMBERS = st.one_of(st.integers(-3, 3), st.sampled_from([MISSING, 70_000, 10**15]))


@st.composite
def boards(draw: st.DrawFn) -> Board:
    """Any columns, as far as storing is concerned; ranked by one of the named cascades."""
    ids = sorted(draw(st.sets(st.integers(1, 10**9), max_size=8)))

    def values(numbers: st.SearchStrategy[int] = NUMBERS) -> IntColumn:
        return column(draw(st.lists(numbers, min_size=len(ids), max_size=len(ids))))

    names = draw(st.sets(st.sampled_from(COLUMNS), max_size=6))
    width = draw(st.integers(0, 3))
    countback = np.array([values(st.integers(0, 30)) for _ in range(width)], np.int64).reshape(width, len(ids)).T
    standings = standings_of(
        column(ids),
        {name: values() for name in sorted(names)},
        countback=countback,
        eligible_since=values(),
        champion=draw(st.sampled_from([*ids, None])),
    )
    cascade, ties = draw(st.sampled_from(list(CASCADES.values()))), draw(st.sampled_from(["id", "shared"]))
    ranking = rank(standings, cascade, ties=ties)
    set_by_staff = draw(st.lists(st.sampled_from(ids), unique=True, max_size=3)) if ids else []
    overrides = {who: rank for rank, who in enumerate(set_by_staff, start=2)}
    ranking = overridden(ranking, overrides, standings, cascade, ties=ties)
    return Board(standings, ranking, values(), values())


@given(boards())
def test_a_stored_board_is_the_board(board: Board) -> None:
    again = Board.from_bytes(board.to_bytes())
    assert again.same_as(board)
    assert again.to_bytes() == board.to_bytes()
    assert again.standings.champion == board.standings.champion
    assert again.standings.countback.tolist() == board.standings.countback.tolist()
    assert again.ranking.is_override.tolist() == board.ranking.is_override.tolist()
    assert again.ranking.computed_ranks.tolist() == board.ranking.computed_ranks.tolist()
    for name, values in board.named_columns().items():
        assert again.named_columns()[name].tolist() == values.tolist(), name


@given(boards(), st.integers(0, 100))
def test_boards_that_differ_in_one_value_are_not_the_same(board: Board, pick: int) -> None:
    if not len(board):
        return
    names = sorted(board.standings.columns)
    columns = dict(board.standings.columns)
    changed = columns[names[pick % len(names)]].copy()
    changed[pick % len(board)] -= 1
    columns[names[pick % len(names)]] = changed
    standings = board.standings
    other = Standings(
        standings.participant_id, columns, standings.countback, standings.eligible_since, standings.champion
    )
    assert not board.same_as(Board(other, board.ranking, board.team_id, board.subject_id))


@given(boards(), st.integers(0, 12))
def test_the_top_of_a_board_is_its_first_rows_as_they_were(board: Board, places: int) -> None:
    top = top_of(board, places)
    kept = min(places, len(board))
    assert len(top) == kept
    rows, whole = top.rows_by_rank(0, kept), board.rows_by_rank(0, kept)
    assert top.standings.participant_id[rows].tolist() == board.standings.participant_id[whole].tolist()
    assert top.ranking.ranks[rows].tolist() == board.ranking.ranks[whole].tolist()
    assert top.ranking.tied[rows].tolist() == board.ranking.tied[whole].tolist()
    assert top.ranking.is_override[rows].tolist() == board.ranking.is_override[whole].tolist()
    assert top.ranking.computed_ranks[rows].tolist() == board.ranking.computed_ranks[whole].tolist()
    assert top.ranking.decided_by.tolist() == board.ranking.decided_by[:kept].tolist()
    for name, values in board.standings.columns.items():
        assert top.standings.columns[name][rows].tolist() == values[whole].tolist(), name
    assert top.team_id[rows].tolist() == board.team_id[whole].tolist()
    assert (np.diff(top.standings.participant_id) > 0).all()
    assert Board.from_bytes(top.to_bytes()).same_as(top)


@given(boards(), st.data())
def test_splicing_rows_in_changes_those_rows_alone(board: Board, data: st.DataObject) -> None:
    marks = data.draw(st.lists(st.booleans(), min_size=len(board), max_size=len(board)))
    rows = np.flatnonzero(np.array(marks, dtype=np.bool_))
    before = board.standings
    changed = Standings(
        before.participant_id[rows],
        {name: values[rows] - 1 for name, values in before.columns.items()},
        before.countback[rows],
        before.eligible_since[rows],
    )
    after = spliced(before, changed)
    for name, values in before.columns.items():
        expected = values.copy()
        expected[rows] -= 1
        assert after.columns[name].tolist() == expected.tolist(), name
        # What was published before must not change under its readers.
        assert not np.shares_memory(after.columns[name], values) or not values.size
    assert after.participant_id.tolist() == before.participant_id.tolist()
