"""Names are planted wherever people write them; of all answers only the resolvers' may hold one."""

from io import BytesIO
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.personas import Persona, persona
from tests.uploaded import picture
from tests.views.api.named_worlds import NAMES, QUERIES, NamedWorld, in_order, named_world
from tests.views.api.worlds import Program, forget_rates, program_of, turn_on_the_api
from webapp.views.api.description import Described, operations_of

RESOLVERS = {"profiles", "teams", "tournament_metadata"}
OF_TEMPLATES = {"template", "apply_template"}
"""Settings with the texts that belong to them, for who may use the template."""
OF_ORGANIZERS = {"announcements", "version"}
"""What organizers have written themselves: told to everybody, or read again by them alone."""
REFUSED = {
    "accept_invite", "begin_match", "cancel_registration", "cancel_tournament", "change_line_up", "check_in",
    "check_in_many", "close_checkin", "close_registration", "correct_match", "decide_registration", "decline_invite",
    "finalize_bracket", "keep_draft", "next_round", "next_stage", "open_dispute", "open_registration",
    "preview_decision", "refresh", "reject_payment", "report_screenshot", "resolve_dispute", "result_submit",
    "review_winners", "set_member_role", "submit_proof", "transfer_captain", "undo_action", "withdraw_invite",
}  # fmt: skip
"""What may be refused there as things stand by then; a refusal is to hold no names either."""


def test_answers_hold_ids_and_only_resolvers_names(app: Flask, sam: Persona, pat: Persona, vic: FlaskClient) -> None:
    turn_on_the_api()
    persona(app, "olga")
    world = named_world(sam, pat, persona(app, "una"))
    program = program_of(app, sam)
    secrets = (*NAMES, sam.email, "Sam", "example.org")
    refused, leaking = {}, {}
    for described in in_order(list(operations_of(app))):
        forget_rates()
        name = described.operation.name
        ids = world.ids_for(described)
        path = (described.path + QUERIES.get(name, "")).format(**ids)
        answer = program.client.open(
            path, method=described.method, headers=program.headers, **sent_to(described, world, program)
        )
        assert answer.status_code < 500, name
        told = answer.data.decode(errors="replace")
        if answer.status_code != 200:
            refused[name] = told
        leaks = [word for word in secrets if word in told or word in str(answer.headers)]
        if leaks or name in RESOLVERS:
            leaking[name] = leaks
    assert {name: told for name, told in refused.items() if name not in REFUSED} == {}
    assert leaking.keys() == RESOLVERS | OF_TEMPLATES | OF_ORGANIZERS, leaking
    assert all(leaking.values())
    assert sam.email not in str(leaking)


def sent_to(described: Described, world: NamedWorld, program: Program) -> dict[str, Any]:
    """What the request brings: nothing to be read, a picture where that is all that comes."""
    if described.method == "GET":
        return {}
    if described.operation.file is not None and described.operation.body is None:
        return {"data": {"file": (BytesIO(picture()), "Bittern.png")}, "content_type": "multipart/form-data"}
    return {"json": world.body_for(described.operation.name, program.secret)}


def test_a_refused_request_does_not_repeat_what_it_was_told(vic: FlaskClient, pat: Persona) -> None:
    answer = vic.post("/api/token/", json={"email": pat.email, "password": "hoatzin-hoatzin", "x": "hoatzin"})
    assert "hoatzin" not in answer.text
    assert pat.email not in answer.text
