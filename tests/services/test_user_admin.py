from collections.abc import Callable

import pytest
from flask import Flask

from tests.arenas import OPENED_AT
from tests.personas import Persona, persona
from tests.services import contenders
from tests.services.contenders import PROCESSES, Contenders
from tests.trail import trail
from webapp.config import Settings
from webapp.domain.errors import Conflict, DomainError, Forbidden, NotFound
from webapp.models import User
from webapp.services.accounts import sessions, user_admin
from webapp.services.spine.actors import SYSTEM, Actor
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import read_snapshot, transaction


def user(user_id: int) -> User:
    with read_snapshot() as session:
        found = session.get_one(User, user_id)
        session.expunge(found)
        return found


def test_a_role_is_changed_and_audited_and_counts_from_the_next_request_on(sam: Persona, pat: Persona) -> None:
    assert pat.get("/staff/").status_code == 403
    with trail() as found:
        assert user_admin.set_role(pat.user_id, "admin", actor=sam.actor, now=OPENED_AT)
    assert found.audited == [("user.role_changed", {"user_id": pat.user_id, "before": "player", "after": "admin"})]
    assert pat.get("/staff/flags/").status_code == 200
    with trail() as found:
        assert not user_admin.set_role(pat.user_id, "admin", actor=sam.actor, now=OPENED_AT)
    assert found.audited == []


def test_a_word_that_is_no_role_and_nobody_are_refused(sam: Persona) -> None:
    with pytest.raises(DomainError, match="role: is none of spectator, player, organizer, admin"):
        user_admin.set_role(sam.user_id, "king", actor=sam.actor, now=OPENED_AT)
    with pytest.raises(NotFound, match="There is no user 99"):
        user_admin.set_role(99, "player", actor=sam.actor, now=OPENED_AT)


def test_who_is_known_from_results_alone_gets_no_role(sam: Persona) -> None:
    with transaction() as session:
        known = User(handle="Known", handle_key="known", role="player", created_at=OPENED_AT)
        session.add(known)
        session.flush()
        user_id = known.id
    with pytest.raises(Conflict, match="known from results alone"):
        user_admin.set_role(user_id, "organizer", actor=sam.actor, now=OPENED_AT)


@pytest.mark.parametrize("take", [
    lambda who: user_admin.set_role(who, "player", actor=SYSTEM, now=OPENED_AT),
    lambda who: user_admin.disable(who, actor=SYSTEM, now=OPENED_AT),
])  # fmt: skip
def test_the_last_account_of_staff_stays_one(app: Flask, sam: Persona, take: Callable[[int], bool]) -> None:
    with pytest.raises(Conflict) as refused:
        take(sam.user_id)
    assert (refused.value.code, user(sam.user_id).role, user(sam.user_id).disabled_at) == ("last_admin", "admin", None)
    olga = persona(app, "olga")
    user_admin.set_role(olga.user_id, "admin", actor=SYSTEM, now=OPENED_AT)
    # One that is shut could undo nothing.
    user_admin.disable(olga.user_id, actor=SYSTEM, now=OPENED_AT)
    with pytest.raises(Conflict):
        take(sam.user_id)
    user_admin.enable(olga.user_id, actor=SYSTEM, now=OPENED_AT)
    assert take(sam.user_id)


def test_a_shut_account_is_out_at_once_and_in_again_only_by_a_new_login(sam: Persona, pat: Persona) -> None:
    assert pat.get("/me/").status_code == 200
    with trail() as found:
        assert user_admin.disable(pat.user_id, actor=sam.actor, now=utc_now())
    assert found.audited == [("user.disabled", {"user_id": pat.user_id, "sessions_ended": 1})]
    assert pat.get("/me/").status_code == 303
    assert not user_admin.disable(pat.user_id, actor=sam.actor, now=utc_now())
    with trail() as found:
        assert user_admin.enable(pat.user_id, actor=sam.actor, now=utc_now())
    assert found.audited == [("user.enabled", {"user_id": pat.user_id})]
    assert not user_admin.enable(pat.user_id, actor=sam.actor, now=utc_now())
    assert pat.get("/me/").status_code == 303


def test_all_sessions_of_an_account_end(sam: Persona, pat: Persona) -> None:
    with trail() as found:
        assert user_admin.end_sessions(pat.user_id, actor=sam.actor, now=utc_now()) == 1
        assert user_admin.end_sessions(pat.user_id, actor=sam.actor, now=utc_now()) == 0
    assert found.audited == [("user.sessions_ended", {"user_id": pat.user_id, "sessions_ended": 1})]
    assert sessions.of_user(pat.user_id, now=utc_now()) == []
    assert sam.get("/me/").status_code == 200


def test_nobody_but_staff_manages_accounts(pat: Persona, olga: Persona) -> None:
    for who in (pat.actor, olga.actor, Actor(None, "spectator")):
        with pytest.raises(Forbidden):
            user_admin.set_role(pat.user_id, "admin", actor=who, now=OPENED_AT)
        for act in (user_admin.disable, user_admin.enable, user_admin.end_sessions):
            with pytest.raises(Forbidden):
                act(pat.user_id, actor=who, now=OPENED_AT)
    assert user(pat.user_id).role == "player"


def test_admins_who_take_each_others_role_at_once_leave_one(app: Flask, settings: Settings, rivals: Contenders) -> None:
    with transaction() as session:
        admins = [
            User(
                handle=f"Admin {number}", handle_key=f"admin {number}", email=f"{number}@x", email_key=f"{number}@x",
                password_hash="x", role="admin", created_at=OPENED_AT,
            )
            for number in range(PROCESSES)
        ]  # fmt: skip
        session.add_all(admins)
        session.flush()
        ids = [admin.id for admin in admins]
    outcomes = rivals.at_once(settings, [(contenders.take_role, (who,)) for who in ids])
    assert sorted(map(str, outcomes)) == ["True"] * (PROCESSES - 1) + ["last_admin"]
