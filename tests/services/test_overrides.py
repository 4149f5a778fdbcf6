"""Setting placements by hand, taking them back, and what is refused."""

import pytest
from flask import Flask

from tests.arenas import REASON, Arena, ended_at, open_battle_royale, turn_on_the_engine
from tests.invariants import assert_all_is_well, assert_same_board
from tests.services.placements import RULES, person, played, put, rank_now, ranks_set, shown
from tests.trail import trail
from webapp.domain.errors import Conflict, Forbidden, NotFound, ResultError
from webapp.models import Tournament
from webapp.services.matches import results
from webapp.services.ranking import overrides
from webapp.services.ranking.override_checks import Placement, RankTaken
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import transaction
from webapp.services.tournaments import tournaments


@pytest.fixture
def arena(app: Flask) -> Arena:
    """Six squads; the one registered first leads, the last one is last."""
    turn_on_the_engine()
    return played(open_battle_royale(RULES, squads=6, lobbies=3))


@pytest.fixture
def sam(app: Flask) -> Actor:
    return person("sam", "admin")


def test_an_override_is_a_row_with_its_reason_an_event_an_audit_entry_and_a_request(arena: Arena, sam: Actor) -> None:
    who = arena.participant_ids[4]
    with trail() as found:
        outcome = overrides.override(
            arena.tournament_id, who, 2, reason=f"  {REASON} ", actor=sam, now=ended_at(10)
        )  # fmt: skip
    assert outcome[0] is True
    assert (outcome.participant_id, outcome.previous_rank, outcome.new_rank) == (who, 5, 2)
    (event,) = found.rows
    assert (event.type, event.registration_id, event.actor_id, event.seq) == (
        "placement_overridden", who, sam.user_id, outcome.seq,
    )  # fmt: skip
    assert event.data == {
        "override_id": outcome.override_id, "participant_id": who, "previous_rank": 5, "new_rank": 2,
        "is_restored": False,
    }  # fmt: skip
    assert found.audited == [
        (
            "placement.overridden",
            {
                "override_id": outcome.override_id, "registration_id": who, "before": 5, "after": 2, "reason": REASON,
            },
        )
    ]  # fmt: skip
    key = str(arena.tournament_id)
    assert found.wanted == [("publish", key), ("rank", key), ("route", key)]
    rank_now(arena)
    assert shown(arena) == shown(arena, "official") == [0, 4, 1, 2, 3, 5]
    assert_all_is_well(arena.tournament_id)


def test_several_at_once_and_one_after_the_other_stand_exactly_where_they_were_put(arena: Arena, sam: Actor) -> None:
    ids = arena.participant_ids
    outcomes = overrides.override_all(
        arena.tournament_id, [Placement(ids[5], 1), Placement(ids[0], 6)], reason=REASON, actor=sam, now=ended_at(10)
    )
    assert [(one.changed, one.previous_rank, one.new_rank) for one in outcomes] == [(True, 6, 1), (True, 1, 6)]
    rank_now(arena)
    assert shown(arena) == [5, 1, 2, 3, 4, 0]
    put(arena, 4, 3)
    rank_now(arena)
    assert shown(arena) == [5, 1, 4, 2, 3, 0]
    assert_all_is_well(arena.tournament_id)


def test_the_overridden_may_change_places_in_one_request(arena: Arena) -> None:
    put(arena, 0, 2)
    put(arena, 1, 1)
    ids = arena.participant_ids
    overrides.override_all(
        arena.tournament_id, [Placement(ids[0], 1), Placement(ids[1], 2)], reason=REASON, actor=SYSTEM, now=ended_at(11)
    )
    rank_now(arena)
    assert (shown(arena), ranks_set(arena)) == ([0, 1, 2, 3, 4, 5], {0: 1, 1: 2})
    assert_all_is_well(arena.tournament_id)


def test_the_same_rank_again_changes_nothing_and_says_so(arena: Arena, sam: Actor) -> None:
    first = put(arena, 4, 2, actor=sam)
    rank_now(arena)
    with trail() as found:
        again = put(arena, 4, 2, actor=sam, now=11)
    assert (again.changed, again.override_id, again.new_rank) == (False, first.override_id, 2)
    assert (found.events, found.audited, found.wanted) == ([], [], [])


