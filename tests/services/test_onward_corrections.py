"""Corrections in groups of which a bracket was drawn: its seats follow, what was played there is asked about."""

import random
from typing import Any

import pytest
from flask import Flask

from tests.arenas import ended_at
from tests.disputed import REASON
from tests.invariants import assert_log_is_whole, assert_standings_are_right
from tests.services.league_play import Duel, League, drawn
from webapp.domain.errors import Conflict
from webapp.services.bracketing import next_stages
from webapp.services.disputes import change_previews, corrections, match_memory
from webapp.services.disputes.corrections import Change, ChoicesNeeded, Corrected
from webapp.services.spine import undo
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot

pytestmark = pytest.mark.usefixtures("app")
AT = ended_at(500)
GROUPS = {"groups": 2, "advance": 2, "then": {"format": "single-elimination", "third_place": True}}


@pytest.fixture
def groups(app: Flask) -> League:
    """Group A: 1, 4, 5, 8; group B: 2, 3, 6, 7. The stronger won; 1 and 4, 2 and 3 went on: 1–3 and 2–4 are drawn."""
    groups = drawn("round-robin", 8, GROUPS)
    groups.play(groups.stronger)
    next_stages.start(groups.tournament_id, actor=SYSTEM, now=AT)
    return groups


def by_seed(groups: League, *seeds: int) -> list[int]:
    return [groups.ids[seed - 1] for seed in seeds]


def between(groups: League, *seeds: int, number: int = 1) -> Duel:
    sides = set(by_seed(groups, *seeds))
    return next(duel for duel in groups.duels(number) if {duel.a, duel.b} == sides)


def pairs(groups: League) -> list[tuple[int, int, str]]:
    """The semi-finals by the seeds of the groups, and how they stand."""
    seed_of = {who: seed for seed, who in enumerate(groups.ids, start=1)}
    return [(seed_of[duel.a], seed_of[duel.b or 0], duel.state) for duel in groups.duels(2)[:2]]


def fifth_beats_fourth(groups: League, choices: dict[int, str] | None = None) -> Corrected:
    """5 goes on in the place of 4."""
    return corrections.apply(
        between(groups, 4, 5).match_id, win_of(groups, 5, 4), reason=REASON, choices=choices, actor=SYSTEM, now=AT
    )


def win_of(groups: League, winner: int, loser: int) -> Change:
    a_wins = between(groups, winner, loser).a == by_seed(groups, winner)[0]
    return Change("correct", [[1, 2, 0, None] if a_wins else [1, 0, 2, None]])


def semi(groups: League, seed: int) -> Duel:
    who = by_seed(groups, seed)[0]
    return next(duel for duel in groups.duels(2)[:2] if who in (duel.a, duel.b))


def everything(groups: League) -> tuple[Any, ...]:
    """Every match but for its revision, which only grows, and who stands in the bracket."""
    with read_snapshot() as session:
        faces = match_memory.faces(session, groups.tournament_id)
    return {each: {**face, "revision": 0} for each, face in faces.items()}, groups.stage(2).seeds, groups.stage(2).state


def assert_all_holds(groups: League) -> None:
    assert_standings_are_right(groups.tournament_id)
    assert_log_is_whole(groups.tournament_id)
    open_sides = [side for duel in groups.open_duels(2) for side in (duel.a, duel.b) if side]
    assert len(open_sides) == len(set(open_sides)), "somebody is to play twice at once"


def test_before_the_bracket_begins_its_seats_follow_the_correction(groups: League) -> None:
    before = everything(groups)
    assert pairs(groups) == [(1, 3, "scheduled"), (2, 4, "scheduled")]
    done = fifth_beats_fourth(groups)
    assert pairs(groups) == [(1, 3, "scheduled"), (2, 5, "scheduled")]
    assert groups.stage(2).seeds == by_seed(groups, 1, 2, 5, 3)
    assert_all_holds(groups)
    assert done.undo_id is not None
    undo.undo(done.undo_id, actor=SYSTEM, now=AT)
    assert everything(groups) == before
    assert_all_holds(groups)


