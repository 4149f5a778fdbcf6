"""The API's description says what is there, and the page shows what it says."""

from typing import Any

import jsonschema
import orjson
from flask import Flask
from flask.testing import FlaskClient

from tests.views.api.worlds import Program, played_cup, played_league, turn_on_the_api
from webapp.views.api.operation import operation_of

NOT_OPERATIONS = {"api.browse", "api.openapi"}


def described(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/openapi.json")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.get_json()
    return document


def test_every_address_of_the_api_is_an_operation_that_is_described(app: Flask, vic: FlaskClient) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    assert {
        rule.endpoint for rule in rules if operation_of(app.view_functions[rule.endpoint]) is None
    } == NOT_OPERATIONS
    told = {operation["operationId"] for path in described(vic)["paths"].values() for operation in path.values()}
    assert told == {rule.endpoint.removeprefix("api.") for rule in rules if rule.endpoint not in NOT_OPERATIONS}


def test_it_refers_to_nothing_that_it_does_not_have(vic: FlaskClient) -> None:
    document = described(vic)
    assert document["openapi"] == "3.1.0"
    text = orjson.dumps(document).decode()
    names = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= document["components"]["schemas"].keys()
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_answers_are_as_described_in_both_forms(vic: FlaskClient, program: Program) -> None:
    from webapp.services.operations import flags
    from webapp.services.spine.actors import SYSTEM
    from webapp.services.spine.clock import utc_now

    turn_on_the_api()
    cup, league = played_cup(), played_league()
    document = described(vic)
    for is_on in (True, False):
        flags.set_flag("LEADERBOARDS_ENGINE_V2_ENABLED", is_on=is_on, actor=SYSTEM, now=utc_now())
        for tournament_id in (cup.tournament_id, league.tournament_id):
            for more in ("", "?explain=1", "?matches=1"):
                answer = program.get(f"/api/tournaments/{tournament_id}/leaderboard/{more}")
                schema = {"$ref": f"#/components/schemas/{'Board' if is_on else 'PlainBoard'}"}
                jsonschema.validate(answer.get_json(), schema | {"components": document["components"]})


def test_the_page_shows_every_operation(vic: FlaskClient) -> None:
    page = vic.get("/api/").text
    for path, methods in described(vic)["paths"].items():
        for method, operation in methods.items():
            assert f'id="{operation["operationId"]}"' in page
            assert f"<code>{path}</code>" in page
            assert method.upper() in page
    assert "cdn" not in page
