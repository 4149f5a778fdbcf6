"""What must hold of every tournament whatever happened to it, each as an assertion that says what is wrong."""

from typing import NamedTuple

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.board import Board
from webapp.domain.deltas import Placings, RankChanges, applied
from webapp.models import Board as BoardRow
from webapp.models import BoardVersion, Event, OutboxItem, Standing, Tournament
from webapp.models.boards import AUDIENCES
from webapp.services.boards import history, past_boards
from webapp.services.pages.board_stops import stops_of
from webapp.services.ranking import board_store, board_tops, ranking, result_columns, scopes, standings
from webapp.services.spine import audit
from webapp.services.spine.transaction import read_snapshot


class LogEntry(NamedTuple):
    seq: int
    type: str
    version: int | None


def assert_same_board(shown: Board, expected: Board, what: str) -> None:
    """Every total, rank and mark; the first difference is named."""
    if shown.same_as(expected):
        return
    ours, theirs = shown.standings, expected.standings
    assert ours.participant_id.tolist() == theirs.participant_id.tolist(), f"{what}: participants"
    for name, values in ours.columns.items():
        assert values.tolist() == theirs.columns[name].tolist(), f"{what}: {name}"
    assert ours.countback.tolist() == theirs.countback.tolist(), f"{what}: countback"
    assert ours.eligible_since.tolist() == theirs.eligible_since.tolist(), f"{what}: eligible since"
    assert ours.champion == theirs.champion, f"{what}: champion"
    for name in ("order", "ranks", "tied", "decided_by", "is_override", "computed_ranks"):
        assert getattr(shown.ranking, name).tolist() == getattr(expected.ranking, name).tolist(), f"{what}: {name}"
    raise AssertionError(f"{what}: stored bytes differ")


def assert_board_is_right(tournament_id: int) -> board_store.PublishedBoard:
    """The published board is up to date and equals the full computation and the fold of the log from scratch."""
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, tournament_id)
        scope = scopes.tournament(tournament_id)
        official, public = (board_store.load(session, scope, audience) for audience in reversed(AUDIENCES))
        assert official is not None
        assert public is not None
        assert official.seq == public.seq == tournament.results_seq, "the board is behind its results"
        assert official.version == public.version
        assert_same_board(public.board, official.board, "public board")
        rules = standings.rules_of(tournament)
        assert_same_board(official.board, ranking.compute_board(session, tournament, rules), "full computation")
        from_log = history.board_from_log(session, tournament, tournament.log_seq + 1)
        assert_same_board(official.board, from_log, "fold of the log")
        stored = session.scalars(
            select(BoardVersion.payload)
            .join(BoardRow, BoardRow.board_version_id == BoardVersion.id)
            .where(BoardRow.scope == str(scope), BoardRow.audience == "official")
        ).one()
        assert_same_board(Board.from_bytes(stored), official.board, "stored version")
    return official


def assert_standings_are_right(tournament_id: int) -> None:
    """Every stored row of totals equals the fold of the results; whoever has results or points has a row."""
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, tournament_id)
        stored = {
            row.registration_id: {name: getattr(row, name) for name in standings.STORED}
            for row in session.scalars(select(Standing).where(Standing.tournament_id == tournament_id))
        }
        # Who withdrew keeps a row, and its results.
        ids = np.union1d(result_columns.participants(session, tournament_id)[0], np.array([*stored], np.int64))
        totals = standings.fold(session, tournament, standings.rules_of(tournament), ids, only_these=False)
        expected = {row.pop("registration_id"): row for row in standings.rows(tournament_id, totals, seq=0)}
    for registration_id, row in stored.items():
        assert row == {name: expected[registration_id][name] for name in standings.STORED}, registration_id
    without_row = {who for who, row in expected.items() if row["matches_played"] or row["adjustment"]} - stored.keys()
    assert without_row == set(), "no row of totals"


