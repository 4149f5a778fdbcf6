"""Imports: all of a file or nothing of it, the same file once, and the board as if every match had been confirmed here."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.services.imported import CUP, NOW, published, row_counts, standing_of, take_in
from webapp.domain.errors import ResultError
from webapp.domain.presets import preset
from webapp.domain.scoring import BattleRoyaleLine
from webapp.models import (
    Adjustment,
    AuditEntry,
    Event,
    Match,
    Registration,
    Result,
    Snapshot,
    Standing,
    Team,
    Tournament,
)
from webapp.services.boards import boards, history, operator_boards
from webapp.services.matches import matches, results
from webapp.services.operations import maintenance
from webapp.services.ranking import board_store, ranking, scopes
from webapp.services.registration import registrations
from webapp.services.spine import audit
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

pytestmark = pytest.mark.usefixtures("engine")


def test_a_file_becomes_a_completed_tournament_with_all_that_belongs_to_it(app: Flask) -> None:
    outcome = take_in(season="2026_S1")
    assert (outcome.is_new, outcome.matches, outcome.participants, outcome.results) == (True, 2, 3, 6)
    assert outcome.tournament_id is not None
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, outcome.tournament_id)
        assert (tournament.slug, tournament.name, tournament.status) == ("spring-cup", "Spring Cup", "completed")
        assert (tournament.game, tournament.format, tournament.season) == ("pubgm", "battle-royale", "2026_S1")
        assert tournament.started_at == datetime(2026, 4, 1, 18, tzinfo=UTC)
        assert tournament.completed_at == datetime(2026, 4, 1, 19, tzinfo=UTC)
        matches = session.scalars(select(Match).order_by(Match.number)).all()
        assert [(match.number, match.label, match.map, match.state, match.revision) for match in matches] == [
            (1, "1", "Erangel", "completed", 1),
            (2, "2", "Miramar", "completed", 1),
        ]
        names = {row.id: row.name for row in session.execute(select(Registration.id, Team.name).join(Team))}
        assert [names[match.winner_id or 0] for match in matches] == ["Alpha", "Beta"]
        lines = session.scalars(select(Result).order_by(Result.match_id, Result.registration_id))
        assert [
            (names[line.registration_id], line.placement, line.placement_high, line.kills, line.placement_points,
             line.kill_points, line.time_alive_s)
            for line in lines
        ] == [
            ("Alpha", 1, None, 3, 10, 3, 1700), ("Beta", 2, None, 7, 6, 7, 1650), ("Gamma", None, None, 1, 0, 1, 300),
            ("Alpha", 2, 3, 0, 6, 0, 1200), ("Beta", 1, None, 2, 10, 2, 1800), ("Gamma", 2, 3, 5, 6, 5, 1200),
        ]  # fmt: skip
        penalty = session.scalars(select(Adjustment)).one()
        assert (names[penalty.registration_id], penalty.match_id, penalty.kind, penalty.points) == (
            "Beta", matches[0].id, "penalty", -2,
        )  # fmt: skip
        assert session.scalar(select(func.count()).select_from(Snapshot).where(Snapshot.reason == "completed")) == 2
    assert standing_of(outcome.tournament_id) == {"Beta": (1, 23), "Alpha": (2, 19), "Gamma": (3, 12)}


def test_the_log_is_without_gaps_and_tells_the_same_board(app: Flask) -> None:
    tournament_id = take_in().tournament_id or 0
    with read_snapshot() as session:
        events = session.scalars(select(Event).order_by(Event.seq)).all()
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert [event.type for event in events] == [
            "tournament_created", "registration_created", "tournament_started", "match_completed",
            "adjustment_recorded", "match_completed", "rank_update", "tournament_completed",
        ]  # fmt: skip
        tournament = boards.find_tournament(session, tournament_id)
        assert tournament.log_seq == len(events)
        assert tournament.results_seq == 6
        board = published(tournament_id)
        assert (board.version, board.seq, board.rules_hash) == (1, 6, preset("super").hash)
        assert history.board_at(session, tournament, 1)[0].same_as(board.board)
        assert events[-1].data["winner_id"] == board.board.standings.participant_id[board.board.ranking.order[0]]
        assert [entry.action for entry in session.scalars(select(AuditEntry))] == [
            "tournament.completed",
            "tournament.imported",
        ]
        assert audit.verify(session) == []


def test_with_the_engine_off_the_results_wait_for_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEADERBOARDS_COMPUTE_ENABLED")
    tournament_id = take_in().tournament_id or 0
    with read_snapshot() as session:
        assert session.get_one(Tournament, tournament_id).status == "completed"
        assert board_store.load(session, scopes.tournament(tournament_id), "official") is None
        winner_id = session.scalars(select(Event.data).where(Event.type == "tournament_completed")).one()["winner_id"]
    shown = operator_boards.read_final(tournament_id, now=NOW)
    assert [(entry["name"], entry["points"]) for entry in shown.document["rankings"]] == [
        ("Beta", 23), ("Alpha", 19), ("Gamma", 12),
    ]  # fmt: skip
    monkeypatch.setenv("LEADERBOARDS_COMPUTE_ENABLED", "on")
    ranking.rank_due(tournament_id, now=NOW)
    assert standing_of(tournament_id) == {"Beta": (1, 23), "Alpha": (2, 19), "Gamma": (3, 12)}
    assert shown.document["rankings"][0]["participant_id"] == winner_id


def test_nothing_is_left_to_recompute(app: Flask) -> None:
    tournament_id = take_in().tournament_id or 0
    assert maintenance.recompute(tournament_id, now=NOW) == 0
    assert published(tournament_id).version == 1


def test_an_import_equals_the_matches_confirmed_one_by_one(app: Flask) -> None:
    imported = take_in(CUP.replace(b",2\n", b",\n")).tournament_id or 0
    played = tournaments.create(
        "Played", game="pubgm", format="battle-royale", ruleset=preset("super"), actor=SYSTEM, now=NOW
    )
    alpha, beta, gamma = registrations.register(
        played, ["Alpha", "Beta", "Gamma"], actor=SYSTEM, now=NOW, seeded=False
    )  # fmt: skip
    first, second = matches.schedule(
        played,
        [matches.Fixture("1", map="Erangel"), matches.Fixture("2", map="Miramar")],
        actor=SYSTEM,
        now=NOW,
    )
    tournaments.start(played, actor=SYSTEM, now=NOW)
    line = BattleRoyaleLine
    for match_id, ended_at, lines in (
        (first, 18, [line(alpha, 1, 3, None, 1700), line(beta, 2, 7, None, 1650), line(gamma, None, 1, None, 300)]),
        (second, 19, [line(beta, 1, 2, None, 1800), line(alpha, 2, 0, 3, 1200), line(gamma, 2, 5, 3, 1200)]),
    ):
        results.confirm(match_id, lines, actor=SYSTEM, now=NOW, completed_at=datetime(2026, 4, 1, ended_at, tzinfo=UTC))
    ranking.compute_tournament_rankings(played, now=NOW)
    tournaments.complete(played, actor=SYSTEM, now=NOW)
    assert _comparable(imported) == _comparable(played)


def _comparable(tournament_id: int) -> Any:
    """Everything of a tournament but its ids and the time of its writing."""
    board = published(tournament_id).board
    with read_snapshot() as session:
        standings = session.scalars(select(Standing).order_by(Standing.registration_id)).all()
        columns = [column.name for column in Standing.__table__.columns]
        stored = [
            [getattr(row, name) for name in columns if not name.endswith("_id") and name != "changed_seq"]
            for row in standings
            if row.tournament_id == tournament_id
        ]
        matches = session.execute(
            select(Match.number, Match.label, Match.map, Match.state, Match.revision, Match.completed_at)
            .where(Match.tournament_id == tournament_id)
            .order_by(Match.number)
        ).all()
    totals = {name: column.tolist() for name, column in board.standings.columns.items() if name != "lot"}
    return totals, board.ranking.order.tolist(), board.ranking.tied.tolist(), stored, matches


WRONG = CUP + b"2,Delta,4,x,2026-04-01T19:00:00Z,Miramar,,\n3,Alpha,-1,0,,,,\n"


def test_a_file_with_wrong_lines_changes_nothing_and_lists_each(app: Flask) -> None:
    before = row_counts()
    with pytest.raises(ResultError) as refusal:
        take_in(WRONG)
    assert [field.path for field in refusal.value.fields] == ["line 8: kills", "line 9: placement"]
    assert row_counts() == before


def test_an_interruption_at_any_moment_leaves_nothing(app: Flask) -> None:
    before = row_counts()
    shares: list[float] = []
    take_in(progress=shares.append, dry_run=True)
    for last in (0.2, 0.5, 0.9):

        def interrupt(share: float, last: float = last) -> None:
            if share > last:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            take_in(progress=interrupt)
        assert row_counts() == before
    assert take_in().is_new


def test_progress_rises_to_the_whole(app: Flask) -> None:
    shares: list[float] = []
    take_in(progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize(
    "again",
    [
        CUP,
        b"\xef\xbb\xbf" + CUP.replace(b"\n", b"\r\n"),
        CUP.replace(b",", b";"),
        CUP.replace(b"Alpha", b" Alpha "),
    ],
    ids=["bytes", "line-ends", "separator", "blanks"],
)
def test_the_same_file_twice_changes_nothing_and_names_the_tournament(app: Flask, again: bytes) -> None:
    first = take_in()
    before = row_counts()
    second = take_in(again, now=NOW + timedelta(days=1))
    assert (second.is_new, second.tournament_id) == (False, first.tournament_id)
    assert row_counts() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Autumn Cup"},
        {"season": "2026_S2"},
        {"ruleset": preset("ffws")},
        {"game": "freefire"},
        {"raw": CUP.replace(b",7,", b",8,")},
    ],
    ids=["name", "season", "rules", "game", "results"],
)
def test_other_settings_or_results_are_another_tournament(app: Flask, changes: dict[str, Any]) -> None:
    first, second = take_in(), take_in(**changes)
    assert second.is_new
    assert second.tournament_id != first.tournament_id


def test_a_dry_run_reads_everything_and_writes_nothing(app: Flask) -> None:
    before = row_counts()
    outcome = take_in(dry_run=True)
    assert (outcome.tournament_id, outcome.is_new, outcome.results) == (None, False, 6)
    assert row_counts() == before
    with pytest.raises(ResultError):
        take_in(WRONG, dry_run=True)
    known = take_in()
    assert take_in(dry_run=True).tournament_id == known.tournament_id