def test_another_rank_takes_the_place_of_the_first_and_both_stay_in_the_history(arena: Arena, sam: Actor) -> None:
    first = put(arena, 4, 2, actor=sam)
    rank_now(arena)
    second = put(arena, 4, 3, actor=sam, now=11)
    assert (second.previous_rank, second.new_rank, second.changed) == (2, 3, True)
    rank_now(arena)
    assert shown(arena) == [0, 1, 4, 2, 3, 5]
    newest, oldest = overrides.history(arena.tournament_id, actor=sam)
    assert (newest.override_id, newest.restored_at, newest.replaced_by) == (second.override_id, None, None)
    assert (oldest.override_id, oldest.restored_by_id, oldest.restored_at, oldest.replaced_by) == (
        first.override_id, sam.user_id, ended_at(11), second.override_id,
    )  # fmt: skip
    assert overrides.history(arena.tournament_id, actor=sam, before_id=second.override_id) == [oldest]


def test_restoring_brings_the_computed_rank_back(arena: Arena, sam: Actor) -> None:
    put(arena, 4, 1, actor=sam)
    kept = put(arena, 5, 2, actor=sam)
    rank_now(arena)
    assert shown(arena) == [4, 5, 0, 1, 2, 3]
    with trail() as found:
        outcome = overrides.restore(kept.override_id, actor=sam, now=ended_at(12), reason="It was the other squad")
    assert (outcome.changed, outcome.previous_rank, outcome.new_rank) == (True, 2, 6)
    assert found.events == [
        (
            "placement_overridden",
            {
                "override_id": kept.override_id, "participant_id": arena.participant_ids[5], "previous_rank": 2,
                "new_rank": 6, "is_restored": True,
            },
        )
    ]  # fmt: skip
    assert found.audited == [
        (
            "placement.restored",
            {
                "override_id": kept.override_id, "registration_id": arena.participant_ids[5], "before": 2, "after": 6,
                "reason": "It was the other squad",
            },
        )
    ]  # fmt: skip
    rank_now(arena)
    assert shown(arena) == [4, 0, 1, 2, 3, 5]
    with trail() as found:
        again = overrides.restore(kept.override_id, actor=sam, now=ended_at(13))
    assert (again.changed, found.events, found.audited) == (False, [], [])
    past = {one.override_id: one for one in overrides.history(arena.tournament_id, actor=sam)}[kept.override_id]
    assert (past.actor_id, past.created_at, past.previous_rank, past.new_rank, past.reason) == (
        sam.user_id, ended_at(10), 6, 2, REASON,
    )  # fmt: skip
    assert (past.restored_by_id, past.restored_at, past.replaced_by) == (sam.user_id, ended_at(12), None)
    assert_all_is_well(arena.tournament_id)


