"""A key for a request that may come twice."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select

from tests.arenas import OPENED_AT
from tests.personas import Persona
from webapp.domain.errors import Conflict
from webapp.models import IdempotencyKey
from webapp.services.spine import idempotency
from webapp.services.spine.idempotency import Answer, IdempotencyError, Request
from webapp.services.spine.transaction import read_snapshot

NOW = OPENED_AT
ANSWER = Answer(200, "application/json", b'{"done":true}')


def asked(owner: Persona, key: str = "one", body: bytes = b"{}", path: str = "/api/x/") -> Request:
    return Request(owner.user_id, key, "POST", path, body)


def test_the_same_request_gets_the_same_answer(sam: Persona) -> None:
    assert idempotency.claim(asked(sam), now=NOW) is None
    idempotency.keep(asked(sam), ANSWER)
    for minutes in (1, 600):
        assert idempotency.claim(asked(sam), now=NOW + timedelta(minutes=minutes)) == ANSWER


@pytest.mark.parametrize("other", [{"body": b'{"a":1}'}, {"path": "/api/y/"}])
def test_another_request_under_the_same_key_is_refused(sam: Persona, other: dict[str, bytes]) -> None:
    idempotency.claim(asked(sam), now=NOW)
    idempotency.keep(asked(sam), ANSWER)
    with pytest.raises(IdempotencyError) as refused:
        idempotency.claim(asked(sam, **other), now=NOW)  # type: ignore[arg-type]  # one of two arguments
    assert refused.value.code == "idempotency_key_reused"


def test_keys_of_two_people_are_two_keys(sam: Persona, pat: Persona) -> None:
    for owner in (sam, pat):
        assert idempotency.claim(asked(owner), now=NOW) is None


def test_while_the_first_is_at_work_others_wait_and_after_its_death_one_takes_over(sam: Persona) -> None:
    idempotency.claim(asked(sam), now=NOW)
    with pytest.raises(Conflict) as refused:
        idempotency.claim(asked(sam), now=NOW + timedelta(seconds=59))
    assert refused.value.code == "idempotency_running"
    assert idempotency.claim(asked(sam), now=NOW + timedelta(seconds=60)) is None
    with pytest.raises(Conflict):
        idempotency.claim(asked(sam), now=NOW + timedelta(seconds=61))


def test_a_refused_request_gives_its_key_back(sam: Persona) -> None:
    idempotency.claim(asked(sam), now=NOW)
    idempotency.release(asked(sam))
    assert idempotency.claim(asked(sam, body=b'{"a":1}'), now=NOW) is None


def test_an_answer_is_not_given_back(sam: Persona) -> None:
    idempotency.claim(asked(sam), now=NOW)
    idempotency.keep(asked(sam), ANSWER)
    idempotency.release(asked(sam))
    assert idempotency.claim(asked(sam), now=NOW) == ANSWER


def test_after_two_days_a_key_is_new_and_is_dropped(sam: Persona) -> None:
    idempotency.claim(asked(sam), now=NOW)
    idempotency.keep(asked(sam), ANSWER)
    idempotency.claim(asked(sam, "two"), now=NOW + timedelta(hours=24))
    assert idempotency.claim(asked(sam), now=NOW + timedelta(hours=47)) == ANSWER
    assert idempotency.claim(asked(sam, body=b"other"), now=NOW + timedelta(hours=48)) is None
    assert idempotency.forget_old(now=NOW + timedelta(hours=72)) == 1
    with read_snapshot() as session:
        assert session.scalars(select(IdempotencyKey.key)).all() == [asked(sam).stored_key]


def test_a_key_belongs_to_its_route(sam: Persona) -> None:
    for route in ("/api/x/<id>/", "/api/y/<id>/"):
        assert idempotency.claim(asked(sam)._replace(route=route), now=NOW) is None


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "two\nlines"])
def test_keys_that_cannot_be(sam: Persona, key: str) -> None:
    with pytest.raises(IdempotencyError, match="1 to 255 printable"):
        idempotency.claim(asked(sam, key), now=NOW)


def test_of_many_at_once_one_works(app: Flask, sam: Persona) -> None:
    told: list[str] = []
    together = Barrier(6)

    def ask() -> None:
        with app.app_context():
            together.wait()
            try:
                told.append("works" if idempotency.claim(asked(sam), now=NOW) is None else "answer")
            except Conflict as refused:
                told.append(refused.code)

    threads = [Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["idempotency_running"] * 5 + ["works"]
