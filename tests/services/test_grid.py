from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, Arena, ended_at, names, open_battle_royale, open_league, turn_on_the_engine
from tests.statements import count_statements
from tests.trail import trail
from webapp.domain.errors import Conflict, DomainError, Forbidden, NotFound, ResultError
from webapp.domain.grid import Cells
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.models import Match, TournamentOfficial, User
from webapp.services.matches import grid, matches, results
from webapp.services.matches.grid_reads import MOST_ROWS
from webapp.services.matches.grid_view import GridMode, Typed
from webapp.services.pages.match_view import MatchPhase
from webapp.services.ranking import ranking
from webapp.services.registration import registrations
from webapp.services.spine import undo
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments


def person(handle: str, role: str) -> Actor:
    with transaction() as session:
        user = User(handle=handle, handle_key=handle, role=role, created_at=OPENED_AT)
        session.add(user)
        session.flush()
        return Actor(user.id, role)


@pytest.fixture
def olga(app: Flask) -> Actor:
    turn_on_the_engine()
    return person("olga", "organizer")


@pytest.fixture
def arena(olga: Actor) -> Arena:
    return open_battle_royale(squads=4, lobbies=3, organizer_id=olga.user_id)


def typed(arena: Arena, *rows: str, revision: int = 0, accepts: bool = False, **more: str) -> Typed:
    """Rows of the participants in their order, each `placement kills`; `_` is a blank cell."""
    cells = [row.replace("_", "").split(" ") for row in rows]
    filled = [Cells(who, *values) for who, values in zip(arena.participant_ids, cells, strict=False)]
    return Typed(filled, revision, accepts_warnings=accepts, **more)  # type: ignore[arg-type]  # only texts are given


WHOLE = ("1 5", "2 3", "3 1", "DNF 0")


def confirmed(arena: Arena, actor: Actor, place: int = 0, rows: tuple[str, ...] = WHOLE) -> None:
    grid.confirm(arena.match_ids[place], typed(arena, *rows), actor=actor, now=ended_at(place + 1))
    ranking.rank_due(arena.tournament_id, now=ended_at(place + 1))


def test_a_match_before_its_result_is_an_empty_grid(arena: Arena, olga: Actor) -> None:
    view = grid.read_grid(arena.match_ids[1], actor=olga)
    assert (view.mode, view.revision, view.closed_because, view.may_correct) == (GridMode.ENTER, 0, None, True)
    assert [(row.name, row.cells.is_blank, row.points, row.errors) for row in view.rows] == [
        (name, True, None, {}) for name in names(4)
    ]
    assert (view.head.number, view.head.phase, view.head.last_change) == (2, MatchPhase.UPCOMING, None)
    assert (view.head.previous_id, view.head.following_id) == (arena.match_ids[0], arena.match_ids[2])
    assert (view.typed_count, view.expected_count, view.places, view.side_size) == (0, 4, 4, 4)
    assert view.for_script["rules"] == {"placement_points": [12, 9, 7, 5, 4, 3, 2, 1], "points_per_kill": 1}


def test_a_confirmed_match_shows_what_counts_and_who_said_so(arena: Arena, olga: Actor) -> None:
    confirmed(arena, olga)
    view = grid.read_grid(arena.match_ids[0], actor=olga)
    assert (view.mode, view.revision, view.lines, view.changes) == (GridMode.CORRECT, 1, view.lines, ())
    assert [(row.cells[1:], row.points) for row in view.rows] == [
        (("1", "5", ""), 17), (("2", "3", ""), 12), (("3", "1", ""), 8), (("DNF", "0", ""), 0),
    ]  # fmt: skip
    change = view.head.last_change
    assert change is not None
    assert (change.what, change.who, change.at) == ("confirmed", "olga", ended_at(1))


def test_confirming_goes_through_the_one_way_results_have(arena: Arena, olga: Actor) -> None:
    with trail() as left:
        saved = grid.confirm(arena.match_ids[0], typed(arena, *WHOLE), actor=olga, now=ended_at(1))
    assert [name for name, _ in left.events] == ["match_completed"]
    assert [name for name, _ in left.audited] == ["result.confirmed"]
    assert left.rows[0].actor_id == olga.user_id
    assert (saved.number, saved.revision, saved.was_saved_before, saved.next_match_id) == (
        1, 1, False, arena.match_ids[1],
    )  # fmt: skip


