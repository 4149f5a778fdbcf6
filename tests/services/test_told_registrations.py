"""Who is told of what becomes of registrations, by the services that do it."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.entering import OPENED_AT, STARTS_AT, enter, line_up, open_tournament, team
from tests.notified import heard, notifications, people, route
from webapp.models import Payment, Registration, TeamMember, Tournament, User
from webapp.services.registration import (
    checkin_close,
    checkin_opening,
    checkins,
    entries,
    entry_decisions,
    payments,
    registrations,
    waitlist,
)
from webapp.services.registration.entries import Entry
from webapp.services.spine import undo
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction

MINUTE = timedelta(minutes=1)
FEE: dict[str, Any] = {
    "entry_fee": 500, "currency": "BDT", "payment_methods": [{"name": "bKash", "instructions": "Send it"}]
}  # fmt: skip


def payment_of(registration_id: int) -> int:
    with read_snapshot() as session:
        return session.scalars(select(Payment.id).where(Payment.registration_id == registration_id)).one()


def pay(payment_id: int, player: Actor) -> None:
    payments.submit_proof(payment_id, method="bKash", reference="TX1", proof=None, actor=player, now=OPENED_AT)


def test_whoever_registers_gets_a_receipt_once(app: Flask) -> None:
    tournament_id = open_tournament()
    (player,) = people(1)
    registration_id = enter(tournament_id, player).registration_id
    assert route(tournament_id) == [("Person01", "registration_submitted", {"status": "approved"})]
    (row,) = notifications()
    assert (row.tournament_id, row.registration_id, row.match_id, row.team_id) == (
        tournament_id, registration_id, None, None
    )  # fmt: skip
    assert (row.is_in_app, row.read_at, row.created_at) == (True, None, OPENED_AT)
    assert route(tournament_id) == []


def test_the_whole_line_up_hears_of_the_teams_registration(app: Flask) -> None:
    tournament_id = open_tournament("valorant")
    captain, *others = people(7)
    team_id = team(captain, others)
    entry = Entry(team_id=team_id, players=line_up([captain, *others[:4]]))
    entries.register(tournament_id, entry, actor=captain, now=OPENED_AT)
    assert heard(route(tournament_id), "registration_submitted") == [f"Person{number:02}" for number in range(1, 6)]


def test_who_is_known_from_results_or_shut_out_is_not_told(app: Flask) -> None:
    tournament_id = open_tournament()
    first, second = people(2)
    registrations.register(tournament_id, ["Nobody Here"], actor=SYSTEM, now=OPENED_AT)
    enter(tournament_id, first)
    enter(tournament_id, second)
    with transaction() as session:
        session.get_one(User, second.user_id).disabled_at = OPENED_AT
    assert heard(route(tournament_id), "registration_submitted") == ["Person01"]


def test_a_decision_is_told_to_those_it_is_about_and_a_refusal_too(app: Flask) -> None:
    tournament_id = open_tournament(asks_approval=True)
    first, second = people(2)
    ids = [enter(tournament_id, player).registration_id for player in (first, second)]
    assert [one.data for one in route(tournament_id)] == [{"status": "submitted"}] * 2
    entry_decisions.decide(ids[0], "approve", actor=SYSTEM, now=OPENED_AT)
    entry_decisions.decide(ids[1], "reject", reason="Not from here", actor=SYSTEM, now=OPENED_AT)
    assert route(tournament_id) == [
        ("Person01", "registration_approved", {"status": "approved"}),
        ("Person02", "registration_rejected", {"status": "rejected"}),
    ]


def test_who_leaves_is_told_nothing_and_who_is_let_in_from_the_waitlist_one_thing(app: Flask) -> None:
    tournament_id = open_tournament(places=2)
    players = people(3)
    ids = [enter(tournament_id, player, waitlist=True).registration_id for player in players]
    assert [one[:2] for one in route(tournament_id)] == [
        ("Person01", "registration_submitted"),
        ("Person02", "registration_submitted"),
        ("Person03", "registration_waitlisted"),
    ]
    entries.withdraw(ids[0], actor=players[0], now=OPENED_AT)
    assert route(tournament_id) == [("Person03", "waitlist_promoted", {"status": "approved"})]


def test_a_place_that_was_offered_and_not_paid_for_is_told_both_ways(app: Flask) -> None:
    tournament_id = open_tournament(places=2, **FEE)
    players = people(4)
    ids = [enter(tournament_id, player, waitlist=True).registration_id for player in players]
    route(tournament_id)
    entries.withdraw(ids[0], actor=players[0], now=OPENED_AT)
    assert route(tournament_id) == [("Person03", "waitlist_promoted", {"status": "pending"})]
    waitlist.pass_on(now=OPENED_AT + waitlist.OFFER)
    assert [one[:2] for one in route(tournament_id)] == [
        ("Person03", "registration_waitlisted"),
        ("Person04", "waitlist_promoted"),
    ]


def test_the_payer_and_the_captain_hear_what_became_of_the_payment(app: Flask) -> None:
    tournament_id = open_tournament("valorant", **FEE)
    captain, second, *others = people(5)
    team_id = team(captain, [second, *others])
    entry = Entry(team_id=team_id, players=line_up([captain, second, *others]))
    entered = entries.register(tournament_id, entry, actor=captain, now=OPENED_AT)
    payment_id = payment_of(entered.registration_id)
    pay(payment_id, captain)
    route(tournament_id)
    payments.reject(payment_id, reason="No such transfer", actor=SYSTEM, now=OPENED_AT)
    assert route(tournament_id) == [("Person01", "payment_rejected", {"payment_id": payment_id, "status": "rejected"})]
    pay(payment_id, captain)
    with transaction() as session:
        # Somebody else has paid for the team meanwhile.
        session.get_one(Payment, payment_id).submitted_by_id = second.user_id
    payments.verify(payment_id, actor=SYSTEM, now=OPENED_AT)
    said = route(tournament_id)
    assert heard(said, "payment_verified") == ["Person01", "Person02"]
    assert len(heard(said, "registration_approved")) == 5
    payments.refund(payment_id, reason="Called off", actor=SYSTEM, now=OPENED_AT)
    assert heard(route(tournament_id), "payment_refunded") == ["Person01", "Person02"]


def test_who_has_left_the_team_hears_no_more_of_what_they_registered(app: Flask) -> None:
    tournament_id = open_tournament("valorant", **FEE)
    captain, manager, *others = people(7)
    team_id = team(captain, [manager, *others])
    entry = Entry(team_id=team_id, players=line_up([captain, *others[:4]]))
    entered = entries.register(tournament_id, entry, actor=captain, now=OPENED_AT)
    with transaction() as session:
        # By somebody who leads the team no more, and never was on the line-up.
        session.get_one(Registration, entered.registration_id).registered_by_id = manager.user_id
    payment_id = payment_of(entered.registration_id)
    pay(payment_id, captain)
    assert "Person02" in heard(route(tournament_id), "registration_submitted")
    payments.reject(payment_id, reason="No such transfer", actor=SYSTEM, now=OPENED_AT)
    assert heard(route(tournament_id), "payment_rejected") == ["Person01", "Person02"]
    with transaction() as session:
        left = update(TeamMember).where(TeamMember.user_id == manager.user_id).values(left_at=OPENED_AT)
        session.execute(left)
    pay(payment_id, captain)
    payments.verify(payment_id, actor=SYSTEM, now=OPENED_AT)
    said = route(tournament_id)
    assert heard(said, "payment_verified") == ["Person01"]
    assert "Person02" not in heard(said, "registration_approved")
    with transaction() as session:
        # Who has paid goes on hearing what becomes of the money.
        session.get_one(Payment, payment_id).submitted_by_id = manager.user_id
    payments.refund(payment_id, reason="Called off", actor=SYSTEM, now=OPENED_AT)
    assert heard(route(tournament_id), "payment_refunded") == ["Person01", "Person02"]


@pytest.mark.parametrize("how", ["reopened", "undone"])
def test_who_loses_a_place_as_the_close_of_check_in_is_taken_back_is_told_so(app: Flask, how: str) -> None:
    at = STARTS_AT - 20 * MINUTE
    tournament_id = open_tournament(has_checkin=True, places=2)
    players = people(3)
    ids = [enter(tournament_id, player, waitlist=True).registration_id for player in players]
    for place in (0, 2):
        checkins.check_in(ids[place], actor=players[place], now=at)
    checkin_close.close(tournament_id, actor=SYSTEM, now=at)
    assert ("Person03", "waitlist_promoted", {"status": "approved"}) in route(tournament_id, at)
    if how == "reopened":
        assert checkin_close.reopen(tournament_id, actor=SYSTEM, now=at + MINUTE)
    else:
        newest = undo.newest_of(tournament_id, actor=SYSTEM, now=at + MINUTE)
        assert newest is not None
        undo.undo(newest, actor=SYSTEM, now=at + MINUTE)
    assert route(tournament_id, at + MINUTE) == [
        ("Person02", "registration_approved", {"status": "approved"}),
        ("Person03", "registration_waitlisted", {"status": "waitlisted"}),
    ]


def test_the_opening_of_check_in_is_told_to_those_who_have_to_come(app: Flask) -> None:
    opens_at = STARTS_AT - timedelta(minutes=30)
    tournament_id = open_tournament(has_checkin=True, places=3)
    players = people(4)
    ids = [enter(tournament_id, player, waitlist=True).registration_id for player in players]
    entries.withdraw(ids[1], actor=players[1], now=OPENED_AT)
    route(tournament_id)
    assert checkin_opening.open_due(now=opens_at - MINUTE) == []
    assert checkin_opening.open_due(now=opens_at) == [tournament_id]
    checkins.check_in(ids[0], actor=players[0], now=opens_at)
    said = route(tournament_id, opens_at)
    assert (heard(said, "checkin_open"), said[0].data) == (["Person03", "Person04"], {})
    assert notifications()[-1].registration_id == ids[3]
    assert checkin_opening.open_due(now=opens_at + 5 * MINUTE) == []


def test_a_check_in_that_was_moved_opens_again_and_one_that_nobody_asks_for_never(app: Flask) -> None:
    opens_at = STARTS_AT - timedelta(minutes=30)
    moved, unasked = open_tournament(has_checkin=True), open_tournament()
    with transaction() as session:
        session.get_one(Tournament, unasked).name = "Other"
    assert checkin_opening.open_due(now=opens_at) == [moved]
    with transaction() as session:
        session.get_one(Tournament, moved).starts_at = STARTS_AT + timedelta(days=1)
    assert checkin_opening.open_due(now=opens_at + MINUTE) == []
    assert checkin_opening.open_due(now=opens_at + timedelta(days=1)) == [moved]


@pytest.mark.parametrize("change", ["draft", "deleted"])
def test_nothing_is_told_of_what_nobody_sees(app: Flask, change: str) -> None:
    tournament_id = open_tournament()
    (player,) = people(1)
    enter(tournament_id, player)
    with transaction() as session:
        tournament = session.get_one(Tournament, tournament_id)
        if change == "draft":
            tournament.status = "draft"
        else:
            tournament.deleted_at = OPENED_AT
    assert route(tournament_id) == []
