from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.entering import OPENED_AT, STARTS_AT, enter, open_tournament, players, seeds, statuses
from tests.trail import trail
from webapp.domain.errors import Conflict, Forbidden, NotFound, ResultError
from webapp.models import Payment, Registration, Stage, UndoableAction
from webapp.services.registration import checkin_close, checkins, entries
from webapp.services.spine import undo
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.transaction import read_snapshot, transaction
from webapp.services.tournaments import tournaments

MINUTE = timedelta(minutes=1)
OPEN = STARTS_AT - 20 * MINUTE


def entered(count: int, **columns: Any) -> tuple[int, list[Actor], list[int]]:
    tournament_id = open_tournament(has_checkin=True, **columns)
    people = players(count)
    return tournament_id, people, [enter(tournament_id, who, waitlist=True).registration_id for who in people]


def code_of(registration_id: int, actor: Actor, now: datetime, *, undo: bool = False) -> str:
    with trail() as found, pytest.raises(Conflict) as caught:
        (checkins.undo if undo else checkins.check_in)(registration_id, actor=actor, now=now)
    assert (found.events, found.audited) == ([], [])
    return caught.value.code


def test_check_in_is_open_from_half_an_hour_before_the_start_by_the_clock_alone(app: Flask) -> None:
    _, (one,), (first,) = entered(1)
    assert code_of(first, one, STARTS_AT - 31 * MINUTE) == "checkin_not_open"
    assert code_of(first, one, STARTS_AT) == "checkin_over"
    with trail() as found:
        state = checkins.check_in(first, actor=one, now=OPEN)
    assert (state.checked_in, state.checked_in_at, state.checked_in_by) == (True, OPEN, one.user_id)
    assert found.events == [("registration_checked_in", {"status": "checked_in"})]
    with trail() as found:
        assert checkins.check_in(first, actor=one, now=STARTS_AT).checked_in_at == OPEN
    assert (found.events, found.audited) == ([], [])


def test_the_owner_takes_it_back_within_a_quarter_of_an_hour_officials_until_the_start(app: Flask) -> None:
    tournament_id, (one, two), (first, second) = entered(2)
    checkins.check_in(first, actor=one, now=OPEN)
    with pytest.raises(NotFound):
        checkins.undo(first, actor=two, now=OPEN)
    with trail() as found:
        assert not checkins.undo(first, actor=one, now=OPEN + 15 * MINUTE).checked_in
        assert not checkins.undo(first, actor=one, now=OPEN + 15 * MINUTE).checked_in
    assert found.events == [("checkin_undone", {"status": "checkin_undone"})]
    checkins.check_in(first, actor=one, now=OPEN)
    assert code_of(first, one, OPEN + 16 * MINUTE, undo=True) == "checkin_undo_late"
    assert not checkins.undo(first, actor=SYSTEM, now=STARTS_AT + MINUTE).checked_in
    assert checkins.check_in(first, actor=SYSTEM, now=STARTS_AT + MINUTE).can_undo
    tournaments.start(tournament_id, actor=SYSTEM, now=STARTS_AT)
    assert code_of(second, SYSTEM, STARTS_AT) == "checkin_over"
    assert code_of(first, SYSTEM, STARTS_AT, undo=True) == "checkin_over"


def test_who_is_neither_in_nor_waiting_does_not_check_in(app: Flask) -> None:
    _, (one,), (first,) = entered(1)
    entries.withdraw(first, actor=one, now=OPENED_AT)
    assert code_of(first, one, OPEN) == "not_admitted"


def test_two_hundred_are_checked_in_at_once_and_not_one_more(app: Flask) -> None:
    tournament_id = open_tournament(has_checkin=True)
    people = players(201)
    with transaction() as session:
        rows = [
            Registration(tournament_id=tournament_id, user_id=person.user_id, status="approved", created_at=OPENED_AT)
            for person in people
        ]
        session.add_all(rows)
        session.flush()
        ids = [row.id for row in rows]
    with pytest.raises(ResultError, match="1 to 200"):
        checkins.check_in_many(tournament_id, ids, actor=SYSTEM, now=OPEN)
    checkins.check_in(ids[0], actor=SYSTEM, now=OPEN)
    with trail() as found:
        assert checkins.check_in_many(tournament_id, ids[:200], actor=SYSTEM, now=OPEN) == ids[1:200]
    assert len(found.events) == 199
    assert [action for action, _ in found.audited] == ["registration.checkin_forced"]
    with trail() as found:
        assert checkins.check_in_many(tournament_id, ids[:200], actor=SYSTEM, now=OPEN) == []
    assert found.events == []
    with pytest.raises(ResultError, match=r"registration_ids\[1\]: does not take part"):
        checkins.check_in_many(tournament_id, [ids[200], 10**6], actor=SYSTEM, now=OPEN)
    with pytest.raises(Forbidden):
        checkins.check_in_many(tournament_id, [ids[200]], actor=people[0], now=OPEN)