def test_after_the_last_match_comes_the_first_that_is_still_open(arena: Arena, olga: Actor) -> None:
    saved = grid.confirm(arena.match_ids[2], typed(arena, *WHOLE), actor=olga, now=ended_at(1))
    assert saved.next_match_id == arena.match_ids[0]
    matches.cancel_match(arena.match_ids[0], reason=REASON, actor=olga, now=ended_at(2))
    saved = grid.confirm(arena.match_ids[1], typed(arena, *WHOLE), actor=olga, now=ended_at(3))
    assert saved.next_match_id is None


@pytest.mark.parametrize(
    ("rows", "paths"),
    [
        (("1 5", "1 3", "3 1", "4 0"), ["placement-2"]),
        (("1 5", "9 3", "3 _", "4 0"), ["placement-2", "kills-3"]),
        ((), ["lobby"]),
    ],
)
def test_a_wrong_grid_is_refused_field_by_field_and_nothing_is_written(
    arena: Arena, olga: Actor, rows: tuple[str, ...], paths: list[str]
) -> None:
    place_of = {str(who): str(place) for place, who in enumerate(arena.participant_ids, start=1)}
    with trail() as left, pytest.raises(ResultError) as caught:
        grid.confirm(arena.match_ids[0], typed(arena, *rows), actor=olga, now=ended_at(1))
    found = [error.path.rpartition("-") for error in caught.value.fields]
    assert [f"{column}-{place_of[who]}" if column else who for column, _, who in found] == paths
    assert (left.events, left.audited) == ([], [])
    view = grid.read_typed(arena.match_ids[0], typed(arena, *rows), actor=olga)
    assert view.errors == caught.value.fields


def test_what_looks_wrong_needs_one_word_that_it_is_right(arena: Arena, olga: Actor) -> None:
    rows = ("1 5", "2 3")
    with pytest.raises(grid.UnacceptedWarnings) as caught:
        grid.confirm(arena.match_ids[0], typed(arena, *rows), actor=olga, now=ended_at(1))
    assert "2 of 4 without a line (Squad 03, Squad 04)" in caught.value.message
    saved = grid.confirm(arena.match_ids[0], typed(arena, *rows, accepts=True), actor=olga, now=ended_at(1))
    assert saved.revision == 1
    assert len(results_of(arena, olga)) == 2


def results_of(arena: Arena, actor: Actor, place: int = 0) -> tuple[Line, ...]:
    return grid.read_grid(arena.match_ids[place], actor=actor).lines


def test_rows_of_strangers_are_no_rows_of_this_grid(arena: Arena, olga: Actor) -> None:
    rows = typed(arena, *WHOLE)
    stranger = open_battle_royale(squads=1, name="Other").participant_ids[0]
    grid.confirm(
        arena.match_ids[0], rows._replace(rows=[*rows.rows, Cells(999, "4", "0")]), actor=olga, now=ended_at(1)
    )
    assert stranger not in {line.participant_id for line in results_of(arena, olga)}
    assert len(results_of(arena, olga)) == 4


def test_the_same_submission_again_is_saved_already_whatever_came_after_it(arena: Arena, olga: Actor) -> None:
    match_id = arena.match_ids[0]
    confirmed(arena, olga)
    with trail() as left:
        again = grid.confirm(match_id, typed(arena, *WHOLE), actor=olga, now=ended_at(2))
    assert (again.was_saved_before, again.revision, again.newest_revision) == (True, 1, 1)
    other = typed(arena, "2 5", "1 3", "3 1", "DNF 0", revision=1)
    grid.correct(match_id, other, reason=REASON, actor=olga, now=ended_at(2))
    again = grid.confirm(match_id, typed(arena, *WHOLE), actor=olga, now=ended_at(3))
    assert (again.was_saved_before, again.revision, again.newest_revision) == (True, 1, 2)
    again = grid.correct(match_id, other, reason=REASON, actor=olga, now=ended_at(3))
    assert (again.was_saved_before, again.revision) == (True, 2)
    grid.void(match_id, revision=2, reason=REASON, actor=olga, now=ended_at(4))
    again = grid.void(match_id, revision=2, reason=REASON, actor=olga, now=ended_at(5))
    assert (again.was_saved_before, again.revision, again.newest_revision) == (True, 3, 3)
    assert left.events == []


