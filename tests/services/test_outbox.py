import os
import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT, ended_at
from webapp.models import OutboxItem
from webapp.services.spine import doorbell, leases, outbox
from webapp.services.spine.outbox import Claim
from webapp.services.spine.transaction import read_snapshot, transaction


def want(handler: str = "rank", key: str = "7", *, now: datetime = OPENED_AT) -> int:
    with transaction() as session:
        outbox.want(session, handler, key, now=now)
    with read_snapshot() as session:
        return session.scalars(select(OutboxItem.id).where(OutboxItem.handler == handler, OutboxItem.key == key)).one()


def row(item_id: int) -> OutboxItem:
    with read_snapshot() as session:
        item = session.get_one(OutboxItem, item_id)
        session.expunge(item)
        return item


def after(seconds: float) -> datetime:
    return OPENED_AT + timedelta(seconds=seconds)


def claims(seconds: float = 0, **more: object) -> list[Claim]:
    return outbox.claim_due(now=after(seconds), **more)  # type: ignore[arg-type]  # options of claim_due


def test_requests_for_one_key_are_one_row_and_count_up(app: Flask) -> None:
    item_id = want()
    assert want(now=ended_at(1)) == item_id
    with transaction() as session:
        for _ in range(5):
            outbox.want(session, "rank", "7", now=ended_at(2))
        outbox.want(session, "rank", "8", now=ended_at(2))
    item = row(item_id)
    # Within one transaction requests for the same are one.
    assert (item.wanted, item.done, item.created_at, item.next_at) == (3, 0, OPENED_AT, ended_at(2))
    with read_snapshot() as session:
        assert len(session.scalars(select(OutboxItem)).all()) == 2


def test_a_request_of_a_change_that_failed_is_not_there(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError):
        _want_and_fail()
    with read_snapshot() as session:
        assert session.scalars(select(OutboxItem)).all() == []


def _want_and_fail() -> None:
    with transaction() as session:
        outbox.want(session, "rank", "7", now=OPENED_AT)
        _ = 1 / 0


def test_the_bell_is_rung_after_the_commit_and_not_before(app: Flask) -> None:
    rung: list[bool] = []
    waiting = threading.Event()

    def answer() -> None:
        with app.app_context(), read_snapshot() as session:
            rung.append(outbox.has_due(session, now=OPENED_AT))
        waiting.set()

    doorbell.connect(answer)
    want()
    assert waiting.wait(5)
    assert rung[0] is True


def test_a_claim_hides_a_row_for_a_while_and_counts_bells(app: Flask) -> None:
    item_id = want()
    assert claims(-1) == []
    assert claims() == [Claim(item_id, "rank", "7", 1)]
    assert claims(4) == []
    assert claims(5) == [Claim(item_id, "rank", "7", 2)]
    with read_snapshot() as session:
        assert not outbox.has_due(session, now=after(6))
        assert outbox.has_due(session, now=after(10))


def test_claims_are_of_the_handlers_asked_for_oldest_first_and_not_too_many(app: Flask) -> None:
    items = [want(key=str(number), now=after(-number)) for number in range(3)]
    season = want("season", "pubgm:1")
    assert {claim.item_id for claim in claims(handlers=["rank"], limit=2)} == {items[2], items[1]}
    assert sorted(claim.item_id for claim in claims()) == sorted([items[0], season])


def test_a_claim_handed_back_is_due_at_once_unless_somebody_has_gone_on(app: Flask) -> None:
    want()
    (claim,) = claims()
    outbox.hand_back(claim, now=after(1))
    (again,) = claims(1)
    assert again.dispatches == 2
    outbox.hand_back(claim, now=after(2))
    assert claims(2) == []


def test_a_run_serves_what_was_wanted_when_it_began(app: Flask) -> None:
    item_id = want()
    lease = outbox.take_lease(item_id, now=OPENED_AT)
    assert lease is not None
    assert (lease.handler, lease.key, lease.wanted) == ("rank", "7", 1)
    want(now=after(1))
    assert outbox.finish(lease, now=after(2))
    item = row(item_id)
    assert (item.wanted, item.done, item.done_at, item.lease_token, item.lease_until) == (2, 1, after(2), None, None)
    assert [claim.item_id for claim in claims(2)] == [item_id]
    second = outbox.take_lease(item_id, now=after(3))
    assert second is not None
    assert outbox.finish(second, now=after(4))
    assert outbox.take_lease(item_id, now=after(5)) is None
    assert claims(100) == []


def test_a_row_is_leased_to_one_at_a_time_and_again_when_the_lease_has_run_out(app: Flask) -> None:
    item_id = want()
    first = outbox.take_lease(item_id, now=OPENED_AT)
    assert first is not None
    assert outbox.take_lease(item_id, now=after(4)) is None
    assert claims(4) == []
    second = outbox.take_lease(item_id, now=after(5))
    assert second is not None
    # Who comes back after its lease has gone says nothing about the row any more.
    assert not outbox.finish(first, now=after(6))
    outbox.fail(first, RuntimeError("too late"), now=after(6))
    assert (row(item_id).done, row(item_id).attempts, row(item_id).lease_token) == (0, 0, second.token)
    assert outbox.finish(second, now=after(17))


