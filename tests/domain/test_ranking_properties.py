"""The kernel gives what the plain-Python reference gives: order, reasons, ranks and ties, for every kind of cascade."""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.builders import Duel, Scored, adjustments, columns_of_scored, ids, rules, series
from tests.domain.reference import (
    NaiveRanking,
    Table,
    Value,
    naive_battle_royale,
    naive_battle_royale_among,
    naive_rank,
    naive_series,
    naive_series_among,
)
from tests.domain.strategies import SERIES_KEYS, cascades, fixtures, ledgers, lobbies, rosters
from webapp.domain.cascades import CASCADES, CascadeKey, cascade_to_data, parse_cascade
from webapp.domain.columns import IntColumn, column
from webapp.domain.explain import explain, rebuilt_order
from webapp.domain.meetings import BattleRoyaleMeetings, Meetings, SeriesMeetings
from webapp.domain.ranking import Ranking, decider_name, rank
from webapp.domain.standings import Standings, fold_battle_royale, fold_series, standings_of

EXAMPLES = settings(max_examples=300, deadline=None)


class Case(NamedTuple):
    """One random tournament, as columns and for the reference."""

    standings: Standings
    meetings: Meetings
    table: Table
    among: Callable[[str, list[int]], dict[int, Value]]


def numbers(data: st.DataObject, roster: list[int]) -> IntColumn:
    return column(data.draw(st.lists(st.none() | st.integers(1, 3), min_size=len(roster), max_size=len(roster))))


def with_given(table: Table, **given_columns: IntColumn) -> Table:
    for name, values in given_columns.items():
        for one, value in zip(sorted(table), values.tolist(), strict=True):
            table[one][name] = None if value == np.iinfo(np.int64).max else value
    return table


def battle_royale_case(
    data: st.DataObject, cascade: tuple[CascadeKey, ...], rows: list[Scored], roster: list[int]
) -> Case:
    seed, lot = numbers(data, roster), numbers(data, roster)
    ledger = data.draw(ledgers(roster))
    own = rules(cascade=cascade_to_data(cascade))
    results = columns_of_scored(rows)
    standings = fold_battle_royale(ids(*roster), results, adjustments(ledger), own, seed=seed, lot=lot)
    table = with_given(naive_battle_royale(roster, rows, ledger), seed=seed, lot=lot)
    for row in table.values():
        row |= {"score_difference": 0, "score_for": 0, "games_won": 0}
        row |= {"buchholz": 0, "buchholz_difference": 0, "sonneborn_berger": 0}

    def among(key: str, group: list[int]) -> dict[int, Value]:
        if key in {"score_difference", "score_for", "games_won", "buchholz", "buchholz_difference", "sonneborn_berger"}:
            return dict.fromkeys(group, 0)
        return naive_battle_royale_among(rows, key, group)

    return Case(standings, BattleRoyaleMeetings(ids(*roster), results, own), table, among)


def series_case(data: st.DataObject, cascade: tuple[CascadeKey, ...], duels: list[Duel], roster: list[int]) -> Case:
    seed, lot = numbers(data, roster), numbers(data, roster)
    ledger = data.draw(ledgers(roster))
    own = rules(cascade=cascade_to_data(cascade))
    results = series(duels)
    standings = fold_series(ids(*roster), results, adjustments(ledger), own, seed=seed, lot=lot)
    table = with_given(naive_series(roster, duels, ledger), seed=seed, lot=lot)
    meetings = SeriesMeetings(ids(*roster), results, own)
    return Case(standings, meetings, table, lambda key, group: naive_series_among(duels, key, group, (3, 1, 0)))


def random_case(data: st.DataObject) -> tuple[Case, tuple[CascadeKey, ...]]:
    roster = data.draw(rosters())
    if data.draw(st.booleans()):
        cascade = data.draw(cascades())
        return battle_royale_case(data, cascade, data.draw(lobbies(roster)), roster), cascade
    cascade = data.draw(cascades(SERIES_KEYS))
    return series_case(data, cascade, data.draw(fixtures(roster)), roster), cascade


def as_naive(standings: Standings, ranking: Ranking) -> NaiveRanking:
    owners = standings.participant_id.tolist()
    return NaiveRanking(
        standings.participant_id[ranking.order].tolist(),
        ranking.decided_by.tolist(),
        dict(zip(owners, ranking.ranks.tolist(), strict=True)),
        {owner for owner, tied in zip(owners, ranking.tied.tolist(), strict=True) if tied},
    )


@given(st.data())
@EXAMPLES
def test_kernel_equals_the_reference(data: st.DataObject) -> None:
    case, cascade = random_case(data)
    ties = data.draw(st.sampled_from(["id", "shared"]))

    ranking = rank(case.standings, cascade, ties=ties, meetings=case.meetings)

    expected = naive_rank(list(case.table), cascade, case.table, case.among, shared=ties == "shared")
    assert as_naive(case.standings, ranking) == expected