def test_what_somebody_else_saved_meanwhile_is_never_overwritten_unseen(arena: Arena, olga: Actor) -> None:
    match_id = arena.match_ids[0]
    otto = person("otto", "organizer")
    make_official(arena, otto, "referee")
    confirmed(arena, otto)
    mine = typed(arena, "1 5", "3 3", "2 2", "DNF 0")
    with trail() as left, pytest.raises(Conflict) as caught:
        grid.confirm(match_id, mine, actor=olga, now=ended_at(2))
    assert caught.value.code in grid.MEANWHILE
    assert left.events == []
    conflict = grid.read_conflict(match_id, mine, actor=olga)
    change = conflict.head.last_change
    assert change is not None
    assert (change.who, conflict.head.revision, conflict.typed.revision) == ("otto", 1, 0)
    assert [(row.name, row.before and row.before[1:3], row.after and row.after[1:3]) for row in conflict.changes] == [
        ("Squad 02", ("2", "3"), ("3", "3")), ("Squad 03", ("3", "1"), ("2", "2")),
    ]  # fmt: skip
    assert (conflict.errors, conflict.may_correct) == ((), True)
    grid.correct(match_id, mine._replace(revision=1), reason=REASON, actor=olga, now=ended_at(3))
    assert {line.participant_id: line.placement for line in results_of(arena, olga)}[arena.participant_ids[2]] == 2


def make_official(arena: Arena, who: Actor, role: str) -> None:
    with transaction() as session:
        session.add(
            TournamentOfficial(tournament_id=arena.tournament_id, user_id=who.user_id, role=role, created_at=OPENED_AT)
        )


def test_a_voided_match_can_be_put_back(arena: Arena, olga: Actor) -> None:
    confirmed(arena, olga)
    with pytest.raises(ResultError):
        grid.void(arena.match_ids[0], revision=1, reason="short", actor=olga, now=ended_at(2))
    preview = grid.preview_void(arena.match_ids[0], actor=olga, now=ended_at(2)).preview
    assert preview is not None
    assert [row.gained for row in preview.rows] == [-17, -12, -8, 0]
    grid.void(arena.match_ids[0], revision=1, reason=REASON, actor=olga, now=ended_at(2))
    view = grid.read_grid(arena.match_ids[0], actor=olga)
    assert (view.mode, view.lines, view.head.last_change and view.head.last_change.what) == (
        GridMode.RESTORE, (), "voided",
    )  # fmt: skip
    grid.correct(arena.match_ids[0], typed(arena, *WHOLE, revision=2), reason=REASON, actor=olga, now=ended_at(3))
    assert grid.read_grid(arena.match_ids[0], actor=olga).mode is GridMode.CORRECT


def test_a_preview_shows_ranks_before_and_after_and_what_differs(arena: Arena, olga: Actor) -> None:
    confirmed(arena, olga)
    turned = typed(arena, "3 0", "2 3", "1 9", "DNF 0", revision=1)
    with trail() as left:
        view = grid.preview(arena.match_ids[0], turned, actor=olga, now=ended_at(2))
    assert left.events == []
    assert view.preview is not None
    assert [(row.name, row.rank, row.previous_rank) for row in view.preview.rows] == [
        ("Squad 03", 1, 3), ("Squad 02", 2, 2), ("Squad 01", 3, 1), ("Squad 04", 4, 4),
    ]  # fmt: skip
    assert [change.name for change in view.changes] == ["Squad 01", "Squad 03"]
    wrong = grid.preview(arena.match_ids[0], typed(arena, "1 0", "1 0"), actor=olga, now=ended_at(2))
    assert (wrong.preview, len(wrong.errors)) == (None, 1)


