"""What the end of a match does to the matches after it, in the transaction that ends it."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import REASON, ended_at
from tests.invariants import assert_standings_are_right
from tests.knockouts import Knockout, games, open_knockout
from tests.statements import count_statements
from tests.trail import trail
from webapp.domain.errors import Conflict
from webapp.domain.series import SeriesGame
from webapp.models import Match, Stage, Tournament
from webapp.services.bracketing import progression, stages
from webapp.services.matches import awards, match_resets, matches, series
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot, transaction


@pytest.fixture
def four(app: Flask) -> Knockout:
    return open_knockout(sides=4, settings={"third_place": True})


@pytest.fixture
def eight(app: Flask) -> Knockout:
    return open_knockout("double-elimination", sides=8)


def stage_state(knockout: Knockout) -> str:
    with read_snapshot() as session:
        return session.scalars(select(Stage.state).where(Stage.tournament_id == knockout.tournament_id)).one()


def winner_of(knockout: Knockout, key: str) -> int | None:
    with read_snapshot() as session:
        return session.get_one(Match, knockout.match_ids()[key]).winner_id


def test_winner_and_loser_move_in_the_transaction_of_the_result(four: Knockout) -> None:
    ids = four.match_ids()
    with trail() as found:
        four.win("W1-1", 4)
    assert four.sides() == {"W1-1": (1, 4), "W1-2": (2, 3), "3RD": (1, None), "W2-1": (4, None)}
    assert [kind for kind, _ in found.events] == ["match_completed", "bracket_updated"]
    assert found.events[1][1]["advanced"] == [[ids["W2-1"], "a", four.seed(4)], [ids["3RD"], "a", four.seed(1)]]
    with read_snapshot() as session:
        keys = {
            row.id: row.key for row in stages.rows_of(session, stages.of_tournament(session, four.tournament_id)[0])
        }
    assert [keys[node_id] for node_id in found.events[1][1]["node_ids"]] == ["3RD", "W2-1"]
    assert [name for name, _ in found.audited] == ["result.confirmed"]


def test_the_same_result_again_moves_nobody(four: Knockout) -> None:
    match_id = four.win("W1-1", 4)
    with trail() as found:
        series.confirm(match_id, games(match_id, four.seed(4)), actor=SYSTEM, now=ended_at(2))
    assert found.events == []


def test_the_stage_is_completed_with_its_last_match_whichever_that_is(four: Knockout) -> None:
    four.play(until="3RD")
    four.win("W2-1", 1)
    assert stage_state(four) == "generated"
    match_id = four.win("3RD", 4)
    assert stage_state(four) == "completed"
    match_resets.reset(match_id, reason=REASON, actor=SYSTEM, now=ended_at(3))
    assert stage_state(four) == "generated"


def test_a_corrected_winner_takes_the_place_of_the_other_one(four: Knockout) -> None:
    match_id = four.win("W1-1", 4)
    with trail() as found:
        series.correct(match_id, games(match_id, four.seed(1)), reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert four.sides() == {"W1-1": (1, 4), "W1-2": (2, 3), "3RD": (4, None), "W2-1": (1, None)}
    assert "bracket_updated" in [kind for kind, _ in found.events]


def test_a_correction_of_the_score_alone_moves_nobody(four: Knockout) -> None:
    match_id = four.win("W1-1", 1)
    score = {four.seed(1): 30, four.seed(4): 2}
    with trail() as found:
        series.correct(match_id, [SeriesGame(1, score)], reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert [kind for kind, _ in found.events] == ["result_corrected"]


@pytest.mark.parametrize("way", ["correct", "void", "reset"])
def test_what_has_begun_is_never_changed_silently(four: Knockout, way: str) -> None:
    match_id = four.win("W1-1", 4)
    four.win("W1-2", 2)
    matches.start_match(four.match_ids()["W2-1"], actor=SYSTEM, now=ended_at(2))
    before = four.sides()
    why = {"reason": REASON, "actor": SYSTEM, "now": ended_at(3)}
    ways: dict[str, Callable[[], object]] = {
        "correct": lambda: series.correct(match_id, games(match_id, four.seed(1)), **why),  # type: ignore[arg-type]  # one dict for all three
        "void": lambda: series.void(match_id, **why),  # type: ignore[arg-type]  # as above
        "reset": lambda: match_resets.reset(match_id, **why),  # type: ignore[arg-type]  # as above
    }
    with trail() as found, pytest.raises(Conflict, match=r"match 4 \(Final is live\)") as refused:
        ways[way]()
    assert refused.value.code == "bracket_moved_on"
    assert (four.sides(), found.events, found.audited) == (before, [], [])


def test_what_is_kept_stays_though_the_way_to_it_is_open_again(four: Knockout) -> None:
    four.play()
    ids = four.match_ids()
    before = four.sides()
    with transaction() as session:
        tournament = session.get_one(Tournament, four.tournament_id)
        match = session.get_one(Match, ids["W1-1"])
        match.state, match.winner_id = "scheduled", None
        kept = {ids["W2-1"], ids["3RD"]}
        assert progression.after_end(session, tournament, match, actor=SYSTEM, now=ended_at(3), keep=kept) == []
    assert four.sides() == before
    assert (four.states()["W2-1"], stage_state(four)) == ("completed", "generated")


def test_reset_empties_the_places_after_it(four: Knockout) -> None:
    match_id = four.win("W1-1", 4)
    match_resets.reset(match_id, reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert four.sides() == {"W1-1": (1, 4), "W1-2": (2, 3), "3RD": (None, None), "W2-1": (None, None)}
    assert set(four.states().values()) == {"scheduled"}


def test_who_is_ready_is_asked_again_when_the_other_side_changes(four: Knockout) -> None:
    match_id = four.win("W1-1", 4)
    final = four.match_ids()["W2-1"]
    four.win("W1-2", 2)
    with transaction() as session:
        match = session.get_one(Match, final)
        match.state, match.ready_a_at, match.ready_b_at = "ready", ended_at(1), ended_at(1)
    series.correct(match_id, games(match_id, four.seed(1)), reason=REASON, actor=SYSTEM, now=ended_at(3))
    with read_snapshot() as session:
        match = session.get_one(Match, final)
        assert (match.state, match.ready_a_at, match.ready_b_at) == ("scheduled", None, None)


def test_a_forfeit_and_a_walk_over_send_the_other_one_on(eight: Knockout) -> None:
    ids = eight.match_ids()
    awards.forfeit(ids["W1-1"], eight.seed(1), reason=REASON, actor=SYSTEM, now=ended_at(1))
    awards.forfeit(ids["W1-2"], eight.seed(5), walk_over=True, reason=REASON, actor=SYSTEM, now=ended_at(1))
    awards.force_win(ids["W1-3"], eight.seed(7), reason=REASON, actor=SYSTEM, now=ended_at(1))
    sides = eight.sides()
    assert (sides["W2-1"], sides["W2-2"]) == ((8, 4), (7, None))
    assert (sides["L1-1"], sides["L1-2"]) == ((1, 5), (2, None))


def test_the_second_grand_final_is_played_only_where_the_first_was_lost_from_above(eight: Knockout) -> None:
    eight.play(until="GF")
    assert eight.sides()["GF"] == (1, 2)
    with trail() as found:
        eight.win("GF", 1)
    assert (eight.states()["GF2"], eight.sides()["GF2"]) == ("cancelled", (None, None))
    assert [kind for kind, _ in found.events] == ["match_completed", "match_cancelled", "bracket_updated"]
    assert stage_state(eight) == "completed"


def test_the_second_grand_final_decides_where_it_is_played(eight: Knockout) -> None:
    eight.play(until="GF")
    eight.win("GF", 2)
    assert (eight.states()["GF2"], eight.sides()["GF2"]) == ("scheduled", (1, 2))
    assert stage_state(eight) == "generated"
    eight.win("GF2", 1)
    assert stage_state(eight) == "completed"


def test_a_corrected_grand_final_brings_the_second_one_back_or_calls_it_off(eight: Knockout) -> None:
    eight.play(until="GF")
    match_id = eight.win("GF", 1)
    series.correct(match_id, games(match_id, eight.seed(2)), reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert (eight.states()["GF2"], eight.sides()["GF2"], stage_state(eight)) == ("scheduled", (1, 2), "generated")
    series.correct(match_id, games(match_id, eight.seed(1)), reason=REASON, actor=SYSTEM, now=ended_at(3))
    assert (eight.states()["GF2"], eight.sides()["GF2"], stage_state(eight)) == ("cancelled", (None, None), "completed")
    assert_standings_are_right(eight.tournament_id)


def test_where_nobody_can_come_whoever_waits_goes_on_and_comes_back_with_the_result(eight: Knockout) -> None:
    ids = eight.match_ids()
    eight.win("W1-1", 1)
    with trail() as found:
        matches.cancel_match(ids["W1-2"], reason=REASON, actor=SYSTEM, now=ended_at(1))
    # Of 4 and 5 nobody goes on: 1 stands in the winners' final, 8 in the losers' second round.
    assert eight.sides()["W3-1"] == (1, None)
    assert eight.sides()["L2-1"] == (None, 8)
    assert {key for key, state in eight.states().items() if state == "cancelled"} == {"W1-2", "W2-1", "L1-1"}
    assert (winner_of(eight, "W2-1"), winner_of(eight, "L1-1")) == (eight.seed(1), eight.seed(8))
    assert [kind for kind, _ in found.events] == [
        "match_cancelled", "match_cancelled", "match_cancelled", "bracket_updated",
    ]  # fmt: skip
    match_resets.reset(ids["W1-2"], reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert {key for key, state in eight.states().items() if state == "cancelled"} == set()
    assert (eight.sides()["W3-1"], eight.sides()["L2-1"]) == ((None, None), (None, None))
    eight.play()
    assert stage_state(eight) == "completed"
    assert_standings_are_right(eight.tournament_id)


def test_a_bracket_ends_though_nobody_is_left_in_half_of_it(four: Knockout) -> None:
    ids = four.match_ids()
    matches.cancel_match(ids["W1-1"], reason=REASON, actor=SYSTEM, now=ended_at(1))
    four.win("W1-2", 3)
    assert winner_of(four, "W2-1") == four.seed(3)
    assert winner_of(four, "3RD") == four.seed(2)
    assert stage_state(four) == "completed"


def test_a_match_of_no_bracket_moves_nobody(four: Knockout) -> None:
    fixture = matches.Fixture("Showmatch", side_a_id=four.seed(1), side_b_id=four.seed(2))
    (match_id,) = matches.schedule(four.tournament_id, [fixture], actor=SYSTEM, now=ended_at(0))
    before = four.sides()
    series.confirm(match_id, games(match_id, four.seed(1)), actor=SYSTEM, now=ended_at(1))
    assert four.sides() == before


def test_downstream_tells_what_a_result_reaches_and_what_of_it_has_begun(eight: Knockout) -> None:
    eight.win("W1-1", 1)
    eight.win("W1-2", 4)
    eight.win("W2-1", 1)
    with read_snapshot() as session:
        found = progression.downstream(session, session.get_one(Match, eight.match_ids()["W1-1"]))
    told = [(one.key, "".join(sorted(one.sides)), one.is_played) for one in found]
    assert told == [
        ("W2-1", "a", True), ("L1-1", "a", False), ("L2-1", "b", False), ("L2-2", "a", False), ("W3-1", "a", False),
        ("L3-1", "ab", False), ("L4-1", "ab", False), ("GF", "ab", False), ("GF2", "ab", False),
    ]  # fmt: skip


def test_the_way_of_a_participant_is_its_matches_in_order(eight: Knockout) -> None:
    eight.play(max)
    with read_snapshot() as session:
        stage = stages.of_tournament(session, eight.tournament_id)[0]
        ids = {match_id: key for key, match_id in eight.match_ids().items()}
        assert [ids[match.id] for match in progression.path(session, stage, eight.seed(8))] == [
            "W1-1", "W2-1", "W3-1", "GF",
        ]  # fmt: skip
        assert [ids[match.id] for match in progression.path(session, stage, eight.seed(1))] == ["W1-1", "L1-1"]


def test_a_result_costs_as_many_statements_in_a_large_bracket(app: Flask) -> None:
    counts = []
    for sides in (8, 64):
        knockout = open_knockout("double-elimination", sides=sides, name=f"Of {sides}")
        match_id = knockout.match_ids()["W1-1"]
        played = games(match_id, knockout.seed(1))
        with count_statements() as found:
            series.confirm(match_id, played, actor=SYSTEM, now=ended_at(1))
        counts.append(len(found))
    assert counts[0] == counts[1]