@given(st.data())
@EXAMPLES
def test_a_champion_is_first_and_in_no_tied_group(data: st.DataObject) -> None:
    case, cascade = random_case(data)
    champion = data.draw(st.sampled_from(list(case.table)))
    crowned = Standings(
        case.standings.participant_id,
        case.standings.columns,
        case.standings.countback,
        case.standings.eligible_since,
        champion,
    )

    ranking = rank(crowned, cascade, meetings=case.meetings)

    expected = naive_rank(list(case.table), cascade, case.table, case.among, champion=champion)
    assert as_naive(crowned, ranking) == expected


@given(st.data())
@EXAMPLES
def test_the_order_rebuilt_from_explanations_is_the_order_shown(data: st.DataObject) -> None:
    case, cascade = random_case(data)
    ranking = rank(case.standings, cascade, meetings=case.meetings)

    explanations = [
        explain(case.standings, cascade, ranking, position, meetings=case.meetings)
        for position in range(1, len(ranking))
    ]

    shuffled = [explanations[index] for index in data.draw(st.permutations(range(len(explanations))))]
    shown = case.standings.participant_id[ranking.order].tolist()
    assert rebuilt_order(shuffled) == (shown if len(shown) > 1 else [])
    reasons = [decider_name(reason, cascade) for reason in ranking.decided_by.tolist()]
    assert [None, *(explanation.decided_by for explanation in explanations)] == reasons


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_every_permutation_of_rows_gives_the_same_board(data: st.DataObject) -> None:
    roster = data.draw(rosters())
    cascade = data.draw(cascades())
    own = rules(cascade=cascade_to_data(cascade), count_best=data.draw(st.none() | st.integers(1, 2)))
    rows = data.draw(lobbies(roster))

    def board(order: list[Scored]) -> tuple[NaiveRanking, dict[str, list[int]]]:
        results = columns_of_scored(order)
        standings = fold_battle_royale(ids(*roster), results, adjustments(), own)
        ranking = rank(standings, cascade, meetings=BattleRoyaleMeetings(ids(*roster), results, own))
        return as_naive(standings, ranking), {name: values.tolist() for name, values in standings.columns.items()}

    assert board(data.draw(st.permutations(rows))) == board(rows)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_wide_values_fall_back_to_more_words_and_give_the_same_order(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 12))
    wide = st.sampled_from([-(2**63), -1, 0, 1, 2**40, 2**62, 2**63 - 2, None])
    named = {
        name: data.draw(st.lists(wide, min_size=size, max_size=size))
        for name in ("points", "kills", "last_completed_at")
    }
    roster = list(range(1, size + 1))
    standings = fold_battle_royale(ids(*roster), columns_of_scored([]), adjustments(), rules())
    standings.columns.update({name: column(values) for name, values in named.items()})
    cascade = tuple(CascadeKey(name, data.draw(st.booleans())) for name in named)

    ranking = rank(standings, cascade)

    table: Table = {one: {name: values[one - 1] for name, values in named.items()} for one in roster}
    assert as_naive(standings, ranking) == naive_rank(roster, cascade, table, lambda _key, _group: {})


@pytest.mark.parametrize("name", [*CASCADES, "countback"])
@pytest.mark.parametrize("spread", [3, 10**6, 2**62])
def test_a_large_board_equals_sorting_tuples(name: str, spread: int) -> None:
    # From three values a column, where the last keys decide, to values so wide that no two columns share a word.
    size, matches = 3_000, 4
    random = np.random.default_rng(spread)
    cascade = CASCADES.get(name) or parse_cascade(["kills", "countback"])
    totals = {key.name: random.integers(-spread, spread, size) for key in cascade if key.name != "countback"}
    countback = -np.sort(-random.integers(0, 3, (size, matches)), axis=1)
    board = standings_of(np.sort(random.choice(10**9, size, replace=False)), totals, countback=countback)

    def values(row: int, key: CascadeKey) -> tuple[int, ...]:
        mine = countback[row].tolist() if key.name == "countback" else [int(totals[key.name][row])]
        return tuple(value if key.ascending else -value for value in mine)

    keys = [[values(row, key) for key in cascade] for row in range(size)]
    expected = sorted(range(size), key=keys.__getitem__)
    reasons = [
        next((index for index in range(len(cascade)) if keys[ahead][index] != keys[behind][index]), len(cascade))
        for ahead, behind in pairwise(expected)
    ]

    ranking = rank(board, cascade)

    assert ranking.order.tolist() == expected
    assert ranking.decided_by.tolist() == [-1, *reasons]
