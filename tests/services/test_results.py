from collections.abc import Callable, Sequence

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, Arena, ended_at, open_battle_royale, open_league
from tests.invariants import assert_standings_are_right
from tests.trail import trail
from webapp.domain.errors import Conflict, DomainError, NotFound, ResultError, TransitionError
from webapp.domain.logged_lines import lines_from_data
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.models import Match, Result, Standing
from webapp.services.matches import matches, results
from webapp.services.matches.confirmation import MatchOutcome
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments


@pytest.fixture
def arena(app: Flask) -> Arena:
    return open_battle_royale(squads=4, lobbies=3)


def four(arena: Arena, kills: Sequence[int] = (5, 3, 1, 0)) -> list[Line]:
    """The participants in their order, from 1st to 4th."""
    return [Line(who, place, kills[place - 1]) for place, who in enumerate(arena.participant_ids, start=1)]


def stored_lines(match_id: int) -> list[tuple[int, int | None, int, int, int]]:
    with read_snapshot() as session:
        columns = (Result.registration_id, Result.placement, Result.kills, Result.placement_points, Result.kill_points)
        rows = session.execute(select(*columns).where(Result.match_id == match_id).order_by(Result.registration_id))
        return [(who, place, kills, for_place, for_kills) for who, place, kills, for_place, for_kills in rows]


def match_row(match_id: int) -> tuple[str, int, int | None, object]:
    with read_snapshot() as session:
        match = session.get_one(Match, match_id)
        return match.state, match.revision, match.winner_id, match.completed_at


def points_of(arena: Arena) -> dict[int, int]:
    with read_snapshot() as session:
        rows = session.execute(
            select(Standing.registration_id, Standing.points).where(Standing.tournament_id == arena.tournament_id)
        )
        return dict(rows.all())


def as_data(arena: Arena, kills: Sequence[int] = (5, 3, 1, 0)) -> list[list[int]]:
    return [[who, place, -1, kills[place - 1], -1] for place, who in enumerate(arena.participant_ids, start=1)]


def test_a_confirmed_match_is_result_totals_event_audit_and_request_in_one(arena: Arena) -> None:
    first, second, third, fourth = arena.participant_ids
    match_id = arena.match_ids[0]
    with trail() as found:
        outcome = results.confirm(match_id, four(arena), actor=SYSTEM, now=ended_at(1))
    assert outcome == MatchOutcome(match_id, 1, found.rows[-1].seq, changed=True)
    assert stored_lines(match_id) == [
        (first, 1, 5, 12, 5), (second, 2, 3, 9, 3), (third, 3, 1, 7, 1), (fourth, 4, 0, 5, 0)
    ]  # fmt: skip
    assert match_row(match_id) == ("completed", 1, first, ended_at(1))
    assert points_of(arena) == {first: 17, second: 12, third: 8, fourth: 5}
    assert found.events == [
        (
            "match_completed",
            {
                "number": 1, "revision": 1, "winner_id": first, "completed_at": ended_at(1).isoformat(), "decided_by": None,
                "sides": [], "results": as_data(arena), "games": [],
            },
        )
    ]  # fmt: skip
    assert found.rows[0].match_id == match_id
    assert found.audited == [
        ("result.confirmed", {"match_id": match_id, "revision": 1, "before": [], "after": as_data(arena)})
    ]
    key = str(arena.tournament_id)
    assert found.wanted == [("publish", key), ("rank", key), ("route", key)]
    assert_standings_are_right(arena.tournament_id)


def test_the_same_result_again_changes_nothing(arena: Arena) -> None:
    match_id = arena.match_ids[0]
    first = results.confirm(match_id, four(arena), actor=SYSTEM, now=ended_at(1))
    with trail() as found:
        again = results.confirm(match_id, four(arena)[::-1], actor=SYSTEM, now=ended_at(2))
    assert again == first._replace(changed=False)
    assert (found.events, found.audited, found.wanted) == ([], [], [])
    assert match_row(match_id)[3] == ended_at(1)


def test_another_result_for_a_confirmed_match_is_a_conflict(arena: Arena) -> None:
    results.confirm(arena.match_ids[0], four(arena), actor=SYSTEM, now=ended_at(1))
    with pytest.raises(Conflict, match="Match 1 is already confirmed with another result; correct it") as refused:
        results.confirm(arena.match_ids[0], four(arena, (9, 3, 1, 0)), actor=SYSTEM, now=ended_at(2))
    assert refused.value.code == "already_confirmed"
    assert stored_lines(arena.match_ids[0])[0][2] == 5


