"""Places that become free in other ways than a withdrawal, fees that are owed again, and who may still act."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.entering import OPENED_AT, STARTS_AT, enter, line_up, open_tournament, players, statuses, team
from tests.trail import trail
from webapp.domain.errors import Conflict, NotFound
from webapp.domain.registration import LinedUp
from webapp.models import Payment
from webapp.services.registration import entries, payments
from webapp.services.registration.entries import Entry
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.teams import team_members, teams
from webapp.services.tournaments import tournaments

FEE: dict[str, Any] = {"entry_fee": 500, "currency": "EUR"}


def of_team(tournament_id: int, people: list[Actor], name: str) -> int:
    """A new team of these people registers, by its captain; the team's id."""
    team_id = team(people[0], people[1:], name=name)
    lined: list[LinedUp] = line_up(people)
    entries.register(
        tournament_id, Entry(team_id=team_id, players=lined, waitlist=True), actor=people[0], now=OPENED_AT
    )  # fmt: skip
    return team_id


def payment_of(registration_id: int) -> Payment:
    with read_snapshot() as session:
        return session.scalars(select(Payment).where(Payment.registration_id == registration_id)).one()


def pay(payment_id: int, who: Actor, reference: str = "TX 81") -> payments.PaymentState:
    return payments.submit_proof(payment_id, method="", reference=reference, proof=None, actor=who, now=OPENED_AT)


def test_the_place_of_a_team_that_is_disbanded_goes_to_the_waitlist(app: Flask) -> None:
    tournament_id, people = open_tournament("valorant", places=2), players(15)
    ids = [of_team(tournament_id, people[start : start + 5], f"Squad {start}") for start in (0, 5, 10)]
    assert list(statuses(tournament_id).values()) == ["approved", "approved", "waitlisted"]
    with trail() as found:
        teams.disband(ids[0], actor=people[0], now=OPENED_AT)
    assert list(statuses(tournament_id).values()) == ["withdrawn", "approved", "approved"]
    assert "waitlist.promoted" in [name for name, _ in found.audited]


def test_more_places_let_in_as_many_of_the_waitlist(app: Flask) -> None:
    tournament_id = open_tournament(places=2)
    for person in players(5):
        enter(tournament_id, person, waitlist=True)
    tournaments.update(tournament_id, places=4, actor=SYSTEM, now=OPENED_AT)
    assert list(statuses(tournament_id).values()) == ["approved"] * 4 + ["waitlisted"]
    tournaments.update(tournament_id, places=None, actor=SYSTEM, now=OPENED_AT)
    assert list(statuses(tournament_id).values()) == ["approved"] * 5
    # Fewer places take nobody's away.
    tournaments.update(tournament_id, places=2, actor=SYSTEM, now=OPENED_AT)
    assert list(statuses(tournament_id).values()) == ["approved"] * 5


def test_whoever_comes_again_after_a_refund_owes_the_fee_anew(app: Flask) -> None:
    tournament_id, (player,) = open_tournament(**FEE), players(1)
    entered = enter(tournament_id, player)
    payment_id = payment_of(entered.registration_id).id
    pay(payment_id, player)
    payments.verify(payment_id, actor=SYSTEM, now=OPENED_AT)
    entries.withdraw(entered.registration_id, actor=player, now=OPENED_AT)
    payments.refund(payment_id, reason="They withdrew in time", actor=SYSTEM, now=OPENED_AT)
    tournaments.update(tournament_id, entry_fee=700, actor=SYSTEM, now=OPENED_AT)
    with trail() as found:
        assert enter(tournament_id, player).status == "pending"
    assert ("payment.pending", "refunded", "pending") in [
        (name, data.get("before"), data.get("after")) for name, data in found.audited
    ]
    owed = payment_of(entered.registration_id)
    assert (owed.state, owed.amount, owed.reference, owed.reason) == ("pending", 700, "", "")
    assert pay(payment_id, player, "TX 82").registration_status == "submitted"
    assert payments.verify(payment_id, actor=SYSTEM, now=OPENED_AT).registration_status == "approved"


def test_a_proof_that_waits_is_still_there_when_its_payer_comes_again(app: Flask) -> None:
    tournament_id, (player,) = open_tournament(**FEE), players(1)
    entered = enter(tournament_id, player)
    pay(payment_of(entered.registration_id).id, player)
    entries.withdraw(entered.registration_id, actor=player, now=OPENED_AT)
    assert enter(tournament_id, player).status == "submitted"


@pytest.mark.parametrize("over", ["cancelled", "archived"])
def test_after_the_end_nothing_is_to_be_paid_and_nobody_is_admitted(app: Flask, over: str) -> None:
    tournament_id, (sent, late) = open_tournament(**FEE), players(2)
    first, second = (payment_of(enter(tournament_id, who).registration_id).id for who in (sent, late))
    pay(first, sent)
    tournaments.cancel(tournament_id, reason="The venue is under water", actor=SYSTEM, now=OPENED_AT)
    if over == "archived":
        tournaments.archive(tournament_id, actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(Conflict, match=f"The tournament is {over}; nothing is to be paid now") as refused:
        pay(second, late)
    assert refused.value.code == "nothing_to_pay"
    # The money came all the same, and can be sent back.
    assert payments.verify(first, actor=SYSTEM, now=OPENED_AT).registration_status == "submitted"
    assert payments.refund(first, reason="It was called off", actor=SYSTEM, now=OPENED_AT).state == "refunded"


def test_who_has_left_a_team_no_longer_acts_for_its_registration(app: Flask) -> None:
    tournament_id, people = open_tournament("valorant"), players(5)
    team_id = of_team(tournament_id, people, "Night Ferry")
    (registration_id,) = statuses(tournament_id)
    team_members.hand_over(team_id, people[1].user_id or 0, actor=people[0], now=OPENED_AT)
    team_members.leave(team_id, actor=people[0], now=OPENED_AT)
    with pytest.raises(NotFound):
        entries.withdraw(registration_id, actor=people[0], now=OPENED_AT)
    entries.withdraw(registration_id, actor=people[1], now=STARTS_AT.replace(hour=0))
    assert statuses(tournament_id) == {registration_id: "withdrawn"}
