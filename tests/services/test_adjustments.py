import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, complete_undecided, ended_at, open_battle_royale, turn_on_the_engine
from tests.invariants import assert_all_is_well
from tests.trail import trail
from webapp.domain.errors import Conflict, NotFound, ResultError
from webapp.models import Adjustment, BoardVersion, Standing
from webapp.services.matches import results
from webapp.services.ranking import adjustments, ranking
from webapp.services.registration import registrations
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments


def points_of(tournament_id: int) -> dict[int, int]:
    with read_snapshot() as session:
        rows = session.execute(
            select(Standing.registration_id, Standing.points).where(Standing.tournament_id == tournament_id)
        )
        return dict(rows.all())


def ledger_of(tournament_id: int) -> list[tuple[int, str, int, str]]:
    with read_snapshot() as session:
        rows = session.scalars(
            select(Adjustment).where(Adjustment.tournament_id == tournament_id).order_by(Adjustment.id)
        )
        return [(row.registration_id, row.kind, row.points, row.reason) for row in rows]


def test_a_penalty_is_a_row_with_its_reason_totals_event_audit_and_request(app: Flask) -> None:
    arena = open_battle_royale()
    first = arena.participant_ids[0]
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=ended_at(1))
    before = points_of(arena.tournament_id)[first]
    with trail() as found:
        outcome = adjustments.adjust(
            arena.tournament_id, first, kind="penalty", points=-3, reason=f" {REASON} ", actor=SYSTEM, now=ended_at(2),
            match_id=arena.match_ids[0],
        )  # fmt: skip
    assert points_of(arena.tournament_id)[first] == before - 3
    assert ledger_of(arena.tournament_id) == [(first, "penalty", -3, REASON)]
    (event,) = found.rows
    # The reason is for people and may name them: it is in the ledger and the audit, never in the log.
    assert (event.type, set(event.data), event.data["kind"], event.data["points"]) == (
        "adjustment_recorded", {"adjustment_id", "kind", "points"}, "penalty", -3,
    )  # fmt: skip
    assert (event.seq, event.match_id, event.registration_id) == (outcome.seq, arena.match_ids[0], first)
    assert found.audited == [
        (
            "adjustment.recorded",
            {
                "match_id": arena.match_ids[0], "registration_id": first, "kind": "penalty", "points": -3,
                "reason": REASON,
            },
        )
    ]  # fmt: skip
    key = str(arena.tournament_id)
    assert found.wanted == [("publish", key), ("rank", key), ("route", key)]


@pytest.mark.parametrize(
    ("kind", "points", "message"),
    [
        ("penalty", 3, "3 points cannot be a penalty: a penalty is below zero, a bonus or head start above"),
        ("bonus", -1, "-1 points cannot be a bonus"),
        ("head_start", 0, "0 points cannot be a head_start"),
        ("gift", 5, "kind: 'gift' is none of penalty, bonus, head_start"),
    ],
)
def test_points_that_do_not_fit_their_kind_are_refused(app: Flask, kind: str, points: int, message: str) -> None:
    arena = open_battle_royale()
    with pytest.raises(ResultError, match=message):
        adjustments.adjust(
            arena.tournament_id, arena.participant_ids[0], kind=kind, points=points, reason=REASON, actor=SYSTEM,
            now=ended_at(1),
        )  # fmt: skip
    assert ledger_of(arena.tournament_id) == []


def test_participants_and_matches_of_other_tournaments_are_refused(app: Flask) -> None:
    arena, other = open_battle_royale(), open_battle_royale(name="Other")
    for registration_id, match_id, message in (
        (other.participant_ids[0], None, "is not in tournament"),
        (arena.participant_ids[0], other.match_ids[0], f"Match {other.match_ids[0]} is not in tournament"),
        (999, None, "Participant 999 is not in tournament"),
    ):
        with pytest.raises(NotFound, match=message):
            adjustments.adjust(
                arena.tournament_id, registration_id, kind="bonus", points=1, reason=REASON, actor=SYSTEM,
                now=ended_at(1), match_id=match_id,
            )  # fmt: skip


def test_an_archived_tournament_takes_no_points_any_more(app: Flask) -> None:
    arena = open_battle_royale(lobbies=0)
    complete_undecided(arena, now=ended_at(1))
    tournaments.archive(arena.tournament_id, actor=SYSTEM, now=ended_at(2))
    with pytest.raises(Conflict, match="is archived"):
        adjustments.adjust(
            arena.tournament_id, arena.participant_ids[0], kind="bonus", points=1, reason=REASON, actor=SYSTEM,
            now=ended_at(3),
        )  # fmt: skip