def test_pasted_rows_fill_the_grid_beside_what_was_typed(arena: Arena, olga: Actor) -> None:
    sent = typed(arena, "4 0", "_ _", pasted="squad 02\t1\t5\nSquad 99\t2\t0\n")
    view = grid.read_typed(arena.match_ids[0], sent, actor=olga)
    assert [row.cells[1:3] for row in view.rows] == [("4", "0"), ("1", "5"), ("", ""), ("", "")]
    assert [str(problem) for problem in view.paste_problems] == [
        "line 2: “Squad 99” takes no part in this match (is “Squad 04” meant?)"
    ]
    assert (view.paste_count, view.pasted) == (1, sent.pasted)


def test_who_has_withdrawn_may_have_played_and_is_not_waited_for(arena: Arena, olga: Actor) -> None:
    registrations.withdraw(arena.participant_ids[0], actor=olga, now=ended_at(0))
    view = grid.read_grid(arena.match_ids[0], actor=olga)
    assert [(row.name, row.is_withdrawn) for row in view.rows] == [
        ("Squad 02", False), ("Squad 03", False), ("Squad 04", False), ("Squad 01", True),
    ]  # fmt: skip
    assert view.expected_count == 3
    saved = grid.confirm(arena.match_ids[0], typed(arena, "_ _", "1 0", "2 0", "3 0"), actor=olga, now=ended_at(1))
    assert saved.revision == 1
    saved = grid.confirm(arena.match_ids[1], typed(arena, "4 0", "1 0", "2 0", "3 0"), actor=olga, now=ended_at(2))
    assert len(results_of(arena, olga, 1)) == 4


def cancel(arena: Arena) -> None:
    matches.cancel_match(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=ended_at(1))


def complete(arena: Arena) -> None:
    for place, match_id in enumerate(arena.match_ids):
        if place:
            matches.cancel_match(match_id, reason=REASON, actor=SYSTEM, now=ended_at(1))
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(2))


def archive(arena: Arena) -> None:
    complete(arena)
    tournaments.archive(arena.tournament_id, actor=SYSTEM, now=ended_at(3))


@pytest.mark.parametrize(
    ("happens", "mode", "reason"),
    [
        (cancel, GridMode.CLOSED, "The match is cancelled; no result can be entered."),
        (complete, GridMode.CORRECT, None),
        (archive, GridMode.CLOSED, "The tournament is archived; its results can be corrected no more."),
    ],
)
def test_the_grid_says_when_nothing_can_be_entered(
    arena: Arena, olga: Actor, happens: Callable[[Arena], None], mode: GridMode, reason: str | None
) -> None:
    happens(arena)
    view = grid.read_grid(arena.match_ids[0], actor=olga)
    assert (view.mode, view.closed_because) == (mode, reason)


def test_before_its_tournament_is_live_a_match_has_no_result(olga: Actor) -> None:
    tournament_id = tournaments.create(
        "Draft", game="pubgm", format="battle-royale", ruleset={"placement_points": [1]}, actor=olga, now=OPENED_AT,
        fixtures=[matches.Fixture("Match 1")],
    )  # fmt: skip
    with read_snapshot() as session:
        match_id = session.scalars(select(Match.id).where(Match.tournament_id == tournament_id)).one()
    view = grid.read_grid(match_id, actor=olga)
    assert view.closed_because == "The tournament is draft; results are entered while it is live."
    assert view.rows == ()


def test_a_field_too_large_for_a_grid_is_told_to_import(olga: Actor) -> None:
    arena = open_battle_royale(squads=MOST_ROWS + 1, lobbies=1, organizer_id=olga.user_id)
    view = grid.read_grid(arena.match_ids[0], actor=olga)
    assert (view.mode, view.rows) == (GridMode.CLOSED, ())
    assert view.closed_because is not None
    assert "import the result" in view.closed_because


