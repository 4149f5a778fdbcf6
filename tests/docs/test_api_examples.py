"""What docs/api.md shows is what the API does."""

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from tests.arenas import ended_at
from tests.docs.examples import Command, commands, shape
from tests.personas import persona
from tests.uploaded import picture
from tests.views.api.worlds import forget_rates, played_cup, played_league, program_of, turn_on_the_api
from tests.webhooked import attempted, deliver, deliveries, endpoint_at
from webapp.config import ROOT
from webapp.domain.token_scopes import SCOPES
from webapp.models import WebhookDelivery
from webapp.services.ranking import season_ranking
from webapp.services.spine.clock import utc_now
from webapp.services.spine.transaction import transaction
from webapp.views.api import rates
from webapp.views.api.description import operations_of

DOCUMENT = ROOT / "docs" / "api.md"
OF_HTTP = {"bad_request", "not_found", "method_not_allowed", "request_entity_too_large", "too_many_requests"}
"""Codes made of the names that HTTP gives to statuses."""
REMARKS = re.compile(r"\([^)]*\)")
FAMILIES = (
    "Tournaments", "Teams", "Registration", "Payments", "Check-in", "Brackets", "Matches", "Disputes", "Corrections",
)  # fmt: skip


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The examples name ids, which an empty database gives in order."""
    return sqlite_url


def test_every_command_answers_what_is_shown(app: Flask) -> None:
    turn_on_the_api()
    played_cup(squads=3, played=3, season="2026_S1")
    played_league()
    season_ranking.compute_season_rankings("pubgm", "2026_S1", now=ended_at(5))
    sent_in_vain()
    staff = program_of(app, persona(app, "sam"))
    player, rival = (program_of(app, persona(app, name), "read", "play") for name in ("pat", "vera"))
    found = commands(DOCUMENT, SITE="", TOKEN=staff.secret, PLAYER=player.secret, RIVAL=rival.secret)
    assert len(found) >= 40
    undo_id = ""
    for command in found:
        forget_rates()
        # How many things can be undone by then is nobody's business: the text takes what the last answer offered.
        answer = send(app.test_client(), command._replace(path=command.path.replace("$UNDO", undo_id)))
        shown: dict[str, Any] = command.shown or {}
        is_problem = "code" in shown
        assert answer.status_code == (shown["status"] if is_problem else 200), (command.path, answer.text)
        if shown:
            assert shape(answer.get_json()) == shape(shown), command.path
            undo_id = str(answer.get_json().get("undo_id", undo_id))


def sent_in_vain() -> None:
    """A delivery to a webhook that failed for good."""
    now = utc_now()
    endpoint_id = endpoint_at("https://example.org/")
    deliver(endpoint_id, now=now)
    (delivery,) = deliveries(endpoint_id)
    attempted(delivery)
    with transaction() as session:
        session.execute(update(WebhookDelivery).values(state="exhausted"))


def send(client: FlaskClient, command: Command) -> TestResponse:
    """Do what the command does; every file of it is a picture."""
    sent: dict[str, Any] = {}
    if command.body is not None:
        sent["json"] = command.body
    elif command.parts:
        sent["data"] = {
            name: (BytesIO(picture()), value[1:]) if value.startswith("@") else value
            for name, value in command.parts.items()
        }
        sent["content_type"] = "multipart/form-data"
    return client.open(command.path, method=command.method, headers=command.headers, **sent)


def test_each_family_of_the_organizers_day_has_a_section_with_examples() -> None:
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", DOCUMENT.read_text("utf-8"), re.DOTALL | re.MULTILINE))
    assert [name for name in FAMILIES if "```sh" not in sections.get(name, "")] == []
    assert [name for name in FAMILIES if "```json" not in sections.get(name, "")] == []


def listed_codes() -> set[str]:
    table = DOCUMENT.read_text("utf-8").partition("## Errors")[2].partition("## Sockets")[0]
    rows = [row for row in table.splitlines() if re.match(r"\| \d", row)]
    return {code for row in rows for code in re.findall(r"`(\w+)`", row.split("|")[2])}


def test_every_error_that_is_listed_is_one_that_the_code_knows() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "webapp").rglob("*.py"))
    listed = listed_codes()
    assert {name for name in listed - OF_HTTP if f'"{name}"' not in code} == set()
    assert len(listed) > 30


def test_every_error_that_an_operation_names_is_listed(app: Flask) -> None:
    named = {
        code.strip()
        for one in operations_of(app)
        for codes in one.operation.problems.values()
        for code in REMARKS.sub("", codes).split(",")
    }
    assert named - listed_codes() == set()


def test_every_scope_is_told() -> None:
    text = DOCUMENT.read_text("utf-8").partition("| scope |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", text, re.MULTILINE)) == set(SCOPES)


def test_rates_are_those_of_the_code() -> None:
    words = DOCUMENT.read_text("utf-8").partition("## Rates")[2].partition("## Errors")[0].replace(",", "")
    for rate in (
        rates.BOARDS,
        rates.DELTAS,
        rates.NAMES,
        rates.PLAY,
        rates.ORGANIZE,
        rates.STAFF,
        rates.OVERRIDES,
        rates.INVALIDATION,
        rates.TOKENS,
    ):
        assert re.search(rf"\b{rate.limit.split()[0]}\b", words), rate.name
