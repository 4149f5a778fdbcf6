"""Freezes of a board: who may, when they begin, what the two audiences see meanwhile, how they end."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs.schedule import SCHEDULE
from tests.arenas import ENGINE_FLAGS, OPENED_AT, REASON, Arena, ended_at, open_battle_royale
from tests.invariants import assert_all_is_well
from tests.services.placements import RULES, person, played, put, rank_now, shown
from tests.statements import count_statements
from tests.trail import trail
from webapp.domain.errors import Conflict, Forbidden, NotFound, ResultError, TransitionError
from webapp.domain.scoring import BattleRoyaleLine as Line
from webapp.models import Freeze, Snapshot, Tournament
from webapp.services.boards import boards
from webapp.services.live import freezes
from webapp.services.matches import matches, results
from webapp.services.operations import flags
from webapp.services.organizer_pages.freeze import read_freeze
from webapp.services.pages.board_reads import read_board
from webapp.services.pages.board_view import BoardRow
from webapp.services.pages.spectator_reads import read_matches
from webapp.services.ranking import adjustments, ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

FIRST = [0, 1, 2, 3, 4, 5]
TURNED = [5, 4, 3, 2, 1, 0]
AFTER_TWO_TURNED = [5, 4, 3, 0, 1, 2]
"""How they stand after one match in the first order and two in the turned one."""
LATE = ended_at(30)


@pytest.fixture
def arena(engine: None, app: object) -> Arena:
    """Six squads and one match; the squad registered first leads."""
    return played(open_battle_royale(RULES, squads=6, lobbies=4, season="2026_S1"), order=FIRST)


def frozen(arena: Arena) -> Arena:
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    return arena


def freeze_of(arena: Arena) -> Freeze:
    with read_snapshot() as session:
        found = session.scalars(
            select(Freeze).where(Freeze.tournament_id == arena.tournament_id).order_by(Freeze.id.desc())
        ).first()
        assert found is not None
        session.expunge(found)
        return found


def known_seq(arena: Arena) -> int | None:
    with read_snapshot() as session:
        return session.get_one(Tournament, arena.tournament_id).frozen_seq


def test_a_freeze_is_a_row_a_number_an_event_and_an_audit_entry(arena: Arena) -> None:
    with trail() as found:
        freeze_id = freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
        again = freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(3))
    assert again == freeze_id
    seq = found.rows[-1].seq
    data = {"freeze_id": freeze_id, "frozen_seq": seq}
    assert found.events == [("board_frozen", data)]
    assert found.audited == [("freeze.begun", data)]
    freeze = freeze_of(arena)
    assert (freeze.state, freeze.frozen_seq, freeze.frozen_at) == ("frozen", seq, ended_at(2))
    assert known_seq(arena) == seq


def test_results_go_on_for_officials_and_everybody_else_sees_the_board_of_then(arena: Arena) -> None:
    frozen(arena)
    for number in (2, 3):
        played(arena, number=number, order=TURNED)
    assert shown(arena) == FIRST
    assert shown(arena, "official") == AFTER_TWO_TURNED
    with trail() as found:
        freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=LATE)
    assert [kind for kind, _ in found.events] == ["board_unfrozen"]
    assert [action for action, _ in found.audited] == ["freeze.ended"]
    assert ("season", "pubgm:2026_S1") in found.wanted
    assert shown(arena) == AFTER_TWO_TURNED
    assert known_seq(arena) is None
    assert_all_is_well(arena.tournament_id)


def test_what_was_confirmed_before_is_on_the_frozen_board_though_nobody_has_ranked_it(arena: Arena) -> None:
    adjustments.adjust(
        arena.tournament_id, arena.participant_ids[0], kind="penalty", points=-50, reason=REASON, actor=SYSTEM,
        now=ended_at(2),
    )  # fmt: skip
    frozen(arena)
    assert shown(arena) == [1, 2, 3, 4, 5, 0]


def test_overrides_adjustments_and_withdrawals_are_kept_as_well(arena: Arena) -> None:
    frozen(arena)
    put(arena, 5, 1)
    adjustments.adjust(
        arena.tournament_id, arena.participant_ids[1], kind="bonus", points=90, reason=REASON, actor=SYSTEM, now=LATE
    )
    registrations.withdraw(arena.participant_ids[0], actor=SYSTEM, now=LATE)
    rank_now(arena)
    board = read_board(arena.tournament_id, audience="public", page=1, now=LATE)
    assert [row.participant_id for row in board.rows] == list(arena.participant_ids)
    assert not any(row.adjustments or row.is_adjusted_by_staff for row in board.rows)
    assert board.participant_count == 6
    assert shown(arena, "official") == [5, 1, 2, 3, 4]


@pytest.mark.parametrize("engine_meanwhile", ["off", "on again"])
def test_the_plain_service_obeys_too(arena: Arena, monkeypatch: pytest.MonkeyPatch, engine_meanwhile: str) -> None:
    monkeypatch.setenv(ENGINE_FLAGS[1], "off")
    flags.forget()
    played(arena, number=2, order=TURNED)
    played(arena, number=3, order=[5, 4, 3, 2, 1, 0])
    frozen(arena)
    assert shown(arena) == AFTER_TWO_TURNED
    put(arena, 0, 1)
    played(arena, number=4, order=FIRST)
    if engine_meanwhile == "on again":
        monkeypatch.setenv(ENGINE_FLAGS[1], "on")
        flags.forget()
        rank_now(arena)
    assert shown(arena) == AFTER_TWO_TURNED
    assert shown(arena, "official")[0] == 0
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=LATE)
    assert shown(arena)[0] == 0


def test_matches_look_as_they_did_or_as_played_with_a_hidden_result(arena: Arena) -> None:
    frozen(arena)
    played(arena, number=3, order=TURNED)
    matches.start_match(arena.match_ids[1], actor=SYSTEM, now=LATE)
    matches.update_score(arena.match_ids[1], [[arena.participant_ids[0], 4, 7]], actor=SYSTEM, now=LATE)
    matches.cancel_match(arena.match_ids[3], reason=REASON, actor=SYSTEM, now=LATE)
    seen = read_matches(arena.tournament_id)
    phases = [tick.phase.value for tick in seen.strip]
    assert phases == ["done", "live", "hidden", "upcoming"]
    assert (seen.done_count, seen.total_count) == (1, 4)
    hidden = next(card for card in seen.recent if card.number == 3)
    assert (hidden.winner, hidden.completed_at, hidden.sides) == (None, None, ())
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=LATE)
    after = read_matches(arena.tournament_id)
    assert [tick.phase.value for tick in after.strip] == ["done", "live", "done", "cancelled"]
    assert after.recent[0].winner is not None


def test_the_end_of_the_tournament_is_not_told_and_its_final_board_is_stored_for_everybody_later(
    arena: Arena,
) -> None:
    frozen(arena)
    for number in (2, 3, 4):
        played(arena, number=number, order=TURNED)
    tournaments.complete(arena.tournament_id, actor=SYSTEM, now=LATE)
    assert [row.participant_id for row in _top(arena)] == list(arena.participant_ids)
    assert read_matches(arena.tournament_id).is_over is False
    freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=LATE)
    assert read_matches(arena.tournament_id).is_over is True
    with read_snapshot() as session:
        stored = session.scalars(
            select(Snapshot.version).where(Snapshot.audience == "public", Snapshot.reason == "completed")
        ).all()
        tournament = session.get_one(Tournament, arena.tournament_id)
        newest = boards.of_tournament(session, tournament, "official", now=LATE).version
    assert newest in stored


def _top(arena: Arena) -> tuple[BoardRow, ...]:
    return read_board(arena.tournament_id, audience="public", page=1, now=LATE).rows


def test_a_freeze_before_the_last_matches_begins_with_the_result_that_leaves_so_many(arena: Arena) -> None:
    freezes.plan(arena.tournament_id, last_matches=2, actor=SYSTEM, now=ended_at(2))
    assert freeze_of(arena).state == "planned"
    played(arena, number=2, order=TURNED)
    assert freeze_of(arena).state == "frozen"
    expected = shown(arena, "official")
    played(arena, number=3, order=TURNED)
    assert shown(arena) == expected
    assert shown(arena, "official") == AFTER_TWO_TURNED


def test_a_plan_that_is_due_already_begins_at_once(arena: Arena) -> None:
    freezes.plan(arena.tournament_id, last_matches=3, actor=SYSTEM, now=ended_at(2))
    assert freeze_of(arena).state == "frozen"


def test_a_cancelled_match_may_be_what_begins_it(arena: Arena) -> None:
    freezes.plan(arena.tournament_id, last_matches=2, actor=SYSTEM, now=ended_at(2))
    matches.cancel_match(arena.match_ids[3], reason=REASON, actor=SYSTEM, now=ended_at(3))
    assert freeze_of(arena).state == "frozen"


def test_a_result_that_comes_after_the_planned_time_is_hidden_though_no_job_has_run(arena: Arena) -> None:
    freezes.plan(arena.tournament_id, starts_at=ended_at(5), actor=SYSTEM, now=ended_at(2))
    played(arena, number=2, order=FIRST)
    assert freeze_of(arena).state == "planned"
    lines = [Line(arena.participant_ids[who], place, 9) for place, who in enumerate(TURNED, start=1)]
    results.confirm(arena.match_ids[2], lines, actor=SYSTEM, now=ended_at(6))
    rank_now(arena)
    assert freeze_of(arena).state == "frozen"
    assert shown(arena) == FIRST


def test_a_planned_freeze_begins_by_the_schedule_once(arena: Arena) -> None:
    freezes.plan(arena.tournament_id, starts_at=ended_at(5), actor=SYSTEM, now=ended_at(2))
    assert freezes.begin_due(now=ended_at(4)) == []
    with trail() as found:
        assert freezes.begin_due(now=ended_at(5)) == [arena.tournament_id]
        assert freezes.begin_due(now=ended_at(6)) == []
    assert [kind for kind, _ in found.events] == ["board_frozen"]
    assert ("begin_freezes", "* * * * *") in {(job.handler, job.cron) for job in SCHEDULE}


def test_a_plan_for_a_tournament_that_has_ended_meanwhile_is_called_off(arena: Arena) -> None:
    freezes.plan(arena.tournament_id, starts_at=ended_at(90), actor=SYSTEM, now=ended_at(2))
    tournaments.cancel(arena.tournament_id, reason=REASON, actor=SYSTEM, now=ended_at(3))
    assert freezes.begin_due(now=ended_at(91)) == [arena.tournament_id]
    assert freeze_of(arena).state == "called_off"
    assert known_seq(arena) is None


def test_a_plan_can_be_called_off_and_made_again(arena: Arena) -> None:
    freezes.plan(arena.tournament_id, last_matches=1, actor=SYSTEM, now=ended_at(2))
    with pytest.raises(Conflict):
        freezes.plan(arena.tournament_id, last_matches=2, actor=SYSTEM, now=ended_at(2))
    with pytest.raises(TransitionError):
        freezes.unfreeze(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    with trail() as found:
        freezes.call_off(arena.tournament_id, actor=SYSTEM, now=ended_at(3))
        freezes.call_off(arena.tournament_id, actor=SYSTEM, now=ended_at(3))
    assert [action for action, _ in found.audited] == ["freeze.called_off"]
    freezes.plan(arena.tournament_id, starts_at=ended_at(9), actor=SYSTEM, now=ended_at(3))
    freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(4))
    with pytest.raises(TransitionError):
        freezes.call_off(arena.tournament_id, actor=SYSTEM, now=ended_at(5))


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        ({}, ["starts_at"]),
        ({"starts_at": OPENED_AT - timedelta(days=1)}, ["starts_at"]),
        ({"last_matches": 0}, ["last_matches"]),
        ({"last_matches": 101}, ["last_matches"]),
        ({"starts_at": ended_at(9), "last_matches": 2}, ["last_matches"]),
    ],
)
def test_plans_that_cannot_be_name_what_is_wrong(arena: Arena, wanted: dict[str, object], fields: list[str]) -> None:
    with pytest.raises(ResultError) as refused:
        freezes.plan(arena.tournament_id, **wanted, actor=SYSTEM, now=ended_at(2))  # type: ignore[arg-type]  # any value
    assert [error.path for error in refused.value.fields] == fields


def test_only_the_owners_and_staff_freeze(arena: Arena) -> None:
    stranger, spectator, admin = person("otto", "organizer"), person("vic", "spectator"), person("sam", "admin")
    for act in (freezes.freeze_now, freezes.unfreeze, freezes.call_off):
        with pytest.raises(NotFound):
            act(arena.tournament_id, actor=stranger, now=LATE)
        with pytest.raises(Forbidden):
            act(arena.tournament_id, actor=spectator, now=LATE)
    assert freezes.freeze_now(arena.tournament_id, actor=admin, now=LATE)


def test_only_a_live_tournament_is_frozen(app: object, engine: None) -> None:
    arena = open_battle_royale(RULES)
    tournaments.cancel(arena.tournament_id, reason=REASON, actor=SYSTEM, now=ended_at(1))
    with pytest.raises(Conflict):
        freezes.freeze_now(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    with pytest.raises(Conflict):
        freezes.plan(arena.tournament_id, last_matches=1, actor=SYSTEM, now=ended_at(2))


def test_a_recomputation_shows_the_public_nothing(arena: Arena) -> None:
    frozen(arena)
    played(arena, number=2, order=TURNED)
    played(arena, number=3, order=TURNED)
    ranking.compute_tournament_rankings(arena.tournament_id, now=LATE)
    ranking.compute_partial_update(arena.tournament_id, arena.participant_ids, now=LATE)
    assert shown(arena) == FIRST


def test_pages_of_then_cost_the_same_however_much_is_kept(arena: Arena) -> None:
    frozen(arena)
    asked = []
    for number in (2, 3, 4):
        played(arena, number=number, order=TURNED)
        with count_statements() as found:
            read_matches(arena.tournament_id)
            read_board(arena.tournament_id, audience="public", page=1, now=LATE)
            read_freeze(arena.tournament_id, actor=SYSTEM, now=LATE)
        asked.append(len(found))
    assert asked[0] == asked[1] == asked[2]
