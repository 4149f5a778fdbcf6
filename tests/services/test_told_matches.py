"""Who is told of what happens in matches, by the services that do it."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask

from tests.arenas import ended_at, open_battle_royale
from tests.contests import Contest, open_contest
from tests.disputed import TEXT
from tests.notified import Said, heard, lined_up, notifications, people, route
from webapp.models import Match, Tournament, TournamentOfficial
from webapp.services.disputes import dispute_decisions, disputes
from webapp.services.disputes.dispute_decisions import Decision
from webapp.services.matches import lobbies, match_details, matches, reporting, results, schedules
from webapp.services.matches.reporting import ANSWER_WITHIN
from webapp.services.notifications import words
from webapp.services.spine import undo
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import officials

AT = ended_at(2)
BOTH = ["Person01", "Person02", "Person03", "Person04"]


@dataclass(frozen=True)
class Field:
    """A match of two sides of two each; alice and bob speak for them."""

    contest: Contest
    alice: Actor
    bob: Actor

    @property
    def tournament_id(self) -> int:
        return self.contest.tournament_id

    def report(self, who: Actor, *wins: int) -> int:
        submitted = reporting.submit(self.contest.match_id, self.contest.games(*wins), actor=who, now=AT)
        return submitted.submission_id


@pytest.fixture
def field(app: Flask) -> Field:
    contest = open_contest()
    alice, second, bob, fourth = people(4)
    lined_up(contest.a, [alice, second])
    lined_up(contest.b, [bob, fourth])
    (owner,) = people(1, prefix="Owner", role="organizer")
    with transaction() as session:
        session.get_one(Tournament, contest.tournament_id).organizer_id = owner.user_id
    route(contest.tournament_id)
    return Field(contest, alice, bob)


def test_both_sides_hear_that_a_match_has_a_time_and_that_it_begins(field: Field) -> None:
    match_id = field.contest.match_id
    schedules.set_times(field.tournament_id, {match_id: AT + timedelta(hours=2)}, actor=SYSTEM, now=AT)
    said = route(field.tournament_id)
    assert (heard(said, "match_scheduled"), said[0].data) == (BOTH, {"match_ids": [match_id]})
    rows = notifications()[-4:]
    assert {row.match_id for row in rows} == {match_id}
    assert [row.registration_id for row in rows] == [field.contest.a] * 2 + [field.contest.b] * 2
    matches.start_match(match_id, actor=SYSTEM, now=AT)
    assert [one[1:] for one in route(field.tournament_id)] == [("match_started", {"number": 1})] * 4


def test_who_plays_more_than_one_of_the_planned_matches_hears_of_them_in_one_notice(app: Flask) -> None:
    contest = open_contest(matches=3)
    (player,) = people(1)
    lined_up(contest.a, [player])
    assert [one.kind for one in route(contest.tournament_id)] == ["registration_submitted", "tournament_started"]
    times = {one: AT + timedelta(hours=number) for number, one in enumerate(contest.match_ids[:2], start=1)}
    schedules.set_times(contest.tournament_id, times, actor=SYSTEM, now=AT)
    assert route(contest.tournament_id) == [("Person01", "match_scheduled", {"match_ids": [*contest.match_ids[:2]]})]
    assert notifications()[-1].match_id is None


def set_lobby(field: Field, name: str) -> list[Said]:
    lobbies.set_lobby(field.contest.match_id, name=name, password="kite 43", notes="", actor=SYSTEM, now=AT)
    return route(field.tournament_id)


def change(field: Field, **given: object) -> list[Said]:
    match_details.change(field.contest.match_id, given, actor=SYSTEM, now=AT)
    return route(field.tournament_id)


def test_who_says_that_they_are_ready_tells_nobody_in_person(field: Field) -> None:
    with transaction() as session:
        session.get_one(Tournament, field.tournament_id).asks_ready = True
    for is_ready in (True, False, True):
        assert lobbies.say_ready(field.contest.match_id, is_ready=is_ready, actor=field.alice, now=AT)
    assert lobbies.say_ready(field.contest.match_id, actor=field.bob, now=AT)
    assert route(field.tournament_id) == []


def test_a_changed_time_is_told_and_what_a_match_is_called_or_who_looks_after_it_is_not(field: Field) -> None:
    referee, *_ = people(1, prefix="Referee", role="organizer")
    with transaction() as session:
        session.add(TournamentOfficial(tournament_id=field.tournament_id, user_id=referee.user_id, role="referee"))
    assert lobbies.assign_coordinator(field.contest.match_id, referee.user_id, actor=SYSTEM, now=AT)
    assert route(field.tournament_id) == []
    assert change(field, label="Opener", map="Ascent", stream_url="https://www.twitch.tv/cup") == []
    assert heard(change(field, label="First", scheduled_at=AT + timedelta(hours=1)), "match_scheduled") == BOTH


def test_a_changed_lobby_is_told_in_words_that_hold_nothing_of_it(field: Field) -> None:
    match_id = field.contest.match_id
    said = set_lobby(field, "DC-17")
    assert (heard(said, "match_scheduled"), said[0].data) == (BOTH, {"match_ids": [match_id], "change": "lobby"})
    row = notifications()[-1]
    with read_snapshot() as session:
        (told,) = words.of_notifications(session, [row])
    assert told.subject == "Lobby: Squad 01 vs Squad 02, Duel"
    assert told.text.startswith("There is news about the lobby of Squad 01 vs Squad 02 in Duel.")
    assert not [word for word in ("DC-17", "kite") if word in repr(told)]
    assert set_lobby(field, "DC-17") == []
    matches.start_match(match_id, actor=SYSTEM, now=AT)
    route(field.tournament_id)
    assert heard(set_lobby(field, "DC-18"), "match_scheduled") == BOTH, "the host has left, and they meet elsewhere"
    with transaction() as session:
        session.get_one(Match, match_id).state = "pending_result"
    assert set_lobby(field, "DC-19") == []


def test_a_report_is_told_to_the_other_side_and_unanswered_to_the_organizers(field: Field) -> None:
    match_id, tournament_id = field.contest.match_id, field.tournament_id
    matches.start_match(match_id, actor=SYSTEM, now=AT)
    people(1, prefix="Helper", role="organizer")
    officials.appoint(tournament_id, "Helper01", "co_organizer", actor=SYSTEM, now=AT)
    route(tournament_id)
    report_id = field.report(field.alice, 0, 0)
    about = {"number": 1, "submission_id": report_id, "report_revision": 1}
    assert route(tournament_id) == [
        (who, "result_submitted", {**about, "status": "pending_opponent"}) for who in ("Person03", "Person04")
    ]
    reporting.mark_overdue(now=AT + ANSWER_WITHIN)
    assert route(tournament_id) == [
        (who, "result_submitted", {**about, "status": "overdue"}) for who in ("Owner01", "Helper01")
    ]
    reporting.agree(match_id, report_revision=1, actor=field.bob, now=AT)
    said = route(tournament_id)
    assert heard(said, "match_completed") == ["Person01", "Person02", "Person04"], "who has agreed knows it"
    assert said[0].data == {"number": 1}, "no score"


def test_a_dispute_is_told_to_the_opponent_organizers_referees_and_staff_and_its_end_to_both_sides(
    field: Field,
) -> None:
    match_id, tournament_id = field.contest.match_id, field.tournament_id
    people(2, prefix="Referee", role="organizer")
    people(1, prefix="Staff", role="admin")
    officials.appoint(tournament_id, "Referee01", "referee", actor=SYSTEM, now=AT)
    field.report(field.alice, 0, 0)
    route(tournament_id)
    dispute_id = disputes.open_dispute(
        match_id, reason_code="wrong_score", text=TEXT, claim=None, actor=field.bob, now=AT
    )
    said = route(tournament_id)
    assert sorted(heard(said, "match_disputed")) == ["Owner01", "Person01", "Person02", "Referee01", "Staff01"]
    assert said[0].data == {"number": 1, "dispute_id": dispute_id}
    assert [row.registration_id for row in notifications()[-5:]] == [field.contest.a] * 2 + [None] * 3
    dispute_decisions.decide(dispute_id, Decision("approve_original"), reason="It stands.", actor=SYSTEM, now=AT)
    said = route(tournament_id)
    assert heard(said, "match_resolved") == BOTH
    assert said[-1].data == {"number": 1, "dispute_id": dispute_id, "state": "completed"}


def test_a_lobby_is_everybodys_and_an_empty_line_up_nobodys(app: Flask) -> None:
    arena = open_battle_royale(lobbies=2)
    first, second, third = people(3)
    lined_up(arena.participant_ids[0], [first, second])
    lined_up(arena.participant_ids[3], [third])
    route(arena.tournament_id)
    times = {one: AT + timedelta(hours=number) for number, one in enumerate(arena.match_ids, start=1)}
    schedules.set_times(arena.tournament_id, times, actor=SYSTEM, now=AT)
    everybody = ["Person01", "Person02", "Person03"]
    said = route(arena.tournament_id)
    assert (heard(said, "match_scheduled"), said[0].data) == (everybody, {"match_ids": [*arena.match_ids]})
    results.confirm(arena.match_ids[0], arena.lines(arena.match_ids[0]), actor=SYSTEM, now=AT)
    assert heard(route(arena.tournament_id), "match_completed") == everybody


def test_what_was_taken_back_by_then_is_not_told(app: Flask) -> None:
    contest = open_contest(matches=2)
    (player,) = people(1)
    (official,) = people(1, prefix="Staff", role="admin")
    lined_up(contest.a, [player])
    route(contest.tournament_id)
    for second, match_id in enumerate(contest.match_ids):
        times = {match_id: AT + timedelta(hours=2 + second)}
        schedules.set_times(contest.tournament_id, times, actor=official, now=AT + timedelta(seconds=second))
    newest = undo.newest_of(contest.tournament_id, actor=official, now=AT)
    assert newest is not None
    undo.undo(newest, actor=official, now=AT + timedelta(seconds=3))
    assert route(contest.tournament_id) == [("Person01", "match_scheduled", {"match_ids": [contest.match_ids[0]]})]
