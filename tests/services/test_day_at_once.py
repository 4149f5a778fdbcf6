"""What is pressed twice at the same moment on the day: check-in and its close, payments, a forfeit, the end."""

from collections import Counter

from flask import Flask
from sqlalchemy import func, select

from tests.arenas import REASON, ended_at, turn_on_the_engine
from tests.entering import OPENED_AT, STARTS_AT, enter, open_tournament, players, seeds, statuses
from tests.invariants import assert_all_is_well, assert_audit_is_intact, assert_log_is_whole
from tests.knockouts import open_knockout
from tests.services.contenders import PROCESSES, Call, Contenders
from webapp.config import Settings
from webapp.models import AuditEntry, Event, Payment, Registration, TournamentOutcome
from webapp.services.matches import awards, matches
from webapp.services.registration import checkin_close, checkins, entries, payments
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot
from webapp.services.tournaments import tournaments

SOON = STARTS_AT.replace(hour=11, minute=45)


def check_in(registration_id: int, who: Actor) -> bool:
    return checkins.check_in(registration_id, actor=who, now=SOON).checked_in


def close(tournament_id: int) -> int:
    return len(checkin_close.close(tournament_id, actor=SYSTEM, now=SOON).seeds)


def submit(payment_id: int, who: Actor) -> str:
    return payments.submit_proof(
        payment_id, method="Wallet", reference="TX1", proof=None, actor=who, now=OPENED_AT
    ).state  # fmt: skip


def verify(payment_id: int) -> str:
    return payments.verify(payment_id, actor=SYSTEM, now=OPENED_AT).state


def reject(payment_id: int) -> str:
    return payments.reject(payment_id, reason=REASON, actor=SYSTEM, now=OPENED_AT).state


def withdraw(registration_id: int, who: Actor) -> None:
    entries.withdraw(registration_id, actor=who, now=OPENED_AT)


def begin(match_id: int) -> bool:
    return matches.start_match(match_id, actor=SYSTEM, now=ended_at(1))


def forfeit(match_id: int, side_id: int) -> bool:
    return awards.forfeit(match_id, side_id, reason=REASON, actor=SYSTEM, now=ended_at(1)).changed


def complete(tournament_id: int) -> None:
    tournaments.complete(tournament_id, actor=SYSTEM, now=ended_at(9))


def told(tournament_id: int) -> Counter[str]:
    with read_snapshot() as session:
        return Counter(session.scalars(select(Event.type).where(Event.tournament_id == tournament_id)))


def audited(action: str) -> int:
    with read_snapshot() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == action)) or 0


def test_a_captain_checks_in_once_however_often_it_is_pressed(
    rivals: Contenders, settings: Settings, app: Flask
) -> None:
    tournament_id = open_tournament(has_checkin=True)
    captain, *_ = players(1)
    one = enter(tournament_id, captain).registration_id
    assert rivals.at_once(settings, [(check_in, (one, captain))] * PROCESSES) == [True] * PROCESSES
    assert (told(tournament_id)["registration_checked_in"], audited("registration.checked_in")) == (1, 1)
    assert_log_is_whole(tournament_id)


def test_check_in_is_closed_once_and_whoever_comes_meanwhile_is_in_or_out(
    rivals: Contenders, settings: Settings, app: Flask
) -> None:
    tournament_id = open_tournament(has_checkin=True, places=4)
    people = players(6)
    ids = [enter(tournament_id, person, waitlist=True).registration_id for person in people]
    # The last of them waits for a place, and is there.
    for place in (0, 1, 2, 5):
        check_in(ids[place], people[place])
    calls: list[Call] = [(close, (tournament_id,)), (check_in, (ids[3], people[3]))] * 2
    rivals.at_once(settings, calls)
    found = statuses(tournament_id)
    with read_snapshot() as session:
        came = session.get_one(Registration, ids[3]).checked_in_at is not None
    assert list(found.values()).count("approved") == 4
    assert found[ids[3]] == ("approved" if came else "no_show")
    assert sorted(seed for seed in seeds(tournament_id).values() if seed) == [1, 2, 3, 4]
    assert told(tournament_id)["checkin_closed"] == 1
    assert_log_is_whole(tournament_id)


def test_a_payment_is_submitted_once_and_decided_in_one_way(rivals: Contenders, settings: Settings, app: Flask) -> None:
    tournament_id = open_tournament(entry_fee=500, currency="BDT", payment_methods=[{"name": "Wallet"}])
    payer, *_ = players(1)
    enter(tournament_id, payer)
    with read_snapshot() as session:
        payment_id = session.scalars(select(Payment.id)).one()
    rivals.at_once(settings, [(submit, (payment_id, payer))] * PROCESSES)
    assert told(tournament_id)["payment_proof_submitted"] == 1
    outcomes = rivals.at_once(settings, [(verify, (payment_id,)), (reject, (payment_id,))] * 2)
    with read_snapshot() as session:
        state = session.get_one(Payment, payment_id).state
    assert {one for one in outcomes if one != "illegal_transition"} == {state}
    assert told(tournament_id)[f"payment_{state}"] == 1
    assert told(tournament_id)["registration_approved"] == (1 if state == "verified" else 0)
    assert_audit_is_intact()


def test_a_place_that_becomes_free_is_given_once(rivals: Contenders, settings: Settings, app: Flask) -> None:
    tournament_id = open_tournament(places=4)
    people = players(7)
    ids = [enter(tournament_id, person, waitlist=True).registration_id for person in people]
    rivals.at_once(settings, [(withdraw, (one, who)) for one, who in zip(ids[:2] * 2, people[:2] * 2, strict=True)])
    found = statuses(tournament_id)
    assert [found[one] for one in ids] == ["withdrawn"] * 2 + ["approved"] * 4 + ["waitlisted"]
    assert told(tournament_id)["waitlist_promoted"] == 2
    assert_log_is_whole(tournament_id)


def test_a_match_begins_and_is_given_up_once(rivals: Contenders, settings: Settings, app: Flask) -> None:
    cup = open_knockout(sides=4)
    match_id = cup.match_ids()["W1-1"]
    outcomes = rivals.at_once(settings, [(begin, (match_id,))] * PROCESSES)
    assert sorted(outcomes) == [False] * 3 + [True]
    outcomes = rivals.at_once(settings, [(forfeit, (match_id, cup.seed(who))) for who in (1, 4, 1, 4)])
    assert sorted(map(str, outcomes)) == ["False", "True", "already_confirmed", "already_confirmed"]
    assert told(cup.tournament_id)["match_completed"] == 1


def test_a_tournament_ends_once(rivals: Contenders, settings: Settings, app: Flask) -> None:
    turn_on_the_engine()
    cup = open_knockout(sides=4)
    cup.play()
    rivals.at_once(settings, [(complete, (cup.tournament_id,))] * PROCESSES)
    with read_snapshot() as session:
        (outcome,) = session.scalars(select(TournamentOutcome)).all()
    assert outcome.winner_id == cup.seed(1)
    assert (told(cup.tournament_id)["tournament_completed"], audited("tournament.completed")) == (1, 1)
    assert_all_is_well(cup.tournament_id)
