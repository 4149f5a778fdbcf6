"""Match point in a running tournament, and winners who are not the winners any more."""

from collections.abc import Sequence

import pytest
from flask import Flask

from tests.arenas import REASON, Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.invariants import assert_all_is_well
from tests.trail import trail
from webapp.domain.errors import Conflict
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.models import Match, Tournament
from webapp.services.matches import matches, results
from webapp.services.ranking import adjustments, ranking
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

TEN_FOR_A_WIN = {"placement_points": [10], "cascade": ["points", "kills"]}
MATCH_POINT = TEN_FOR_A_WIN | {"match_point": {"threshold": 10}}


def play(arena: Arena, number: int, winner: int, now: int | None = None) -> None:
    results.confirm(arena.match_ids[number - 1], lines(arena, winner), actor=SYSTEM, now=ended_at(now or number))


def lines(arena: Arena, winner: int) -> list[Line]:
    """The winner by its place among the participants; the others follow in their order, each with a kill less."""
    ids = list(arena.participant_ids)
    order = [ids[winner], *(who for who in ids if who != ids[winner])]
    return [Line(who, place, 9 - ids.index(who)) for place, who in enumerate(order, start=1)]


def needs_review(arena: Arena) -> bool:
    with read_snapshot() as session:
        return session.get_one(Tournament, arena.tournament_id).requires_review


def states(arena: Arena) -> list[str]:
    with read_snapshot() as session:
        return [session.get_one(Match, match_id).state for match_id in arena.match_ids]


def correct(arena: Arena, number: int, winner: int, now: int) -> None:
    results.correct(
        arena.match_ids[number - 1], lines(arena, winner), reason=REASON, actor=SYSTEM, now=ended_at(now)
    )  # fmt: skip


@pytest.fixture
def decided(app: Flask) -> Arena:
    """Of four matches the first two went to the first participant, who thereby won by match point."""
    turn_on_the_engine()
    arena = open_battle_royale(MATCH_POINT, squads=4, lobbies=4)
    play(arena, 1, winner=0)
    play(arena, 2, winner=0)
    return arena


def test_a_match_after_the_decision_cannot_be_confirmed(decided: Arena) -> None:
    with trail() as found, pytest.raises(Conflict) as refused:
        play(decided, 3, winner=1)
    assert refused.value.code == "tournament_decided"
    assert refused.value.message.startswith(
        f"Match 2 decided tournament {decided.tournament_id} by its match-point rule; match 3 comes after it"
    )
    assert (found.events, found.audited) == ([], [])
    # The answer to a repeated request stays what it was.
    assert not results.confirm(decided.match_ids[1], lines(decided, 0), actor=SYSTEM, now=ended_at(9)).changed


def test_an_earlier_match_that_was_left_out_can_still_be_confirmed(app: Flask) -> None:
    arena = open_battle_royale(MATCH_POINT, squads=4, lobbies=4)
    play(arena, 2, winner=0)
    play(arena, 3, winner=0)
    play(arena, 1, winner=1)
    with pytest.raises(Conflict, match="Match 3 decided"):
        play(arena, 4, winner=1)


def test_a_correction_of_the_deciding_match_opens_the_next_ones_again(decided: Arena) -> None:
    correct(decided, 2, winner=1, now=3)
    play(decided, 3, winner=2, now=4)
    assert states(decided) == ["completed", "completed", "completed", "scheduled"]


def test_at_the_cap_the_tournament_is_decided_too(app: Flask) -> None:
    arena = open_battle_royale(TEN_FOR_A_WIN | {"match_point": {"threshold": 99, "cap": 2}}, squads=3, lobbies=3)
    play(arena, 1, winner=0)
    play(arena, 2, winner=1)
    with pytest.raises(Conflict, match="Match 2 decided"):
        play(arena, 3, winner=2)


