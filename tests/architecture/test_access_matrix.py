"""Every address and who may open it: the routes that there are, against the table that stands here.

A route without a line fails; so does a line without a route. Doors are tried with each persona; what belongs to
somebody is tried with its owner, with another organizer and with staff.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.arenas import OPENED_AT, open_battle_royale, turn_on_the_engine
from tests.personas import Persona, persona, token_for
from webapp.models import Tournament
from webapp.services.operations import flags
from webapp.services.spine.actors import SYSTEM
from webapp.services.spine.transaction import transaction
from webapp.services.webhooks import endpoints
from webapp.services.webhooks.endpoints import Draft
from webapp.views import access

MATRIX: Final[dict[str, dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "access_matrix.toml").read_text(encoding="utf-8")
)
"""Endpoint -> `door` (the least role), `object` where it counts whose it is (`own`), `without_cookie` where none counts."""
DOORS: Final = tuple(access.Door)
VISITORS: Final = ("vic", "una", "pat", "olga", "sam")
REFUSED: Final = {401, 403, 404}
_ROLE_OF: Final = {"una": "spectator", "pat": "player", "olga": "organizer", "sam": "admin"}
_ORDER: Final = ("spectator", "player", "organizer", "admin")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Doors know no database; one kind is enough here."""
    return sqlite_url


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(endpoint, method, rule) of every route but those of static files."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule.endpoint, method, rule.rule


def test_every_route_stands_in_the_matrix_with_the_door_that_it_has(app: Flask) -> None:
    declared = {endpoint: access.door_of(app, endpoint).name.lower() for endpoint, _, _ in routes(app)}
    assert declared == {endpoint: line["door"] for endpoint, line in MATRIX.items()}


@pytest.fixture
def people(app: Flask) -> dict[str, Any]:
    made: dict[str, Any] = {name: persona(app, name) for name in (*_ROLE_OF, "otto")}
    return made | {"vic": app.test_client()}


@pytest.fixture
def addresses(app: Flask, people: dict[str, Any]) -> dict[str, Any]:
    """Values for the variables of every rule, of things that are there and belong to olga."""
    turn_on_the_engine()
    flags.set_flag("LEADERBOARDS_API_ENABLED", is_on=True, actor=SYSTEM, now=OPENED_AT)
    arena = open_battle_royale(squads=3, lobbies=1)
    with transaction() as session:
        tournament = session.get_one(Tournament, arena.tournament_id)
        tournament.organizer_id = people["olga"].user_id
        slug = tournament.slug
    webhook = Draft("https://203.0.114.7/")
    endpoint_id = endpoints.create(webhook, scope="tournaments", actor=people["olga"].actor, now=OPENED_AT).endpoint_id
    return {
        "tournament_id": arena.tournament_id, "match_id": arena.match_ids[0], "slug": slug, "token": "x", "game": "pubgm",
        "participant_id": arena.participant_ids[0], "registration_id": arena.participant_ids[0], "version": 1,
        "session_id": 999_999, "token_id": 999_999, "override_id": 999_999, "user_id": persona(app, "vera").user_id,
        "team_id": 999_999, "subject_id": 1, "logo_id": 999_999, "invite_id": 999_999, "line_up_id": 999_999, "sponsor_id": 999_999, "promotion_id": 999_999, "shown": "sponsors", "season": "2026_S1", "name": "WEBHOOK_SLOW_LANE", "item_id": 999_999, "job_id": "none", "filename": "x",
        "queue": "ranking", "path": "x", "preset": "algs", "kind": "leaderboard", "link_id": 999_999, "report_id": 999_999, "number": 1, "payment_id": 999_999,
        "field_id": 999_999, "key": "x", "action_id": 999_999, "announcement_id": 999_999, "game_number": 1, "dispute_id": 999_999, "evidence_id": 999_999, "stage_number": 999_999, "template_id": 999_999, "step": "close",
        "endpoint_id": endpoint_id, "delivery_id": 999_999, "notification_id": 999_999,
    }  # fmt: skip


def test_each_role_passes_the_doors_that_are_open_to_it_and_no_other(
    app: Flask, people: dict[str, Any], addresses: dict[str, Any]
) -> None:
    wrong = []
    for endpoint, method, rule in sorted(routes(app)):
        path = _path(app, endpoint, addresses)
        for name in VISITORS:
            status = _ask(people[name], method, path, rule)
            if not _as_declared(status, name, MATRIX[endpoint]["door"]):
                wrong.append((endpoint, method, name, status))
    assert wrong == []


def test_what_belongs_to_an_organizer_is_not_there_for_another(
    app: Flask, people: dict[str, Any], addresses: dict[str, Any]
) -> None:
    own = {endpoint for endpoint, line in MATRIX.items() if line.get("object") == "own"}
    wrong = []
    for endpoint, method, rule in sorted(routes(app)):
        if endpoint in own:
            path = _path(app, endpoint, addresses)
            foreign, staff = (_ask(people[name], method, path, rule) for name in ("otto", "sam"))
            owner = _ask(people["olga"], method, path, rule)
            if foreign != 404 or owner in {401, 403} or staff in {401, 403}:
                wrong.append((endpoint, method, {"otto": foreign, "olga": owner, "sam": staff}))
    assert wrong == []


def test_every_unsafe_route_wants_the_forms_token(
    app: Flask, people: dict[str, Any], addresses: dict[str, Any]
) -> None:
    sam: Persona = people["sam"]
    answers = {
        (endpoint, method): sam.client.open(_path(app, endpoint, addresses), method=method).status_code
        for endpoint, method, _ in routes(app)
        if method != "GET" and not MATRIX[endpoint].get("without_cookie")
    }
    assert {key: status for key, status in answers.items() if status not in {400, 403}} == {}


def _as_declared(status: int, name: str, door: str) -> bool:
    if status >= 500:
        return False
    if door == "everybody":
        return status not in {401, 403}
    least = "spectator" if door == "logged_in" else door
    if name == "vic":
        return status == 401
    if _ORDER.index(_ROLE_OF[name]) < _ORDER.index(least):
        return status == 403
    return status not in {401, 403}


def _ask(who: Persona | FlaskClient, method: str, path: str, rule: str) -> int:
    """The status; a way to the login page counts as 401."""
    client = who.client if isinstance(who, Persona) else who
    options: dict[str, Any] = {"json": {}} if rule.startswith("/api/") else {"data": {"revision": "0"}}
    if method != "GET":
        options["headers"] = {"X-CSRFToken": token_for(client)}
    else:
        options = {}
    if path == "/logout/" and isinstance(who, Persona):
        # The browser must stay logged in for the other routes.
        return client.get("/me/").status_code
    answer = client.open(path, method=method, **options)
    is_sent_to_login = answer.status_code == 303 and answer.headers["Location"].startswith("/login/")
    return 401 if is_sent_to_login and path != "/password/forgot/" else answer.status_code


def _path(app: Flask, endpoint: str, addresses: dict[str, Any]) -> str:
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    with app.test_request_context():
        return str(app.url_for(endpoint, **{name: addresses[name] for name in rule.arguments}))
