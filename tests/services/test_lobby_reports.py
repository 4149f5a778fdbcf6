"""What the sides of a battle-royale lobby report of themselves."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.arenas import Arena, ended_at, open_battle_royale
from tests.entering import players
from tests.trail import trail
from webapp.domain.errors import Conflict, NotFound, ResultError
from webapp.domain.scoring import BattleRoyaleLine
from webapp.models import Match, Registration, ResultSubmission
from webapp.services.matches import grid, lobby_reports, match_resets, matches, pauses, reporting, results
from webapp.services.matches.reporting import ANSWER_WITHIN
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction

SQUADS = 4
REASON = "The lobby crashed on its way."


class Lobbies:
    """Two lobbies of four squads, each with somebody who speaks for it."""

    def __init__(self) -> None:
        self.arena: Arena = open_battle_royale(squads=SQUADS, lobbies=2)
        self.captains = players(SQUADS)
        with transaction() as session:
            for captain, who in zip(self.captains, self.arena.participant_ids, strict=True):
                session.get_one(Registration, who).registered_by_id = captain.user_id
        self.first, self.second = self.arena.match_ids

    def report(self, place: int, placement: int | None, kills: int = 0, *, match: int | None = None, minute: int = 1,
               **more: str) -> reporting.Reported:  # fmt: skip
        return lobby_reports.submit(
            match or self.first, placement=placement, kills=kills, actor=self.captains[place], now=ended_at(minute),
            **more,  # type: ignore[arg-type]  # the note
        )  # fmt: skip

    def states(self) -> list[str]:
        with read_snapshot() as session:
            return [row.state for row in session.query(ResultSubmission).order_by(ResultSubmission.id)]

    def state_of(self, match_id: int) -> str:
        with read_snapshot() as session:
            return session.get_one(Match, match_id).state

    def open_reports(self) -> list[tuple[int, int | None, bool]]:
        with read_snapshot() as session:
            found = lobby_reports.of_match(session, session.get_one(Match, self.first))
        places = {who: place for place, who in enumerate(self.arena.participant_ids)}
        return [(places[one.participant_id], one.line.placement, one.is_contested) for one in found]


@pytest.fixture
def lobbies(app: Flask) -> Lobbies:
    return Lobbies()


def test_a_report_begins_the_lobby_and_decides_nothing(lobbies: Lobbies) -> None:
    with trail() as found:
        reported = lobbies.report(0, 2, 5)
    about = {"number": 1, "submission_id": reported.submission_id, "report_revision": 1, "status": "pending_opponent"}
    assert found.events == [("match_started", {"number": 1}), ("result_submitted", about)]
    assert [action for action, _ in found.audited] == ["result.reported"]
    assert lobbies.state_of(lobbies.first) == "live"
    with trail() as found:
        assert lobbies.report(0, 2, 5, minute=2).submission_id == reported.submission_id
    assert (found.events, found.audited) == ([], [])


def test_reports_are_compared_across_the_sides(lobbies: Lobbies) -> None:
    lobbies.report(0, 2)
    lobbies.report(1, 1, 3)
    lobbies.report(2, None, 1)
    lobbies.report(3, 2)
    assert lobbies.open_reports() == [(1, 1, False), (0, 2, True), (3, 2, True), (2, None, False)]
    lobbies.report(3, 3)
    assert lobbies.open_reports() == [(1, 1, False), (0, 2, False), (3, 3, False), (2, None, False)]
    assert lobbies.states() == ["pending_opponent"] * 3 + ["superseded", "pending_opponent"]


def test_the_grid_takes_all_reports_and_closes_them(lobbies: Lobbies) -> None:
    for place, placement in enumerate((1, 2, 3)):
        lobbies.report(place, placement, 4 - placement)
    view = grid.read_reported(lobbies.first, actor=SYSTEM)
    ids = lobbies.arena.participant_ids
    assert [(row.participant_id, row.cells.placement, row.cells.kills) for row in view.rows] == [
        (ids[0], "1", "3"), (ids[1], "2", "2"), (ids[2], "3", "1"), (ids[3], "", ""),
    ]  # fmt: skip
    assert (len(view.reports), len(view.warnings)) == (3, 1)
    # The third was in truth without a kill.
    lines = [BattleRoyaleLine(who, place, max(4 - place, 0)) for place, who in enumerate(ids, start=1)]
    lines[2] = lines[2]._replace(kills=0)
    results.confirm(lobbies.first, lines, actor=SYSTEM, now=ended_at(2))
    assert lobbies.states() == ["confirmed", "confirmed", "superseded"]
    again = grid.read_reported(lobbies.first, actor=SYSTEM)
    assert (again.reports, [row.cells.kills for row in again.rows]) == ((), ["3", "2", "0", "0"])


def test_what_clashes_shows_in_the_grid(lobbies: Lobbies) -> None:
    lobbies.report(0, 1)
    lobbies.report(1, 1)
    view = grid.read_reported(lobbies.first, actor=SYSTEM)
    assert [error.path for error in view.errors] == [f"placement-{lobbies.arena.participant_ids[1]}"]


def test_what_cannot_have_been_is_refused_with_its_field(lobbies: Lobbies) -> None:
    with pytest.raises(ResultError) as refused:
        lobbies.report(0, SQUADS + 1)
    assert [field.path for field in refused.value.fields] == ["placement"]
    with pytest.raises(ResultError) as refused:
        lobbies.report(0, 1, -1)
    assert [field.path for field in refused.value.fields] == ["kills"]
    with pytest.raises(ResultError):
        lobbies.report(0, 1, note="x" * 501)
    assert lobbies.states() == []


def test_only_who_speaks_for_a_side_reports(lobbies: Lobbies) -> None:
    with pytest.raises(NotFound):
        lobby_reports.submit(
            lobbies.first, placement=1, kills=0, actor=Actor(999_999, "player"), now=ended_at(1)
        )  # fmt: skip


def test_a_lobby_is_reported_in_its_turn(lobbies: Lobbies) -> None:
    with pytest.raises(Conflict) as refused:
        lobbies.report(0, 1, match=lobbies.second, minute=9)
    assert refused.value.code == "match_not_live"
    lobbies.report(0, 1, minute=9)
    lobbies.report(0, 2, match=lobbies.second, minute=9)
    assert lobbies.state_of(lobbies.second) == "live"


def test_nobody_reports_before_the_time_or_while_everything_stands_still(lobbies: Lobbies) -> None:
    with transaction() as session:
        session.get_one(Match, lobbies.first).scheduled_at = ended_at(30)
    with pytest.raises(Conflict):
        lobbies.report(0, 1)
    matches.start_match(lobbies.first, actor=SYSTEM, now=ended_at(1))
    lobbies.report(0, 1)
    pauses.stop(lobbies.arena.tournament_id, reason=REASON, actor=SYSTEM, now=ended_at(2))
    with pytest.raises(Conflict) as refused:
        lobbies.report(1, 2, minute=3)
    assert refused.value.code == "tournament_paused"


def test_a_result_that_counts_is_reported_no_more(lobbies: Lobbies) -> None:
    lines = [BattleRoyaleLine(who, place, 0) for place, who in enumerate(lobbies.arena.participant_ids, start=1)]
    results.confirm(lobbies.first, lines, actor=SYSTEM, now=ended_at(1))
    with pytest.raises(Conflict) as refused:
        lobbies.report(0, 1, minute=2)
    assert refused.value.code == "match_not_live"


def test_a_lobby_that_is_set_back_forgets_its_reports(lobbies: Lobbies) -> None:
    lobbies.report(0, 1)
    match_resets.reset(lobbies.first, reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert (lobbies.states(), lobbies.open_reports()) == (["superseded"], [])


def test_what_no_official_takes_in_time_is_marked(lobbies: Lobbies) -> None:
    reported = lobbies.report(0, 1)
    assert reporting.mark_overdue(now=ended_at(1) + ANSWER_WITHIN - timedelta(seconds=1)) == []
    assert reporting.mark_overdue(now=ended_at(1) + ANSWER_WITHIN) == [reported.submission_id]