def test_completing_drops_what_was_planned_for_after_the_decision(decided: Arena) -> None:
    with trail() as found:
        tournaments.complete(decided.tournament_id, actor=SYSTEM, now=ended_at(5))
    assert states(decided) == ["completed", "completed", "cancelled", "cancelled"]
    assert [name for name, _ in found.events] == [
        "match_cancelled", "match_cancelled", "rank_update", "tournament_completed"
    ]  # fmt: skip
    assert found.audited[0][1]["reason"] == "Match 2 decided the tournament by its match-point rule."
    declared = found.events[-1][1]
    assert (declared["winner_id"], declared["determination_method"], declared["requires_review"]) == (
        decided.participant_ids[0], "match_point", False,
    )  # fmt: skip
    assert_all_is_well(decided.tournament_id)


def test_an_end_before_anybody_won_by_match_point_asks_for_review(app: Flask) -> None:
    arena = open_battle_royale(MATCH_POINT, squads=4, lobbies=1)
    play(arena, 1, winner=0)
    with trail() as found:
        tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(5))
    assert (found.events[-1][1]["determination_method"], found.events[-1][1]["requires_review"]) == ("normal", True)


def test_a_correction_that_takes_the_champion_away_after_the_end_asks_for_review_until_it_is_undone(
    decided: Arena,
) -> None:
    tournaments.complete(decided.tournament_id, actor=SYSTEM, now=ended_at(5))
    first, second, third, _ = decided.participant_ids
    with trail() as found:
        correct(decided, 1, winner=1, now=6)
    # Both have one win now; the first has more kills, but nobody has won by match point.
    now_says = {
        "winner_id": first, "runner_up_id": second, "third_place_id": third, "determination_method": "normal",
        "requires_review": True,
    }  # fmt: skip
    assert needs_review(decided)
    assert [name for name, _ in found.events] == ["result_corrected", "review_requested"]
    assert found.events[1][1] == now_says
    declared = now_says | {"determination_method": "match_point", "requires_review": False}
    assert found.audited[1] == ("tournament.review_requested", {"before": declared, "after": now_says})
    with trail() as found:
        correct(decided, 1, winner=0, now=7)
    assert not needs_review(decided)
    assert [name for name, _ in found.events] == ["result_corrected", "review_withdrawn"]
    assert found.events[1][1] == declared
    ranking.rank_due(decided.tournament_id, now=ended_at(8))
    assert_all_is_well(decided.tournament_id)


def finished(app: Flask) -> Arena:
    arena = open_battle_royale(TEN_FOR_A_WIN, squads=4, lobbies=2)
    play(arena, 1, winner=0)
    play(arena, 2, winner=1)
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(5))
    return arena


def test_any_change_after_the_end_that_moves_the_first_three_asks_for_review(app: Flask) -> None:
    changes: Sequence[tuple[str, object]] = (
        ("void", lambda arena: results.void(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=ended_at(6))),
        ("correct", lambda arena: correct(arena, 1, winner=3, now=6)),
        (
            "adjust",
            lambda arena: adjustments.adjust(
                arena.tournament_id, arena.participant_ids[0], kind="penalty", points=-9, reason=REASON, actor=SYSTEM,
                now=ended_at(6),
            ),
        ),
    )  # fmt: skip
    for what, change in changes:
        arena = finished(app)
        with trail() as found:
            change(arena)  # type: ignore[operator]  # a function of the arena
        assert found.events[-1][0] == "review_requested", what
        assert needs_review(arena), what


def test_a_change_that_leaves_the_first_three_asks_nobody(app: Flask) -> None:
    arena = finished(app)
    fourth = arena.participant_ids[3]
    with trail() as found:
        adjustments.adjust(
            arena.tournament_id, fourth, kind="penalty", points=-1, reason=REASON, actor=SYSTEM, now=ended_at(6)
        )
    assert [name for name, _ in found.events] == ["adjustment_recorded"]
    assert not needs_review(arena)


def test_before_the_end_nobody_is_asked(app: Flask) -> None:
    arena = open_battle_royale(TEN_FOR_A_WIN, squads=4, lobbies=2)
    play(arena, 1, winner=0)
    with trail() as found:
        correct(arena, 1, winner=2, now=2)
    assert [name for name, _ in found.events] == ["result_corrected"]
    matches.cancel_match(arena.match_ids[1], reason=REASON, actor=SYSTEM, now=ended_at(3))
    assert not needs_review(arena)