def log_of(session: Session, tournament_id: int) -> list[LogEntry]:
    rows = session.execute(
        select(Event.seq, Event.type, Event.data).where(Event.tournament_id == tournament_id).order_by(Event.seq)
    )
    return [LogEntry(seq, kind, data.get("version") if kind == "rank_update" else None) for seq, kind, data in rows]


def assert_log_is_whole(tournament_id: int) -> list[LogEntry]:
    """Numbers 1 to N and versions 1 to V without gaps; the tournament and its board know the last ones."""
    with read_snapshot() as session:
        entries = log_of(session, tournament_id)
        tournament = session.get_one(Tournament, tournament_id)
        board = board_store.load(session, scopes.tournament(tournament_id), "official")
    assert [entry.seq for entry in entries] == list(range(1, tournament.log_seq + 1)), "numbers of the log"
    versions = [entry.version for entry in entries if entry.version is not None]
    assert versions == list(range(1, len(versions) + 1)), "versions"
    assert len(versions) == (board.version if board else 0), "the last version"
    return entries


def assert_deltas_lead_here(tournament_id: int, seen: dict[int, Placings]) -> None:
    """Whoever had one of the `seen` boards (by version) and applies all changes since has the present one."""
    with read_snapshot() as session:
        board = board_store.load(session, scopes.tournament(tournament_id), "public")
        assert board is not None
        expected = ranking.placings(board.board)
        for version, before in seen.items():
            now = applied(before, history.changes_since(session, tournament_id, version))
            for name in ("participant_id", "rank", "points"):
                assert np.array_equal(getattr(now, name), getattr(expected, name)), f"{name} from version {version} on"


def assert_versions_were_whole(tournament_id: int, versions: list[int]) -> None:
    """The delta that each of these versions published leads to the board as the log tells it at that version."""
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, tournament_id)
        for version in versions:
            board, _ = history.board_at(session, tournament, version)
            before = Placings.empty()
            if version > 1:
                before = ranking.placings(history.board_at(session, tournament, version - 1)[0])
            data = history.version_event(session, tournament_id, version).data
            assert data["version"] == version
            assert data["entries_count"] == len(board)
            changes = RankChanges.from_columns(data["changes"])
            now, expected = applied(before, changes), ranking.placings(board)
            for name in ("participant_id", "rank", "points"):
                assert np.array_equal(getattr(now, name), getattr(expected, name)), f"{name} of version {version}"


def assert_replay_shows(tournament_id: int, seen: dict[int, Placings]) -> None:
    """The replay at each of the `seen` versions, and the top kept of it, show what was published then."""
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, tournament_id)
        stops = stops_of(session, tournament, up_to=max(seen), audience="public")
        assert [stop.version for stop in stops] == list(range(1, max(seen) + 1))
        tops = board_tops.of_versions(session, tournament_id, seen.keys())
        for version, expected in seen.items():
            event = history.version_event(session, tournament_id, version)
            board = past_boards.at(session, tournament, event)
            now = ranking.placings(board)
            for name in ("participant_id", "rank", "points"):
                assert np.array_equal(getattr(now, name), getattr(expected, name)), f"{name} of version {version}"
            top = board_tops.top_of(board)
            assert [column.tolist() for column in tops[version]] == [column.tolist() for column in top]


def unserved() -> list[tuple[str, str]]:
    """What the outbox still has to do."""
    with read_snapshot() as session:
        rows = session.execute(select(OutboxItem.handler, OutboxItem.key).where(OutboxItem.wanted > OutboxItem.done))
        return [(handler, key) for handler, key in rows]


def assert_audit_is_intact() -> None:
    with read_snapshot() as session:
        assert audit.verify(session) == []


def assert_all_is_well(tournament_id: int) -> board_store.PublishedBoard:
    """Everything above that needs no history of what was seen."""
    assert_log_is_whole(tournament_id)
    assert_standings_are_right(tournament_id)
    board = assert_board_is_right(tournament_id)
    assert_audit_is_intact()
    return board