def test_what_a_dead_process_had_leased_is_due_at_once_and_what_the_living_have_is_not(app: Flask) -> None:
    item_id = want()
    lease = outbox.take_lease(item_id, now=OPENED_AT)
    assert lease is not None
    assert outbox.release_of_dead(now=after(1)) == 0
    place, _, rest = lease.token.partition(":")
    assert rest.partition(":")[0] == str(os.getpid())
    for token, released in (("elsewhere:4194305:unknown", 0), (f"{place}:4194305:dead", 1)):  # beyond the largest id
        with transaction() as session:
            session.get_one(OutboxItem, item_id).lease_token = token
        assert outbox.release_of_dead(now=after(1)) == released
    assert [claim.item_id for claim in claims(1)] == [item_id]
    assert not outbox.finish(lease, now=after(2))


def test_work_that_kills_whoever_does_it_is_done_less_and_less_often(app: Flask) -> None:
    item_id = want("season")
    place = leases.new_token().partition(":")[0]
    waits, now = [], 0.0
    for _ in range(5):
        assert outbox.take_lease(item_id, now=after(now)) is not None
        with transaction() as session:
            session.get_one(OutboxItem, item_id).lease_token = f"{place}:4194305:dead"
        assert outbox.release_of_dead(now=after(now)) == 1
        waits.append((row(item_id).next_at - after(now)).total_seconds())
        now += waits[-1]
    assert waits == [0, 2, 4, 8, 16]
    assert (row(item_id).attempts, row(item_id).last_error) == (5, "died")


def test_a_failed_run_is_tried_again_later_each_time_for_as_long_as_it_takes(app: Flask) -> None:
    item_id = want()
    waits, now = [], 0.0
    for _ in range(12):
        lease = outbox.take_lease(item_id, now=after(now))
        assert lease is not None
        outbox.fail(lease, ValueError("told to nobody"), now=after(now))
        item = row(item_id)
        waits.append((item.next_at - after(now)).total_seconds())
        assert (item.last_error, item.lease_token) == ("ValueError", None)
        now += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    lease = outbox.take_lease(item_id, now=after(now))
    assert lease is not None
    outbox.finish(lease, now=after(now))
    assert (row(item_id).attempts, row(item_id).last_error) == (0, None)


def test_publishing_is_tried_again_soon_however_long_redis_is_away(app: Flask) -> None:
    item_id = want("publish")
    for _ in range(8):
        lease = outbox.take_lease(item_id, now=after(1000))
        assert lease is not None
        outbox.fail(lease, ConnectionError(), now=after(1000))
    assert row(item_id).next_at == after(1002)


def test_work_is_run_with_the_key_and_its_error_is_kept_and_raised(app: Flask) -> None:
    item_id = want()
    seen: list[str] = []

    def fail(key: str) -> None:
        seen.append(key)
        raise LookupError("a secret that nobody may read")

    with pytest.raises(LookupError):
        outbox.run_leased(item_id, fail, clock=lambda: OPENED_AT)
    assert (row(item_id).attempts, row(item_id).last_error, row(item_id).done) == (1, "LookupError", 0)
    assert outbox.run_leased(item_id, seen.append, clock=lambda: after(1))
    assert not outbox.run_leased(item_id, seen.append, clock=lambda: after(2))
    assert not outbox.run_leased(999, seen.append, clock=lambda: after(2))
    assert seen == ["7", "7"]


def test_a_worker_that_answers_ends_the_count_of_unanswered_bells_and_the_relay_does_not(app: Flask) -> None:
    item_id = want()
    claims()
    lease = outbox.take_lease(item_id, now=OPENED_AT, is_answer=False)
    assert lease is not None
    assert row(item_id).dispatches == 1
    outbox.fail(lease, RuntimeError(), now=OPENED_AT)
    assert outbox.take_lease(item_id, now=after(1)) is not None
    assert row(item_id).dispatches == 0


@pytest.mark.parametrize("is_done", [True, False], ids=["served meanwhile", "somebody else is at it"])
def test_a_bell_that_comes_late_is_an_answer_as_well(app: Flask, *, is_done: bool) -> None:
    item_id = want()
    claims()
    lease = outbox.take_lease(item_id, now=OPENED_AT, is_answer=False)
    assert lease is not None
    if is_done:
        outbox.finish(lease, now=OPENED_AT)
    assert row(item_id).dispatches == 1
    assert outbox.take_lease(item_id, now=OPENED_AT) is None
    assert row(item_id).dispatches == 0
