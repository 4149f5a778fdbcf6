import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, REASON, Arena, complete_undecided, ended_at, open_battle_royale, open_league
from tests.trail import trail
from webapp.domain.errors import Conflict, NotFound, ResultError, TransitionError
from webapp.models import Match
from webapp.services.matches import matches, results
from webapp.services.matches.matches import Fixture
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments


@pytest.fixture
def league(app: Flask) -> Arena:
    return open_league("valorant", {"cascade": ["points"]}, [(0, 1)], sides=3, best_of=3, name="League")


def schedule(tournament_id: int, *fixtures: Fixture) -> list[int]:
    return matches.schedule(tournament_id, fixtures, actor=SYSTEM, now=OPENED_AT)


def test_fixtures_are_added_after_those_that_are_there(league: Arena) -> None:
    one, other, third = league.participant_ids
    with trail() as found:
        ids = schedule(
            league.tournament_id,
            Fixture("Round 2", ended_at(5), "Bind", one, third, best_of=5, round=2, stage="Groups"),
            Fixture("Round 2", side_a_id=other),
        )
    with read_snapshot() as session:
        rows = session.scalars(select(Match).where(Match.id.in_(ids)).order_by(Match.number)).all()
        assert [(row.number, row.label, row.map, row.side_a_id, row.side_b_id, row.best_of) for row in rows] == [
            (2, "Round 2", "Bind", one, third, 5), (3, "Round 2", None, other, None, 1)
        ]  # fmt: skip
        assert (rows[0].scheduled_at, rows[0].round, rows[0].stage) == (ended_at(5), 2, "Groups")
        assert [(row.state, row.revision) for row in rows] == [("scheduled", 0)] * 2
    assert found.events == [("match_scheduled", {"match_ids": ids})]
    assert found.audited == [("match.scheduled", {"match_ids": ids})]
    assert found.wanted == [("publish", str(league.tournament_id)), ("route", str(league.tournament_id))]
    with trail() as found:
        assert schedule(league.tournament_id) == []
    assert found.events == []


def test_every_fixture_that_cannot_be_played_is_named(league: Arena) -> None:
    one = league.participant_ids[0]
    lobby = open_battle_royale(squads=2, lobbies=0, name="Lobby")
    with pytest.raises(ResultError) as refused:
        schedule(
            league.tournament_id,
            Fixture("fine", side_a_id=one),
            Fixture("against itself", side_a_id=one, side_b_id=one),
            Fixture("stranger", side_a_id=one, side_b_id=lobby.participant_ids[0], best_of=2),
        )
    assert [error.path for error in refused.value.fields] == [
        "fixture 2: sides", "fixture 3: best_of", "fixture 3: sides"
    ]  # fmt: skip
    with pytest.raises(ResultError, match="a battle-royale lobby has no two sides"):
        schedule(lobby.tournament_id, Fixture("duel", side_a_id=lobby.participant_ids[0]))
    complete_undecided(lobby)
    with pytest.raises(Conflict, match="is completed; no match can be added any more"):
        schedule(lobby.tournament_id, Fixture("late"))


def test_a_match_begins_once_and_only_while_its_tournament_is_live(app: Flask) -> None:
    arena = open_battle_royale(lobbies=2)
    match_id = arena.match_ids[0]
    with trail() as found:
        matches.start_match(match_id, actor=SYSTEM, now=ended_at(1))
    assert found.events == [("match_started", {"number": 1})]
    assert found.rows[0].match_id == match_id
    assert found.audited == [("match.started", {"match_id": match_id, "before": "scheduled", "after": "live"})]
    assert found.wanted == [("publish", str(arena.tournament_id)), ("route", str(arena.tournament_id))]
    with read_snapshot() as session:
        match = session.get_one(Match, match_id)
        assert (match.state, match.started_at) == ("live", ended_at(1))
    with trail() as found:
        matches.start_match(match_id, actor=SYSTEM, now=ended_at(2))
    assert found.events == []
    results.confirm(match_id, arena.lines(match_id), actor=SYSTEM, now=ended_at(3))
    with pytest.raises(TransitionError, match="A match that is completed cannot become live"):
        matches.start_match(match_id, actor=SYSTEM, now=ended_at(4))
    tournaments.cancel(arena.tournament_id, reason=REASON, actor=SYSTEM, now=ended_at(5))
    with pytest.raises(Conflict, match="is cancelled; matches are played while it is live"):
        matches.start_match(arena.match_ids[1], actor=SYSTEM, now=ended_at(6))


