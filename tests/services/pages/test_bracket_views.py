"""What readers are shown of brackets: rounds with their names, whose place is open, groups, and what a freeze keeps."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.arenas import REASON, ended_at, turn_on_the_engine
from tests.knockouts import Knockout, games, open_knockout
from tests.services.league_play import drawn
from tests.statements import count_statements
from webapp.services.live import freezes
from webapp.services.matches import series
from webapp.services.pages.bracket_reads import read_bracket
from webapp.services.pages.bracket_view import BracketCell, BracketView, RoundName, RoundState
from webapp.services.pages.scoreboard_reads import read_match_page
from webapp.services.spine.actors import SYSTEM


@pytest.fixture(autouse=True)
def engine(app: Flask) -> None:
    turn_on_the_engine()


def seen(knockout: Knockout, part: str = "") -> BracketView:
    return read_bracket(knockout.tournament_id, part=part)


def cells(view: BracketView) -> dict[str, BracketCell]:
    return {
        row.cell.key: row.cell
        for section in view.stages[0].sections
        for of_round in section.rounds
        for row in of_round.rows
        if row.cell
    }


def sides(cell: BracketCell) -> list[str]:
    return [side.name or f"{side.source} of {side.source_number}" for side in cell.sides]


def test_an_open_place_says_whose_it_will_be() -> None:
    cup = open_knockout(sides=4, settings={"third_place": True})
    cup.win("W1-1", 1)
    found = cells(seen(cup))
    assert sides(found["W1-1"]) == ["Squad 01", "Squad 04"]
    assert [side.seed for side in found["W1-1"].sides] == [1, 4]
    assert [side.score for side in found["W1-1"].sides] == [1, 0]
    assert [side.is_winner for side in found["W1-1"].sides] == [True, False]
    assert sides(found["W2-1"]) == ["Squad 01", "winner of 2"]
    assert sides(found["3RD"]) == ["Squad 04", "loser of 2"]


def test_rounds_are_called_by_how_far_they_are_from_the_end() -> None:
    sections = seen(open_knockout(sides=32)).stages[0].sections
    assert [(one.title.name, one.title.number) for one in sections[0].rounds] == [
        (RoundName.ROUND_OF, 32), (RoundName.ROUND_OF, 16), (RoundName.QUARTER_FINALS, 0), (RoundName.SEMI_FINALS, 0),
        (RoundName.FINAL, 0),
    ]  # fmt: skip
    double = seen(open_knockout("double-elimination", sides=8, name="Double")).stages[0].sections
    assert [section.name for section in double] == ["winners", "losers", "final"]
    assert [[one.title.name for one in section.rounds] for section in double] == [
        [RoundName.WINNERS_ROUND, RoundName.WINNERS_SEMI_FINALS, RoundName.WINNERS_FINAL],
        [RoundName.LOSERS_ROUND, RoundName.LOSERS_ROUND, RoundName.LOSERS_ROUND, RoundName.LOSERS_FINAL],
        [RoundName.GRAND_FINAL, RoundName.RESET],
    ]


def test_a_round_is_current_while_something_of_it_can_be_played() -> None:
    cup = open_knockout(sides=4)

    def states() -> list[RoundState]:
        return [one.state for one in seen(cup).stages[0].sections[0].rounds]

    assert states() == [RoundState.CURRENT, RoundState.COMING]
    cup.win("W1-1", 1)
    cup.win("W1-2", 2)
    assert states() == [RoundState.DONE, RoundState.CURRENT]


def test_a_freeze_keeps_who_came_through_since() -> None:
    cup = open_knockout(sides=4)
    cup.win("W1-1", 1)
    freezes.freeze_now(cup.tournament_id, actor=SYSTEM, now=ended_at(1))
    cup.win("W1-2", 3, now=ended_at(2))
    found = cells(seen(cup))
    assert found["W1-2"].card.phase == "hidden"
    assert [side.is_winner or side.is_loser for side in found["W1-2"].sides] == [False, False]
    assert sides(found["W2-1"]) == ["Squad 01", "winner of 2"]
    assert [side.name for side in read_match_page(found["W2-1"].card.id).scoreboard.match.sides] == ["Squad 01", None]
    cup.win("W2-1", 1, now=ended_at(3))
    assert sides(cells(seen(cup))["W2-1"]) == ["Squad 01", "winner of 2"]
    freezes.unfreeze(cup.tournament_id, actor=SYSTEM, now=ended_at(4))
    assert sides(cells(seen(cup))["W2-1"]) == ["Squad 01", "Squad 03"]


def test_a_result_corrected_since_leads_on_who_came_through_then() -> None:
    cup = open_knockout(sides=4, settings={"third_place": True})
    semi_final = cup.win("W1-1", 1)
    freezes.freeze_now(cup.tournament_id, actor=SYSTEM, now=ended_at(1))
    series.correct(semi_final, games(semi_final, cup.seed(4)), reason=REASON, actor=SYSTEM, now=ended_at(2))
    found = cells(seen(cup))
    assert (sides(found["W2-1"])[0], sides(found["3RD"])[0]) == ("Squad 01", "Squad 04")
    assert [side.is_winner for side in found["W1-1"].sides] == [True, False]


def test_a_large_bracket_shows_the_part_that_is_played() -> None:
    cup = open_knockout(sides=128)
    stage = seen(cup).stages[0]
    assert stage.parts is not None
    assert (stage.parts.count, stage.parts.number) == (2, 1)
    assert [len(one.rows) for one in stage.sections[0].rounds] == [32, 16, 8, 4, 2, 1]
    assert [one.total_count for one in stage.sections[0].rounds] == [64, 32, 16, 8, 4, 2]
    first = cells(seen(cup, "1")).keys()
    second = cells(seen(cup, "2")).keys()
    assert first.isdisjoint(second)
    assert len(first) == len(second) == 63
    assert [len(one.rows) for one in seen(cup, "0").stages[0].sections[0].rounds] == [32, 16, 8, 4, 2, 1]
    assert len(cells(seen(cup, "all"))) == 127
    for wrong in ("3", "-1", "x", "²"):
        assert seen(cup, wrong) == seen(cup)


@pytest.mark.parametrize(
    "opened",
    [
        lambda sides: open_knockout("double-elimination", sides=sides, name=f"Cup of {sides}").tournament_id,
        lambda sides: drawn("round-robin", sides, {"groups": 2}).tournament_id,
        lambda sides: drawn("swiss", sides).tournament_id,
    ],
)
def test_as_many_statements_for_many_matches_as_for_few(opened: Callable[[int], int]) -> None:
    counts = []
    for sides_count in (4, 16):
        tournament_id = opened(sides_count)
        read_bracket(tournament_id, part="")
        with count_statements() as statements:
            read_bracket(tournament_id, part="")
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_groups_have_a_table_in_which_everybody_meets_everybody() -> None:
    league = drawn("round-robin", 8, {"groups": 2, "advance": 1})
    duel = league.open_duels()[0]
    league.confirm(duel, (3, 1))
    groups = read_bracket(league.tournament_id, part="").stages[0].groups
    assert [group.name for group in groups] == ["A", "B"]
    first = groups[0].lines[0]
    assert (first.participant_id, first.won, first.points > 0, first.advances) == (duel.a, 1, True, True)
    assert [line.cells.count(None) for line in groups[0].lines] == [1, 1, 1, 1]
    met = [cell for line in groups[0].lines for found in line.cells for cell in found or () if cell.outcome]
    assert [(cell.outcome, cell.match_id) for cell in met] == [("won", duel.match_id), ("lost", duel.match_id)]
    assert [one.state for one in groups[0].rounds] == [RoundState.CURRENT, RoundState.COMING, RoundState.COMING]


def test_a_swiss_round_is_parted_by_what_was_won_before() -> None:
    swiss = drawn("swiss", 5)
    for duel in swiss.open_duels():
        swiss.confirm(duel, (2, 0))
    (group,) = read_bracket(swiss.tournament_id, part="").stages[0].groups
    (first,) = group.rounds
    assert [(pool.record, len(pool.cells)) for pool in first.pools] == [((0, 0, 0), 3)]
    assert [cell.is_bye for cell in first.pools[0].cells] == [False, False, True]
    assert not group.has_cross
    assert max(line.won for line in group.lines) == 1
