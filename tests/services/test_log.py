import threading
from collections.abc import Mapping
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, ended_at, open_battle_royale
from tests.trail import trail
from webapp.domain.errors import NotFound
from webapp.domain.events import AUDIENCES, CATALOGUE, MEMBERS, ROOMS, TEAM_ROOM
from webapp.models import Event, Tournament
from webapp.services.live import heads
from webapp.services.spine import log
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.log import Fact
from webapp.services.spine.transaction import read_snapshot, transaction

UPDATED = {"changed": ["name"]}


def record(tournament_id: int, event_type: str = "tournament_updated", data: Mapping[str, object] = UPDATED) -> int:
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        return log.record(session, tournament, event_type, data, actor=SYSTEM, now=OPENED_AT)


def record_and_fail(tournament_id: int) -> None:
    with transaction() as session:
        tournament = log.lock_tournament(session, tournament_id)
        log.record(session, tournament, "tournament_updated", UPDATED, actor=SYSTEM, now=OPENED_AT)
        _ = 1 / 0


def test_facts_are_numbered_without_gaps_in_the_order_of_commits(app: Flask) -> None:
    arena = open_battle_royale()
    with read_snapshot() as session:
        last = session.get_one(Tournament, arena.tournament_id).log_seq
    with pytest.raises(ZeroDivisionError):
        record_and_fail(arena.tournament_id)
    assert [record(arena.tournament_id) for _ in range(3)] == [last + 1, last + 2, last + 3]
    with read_snapshot() as session:
        numbers = session.scalars(select(Event.seq).order_by(Event.seq)).all()
        assert numbers == list(range(1, last + 4))
        assert session.get_one(Tournament, arena.tournament_id).log_seq == last + 3


def test_many_writers_leave_no_gap_and_no_double(app: Flask) -> None:
    arena = open_battle_royale()
    with read_snapshot() as session:
        before = session.get_one(Tournament, arena.tournament_id).log_seq

    def write() -> None:
        with app.app_context():
            for _ in range(10):
                record(arena.tournament_id)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with read_snapshot() as session:
        assert session.scalars(select(Event.seq).order_by(Event.seq)).all() == list(range(1, before + 41))


def test_a_fact_holds_what_spec_05_names_and_asks_for_what_follows(app: Flask) -> None:
    arena = open_battle_royale()
    number = heads.generation()
    with trail() as found, transaction() as session:
        tournament = log.lock_tournament(session, arena.tournament_id)
        seq = log.record(
            session, tournament, "adjustment_recorded", {"adjustment_id": 9, "kind": "bonus", "points": 2},
            actor=Actor(None, "admin"), now=ended_at(7), match_id=arena.match_ids[0],
            registration_id=arena.participant_ids[0],
        )  # fmt: skip
    (event,) = found.rows
    assert isinstance(event.id, UUID)
    assert event.id.version == 7
    assert (event.type, event.tournament_id, event.seq, event.match_id, event.registration_id, event.actor_id) == (
        "adjustment_recorded", arena.tournament_id, seq, arena.match_ids[0], arena.participant_ids[0], None,
    )  # fmt: skip
    assert (event.data, event.created_at) == ({"adjustment_id": 9, "kind": "bonus", "points": 2}, ended_at(7))
    key = str(arena.tournament_id)
    assert found.wanted == [("publish", key), ("rank", key), ("route", key)]
    assert heads.generation() == number + 1
    with read_snapshot() as session:
        stored = session.get_one(Tournament, arena.tournament_id)
        assert (stored.log_seq, stored.results_seq) == (seq, seq)


def test_a_fact_that_changes_no_board_asks_for_no_ranking(app: Flask) -> None:
    arena = open_battle_royale()
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        before = (tournament.results_seq, tournament.roster_seq)
    with trail() as found:
        record(arena.tournament_id)
    assert found.wanted == [("publish", str(arena.tournament_id)), ("route", str(arena.tournament_id))]
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        assert (tournament.results_seq, tournament.roster_seq) == before


def test_a_change_of_who_takes_part_moves_the_roster_number(app: Flask) -> None:
    arena = open_battle_royale()
    seq = record(arena.tournament_id, "registration_withdrawn", {"status": "withdrawn"})
    with read_snapshot() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        assert (tournament.results_seq, tournament.roster_seq) == (seq, seq)


@pytest.mark.parametrize("data", [{}, {"changed": [], "more": 1}, {"other": 1}])
def test_a_fact_with_other_fields_than_the_catalogue_names_is_refused(app: Flask, data: dict[str, object]) -> None:
    arena = open_battle_royale()
    with pytest.raises(ValueError, match="tournament_updated needs the fields"):
        record(arena.tournament_id, "tournament_updated", data)


def test_what_nothing_brings_about_cannot_be_recorded(app: Flask) -> None:
    arena = open_battle_royale()
    for name in (name for name, kind in CATALOGUE.items() if not kind.has_cause):
        with pytest.raises(ValueError, match=f"nothing brings {name} about"):
            record(arena.tournament_id, name, dict.fromkeys(CATALOGUE[name].fields, 1))


def test_what_happens_to_a_team_is_not_written_into_a_tournaments_log(app: Flask) -> None:
    arena = open_battle_royale()
    with pytest.raises(ValueError, match="member_removed belongs to a team's log"):
        record(arena.tournament_id, "member_removed", {"team_id": 1, "user_id": 2})


def test_many_facts_at_once_are_numbered_alike_and_announced_only_on_request(app: Flask) -> None:
    arena = open_battle_royale()
    facts = [Fact("match_started", {"number": number}, match_id=arena.match_ids[0]) for number in range(600)]
    with trail() as found, transaction() as session:
        tournament = log.lock_tournament(session, arena.tournament_id)
        before = tournament.log_seq
        last = log.record_many(session, tournament, facts, actor=SYSTEM, now=OPENED_AT)
        assert log.record_many(session, tournament, [], actor=SYSTEM, now=OPENED_AT) == last
    assert [event.seq for event in found.rows] == list(range(before + 1, before + 601))
    assert [event.data["number"] for event in found.rows] == list(range(600))
    assert found.wanted == [("route", str(arena.tournament_id))]


def test_a_tournament_that_is_not_there_or_deleted_cannot_be_locked(app: Flask) -> None:
    arena = open_battle_royale()
    with transaction() as session:
        session.get_one(Tournament, arena.tournament_id).deleted_at = OPENED_AT
    for tournament_id in (arena.tournament_id, 999):
        with pytest.raises(NotFound, match=f"There is no tournament {tournament_id}"), transaction() as session:
            log.lock_tournament(session, tournament_id)


def test_every_event_names_known_rooms_and_audiences() -> None:
    for name, kind in CATALOGUE.items():
        assert name == kind.name
        assert kind.fields
        assert kind.rooms
        assert set(kind.rooms) <= set(ROOMS)
        assert kind.audience in AUDIENCES
        # A team's members hear of the team, and nobody else.
        assert (kind.audience == MEMBERS) is (kind.rooms == (TEAM_ROOM,))
        # Whoever comes or goes changes the board too.
        assert kind.changes_board or not kind.changes_roster