def test_a_running_score_is_shown_and_never_counted(app: Flask) -> None:
    arena = open_battle_royale(squads=2, lobbies=1)
    first, second = arena.participant_ids
    match_id = arena.match_ids[0]
    with pytest.raises(Conflict, match="Match 1 is scheduled; running scores belong to a live match"):
        matches.update_score(match_id, [[first, -1, 1]], actor=SYSTEM, now=ended_at(1))
    matches.start_match(match_id, actor=SYSTEM, now=ended_at(1))
    running = [[first, -1, 4], [second, 2, 0]]
    with trail() as found:
        matches.update_score(match_id, running, actor=SYSTEM, now=ended_at(2))
    assert found.events == [("score_updated", {"lines": running, "games": []})]
    assert (found.audited, found.wanted) == (
        [],
        [("publish", str(arena.tournament_id)), ("route", str(arena.tournament_id))],
    )
    with read_snapshot() as session:
        assert session.get_one(Match, match_id).live_lines == running
    with trail() as found:
        matches.update_score(match_id, running, actor=SYSTEM, now=ended_at(3))
    assert found.events == []


def test_a_running_series_has_games_instead_of_lines(league: Arena) -> None:
    matches.start_match(league.match_ids[0], actor=SYSTEM, now=ended_at(1))
    with trail() as found:
        matches.update_score(league.match_ids[0], [[1, 13, 7], [2, 0, 0]], actor=SYSTEM, now=ended_at(2))
    assert found.events == [("score_updated", {"lines": [], "games": [[1, 13, 7], [2, 0, 0]]})]


def test_a_running_score_of_another_form_is_refused_by_line(app: Flask) -> None:
    arena = open_battle_royale(squads=2, lobbies=1)
    stranger = open_battle_royale(squads=1, name="Other").participant_ids[0]
    first = arena.participant_ids[0]
    matches.start_match(arena.match_ids[0], actor=SYSTEM, now=ended_at(1))
    for lines, paths in (
        ([[first, 1]], ["line 1"]),
        ([[first, -1, 0], [first, -2, 0], [first, 1, True]], ["line 2", "line 3"]),
        ([[first, -1, 0], [first, -1, 1]], ["line 2"]),
        ([[stranger, -1, 0]], ["line 1"]),
    ):
        with pytest.raises(ResultError) as refused:
            matches.update_score(arena.match_ids[0], lines, actor=SYSTEM, now=ended_at(2))
        assert [error.path for error in refused.value.fields] == paths


def test_a_match_without_a_result_can_be_cancelled(app: Flask) -> None:
    arena = open_battle_royale(lobbies=2)
    with trail() as found:
        matches.cancel_match(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=ended_at(1))
    assert found.events == [("match_cancelled", {"number": 1})]
    assert found.audited == [
        (
            "match.cancelled",
            {"match_id": arena.match_ids[0], "before": "scheduled", "after": "cancelled", "reason": REASON},
        )
    ]
    with trail() as found:
        matches.cancel_match(arena.match_ids[0], reason=REASON, actor=SYSTEM, now=ended_at(2))
    assert found.events == []
    results.confirm(arena.match_ids[1], arena.lines(arena.match_ids[1]), actor=SYSTEM, now=ended_at(3))
    with pytest.raises(Conflict, match="Match 2 has a confirmed result; void it"):
        matches.cancel_match(arena.match_ids[1], reason=REASON, actor=SYSTEM, now=ended_at(4))
    with pytest.raises(NotFound, match="There is no match 999"):
        matches.cancel_match(999, reason=REASON, actor=SYSTEM, now=ended_at(4))