@pytest.mark.parametrize("state", ["scheduled", "live"])
def test_an_official_confirms_a_match_from_either_state(arena: Arena, state: str) -> None:
    if state == "live":
        matches.start_match(arena.match_ids[0], actor=SYSTEM, now=OPENED_AT)
        matches.update_score(arena.match_ids[0], [[arena.participant_ids[0], -1, 3]], actor=SYSTEM, now=OPENED_AT)
    results.confirm(arena.match_ids[0], four(arena), actor=SYSTEM, now=ended_at(1), completed_at=ended_at(0))
    with read_snapshot() as session:
        match = session.get_one(Match, arena.match_ids[0])
        assert (match.state, match.completed_at, match.live_lines) == ("completed", ended_at(0), None)


def test_a_cancelled_match_cannot_be_confirmed(arena: Arena) -> None:
    matches.cancel_match(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(TransitionError, match="A match that is cancelled cannot become completed"):
        results.confirm(arena.match_ids[0], four(arena), actor=SYSTEM, now=ended_at(1))


def test_results_are_confirmed_while_the_tournament_is_live(arena: Arena) -> None:
    for match_id in arena.match_ids[1:]:
        matches.cancel_match(match_id, reason=REASON, actor=SYSTEM, now=OPENED_AT)
    results.confirm(arena.match_ids[0], four(arena), actor=SYSTEM, now=ended_at(1))
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    # A repeated request is answered as before, whatever happened since.
    assert not results.confirm(arena.match_ids[0], four(arena), actor=SYSTEM, now=ended_at(3)).changed
    draft = tournaments.create(
        "Draft", game="pubgm", format="battle-royale", ruleset={"points_per_kill": 1}, actor=SYSTEM, now=OPENED_AT
    )
    (only,) = registrations.register(draft, ["Squad 01"], actor=SYSTEM, now=OPENED_AT)
    (match_id,) = matches.schedule(draft, [matches.Fixture("1")], actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(Conflict, match=f"Tournament {draft} is draft; matches are played while it is live"):
        results.confirm(match_id, [Line(only, 1, 0)], actor=SYSTEM, now=ended_at(1))


def test_every_wrong_line_is_named_and_nothing_is_written(arena: Arena) -> None:
    first, second, third, _ = arena.participant_ids
    stranger = open_battle_royale(squads=1, name="Other").participant_ids[0]
    lines = [Line(first, 1, 2), Line(second, 1, 0), Line(third, 9, -1), Line(stranger, 2, 0)]
    with trail() as found, pytest.raises(ResultError) as refused:
        results.confirm(arena.match_ids[0], lines, actor=SYSTEM, now=ended_at(1))
    assert [error.path for error in refused.value.fields] == ["row 3: kills", "row 3: placement", "row 4: participant"]
    assert f"participant {stranger} belongs to another tournament" in refused.value.message
    assert (found.events, found.audited, found.wanted) == ([], [], [])
    assert match_row(arena.match_ids[0])[:2] == ("scheduled", 0)


def test_a_result_without_lines_is_refused(arena: Arena) -> None:
    nothing: Sequence[Sequence[Line]] = ([], ())
    for lines in nothing:
        with pytest.raises(ResultError, match="lines: at least one line is needed; to take a result out, void"):
            results.confirm(arena.match_ids[0], lines, actor=SYSTEM, now=ended_at(1))
    results.confirm(arena.match_ids[0], four(arena), actor=SYSTEM, now=ended_at(1))
    with pytest.raises(ResultError, match="at least one line is needed"):
        results.correct(arena.match_ids[0], [], reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert len(stored_lines(arena.match_ids[0])) == 4


def test_kills_above_what_the_lobby_held_are_a_warning(arena: Arena) -> None:
    outcome = results.confirm(arena.match_ids[0], four(arena, (13, 0, 0, 0)), actor=SYSTEM, now=ended_at(1))
    assert outcome.warnings == ("row 1: kills: 13 are more than the 12 opponents in the lobby",)


def test_who_did_not_finish_and_who_shares_a_range_are_kept_so(arena: Arena) -> None:
    first, second, third, fourth = arena.participant_ids
    lines = [Line(first, 1, 0, time_alive_s=1500), Line(second, 2, 0, 3), Line(third, 2, 0, 3), Line(fourth, None, 4)]
    with trail() as found:
        results.confirm(arena.match_ids[0], lines, actor=SYSTEM, now=ended_at(1))
    assert found.events[0][1]["results"] == [
        [first, 1, -1, 0, 1500], [second, 2, 3, 0, -1], [third, 2, 3, 0, -1], [fourth, -1, -1, 4, -1]
    ]  # fmt: skip
    assert stored_lines(arena.match_ids[0])[1:] == [
        (second, 2, 0, 8, 0), (third, 2, 0, 8, 0), (fourth, None, 4, 0, 4)
    ]  # fmt: skip
    assert [lines_from_data(line) for line in found.events[0][1]["results"]] == lines


def test_a_correction_replaces_the_result_as_if_it_had_never_been_otherwise(arena: Arena) -> None:
    first, second, third, fourth = arena.participant_ids
    match_id = arena.match_ids[0]
    results.confirm(match_id, four(arena), actor=SYSTEM, now=ended_at(1))
    corrected = [Line(second, 1, 2), Line(first, 2, 2)]
    after = [[first, 2, -1, 2, -1], [second, 1, -1, 2, -1]]
    with trail() as found:
        outcome = results.correct(match_id, corrected, reason=f"  {REASON} ", actor=SYSTEM, now=ended_at(2))
    assert (outcome.revision, outcome.changed) == (2, True)
    assert match_row(match_id) == ("completed", 2, second, ended_at(1))
    assert points_of(arena) == {first: 11, second: 14, third: 0, fourth: 0}
    assert found.events == [
        (
            "result_corrected",
            {
                "number": 1, "revision": 2, "previous_revision": 1, "winner_id": second,
                "completed_at": ended_at(1).isoformat(), "decided_by": None, "sides": [], "results": after,
                "games": [],
            },
        )
    ]  # fmt: skip
    assert found.audited == [
        (
            "result.corrected",
            {"match_id": match_id, "revision": 2, "reason": REASON, "before": as_data(arena), "after": after},
        )
    ]
    assert ("rank", str(arena.tournament_id)) in found.wanted
    assert_standings_are_right(arena.tournament_id)
    with trail() as found:
        assert not results.correct(match_id, corrected, reason=REASON, actor=SYSTEM, now=ended_at(3)).changed
    assert (found.events, found.audited, found.wanted) == ([], [], [])


def test_a_voided_result_is_out_and_a_correction_puts_it_back(arena: Arena) -> None:
    match_id = arena.match_ids[0]
    results.confirm(match_id, four(arena), actor=SYSTEM, now=ended_at(1))
    before = points_of(arena)
    with trail() as found:
        outcome = results.void(match_id, reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert outcome == MatchOutcome(match_id, 2, found.rows[-1].seq, changed=True)
    assert (stored_lines(match_id), match_row(match_id)[:3]) == ([], ("cancelled", 2, None))
    assert set(points_of(arena).values()) == {0}
    assert found.events == [("result_voided", {"number": 1, "revision": 2, "previous_revision": 1})]
    assert found.audited == [
        (
            "result.voided",
            {"match_id": match_id, "revision": 2, "reason": REASON, "before": as_data(arena), "after": None},
        )
    ]
    with trail() as found:
        assert not results.void(match_id, reason=REASON, actor=SYSTEM, now=ended_at(3)).changed
    assert found.events == []
    results.correct(match_id, four(arena), reason=REASON, actor=SYSTEM, now=ended_at(4))
    assert match_row(match_id) == ("completed", 3, arena.participant_ids[0], ended_at(1))
    assert points_of(arena) == before


def test_only_what_was_confirmed_can_be_corrected_or_voided(arena: Arena) -> None:
    matches.cancel_match(arena.match_ids[1], reason=REASON, actor=SYSTEM, now=OPENED_AT)
    for match_id, number in ((arena.match_ids[0], 1), (arena.match_ids[1], 2)):
        with pytest.raises(Conflict, match=f"Match {number} has no confirmed result yet"):
            results.correct(match_id, four(arena), reason=REASON, actor=SYSTEM, now=ended_at(1))
    with pytest.raises(Conflict, match="Match 1 has no confirmed result yet"):
        results.void(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=ended_at(1))


@pytest.mark.parametrize("reason", ["", "   too short   ", "x" * 501])
def test_a_correction_needs_a_reason_of_10_to_500_characters(arena: Arena, reason: str) -> None:
    results.confirm(arena.match_ids[0], four(arena), actor=SYSTEM, now=ended_at(1))
    changes: Sequence[Callable[[], MatchOutcome]] = (
        lambda: results.correct(arena.match_ids[0], four(arena), reason=reason, actor=SYSTEM, now=ended_at(2)),
        lambda: results.void(arena.match_ids[0], reason=reason, actor=SYSTEM, now=ended_at(2)),
    )
    for change in changes:
        with pytest.raises(ResultError, match="say why in 10 to 500 characters"):
            change()


def test_an_answer_to_an_older_revision_is_a_conflict(arena: Arena) -> None:
    results.confirm(arena.match_ids[0], four(arena), actor=SYSTEM, now=ended_at(1), expected_revision=0)
    with pytest.raises(Conflict, match="you saw revision 0, it is at 1") as refused:
        results.correct(
            arena.match_ids[0], four(arena, (6, 3, 1, 0)), reason=REASON, actor=SYSTEM, now=ended_at(2),
            expected_revision=0,
        )  # fmt: skip
    assert refused.value.code == "stale_revision"
    results.correct(
        arena.match_ids[0], four(arena, (6, 3, 1, 0)), reason=REASON, actor=SYSTEM, now=ended_at(2),
        expected_revision=1,
    )  # fmt: skip
    with pytest.raises(Conflict, match="you saw revision 1, it is at 2"):
        results.void(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=ended_at(3), expected_revision=1)


def test_what_is_not_there_or_of_the_other_kind_is_said_so(arena: Arena) -> None:
    league = open_league("valorant", {"cascade": ["points"]}, [(0, 1)], sides=2, best_of=3, name="League")
    changes: Sequence[Callable[[int], MatchOutcome]] = (
        lambda match_id: results.confirm(match_id, four(arena), actor=SYSTEM, now=ended_at(1)),
        lambda match_id: results.correct(match_id, four(arena), reason=REASON, actor=SYSTEM, now=ended_at(1)),
        lambda match_id: results.void(match_id, reason=REASON, actor=SYSTEM, now=ended_at(1)),
    )
    for change in changes:
        with pytest.raises(NotFound, match="There is no match 999"):
            change(999)
        with pytest.raises(ResultError, match="Match 1 is a series of games, not a battle royale"):
            change(league.match_ids[0])


def test_who_withdrew_later_keeps_its_results_and_can_be_in_a_correction(arena: Arena) -> None:
    results.confirm(arena.match_ids[0], four(arena), actor=SYSTEM, now=ended_at(1))
    registrations.withdraw(arena.participant_ids[3], actor=SYSTEM, now=ended_at(2))
    results.correct(arena.match_ids[0], four(arena, (4, 4, 1, 0)), reason=REASON, actor=SYSTEM, now=ended_at(3))
    results.confirm(arena.match_ids[1], four(arena), actor=SYSTEM, now=ended_at(4))
    assert [row[0] for row in stored_lines(arena.match_ids[1])] == list(arena.participant_ids)
    assert_standings_are_right(arena.tournament_id)


def test_corrections_are_possible_after_the_end_until_the_tournament_is_archived(arena: Arena) -> None:
    results.confirm(arena.match_ids[0], four(arena), actor=SYSTEM, now=ended_at(1))
    for match_id in arena.match_ids[1:]:
        matches.cancel_match(match_id, reason=REASON, actor=SYSTEM, now=OPENED_AT)
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    results.correct(arena.match_ids[0], four(arena, (6, 3, 1, 0)), reason=REASON, actor=SYSTEM, now=ended_at(3))
    assert points_of(arena)[arena.participant_ids[0]] == 18
    tournaments.archive(arena.tournament_id, actor=SYSTEM, now=ended_at(4))
    changes: Sequence[Callable[[], MatchOutcome]] = (
        lambda: results.correct(arena.match_ids[0], four(arena), reason=REASON, actor=SYSTEM, now=ended_at(5)),
        lambda: results.void(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=ended_at(5)),
    )
    for change in changes:
        with pytest.raises(DomainError, match="is archived; its results can be corrected no more") as refused:
            change()
        assert refused.value.code == "tournament_archived"
    assert points_of(arena)[arena.participant_ids[0]] == 18