@pytest.mark.parametrize(
    ("rank", "reason", "code", "paths"),
    [
        (0, REASON, "invalid_result", ["placements[0].new_rank"]),
        (-1, REASON, "invalid_result", ["placements[0].new_rank"]),
        (7, REASON, "invalid_result", ["placements[0].new_rank"]),
        (2, "", "invalid_result", ["reason"]),
        (2, " nine long ", "invalid_result", ["reason"]),
        (2, "x" * 501, "invalid_result", ["reason"]),
        (0, "no", "invalid_result", ["placements[0].new_rank", "reason"]),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    arena: Arena, rank: int, reason: str, code: str, paths: list[str]
) -> None:
    with trail() as found, pytest.raises(ResultError) as refused:
        overrides.override(
            arena.tournament_id, arena.participant_ids[0], rank, reason=reason, actor=SYSTEM, now=ended_at(10)
        )  # fmt: skip
    assert (refused.value.code, [field.path for field in refused.value.fields]) == (code, paths)
    assert (found.events, found.audited, found.wanted, ranks_set(arena)) == ([], [], [], {})


def test_all_wrong_values_of_a_request_are_named_at_once_and_none_is_taken(arena: Arena) -> None:
    ids = arena.participant_ids
    registrations.withdraw(ids[5], actor=SYSTEM, now=ended_at(9))
    with pytest.raises(ResultError) as refused:
        overrides.override_all(
            arena.tournament_id,
            [Placement(ids[1], 1), Placement(ids[2], 9), Placement(ids[5], 2), Placement(ids[1], 3)],
            reason=REASON, actor=SYSTEM, now=ended_at(10),
        )  # fmt: skip
    assert [(field.path, field.message) for field in refused.value.fields] == [
        ("placements[1].new_rank", "must be a rank from 1 to 5"),
        ("placements[2].participant_id", "is not on the board"),
        ("placements[3].participant_id", "is given two ranks"),
    ]
    assert ranks_set(arena) == {}


@pytest.mark.parametrize("placements", [[], [Placement(1, 1)] * 51])
def test_no_placements_and_endless_ones_are_refused(arena: Arena, placements: list[Placement]) -> None:
    with pytest.raises(ResultError, match="give between 1 and 50 placements"):
        overrides.override_all(arena.tournament_id, placements, reason=REASON, actor=SYSTEM, now=ended_at(10))


def test_two_on_one_rank_are_refused_with_who_holds_it(arena: Arena) -> None:
    put(arena, 4, 2)
    with pytest.raises(RankTaken) as refused:
        put(arena, 3, 2)
    holder = arena.participant_ids[4]
    assert (refused.value.code, refused.value.holders) == ("rank_taken", {2: holder})
    assert refused.value.message == f"No two participants can have one rank: rank 2 is held by participant {holder}."
    ids = arena.participant_ids
    with pytest.raises(RankTaken) as refused:
        overrides.override_all(
            arena.tournament_id, [Placement(ids[1], 5), Placement(ids[2], 5)], reason=REASON, actor=SYSTEM,
            now=ended_at(10),
        )  # fmt: skip
    assert refused.value.holders == {5: ids[1]}
    assert ranks_set(arena) == {4: 2}


def test_participants_of_other_tournaments_and_unknown_ones_are_not_found(arena: Arena) -> None:
    other = open_battle_royale(RULES, name="Other")
    for tournament_id, who in (
        (arena.tournament_id, other.participant_ids[0]),
        (arena.tournament_id, 9999),
        (arena.tournament_id, 2**70),
    ):
        with pytest.raises(NotFound, match=f"Participant {who} is not in tournament"):
            overrides.override(tournament_id, who, 1, reason=REASON, actor=SYSTEM, now=ended_at(10))
    with pytest.raises(NotFound, match="There is no tournament 9999"):
        overrides.override(9999, arena.participant_ids[0], 1, reason=REASON, actor=SYSTEM, now=ended_at(10))
    with pytest.raises(NotFound, match="There is no override 9999"):
        overrides.restore(9999, actor=SYSTEM, now=ended_at(10))


@pytest.mark.parametrize("role", ["spectator", "player", "organizer"])
def test_nobody_but_staff_overrides_restores_previews_or_reads_the_history(arena: Arena, role: str) -> None:
    override_id = put(arena, 4, 2).override_id
    somebody = person("olga", role)
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).organizer_id = somebody.user_id
    with trail() as found:
        with pytest.raises(Forbidden):
            put(arena, 0, 3, actor=somebody)
        with pytest.raises(Forbidden):
            overrides.restore(override_id, actor=somebody, now=ended_at(10))
        with pytest.raises(Forbidden):
            overrides.preview(arena.tournament_id, [], actor=somebody)
        with pytest.raises(Forbidden):
            overrides.history(arena.tournament_id, actor=somebody)
    assert (found.events, found.audited, ranks_set(arena)) == ([], [], {4: 2})


def test_an_archived_tournament_takes_no_override_and_gives_none_back(arena: Arena) -> None:
    override_id = put(arena, 4, 2).override_id
    for match_id in arena.match_ids[1:]:
        results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(10))
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(11))
    tournaments.archive(arena.tournament_id, actor=SYSTEM, now=ended_at(12))
    with pytest.raises(Conflict, match="is archived"):
        put(arena, 3, 1)
    with pytest.raises(Conflict, match="is archived"):
        overrides.restore(override_id, actor=SYSTEM, now=ended_at(13))


def test_a_preview_shows_both_boards_and_writes_nothing(arena: Arena, sam: Actor) -> None:
    ids = arena.participant_ids
    held = put(arena, 5, 1, actor=sam)
    rank_now(arena)
    with trail() as found:
        seen = overrides.preview(
            arena.tournament_id, [Placement(ids[4], 2)], actor=sam, restoring=[held.override_id]
        )  # fmt: skip
    assert (found.events, found.audited, found.wanted) == ([], [], [])
    before, after = (
        board.standings.participant_id[board.ranking.order].tolist() for board in (seen.before, seen.after)
    )
    assert before == [ids[5], ids[0], ids[1], ids[2], ids[3], ids[4]]
    assert after == [ids[0], ids[4], ids[1], ids[2], ids[3], ids[5]]
    assert shown(arena) == [5, 0, 1, 2, 3, 4]
    put(arena, 4, 2, actor=sam)
    overrides.restore(held.override_id, actor=sam, now=ended_at(12))
    rank_now(arena)
    published = assert_all_is_well(arena.tournament_id)
    assert_same_board(published.board, seen.after, "what was previewed")


def test_a_preview_refuses_what_saving_would_refuse(arena: Arena) -> None:
    put(arena, 5, 1)
    with pytest.raises(RankTaken):
        overrides.preview(arena.tournament_id, [Placement(arena.participant_ids[2], 1)], actor=SYSTEM)
    with pytest.raises(ResultError):
        overrides.preview(arena.tournament_id, [Placement(arena.participant_ids[2], 7)], actor=SYSTEM)
    with pytest.raises(ResultError):
        overrides.preview(arena.tournament_id, [], actor=SYSTEM)