def test_the_close_drops_who_is_absent_refills_and_seeds_anew_as_it_was_previewed(app: Flask) -> None:
    tournament_id, people, ids = entered(6, places=4)
    for place in (0, 2, 3, 5):
        checkins.check_in(ids[place], actor=people[place], now=OPEN)
    seen = checkin_close.preview(tournament_id, actor=SYSTEM)
    assert (seen.no_shows, seen.promoted) == ((ids[1],), (ids[5],))
    with pytest.raises(Forbidden):
        checkin_close.close(tournament_id, actor=people[0], now=OPEN)
    with trail() as found:
        assert checkin_close.close(tournament_id, seen=seen.fingerprint, actor=SYSTEM, now=OPEN) == seen
    assert [kind for kind, _ in found.events] == [
        "registration_withdrawn", "waitlist_promoted", "registration_approved", "checkin_closed"
    ]  # fmt: skip
    assert found.audited[-1] == ("checkin.closed", {"no_show_ids": [ids[1]], "promoted_ids": [ids[5]]})
    assert list(statuses(tournament_id).values()) == [
        "approved", "no_show", "approved", "approved", "waitlisted", "approved"
    ]  # fmt: skip
    assert list(seeds(tournament_id).values()) == [1, None, 2, 3, None, 4]
    with trail() as found:
        checkin_close.close(tournament_id, actor=SYSTEM, now=OPEN)
    assert found.events == []


def test_whoever_comes_in_from_the_waitlist_at_the_close_owes_the_fee(app: Flask) -> None:
    tournament_id, _, ids = entered(3, places=2, entry_fee=20_000, currency="BDT")
    with transaction() as session:
        session.get_one(Registration, ids[0]).status = "approved"
        session.get_one(Registration, ids[1]).status = "approved"
    checkins.check_in_many(tournament_id, ids[1:], actor=SYSTEM, now=OPEN)
    for _ in range(2):
        assert checkin_close.close(tournament_id, actor=SYSTEM, now=OPEN).promoted == (ids[2],)
        with read_snapshot() as session:
            owed = session.execute(select(Payment.state, Payment.amount).where(Payment.registration_id == ids[2])).all()
        assert owed == [("pending", 20_000)]
        checkin_close.reopen(tournament_id, actor=SYSTEM, now=OPEN)


def test_a_close_is_undone_once_and_everything_is_as_before(app: Flask) -> None:
    tournament_id, people, ids = entered(6, places=4)
    for place in (0, 2, 3, 5):
        checkins.check_in(ids[place], actor=people[place], now=OPEN)
    before = rows_of(tournament_id)
    seen = checkin_close.preview(tournament_id, actor=SYSTEM)
    checkin_close.close(tournament_id, actor=SYSTEM, now=OPEN)
    assert checkin_close.reopen(tournament_id, actor=SYSTEM, now=OPEN)
    assert rows_of(tournament_id) == before
    assert not checkin_close.reopen(tournament_id, actor=SYSTEM, now=OPEN)
    assert checkin_close.preview(tournament_id, actor=SYSTEM).fingerprint == seen.fingerprint
    checkin_close.close(tournament_id, actor=SYSTEM, now=OPEN)
    entries.withdraw(ids[0], actor=people[0], now=OPEN)
    with pytest.raises(Conflict) as caught:
        checkin_close.reopen(tournament_id, actor=SYSTEM, now=OPEN)
    assert caught.value.code == "cannot_reopen"


def test_the_organizers_undo_takes_a_close_back_too(app: Flask) -> None:
    tournament_id, _, ids = entered(3)
    checkins.check_in_many(tournament_id, ids[:2], actor=SYSTEM, now=OPEN)
    before = rows_of(tournament_id)
    checkin_close.close(tournament_id, actor=SYSTEM, now=OPEN)
    with read_snapshot() as session:
        undo_id = session.scalars(select(UndoableAction.id)).one()
    assert undo.undo(undo_id, actor=SYSTEM, now=OPEN).changed
    assert rows_of(tournament_id) == before
    assert not checkin_close.reopen(tournament_id, actor=SYSTEM, now=OPEN)


def rows_of(tournament_id: int) -> list[tuple[object, ...]]:
    with read_snapshot() as session:
        columns = (
            Registration.id, Registration.status, Registration.seed, Registration.waitlisted_at,
            Registration.offered_until, Registration.checked_in_at, Registration.decision_reason,
        )  # fmt: skip
        found = select(*columns).where(Registration.tournament_id == tournament_id).order_by(Registration.id)
        return [tuple(row) for row in session.execute(found)]


def test_a_close_is_refused_with_its_reason(app: Flask) -> None:
    def code(tournament_id: int, now: datetime = OPEN, seen: str | None = None) -> str:
        with pytest.raises(Conflict) as caught:
            checkin_close.close(tournament_id, seen=seen, actor=SYSTEM, now=now)
        return caught.value.code

    tournament_id, _, ids = entered(3)
    assert code(tournament_id, STARTS_AT - 31 * MINUTE) == "checkin_not_open"
    assert code(tournament_id) == "too_few_left"
    seen = checkin_close.preview(tournament_id, actor=SYSTEM).fingerprint
    checkins.check_in_many(tournament_id, ids, actor=SYSTEM, now=OPEN)
    assert code(tournament_id, seen=seen) == "preview_changed"
    with transaction() as session:
        session.add(Stage(tournament_id=tournament_id, number=1, format="single-elimination", state="generated"))
    assert code(tournament_id) == "bracket_exists"
    assert code(open_tournament(has_checkin=False)) == "no_checkin"
    tournaments.start(tournament_id, actor=SYSTEM, now=OPEN)
    assert code(tournament_id) == "checkin_over"