def test_what_was_played_in_the_bracket_is_asked_about(groups: League) -> None:
    groups.confirm(semi(groups, 1), (1, 0))
    groups.confirm(semi(groups, 4), (1, 0))
    before = everything(groups)
    with pytest.raises(ChoicesNeeded) as caught:
        fifth_beats_fourth(groups)
    assert caught.value.match_ids == (semi(groups, 4).match_id,)
    assert everything(groups) == before
    impact = change_previews.of_correction(
        between(groups, 4, 5).match_id, win_of(groups, 5, 4), {}, actor=SYSTEM, now=AT
    )
    assert [(each.match_id, each.is_chosen) for each in impact.in_doubt] == [(semi(groups, 4).match_id, False)]
    assert impact.onward == change_previews.Onward(
        tuple(by_seed(groups, 5)), tuple(by_seed(groups, 4)), is_open=False, has_begun=True
    )
    assert everything(groups) == before


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("replay", (2, 5, "scheduled")), ("keep", (2, 4, "completed")), ("void", (2, 5, "cancelled"))],
)
def test_each_choice_does_what_it_says_and_is_undone(
    groups: League, choice: str, expected: tuple[int, int, str]
) -> None:
    groups.play(groups.stronger, number=2)
    before, match_id = everything(groups), semi(groups, 4).match_id
    chosen = dict.fromkeys([match_id, *(duel.match_id for duel in groups.duels(2)[2:])], "replay") | {match_id: choice}
    done = fifth_beats_fourth(groups, chosen if choice != "keep" else {match_id: "keep"})
    assert pairs(groups) == [(1, 3, "completed"), expected]
    # Where one semi-final is off for good whoever won the other waits for nobody.
    finals = {"replay": "scheduled", "keep": "completed", "void": "cancelled"}
    assert {duel.state for duel in groups.duels(2)[2:]} == {finals[choice]}
    assert groups.stage(2).seeds == by_seed(groups, 1, 2, 4 if choice == "keep" else 5, 3)
    assert_all_holds(groups)
    assert done.undo_id is not None
    undo.undo(done.undo_id, actor=SYSTEM, now=AT)
    assert everything(groups) == before
    assert_all_holds(groups)


def test_a_match_that_is_kept_keeps_its_sides_and_nobody_stands_twice(groups: League) -> None:
    # 4 beats 1: the winner and the runner-up of group A change places, one of whose matches is kept.
    groups.confirm(semi(groups, 1), (1, 0))
    match_id = between(groups, 1, 4).match_id
    kept = {semi(groups, 1).match_id: "keep"}
    corrections.apply(match_id, win_of(groups, 4, 1), reason=REASON, choices=kept, actor=SYSTEM, now=AT)
    assert pairs(groups) == [(1, 3, "completed"), (2, 4, "scheduled")]
    assert_all_holds(groups)


def test_a_group_match_to_be_played_again_asks_about_all_that_was_played(groups: League) -> None:
    groups.confirm(semi(groups, 1), (1, 0))
    match_id, begun = between(groups, 4, 5).match_id, semi(groups, 1).match_id
    with pytest.raises(ChoicesNeeded) as caught:
        corrections.apply(match_id, Change("replay"), reason=REASON, actor=SYSTEM, now=AT)
    assert caught.value.match_ids == (begun,)
    corrections.apply(match_id, Change("replay"), reason=REASON, choices={begun: "replay"}, actor=SYSTEM, now=AT)
    assert pairs(groups) == [(1, 3, "scheduled"), (2, 4, "scheduled")]
    with pytest.raises(Conflict, match="The first stage is not over"):
        next_stages.start(groups.tournament_id, actor=SYSTEM, now=AT)
    groups.confirm(between(groups, 4, 5), (0, 1) if between(groups, 4, 5).a == by_seed(groups, 4)[0] else (1, 0))
    next_stages.start(groups.tournament_id, actor=SYSTEM, now=AT)
    assert pairs(groups) == [(1, 3, "scheduled"), (2, 5, "scheduled")]


@pytest.mark.parametrize("chance", range(4))
def test_any_correction_keeps_what_must_hold_and_is_undone(groups: League, chance: int) -> None:
    lot = random.Random(chance)
    semis = lot.sample(groups.duels(2)[:2], lot.randint(0, 2))
    for duel in semis:
        groups.confirm(duel, (1, 0))
    if len(semis) == 2 and chance:
        groups.play(groups.stronger, number=2)
    before, duel = everything(groups), lot.choice(groups.duels())
    games = [[1, 0, 3, None] if duel.winner_id == duel.a else [1, 3, 0, None]]
    chosen: dict[int, str] = {}
    while True:
        try:
            done = corrections.apply(
                duel.match_id, Change("correct", games), reason=REASON, choices=chosen, actor=SYSTEM, now=AT
            )
            break
        except ChoicesNeeded as needed:
            chosen |= {each: lot.choice(["replay", "keep", "void"]) for each in needed.match_ids}
    assert_all_holds(groups)
    assert done.undo_id is not None
    undo.undo(done.undo_id, actor=SYSTEM, now=AT)
    assert everything(groups) == before
    assert_all_holds(groups)
