"""Who may call: tokens of every kind and state, sessions, scopes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import REASON
from tests.personas import PASSWORD, Persona, persona, token_for
from tests.views.api.worlds import Program, code_of, played_cup, program_of, turn_on_the_api
from webapp.domain.token_scopes import scopes_open_to
from webapp.models import ApiToken, User
from webapp.services.accounts import accounts, app_tokens, tokens
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction

NAMES = "/api/teams/?ids=1"


def revoked(app: Flask, owner: Persona) -> str:
    program = program_of(app, owner)
    tokens.revoke(program.token_id, actor=owner.actor, now=utc_now())
    return program.secret


def expired(app: Flask, owner: Persona) -> str:
    program = program_of(app, owner)
    with transaction() as session:
        session.get_one(ApiToken, program.token_id).expires_at = utc_now()
    return program.secret


def of_another_site(_app: Flask, owner: Persona) -> str:
    return app_tokens.log_in(owner.user_id, None, secret_key="e" * 40, now=utc_now()).access


def old_access(app: Flask, owner: Persona) -> str:
    key = str(app.config["SECRET_KEY"])
    return app_tokens.log_in(owner.user_id, None, secret_key=key, now=utc_now() - timedelta(hours=2)).access


def a_refresh_token(app: Flask, owner: Persona) -> str:
    return app_tokens.log_in(owner.user_id, None, secret_key=str(app.config["SECRET_KEY"]), now=utc_now()).refresh


@pytest.mark.parametrize(
    ("token_of", "code"),
    [
        (lambda _app, _owner: "dc_" + "x" * 43, "token_unknown"),
        (lambda _app, _owner: "garble", "token_malformed"),
        (lambda _app, _owner: "", "token_malformed"),
        (lambda _app, _owner: "dc_tökén", "token_malformed"),
        (revoked, "token_revoked"),
        (expired, "token_expired"),
        (of_another_site, "token_unknown"),
        (old_access, "token_expired"),
        (a_refresh_token, "token_kind"),
    ],
)
def test_a_token_that_is_not_good_says_why(
    app: Flask, pat: Persona, vic: FlaskClient, token_of: Callable[[Flask, Persona], str], code: str
) -> None:
    answer = vic.get(NAMES, headers={"Authorization": f"Bearer {token_of(app, pat)}"})
    assert (answer.status_code, code_of(answer)) == (401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_nobody_and_other_schemes(vic: FlaskClient) -> None:
    assert code_of(vic.get(NAMES)) == "login_required"
    answer = vic.get(NAMES, headers={"Authorization": "Basic dXNlcjpwYXNz"})
    assert (answer.status_code, code_of(answer)) == (401, "authorization_unsupported")


def test_a_bad_token_is_not_made_good_by_a_session(pat: Persona) -> None:
    assert pat.get(NAMES).status_code == 200
    assert pat.get(NAMES, headers={"Authorization": "Bearer dc_x"}).status_code == 401


def test_a_revoked_token_ends_at_once(app: Flask, pat: Persona, program: Program) -> None:
    assert program.get(NAMES).status_code == 200
    tokens.revoke(program.token_id, actor=pat.actor, now=utc_now())
    assert code_of(program.get(NAMES)) == "token_revoked"


def test_a_token_ends_with_its_account_and_with_its_password(app: Flask, pat: Persona, olga: Persona) -> None:
    disabled, changed = program_of(app, pat), program_of(app, olga)
    with transaction() as session:
        session.get_one(User, pat.user_id).disabled_at = utc_now()
        session.get_one(User, olga.user_id).credentials_changed_at = utc_now()
    assert code_of(disabled.get(NAMES)) == "account_disabled"
    assert code_of(changed.get(NAMES)) == "token_outdated"


def test_changing_the_password_ends_every_token(app: Flask, pat: Persona, vic: FlaskClient, program: Program) -> None:
    pair = vic.post("/api/token/", json={"email": pat.email, "password": PASSWORD}).get_json()
    later = utc_now() + timedelta(seconds=1)
    accounts.change_password(pat.user_id, current=PASSWORD, new="ten loud herons here", device="", now=later)
    assert code_of(program.get(NAMES)) == "token_outdated"
    answer = vic.get(NAMES, headers={"Authorization": f"Bearer {pair['access']}"})
    assert code_of(answer) == "token_outdated"
    assert code_of(vic.post("/api/token/refresh/", json={"refresh": pair["refresh"]})) == "token_outdated"


def test_a_token_does_no_more_than_its_scopes(app: Flask, sam: Persona) -> None:
    turn_on_the_api()
    cup = played_cup()
    ways: dict[str, Callable[[Program], Any]] = {
        "read": lambda program: program.get(f"/api/tournaments/{cup.tournament_id}/leaderboard/"),
        "overrides": lambda program: program.post(
            f"/api/tournaments/{cup.tournament_id}/override-placement/",
            json={"participant_id": cup.participant_ids[0], "new_rank": 1, "reason": REASON},
        ),
        "admin": lambda program: program.get("/api/admin/leaderboards/cache/status/"),
    }
    for scope in ways:
        program = program_of(app, sam, scope)
        for way, call in ways.items():
            answer = call(program)
            if way == scope:
                assert answer.status_code == 200
            else:
                assert (answer.status_code, code_of(answer)) == (403, "scope_missing")
                assert f'error="insufficient_scope", scope="{way}"' in answer.headers["WWW-Authenticate"]


def test_a_scope_gives_no_more_than_the_role(app: Flask, sam: Persona) -> None:
    program = program_of(app, sam)
    with transaction() as session:
        session.get_one(User, sam.user_id).role = "organizer"
    answer = program.get("/api/admin/leaderboards/cache/status/")
    assert (answer.status_code, code_of(answer)) == (403, "forbidden")


def test_roles_reach_as_far_as_they_do_on_pages(app: Flask, olga: Persona, pat: Persona) -> None:
    turn_on_the_api()
    cup = played_cup()
    body = {"participant_id": cup.participant_ids[0], "new_rank": 1, "reason": REASON}
    for owner in (olga, pat):
        program = program_of(app, owner)
        for answer in (
            program.post(f"/api/tournaments/{cup.tournament_id}/override-placement/", json=body),
            program.get(f"/api/admin/leaderboards/inspect/{cup.tournament_id}/"),
            program.get("/api/admin/leaderboards/cache/status/"),
            program.post("/api/admin/leaderboards/cache/invalidate/", json={"scope": "season"}),
        ):
            assert (answer.status_code, code_of(answer)) == (403, "forbidden")


def test_a_browser_needs_the_forms_token_for_what_changes_something(sam: Persona) -> None:
    path = "/api/admin/leaderboards/cache/invalidate/"
    assert sam.client.post(path, json={"scope": "season"}).status_code == 400
    headers = {"X-CSRFToken": token_for(sam.client)}
    assert sam.client.post(path, json={"scope": "season"}, headers=headers).status_code == 200


def test_an_app_logs_in_refreshes_and_is_told_about_its_token(app: Flask, pat: Persona, vic: FlaskClient) -> None:
    answer = vic.post("/api/token/", json={"email": pat.email, "password": PASSWORD})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    pair = answer.get_json()
    assert (pair["token_type"], pair["scopes"]) == ("Bearer", ["read", "play"])
    assert vic.get(NAMES, headers={"Authorization": f"Bearer {pair['access']}"}).status_code == 200
    facts = vic.post("/api/token/verify/", json={"token": pair["access"]}).get_json()
    assert facts == {
        "kind": "access", "user_id": pat.user_id, "role": "player", "scopes": ["play", "read"],
        "expires_at": pair["access_expires_at"].partition(".")[0] + "+00:00",
    }  # fmt: skip
    second = vic.post("/api/token/refresh/", json={"refresh": pair["refresh"]}).get_json()
    assert second["refresh"] != pair["refresh"]
    again = vic.post("/api/token/refresh/", json={"refresh": pair["refresh"]})
    assert (again.status_code, code_of(again)) == (401, "refresh_reused")
    ended = vic.get(NAMES, headers={"Authorization": f"Bearer {second['access']}"})
    assert (ended.status_code, code_of(ended)) == (401, "token_revoked")


def test_an_app_gets_all_scopes_that_the_account_can_give(app: Flask, vic: FlaskClient) -> None:
    for name in ("una", "pat", "olga", "sam"):
        someone = persona(app, name)
        answer = vic.post("/api/token/", json={"email": someone.email, "password": PASSWORD})
        assert answer.get_json()["scopes"] == list(scopes_open_to(someone.role))


def test_an_expired_access_token_does_not_stand_in_the_way_of_refreshing(
    app: Flask, pat: Persona, vic: FlaskClient
) -> None:
    pair = vic.post("/api/token/", json={"email": pat.email, "password": PASSWORD}).get_json()
    stale = {"Authorization": f"Bearer {old_access(app, pat)}"}
    assert vic.post("/api/token/refresh/", json={"refresh": pair["refresh"]}, headers=stale).status_code == 200


def test_a_wrong_password_is_401_and_soon_429(pat: Persona, vic: FlaskClient) -> None:
    codes = [code_of(vic.post("/api/token/", json={"email": pat.email, "password": "wrong"})) for _ in range(6)]
    assert codes == ["login_failed"] * 5 + ["too_many_requests"]


def test_an_app_gets_no_scope_beyond_the_account(pat: Persona, vic: FlaskClient) -> None:
    answer = vic.post("/api/token/", json={"email": pat.email, "password": PASSWORD, "scopes": ["admin"]})
    assert (answer.status_code, code_of(answer)) == (422, "invalid_token_request")


def test_verify_tells_of_personal_tokens_and_refuses_what_is_none(program: Program, vic: FlaskClient) -> None:
    facts = vic.post("/api/token/verify/", json={"token": program.secret}).get_json()
    assert (facts["kind"], facts["scopes"]) == ("personal", ["read"])
    answer = vic.post("/api/token/verify/", json={"token": "dc_x"})
    assert (answer.status_code, code_of(answer)) == (401, "token_unknown")
