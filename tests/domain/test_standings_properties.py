"""The folds give what the plain-Python reference gives, from rows in any order."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.builders import adjustments, columns_of_scored, ids, rules, series
from tests.domain.reference import Table, naive_battle_royale, naive_series
from tests.domain.strategies import fixtures, ledgers, lobbies, rosters
from webapp.domain.columns import to_optional
from webapp.domain.standings import Standings, fold_battle_royale, fold_series

COUNTBACK = rules(cascade=["points", "countback"])


def as_table(standings: Standings) -> Table:
    """The standings as the reference writes them; only what it knows."""
    table: Table = {one: {} for one in standings.participant_id.tolist()}
    for name, values in standings.columns.items():
        for one, value in zip(table, to_optional(values), strict=True):
            table[one][name] = value
    for one, row in zip(table, standings.countback.tolist(), strict=True):
        table[one]["countback"] = tuple(row)
    return table


def known_to(reference: Table, table: Table) -> Table:
    return {one: {name: row[name] for name in reference[one]} for one, row in table.items()}


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_battle_royale_fold_equals_the_reference(data: st.DataObject) -> None:
    roster = data.draw(rosters())
    rows = data.draw(lobbies(roster))
    ledger = data.draw(ledgers(roster))
    count_best = data.draw(st.none() | st.integers(1, 3))

    folded = fold_battle_royale(
        ids(*roster), columns_of_scored(rows), adjustments(ledger), replace(COUNTBACK, count_best=count_best)
    )

    expected = naive_battle_royale(roster, rows, ledger, count_best=count_best)
    assert known_to(expected, as_table(folded)) == expected


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_series_fold_equals_the_reference(data: st.DataObject) -> None:
    roster = data.draw(rosters())
    duels = data.draw(fixtures(roster))
    ledger = data.draw(ledgers(roster))
    win, draw, loss = worth = data.draw(st.sampled_from([(3, 1, 0), (2, 1, 0), (1, 0, 0), (3, 2, 1)]))

    own = rules(win_points=win, draw_points=draw, loss_points=loss)
    folded = fold_series(ids(*roster), series(duels), adjustments(ledger), own)

    expected = naive_series(roster, duels, ledger, worth=worth)
    assert known_to(expected, as_table(folded)) == expected


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_partial_fold_gives_the_same_totals_as_the_full_one(data: st.DataObject) -> None:
    roster = data.draw(rosters(least=2))
    rows = data.draw(lobbies(roster))
    some = sorted(data.draw(st.sets(st.sampled_from(roster), min_size=1)))

    full = as_table(fold_battle_royale(ids(*roster), columns_of_scored(rows), adjustments(), rules()))
    partial = as_table(fold_battle_royale(ids(*some), columns_of_scored(rows), adjustments(), rules()))

    assert partial == {one: full[one] for one in some}


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_partial_series_fold_with_all_results_gives_the_same_standings(data: st.DataObject) -> None:
    roster = data.draw(rosters(least=2))
    duels = data.draw(fixtures(roster))
    some = sorted(data.draw(st.sets(st.sampled_from(roster), min_size=1)))

    full = as_table(fold_series(ids(*roster), series(duels), adjustments(), rules()))
    partial = as_table(fold_series(ids(*some), series(duels), adjustments(), rules()))

    assert partial == {one: full[one] for one in some}
