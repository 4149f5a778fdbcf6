"""Corrections by the services: what follows in a bracket is chosen, previewed as it happens, and undone exactly."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.arenas import ended_at, open_battle_royale
from tests.disputed import REASON
from tests.invariants import assert_board_is_right, assert_log_is_whole, assert_standings_are_right
from tests.knockouts import Knockout, open_knockout
from tests.trail import trail
from webapp.domain.errors import Conflict, Forbidden, ResultError
from webapp.models import Tournament
from webapp.services.disputes import change_previews, corrections, match_memory
from webapp.services.disputes.corrections import Change, ChoicesNeeded, Corrected
from webapp.services.matches import awards, match_resets, results
from webapp.services.matches.matches import cancel_match, start_match
from webapp.services.ranking import ranking
from webapp.services.spine import undo
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot

pytestmark = pytest.mark.usefixtures("engine", "app")
AT = ended_at(50)
FOR_A, FOR_B = [[1, 1, 0, None]], [[1, 0, 1, None]]


@pytest.fixture
def cup(app: Flask) -> Knockout:
    """Four sides, all played: 1 beat 4, 2 beat 3, 1 beat 2 in the final."""
    cup = open_knockout(sides=4)
    cup.play()
    return cup


def correct(cup: Knockout, key: str, change: Change, choices: dict[str, str] | None = None) -> Corrected:
    ids = cup.match_ids()
    chosen = {ids[key]: choice for key, choice in (choices or {}).items()}
    return corrections.apply(ids[key], change, reason=REASON, choices=chosen, actor=SYSTEM, now=AT)


def faces(cup: Knockout) -> dict[int, dict[str, Any]]:
    """Every match as it is, but for its revision, which only grows."""
    with read_snapshot() as session:
        return {
            match_id: {name: value for name, value in face.items() if name != "revision"}
            for match_id, face in match_memory.faces(session, cup.tournament_id).items()
        }


def board(cup: Knockout) -> list[tuple[int, int]]:
    """Participants and points by rank, after everything that must hold was looked at."""
    ranking.rank_due(cup.tournament_id, now=AT)
    published = assert_board_is_right(cup.tournament_id).board
    assert_standings_are_right(cup.tournament_id)
    assert_log_is_whole(cup.tournament_id)
    table = published.standings
    rows = zip(table.participant_id.tolist(), table.columns["points"].tolist(), strict=True)
    return sorted(rows, key=lambda row: published.ranking.ranks[table.participant_id.tolist().index(row[0])])


def test_what_was_played_on_the_old_outcome_is_never_changed_silently(cup: Knockout) -> None:
    before = faces(cup)
    with pytest.raises(ChoicesNeeded) as refusal:
        correct(cup, "W1-1", Change("correct", FOR_B))
    assert refusal.value.match_ids == (cup.match_ids()["W2-1"],)
    with pytest.raises(ResultError):
        correct(cup, "W1-1", Change("correct", FOR_B), {"W2-1": "forget"})
    assert faces(cup) == before


@pytest.mark.parametrize(
    ("choice", "state", "sides"),
    [("replay", "scheduled", (4, 2)), ("keep", "completed", (1, 2)), ("void", "cancelled", (4, 2))],
)
def test_each_choice_does_what_it_says(cup: Knockout, choice: str, state: str, sides: tuple[int, int]) -> None:
    assert correct(cup, "W1-1", Change("correct", FOR_B), {"W2-1": choice}).changed
    assert (cup.states()["W2-1"], cup.sides()["W2-1"]) == (state, sides)
    winner = cup.seed(4)
    assert dict(board(cup))[winner] == 3
    if choice == "replay":
        cup.win("W2-1", 4)
        assert board(cup)[0] == (winner, 6)


def test_a_score_that_changes_no_winner_touches_nothing_else(app: Flask) -> None:
    cup = open_knockout(sides=4, best_of={"default": 3})
    cup.play()
    final = faces(cup)[cup.match_ids()["W2-1"]]
    done = correct(cup, "W1-1", Change("correct", [[1, 1, 0, None], [2, 0, 1, None], [3, 1, 0, None]]))
    assert done.changed
    assert done.undo_id is not None
    assert faces(cup)[cup.match_ids()["W2-1"]] == final
    assert not correct(cup, "W1-1", Change("correct", [[1, 1, 0, None], [2, 0, 1, None], [3, 1, 0, None]])).changed


@pytest.mark.parametrize(
    ("change", "choice"),
    [
        (Change("correct", FOR_B), "replay"),
        (Change("correct", FOR_B), "keep"),
        (Change("correct", FOR_B), "void"),
        (Change("void"), "replay"),
        (Change("replay"), "void"),
    ],
)
def test_undo_restores_exactly_what_was(cup: Knockout, change: Change, choice: str) -> None:
    before, places = faces(cup), board(cup)
    done = correct(cup, "W1-1", change, {"W2-1": choice})
    assert faces(cup) != before
    board(cup)
    assert done.undo_id is not None
    with trail() as found:
        assert undo.undo(done.undo_id, actor=SYSTEM, now=AT).changed
    assert found.audited[-1][0] == "action.undone"
    assert faces(cup) == before
    assert board(cup) == places
    assert not undo.undo(done.undo_id, actor=SYSTEM, now=AT).changed


def test_a_forfeit_is_corrected_and_its_undo_brings_the_games_back(cup: Knockout) -> None:
    before, places = faces(cup), board(cup)
    ids = cup.match_ids()
    done = corrections.apply(
        ids["W2-1"], Change("forfeit", lost_by=cup.seed(1)), reason=REASON, actor=SYSTEM, now=AT
    )  # fmt: skip
    assert cup.states()["W2-1"] == "forfeit"
    assert board(cup) != places
    again = corrections.apply(ids["W2-1"], Change("correct", FOR_B), reason=REASON, actor=SYSTEM, now=AT)
    assert again.undo_id is not None
    assert done.undo_id is not None
    undo.undo(again.undo_id, actor=SYSTEM, now=AT)
    assert cup.states()["W2-1"] == "forfeit"
    # The later action was taken back, but the match has other revisions: the earlier undo would not know what it does.
    with pytest.raises(Conflict) as refusal:
        undo.undo(done.undo_id, actor=SYSTEM, now=AT)
    assert refusal.value.code == "undo_overtaken"
    assert before != faces(cup)


def test_an_undo_is_refused_when_something_happened_since_or_it_is_too_late(cup: Knockout) -> None:
    done = correct(cup, "W1-1", Change("correct", FOR_B), {"W2-1": "replay"})
    assert done.undo_id is not None
    with pytest.raises(Conflict) as refusal:
        undo.undo(done.undo_id, actor=SYSTEM, now=AT + undo.UNDOABLE_FOR + timedelta(seconds=1))
    assert refusal.value.code == "undo_expired"
    with pytest.raises(Forbidden):
        undo.undo(done.undo_id, actor=Actor(None, "player"), now=AT)
    cup.win("W2-1", 4)
    now = faces(cup)
    with pytest.raises(Conflict) as refusal:
        undo.undo(done.undo_id, actor=SYSTEM, now=AT)
    assert refusal.value.code == "undo_overtaken"
    assert faces(cup) == now


def test_a_preview_writes_nothing_and_says_what_will_be(cup: Knockout) -> None:
    before, ids = faces(cup), cup.match_ids()
    with trail() as found:
        seen = change_previews.of_correction(ids["W1-1"], Change("correct", FOR_B), {}, actor=SYSTEM, now=AT)
    assert (found.events, found.audited, faces(cup)) == ([], [], before)
    assert seen.needs_choice
    assert [(doubt.match_id, doubt.choice) for doubt in seen.in_doubt] == [(ids["W2-1"], "replay")]
    correct(cup, "W1-1", Change("correct", FOR_B), {"W2-1": "replay"})
    with read_snapshot() as session:
        after = match_memory.faces(session, cup.tournament_id)
    assert {change.match_id: change.after for change in seen.matches} == {
        match_id: face for match_id, face in after.items() if match_id in (ids["W1-1"], ids["W2-1"])
    }
    ranks = {row.participant_id: row.rank_after for row in seen.ranks}
    places = [who for who, _ in board(cup)]
    assert all(places[(rank or 0) - 1] == who for who, rank in ranks.items())
    assert {told.event for told in seen.told} >= {"result_corrected", "result_voided", "match_scheduled"}


@pytest.mark.parametrize("chance", range(4))
def test_any_correction_of_a_double_elimination_keeps_what_must_hold_and_is_undone(app: Flask, chance: int) -> None:
    drawn = random.Random(chance)
    cup = open_knockout("double-elimination", sides=drawn.choice([4, 6, 8]))
    cup.play(lambda a, b: drawn.choice([a, b]))
    keys = [key for key, state in cup.states().items() if state == "completed"]
    key = drawn.choice(keys)
    change = drawn.choice([Change("correct", FOR_A), Change("correct", FOR_B), Change("void"), Change("replay")])
    before, places = faces(cup), board(cup)
    choices: dict[int, str] = {}
    done = None
    while done is None:
        try:
            done = corrections.apply(cup.match_ids()[key], change, reason=REASON, choices=choices, actor=SYSTEM, now=AT)
        except ChoicesNeeded as needed:
            choices |= {match_id: drawn.choice(["replay", "keep", "void"]) for match_id in needed.match_ids}
    board(cup)
    if done.undo_id is not None:
        undo.undo(done.undo_id, actor=SYSTEM, now=AT)
    assert faces(cup) == before
    assert board(cup) == places


def test_a_lobby_is_taken_out_and_put_back(app: Flask) -> None:
    arena = open_battle_royale()
    first = arena.match_ids[0]
    results.confirm(first, arena.lines(first), actor=SYSTEM, now=ended_at(1))
    cup = Knockout(arena.tournament_id, arena.participant_ids)
    before, places = faces(cup), board(cup)
    done = corrections.apply(first, Change("void"), reason=REASON, actor=SYSTEM, now=AT)
    assert sum(points for _, points in board(cup)) == 0
    assert done.undo_id is not None
    undo.undo(done.undo_id, actor=SYSTEM, now=AT)
    assert (faces(cup), board(cup)) == (before, places)
    with read_snapshot() as session:
        assert session.get_one(Tournament, arena.tournament_id).status == "live"


def test_what_ended_a_match_is_undone_and_the_bracket_with_it(app: Flask) -> None:
    cup = open_knockout(sides=4)
    ids = cup.match_ids()
    start_match(ids["W1-1"], actor=SYSTEM, now=AT)
    before, places = faces(cup), board(cup)
    organizer = Actor(None, "admin")
    actions: list[Callable[[], object]] = [
        lambda: cancel_match(ids["W1-1"], reason=REASON, actor=organizer, now=AT),
        lambda: cup.win("W1-1", 1, now=AT),
        lambda: awards.force_win(ids["W1-1"], cup.seed(4), reason=REASON, actor=organizer, now=AT),
        lambda: awards.forfeit(ids["W1-1"], cup.seed(4), walk_over=True, reason=REASON, actor=organizer, now=AT),
    ]
    for act in actions:
        act()
        assert faces(cup) != before
        undo_id = undo.newest_of(cup.tournament_id, actor=organizer, now=AT)
        assert undo_id is not None
        assert undo.undo(undo_id, actor=organizer, now=AT).changed
        assert (faces(cup), board(cup)) == (before, places)
    assert undo.newest_of(cup.tournament_id, actor=organizer, now=AT) is None


def test_a_confirmation_on_which_the_bracket_has_moved_on_is_not_undone(app: Flask) -> None:
    cup = open_knockout(sides=4)
    cup.win("W1-1", 1, now=AT)
    undo_id = undo.newest_of(cup.tournament_id, actor=SYSTEM, now=AT)
    assert undo_id is not None
    cup.win("W1-2", 2, now=AT)
    cup.win("W2-1", 2, now=AT)
    with pytest.raises(Conflict) as refusal:
        undo.undo(undo_id, actor=SYSTEM, now=AT)
    assert refusal.value.code == "bracket_moved_on"


def test_a_reset_is_undone_with_its_result(app: Flask) -> None:
    cup = open_knockout(sides=4)
    cup.win("W1-1", 1, now=AT)
    before, places = faces(cup), board(cup)
    match_resets.reset(cup.match_ids()["W1-1"], reason=REASON, actor=SYSTEM, now=AT)
    assert faces(cup) != before
    undo_id = undo.newest_of(cup.tournament_id, actor=SYSTEM, now=AT)
    assert undo_id is not None
    undo.undo(undo_id, actor=SYSTEM, now=AT)
    assert (faces(cup), board(cup)) == (before, places)