CALLS: list[Callable[[int, Arena, Actor], object]] = [
    lambda match_id, _, who: grid.read_grid(match_id, actor=who),
    lambda match_id, arena, who: grid.read_typed(match_id, typed(arena), actor=who),
    lambda match_id, arena, who: grid.preview(match_id, typed(arena), actor=who, now=ended_at(1)),
    lambda match_id, _, who: grid.preview_void(match_id, actor=who, now=ended_at(1)),
    lambda match_id, arena, who: grid.read_conflict(match_id, typed(arena), actor=who),
    lambda match_id, arena, who: grid.confirm(match_id, typed(arena, *WHOLE), actor=who, now=ended_at(1)),
    lambda match_id, arena, who: grid.correct(match_id, typed(arena, *WHOLE), reason=REASON, actor=who, now=ended_at(1)),
]  # fmt: skip


@pytest.mark.parametrize(
    "call",
    [*CALLS, lambda match_id, _, who: grid.void(match_id, revision=9, reason=REASON, actor=who, now=ended_at(1))],
)
def test_only_officials_of_the_tournament_get_anywhere(
    arena: Arena, olga: Actor, call: Callable[[int, Arena, Actor], object]
) -> None:
    for who, refusal in [(person("otto", "organizer"), NotFound), (person("pat", "player"), Forbidden)]:
        with pytest.raises(refusal):
            call(arena.match_ids[0], arena, who)


def test_referees_and_co_organizers_enter_and_correct_and_staff_may_everywhere(arena: Arena, olga: Actor) -> None:
    for role in ("referee", "co_organizer"):
        who = person(role, "organizer")
        make_official(arena, who, role)
        assert grid.read_grid(arena.match_ids[0], actor=who).may_correct
    assert grid.read_grid(arena.match_ids[0], actor=person("sam", "admin")).may_correct


@pytest.mark.parametrize("call", CALLS)
def test_a_match_that_is_not_there_or_has_no_grid_is_not_found(
    arena: Arena, olga: Actor, call: Callable[[int, Arena, Actor], object]
) -> None:
    league = open_league("valorant", {"cascade": ["points"]}, [(0, 1)], sides=2, best_of=3, name="League")
    with pytest.raises(NotFound):
        call(9999, arena, SYSTEM)
    with pytest.raises(DomainError) as caught:
        call(league.match_ids[0], arena, SYSTEM)
    assert caught.value.code == "match_has_no_grid"


def test_a_grid_asks_as_much_of_the_database_for_one_row_as_for_three(olga: Actor) -> None:
    counts = []
    for squads in (1, 3):
        arena = open_battle_royale(squads=squads, lobbies=2, name=f"Cup {squads}", organizer_id=olga.user_id)
        results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=olga, now=ended_at(1))
        ranking.rank_due(arena.tournament_id, now=ended_at(1))
        rows = typed(arena, *[f"{place} 0" for place in range(1, squads + 1)])
        with count_statements() as read:
            grid.read_grid(arena.match_ids[0], actor=olga)
        with count_statements() as previewed:
            grid.preview(arena.match_ids[1], rows, actor=olga, now=ended_at(2) + timedelta(minutes=1))
        counts.append((len(read), len(previewed)))
    assert counts[0] == counts[1]
    assert counts[0][0] <= 12
    assert counts[0][1] <= 22


def test_what_the_grid_changed_can_be_undone_like_any_other_correction(arena: Arena, olga: Actor) -> None:
    match_id = arena.match_ids[0]
    confirmed(arena, olga)
    first = results_of(arena, olga)
    now = ended_at(2)
    grid.correct(match_id, typed(arena, "2 5", "1 3", "3 1", "DNF 0", revision=1), reason=REASON, actor=olga, now=now)
    undo.undo(newest(arena, olga), actor=olga, now=now)
    assert results_of(arena, olga) == first
    grid.void(match_id, revision=grid.read_grid(match_id, actor=olga).revision, reason=REASON, actor=olga, now=now)
    assert results_of(arena, olga) == ()
    undo.undo(newest(arena, olga), actor=olga, now=now)
    assert results_of(arena, olga) == first


def newest(arena: Arena, actor: Actor) -> int:
    found = undo.newest_of(arena.tournament_id, actor=actor, now=ended_at(2))
    assert found is not None
    return found