def test_head_starts_by_name_are_given_at_the_start_and_to_who_joins_later(app: Flask) -> None:
    rules = {"points_per_kill": 1, "head_start": {"Squad 02": 10, "Squad 04": 4}}
    tournament_id = tournaments.create(
        "Final", game="pubgm", format="battle-royale", ruleset=rules, actor=SYSTEM, now=OPENED_AT
    )
    first, second, third = registrations.register(
        tournament_id, ["Squad 01", "Squad 02", "Squad 03"], actor=SYSTEM, now=OPENED_AT
    )
    with pytest.raises(Conflict, match="The rules give a head start to Squad 04, but nobody of that name") as refused:
        tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    assert refused.value.code == "head_start_unknown"
    assert ledger_of(tournament_id) == []
    (fourth,) = registrations.register(tournament_id, ["Squad 04"], actor=SYSTEM, now=OPENED_AT)
    with trail() as found:
        tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
    assert [name for name, _ in found.events] == ["tournament_started", "adjustment_recorded", "adjustment_recorded"]
    assert [row.registration_id for row in found.rows[1:]] == [second, fourth]
    assert found.audited[-1] == ("head_starts.given", {"points": [[second, 10], [fourth, 4]]})
    reason = adjustments.HEAD_START_REASON
    assert ledger_of(tournament_id) == [(second, "head_start", 10, reason), (fourth, "head_start", 4, reason)]
    assert points_of(tournament_id) == {second: 10, fourth: 4}
    with trail() as found:
        tournaments.start(tournament_id, actor=SYSTEM, now=OPENED_AT)
        registrations.register(tournament_id, ["Squad 01"], actor=SYSTEM, now=OPENED_AT)
    assert found.events == []
    assert {first, third}.isdisjoint(points_of(tournament_id))


def test_who_joins_a_running_tournament_gets_its_head_start_once(app: Flask) -> None:
    arena = open_battle_royale({"points_per_kill": 1, "head_start": [5, 3]}, squads=1, lobbies=0)
    first = arena.participant_ids[0]
    with trail() as found:
        _, second = registrations.register(arena.tournament_id, ["Squad 01", "Late"], actor=SYSTEM, now=ended_at(1))
    assert [name for name, _ in found.events] == ["registration_created", "adjustment_recorded"]
    assert points_of(arena.tournament_id) == {first: 5, second: 3}
    # Who leaves and comes back has had it.
    registrations.withdraw(second, actor=SYSTEM, now=ended_at(2))
    registrations.register(arena.tournament_id, ["Late"], actor=SYSTEM, now=ended_at(3))
    assert points_of(arena.tournament_id) == {first: 5, second: 3}
    assert len(ledger_of(arena.tournament_id)) == 2


def test_head_starts_by_seed_go_to_the_seeds_and_onto_the_first_board(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale({"points_per_kill": 1, "head_start": [5, 3, 0, 1]}, squads=5, lobbies=1)
    first, second, _, fourth, _ = arena.participant_ids
    assert points_of(arena.tournament_id) == {first: 5, second: 3, fourth: 1}
    computed = ranking.rank_due(arena.tournament_id, now=ended_at(1))
    assert computed is not None
    assert computed.board.standings.columns["points"].tolist() == [5, 3, 0, 1, 0]
    assert computed.board.ranking.ranks.tolist() == [1, 2, 4, 3, 5]
    assert_all_is_well(arena.tournament_id)


def test_points_that_cancel_out_make_a_version_too_since_both_are_shown(app: Flask) -> None:
    turn_on_the_engine()
    arena = open_battle_royale(lobbies=1)
    ranking.rank_due(arena.tournament_id, now=ended_at(1))
    for kind, points in (("penalty", -2), ("bonus", 2)):
        adjustments.adjust(
            arena.tournament_id, arena.participant_ids[0], kind=kind, points=points, reason=REASON, actor=SYSTEM,
            now=ended_at(2),
        )  # fmt: skip
    computed = ranking.rank_due(arena.tournament_id, now=ended_at(3))
    assert computed is not None
    assert (computed.version, len(computed.deltas)) == (2, 0)
    assert ranking.rank_due(arena.tournament_id, now=ended_at(4)) is None
    with read_snapshot() as session:
        assert session.scalars(select(BoardVersion.version)).all() == [2]
